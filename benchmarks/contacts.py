"""Finding contacts for a large practice the first time.

A practice of 100,000 patients meets books in which people typed most of them already. The aim is at
most 20 times the time of one plain decode of both sides (`json.loads`), and 400 MB with facts and plan; reading both
sides from the store is part of it.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from math import ceil
from pathlib import Path

from benchmarks.clinic import NOW, Size
from benchmarks.decoding import decode_seconds
from benchmarks.facts import facts_of, surroundings
from benchmarks.figures import Figure
from benchmarks.measuring import child, exhaust, peak_mb, timed
from benchmarks.planning import rules
from benchmarks.store import opened
from ligament.connectors.xero.tests.simulated_books import SimulatedBooks
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact, Organisation, PhoneSlot
from ligament.core.plans import ActionKind
from ligament.core.private import Private
from ligament.core.records import Party
from ligament.flow.plan.survey import Part, Planner, Survey, surveyed
from ligament.flow.read.read import EVERYTHING
from ligament.ports.books import BooksPage
from ligament.ports.practice import PracticePage

PATIENTS, SMALL_PRACTICE = 100_000, 5_000
LIMIT_MB = 400


def measure(*, small: bool = False) -> list[Figure]:
    """Match a whole practice with books that hold most of it."""
    count = SMALL_PRACTICE if small else PATIENTS
    patients_s = decode_seconds(Size(patients=count, invoices=0))["json_s"]
    typed_s = child("benchmarks.contacts", "decode", str(count // 10 * 7))["json_s"]
    with tempfile.TemporaryDirectory() as folder:
        child("benchmarks.contacts", folder, str(count))
        told = child("benchmarks.contacts", folder)
    assert told["adopted"] + told["created"] + told["held"] == count, told
    assert told["created"] == count // 10 * 3, told
    name = f"first matching of {count:,} contacts"
    note = (
        f"{told['adopted']:,} taken over, {told['held']:,} asked about, {told['created']:,} new; "
        f"from the store and in portions, as a run does it; {told['before_mb']:.0f} MB before planning; "
        f"{told['plan_s'] / patients_s:.1f} times the decode of the patients alone"
    )
    return [
        Figure(
            name=f"{name}: CPU",
            measured=told["plan_s"],
            yardstick=patients_s + typed_s,
            unit="s",
            against="json.loads of both sides",
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


def matching(folder: Path) -> dict[str, float]:
    """Match in this process, from a store that holds both sides, and tell what it took."""
    planner = Planner(memory=opened(folder), rulebook=rules(), around=surroundings())
    before_mb = peak_mb()
    kinds: Counter[ActionKind] = Counter()
    surveys: list[Survey] = []

    def look(part: Part) -> None:
        kinds.update(action.kind for action in part.plan.actions)

    plan_s = timed(lambda: surveys.append(surveyed(planner, EVERYTHING, look)))
    return {
        "plan_s": plan_s,
        "before_mb": before_mb,
        "peak_mb": peak_mb(),
        "adopted": kinds[ActionKind.LINK_CONTACT],
        "held": len(surveys[0].holds),
        "created": kinds[ActionKind.CREATE_CONTACT],
    }


def keep(folder: Path, count: int) -> dict[str, float]:
    """Keep both sides in a store: of ten patients six are in the books under e-mail and name, one by name and phone."""
    store = opened(folder)
    for start in range(0, count, 1000):
        size = Size(patients=count, invoices=0)
        parties = list(facts_of(size, range(start, min(start + 1000, count))).parties.values())
        store.keep_practice_page(PracticePage(stream="patients", rows=tuple(parties)))
        store.keep_books_page(BooksPage(stream="contacts", contacts=tuple(_typed(start, parties))))
    store.keep_organisation(Organisation(id=BooksId("o1"), name="Made-up clinic", country_code="AU"))
    return {}


def decoding(count: int) -> dict[str, float]:
    """Decode as many contacts as the books hold, 100 a page as they send them; the same page again and again."""
    books = SimulatedBooks()
    phone = {"PhoneType": "MOBILE", "PhoneNumber": "0491 000000"}
    for place in range(100):
        books.contact(f"Person {place}", EmailAddress=f"p{place}@patients.example", Phones=[phone])
    page = books.get("Contacts", {"page": "1", "pageSize": "100"}).response.body
    assert len(json.loads(page)["Contacts"]) == 100
    return {"json_s": timed(lambda: exhaust(json.loads(page) for _ in range(ceil(count / 100))))}


def _typed(first: int, parties: Iterable[Party]) -> Iterator[BooksContact]:
    for place, party in enumerate(parties, first):
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
    if sys.argv[1] == "decode":
        print(json.dumps(decoding(int(sys.argv[2]))))
    else:
        place = Path(sys.argv[1])
        print(json.dumps(keep(place, int(sys.argv[2])) if sys.argv[2:] else matching(place)))
