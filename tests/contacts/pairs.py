"""One pair of patient and contact in memory: plan, do what the plan says, plan again; without store and wire."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ligament.core.facts import Facts, PlanContext
from ligament.core.folding import folded
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import BooksContact, Organisation
from ligament.core.links import ContactLink, Decision, DecisionKind
from ligament.core.pairing import after_writing
from ligament.core.plans import Action, ActionKind, Plan
from ligament.core.private import Private
from ligament.core.records import Address, Party, PartyKind, Phone, PhoneKind
from ligament.core.rules.model import Rulebook
from ligament.core.writes import ElementResult, ElementVerdict, PartyWrite
from ligament.flow.execute.record import effect_of
from ligament.flow.execute.working_state import WorkingState
from ligament.flow.plan.plan import make_plan
from ligament.wiring.likeness import likeness, phone_key

NOW = datetime(2026, 11, 22, tzinfo=UTC)
KEY = "patient:1410000000000000001"


def around() -> PlanContext:
    return PlanContext(
        now=NOW,
        likeness=likeness,
        phone_key=phone_key,
        code_for=lambda _: "CL-ABCDEFGH",
        evaluate=lambda *_: False,
        practice_name="practice",
        books_title="the books",
    )


def ana(**fields: Any) -> Party:
    known: dict[str, Any] = {
        "first": Private("Ana"),
        "last": Private("Silva"),
        "email": Private("ana@example.org"),
        "phones": (Phone(kind=PhoneKind.MOBILE, number=Private("0491 570 156")),),
        "address": Private(Address(lines=("1 Made-up Street",), city="Richmond", post_code="3121")),
        "country_code": "AU",
        "created_at": NOW,
        "updated_at": NOW,
        "revision": "r0",
    }
    return Party(id=SourceId(KEY.partition(":")[2]), kind=PartyKind.PATIENT, **{**known, **fields})


@dataclass(slots=True)
class Pair:
    """Both sides, the link between them, and the decisions people took."""

    party: Party = field(default_factory=ana)
    contact: BooksContact | None = None
    link: ContactLink | None = None
    book: Rulebook = Rulebook()
    minutes: int = 0
    decisions: dict[str, Decision] = field(default_factory=dict)
    overwritten: list[Private[Any]] = field(default_factory=list)

    def facts(self) -> Facts:
        """Return the facts as the store would give them."""
        contacts = {self.contact.id: self.contact} if self.contact else {}
        return Facts(
            organisation=Organisation(id=BooksId("o"), name="Books"),
            parties={KEY: self.party},
            contacts=contacts,
            contacts_by_number={held.number: (held.id,) for held in contacts.values()},
            contacts_by_name={folded(held.name.reveal()): (held.id,) for held in contacts.values()},
            contacts_by_email={folded(held.email.reveal()): (held.id,) for held in contacts.values()},
            contact_links={KEY: self.link} if self.link else {},
            party_of_contact={self.link.contact_id: KEY} if self.link else {},
            decisions=self.decisions,
            first_connected_on=NOW.date(),
        )

    def plan(self) -> Plan:
        return make_plan(self.facts(), self.book, around())

    def cycle(self) -> Plan:
        """Plan until nothing more is planned, doing what each plan says; returns the last plan."""
        for _ in range(6):
            facts = self.facts()
            plan = make_plan(facts, self.book, around())
            if not plan.actions:
                return plan
            for action in plan.actions:
                self._do(action, WorkingState(facts))
        raise AssertionError(f"it never comes to rest: {[action.kind for action in plan.actions]}")

    def _do(self, action: Action, ledger: WorkingState) -> None:
        self.minutes += 1
        at = NOW + timedelta(minutes=self.minutes)
        result: Any = None
        if action.contact is not None and action.kind is not ActionKind.LINK_CONTACT:
            made = after_writing(self.contact, action.contact.write)
            self.contact = result = replace(made, id=BooksId("c1"), updated_at=at)
        elif action.party is not None:
            self.party = result = replace(
                written(self.party, action.party.write), updated_at=at, revision=f"r{self.minutes}"
            )
        if self.link is not None:
            ledger.contacts[KEY] = self.link
        effect = effect_of(action, ElementResult(verdict=ElementVerdict.DONE, result=result), ledger)
        self.link = effect.contact_link or self.link

    # --- people at work ---------------------------------------------------------------------------------------------

    def in_practice(self, **fields: Any) -> None:
        self.minutes += 1
        at = NOW + timedelta(minutes=self.minutes)
        self.party = replace(self.party, **fields, updated_at=at, revision=f"r{self.minutes}")

    def in_books(self, **fields: Any) -> None:
        assert self.contact is not None
        self.minutes += 1
        self.contact = replace(self.contact, **fields, updated_at=NOW + timedelta(minutes=self.minutes))

    def decide(self, plan: Plan, kind: DecisionKind) -> None:
        for hold in plan.holds:
            self.decisions[f"{hold.subject.key}|{hold.decision_code}"] = Decision(
                subject=hold.subject,
                code=hold.decision_code,
                decision=kind,
                fingerprint=hold.fingerprint,
                by="desk",
                at=NOW,
            )


def written(party: Party, write: PartyWrite) -> Party:
    """Return a patient with the fields of a write."""
    given = {
        name: value
        for name in ("first", "last", "email", "phones", "address", "foreign_reference")
        if (value := getattr(write, name)) is not None
    }
    return replace(party, **given)
