"""Finding contacts for a large practice the first time.

First matching: a practice of 100,000 patients meets books in which people typed most of them already. The aim is at
most 20 times the time of one plain decode of the patients (`json.loads`), and 400 MB with facts and plan.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator

from benchmarks.clinic import NOW, Size
from benchmarks.decoding import decode_seconds
from benchmarks.facts import facts_of, surroundings
from benchmarks.figures import Figure
from benchmarks.measuring import child, peak_mb, timed
from benchmarks.planning import rules
from ligament.core.facts import Facts
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact, PhoneSlot
from ligament.core.naming import folded
from ligament.core.plans import ActionKind, Plan
from ligament.core.private import Private
from ligament.core.records import Party
from ligament.flow.plan import make_plan

PATIENTS, SMALL_PRACTICE = 100_000, 5_000
LIMIT_MB = 400


def measure(*, small: bool = False) -> list[Figure]:
    """Match a whole practice with books that hold most of it."""
    count = SMALL_PRACTICE if small else PATIENTS
    peer = decode_seconds(Size(patients=count, invoices=0))
    told = child("benchmarks.contacts", str(count))
    name = f"first matching of {count:,} contacts"
    note = (
        f"{told['adopted']:,} taken over, {told['held']:,} asked about, {told['created']:,} new; "
        f"{told['facts_mb']:.0f} MB before planning"
    )
    return [
        Figure(
            name=f"{name}: CPU",
            measured=told["plan_s"],
            yardstick=peer["json_s"],
            unit="s",
            against="json.loads",
            limit=20.0,
            note=note,
        ),
        Figure(
            name=f"{name}: memory",
            measured=told["peak_mb"],
            yardstick=LIMIT_MB,
            unit="MB",
            against="the aim",
            limit=1.0,
        ),
    ]


# --- first matching ---------------------------------------------------------------------------------------------------


def matching(count: int) -> dict[str, float]:
    """Match in this process and tell what it took."""
    book, around = rules(), surroundings()
    facts = facts_of(Size(patients=count, invoices=0))
    _fill_books(facts)
    plans: list[Plan] = []
    facts_mb = peak_mb()
    plan_s = timed(lambda: plans.append(make_plan(facts, book, around)))
    kinds = [action.kind for action in plans[0].actions]
    adopted, created = kinds.count(ActionKind.LINK_CONTACT), kinds.count(ActionKind.CREATE_CONTACT)
    held = len(plans[0].holds)
    assert adopted + created + held == count, (adopted, created, held)
    assert created == count // 10 * 3, created
    return {
        "plan_s": plan_s,
        "facts_mb": facts_mb,
        "peak_mb": peak_mb(),
        "adopted": adopted,
        "held": held,
        "created": created,
    }


def _fill_books(facts: Facts) -> None:
    """Of ten patients six are there under e-mail and name, one by name and phone only, three are not."""
    contacts = {held.id: held for held in _typed(facts.parties.values())}
    facts.contacts = contacts
    facts.contacts_by_email = {folded(held.email.reveal()): (held.id,) for held in contacts.values() if held.email}
    facts.contacts_by_name = {folded(held.name.reveal()): (held.id,) for held in contacts.values()}


def _typed(parties: Iterable[Party]) -> Iterator[BooksContact]:
    for place, party in enumerate(parties):
        if place % 10 < 7:
            yield _contact(place, party, with_email=place % 10 < 6)


def _contact(place: int, party: Party, *, with_email: bool) -> BooksContact:
    # People write names in their own way.
    name = party.full_name().upper() if place % 3 else party.full_name()
    return BooksContact(
        id=BooksId(f"contact-{place}"),
        name=Private(name),
        email=party.email if with_email else Private(""),
        phones=tuple((PhoneSlot.MOBILE, phone.number) for phone in party.phones),
        updated_at=NOW,
    )


if __name__ == "__main__":
    print(json.dumps(matching(int(sys.argv[1]))))
