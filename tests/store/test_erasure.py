"""A forgotten person is nowhere in the file, and the ledger still holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ligament.core.billing import SOMEBODY_ELSE, Bill, bill_to
from ligament.core.holds import HoldCode, HoldKind
from ligament.core.ids import RunId, SourceId
from ligament.core.intents import subject_from_key
from ligament.core.ledgers import ContactStatus
from ligament.core.plans import Plan, State
from ligament.core.private import Private
from ligament.core.receipts import Effect
from ligament.core.records import Address, Phone, PhoneKind, Removal
from ligament.core.rules.model import Rulebook
from ligament.ports.books import BooksPage
from ligament.ports.memory import Selection
from ligament.store.journal.audit import export, verify
from ligament.store.journal.erasure import forget
from ligament.store.queries.people import PeopleQueries
from tests.store.makers import (
    LATER,
    THEN,
    agreed,
    contact,
    contact_action,
    contact_link,
    document,
    document_action,
    document_link,
    hold,
    intent,
    invoice,
    line,
    outcome,
    patient,
    payer,
    subjects,
    wanted,
)

if TYPE_CHECKING:
    from tests.store.homes import Home, Opened

TRACES = (b"Zarathustra", b"zarathustra", b"Quillfeather", b"quillfeather", b"0499111222", b"Rue Morgue")
NAME = "Zarathustra Quillfeather"
BY_NAME = {"first": Private("Zarathustra"), "last": Private("Quillfeather")}


def fill(opened: Opened) -> None:
    """Let one person leave traces wherever a person can."""
    person = patient(
        "1", first=Private("Zarathustra"), last=Private("Quillfeather"),
        email=Private("zarathustra@quillfeather.example"),
        phones=(Phone(kind=PhoneKind.MOBILE, number=Private("0499111222")),),
        address=Private(Address(lines=("1 Rue Morgue",))),
    )  # fmt: skip
    store = opened.store
    store.keep_parties([person, patient("2")])
    store.keep_invoices([invoice("7", party_id="1", addressee=Private(NAME)), invoice("8", party_id="2")])
    link = contact_link("patient:1", "c1", name=Private(NAME), agreed=agreed(NAME))
    made = Effect(
        action=contact_action("patient:1", NAME), contact_link=link,
        contact=contact("c1", name=Private(NAME), email=Private("zarathustra@quillfeather.example")),
    )  # fmt: skip
    call = intent("i1", contact_action("patient:1", NAME), body=NAME.encode())
    store.open_intent(call)
    store.close_intent(call, [made, replace(made, contact_link=None, warnings=(NAME,))], LATER)
    sent = document_link("invoice:7", "d7", "CLK-7", sent=wanted("CLK-7", trail=(f"billed to {NAME}",)))
    posted = Effect(
        action=document_action("invoice:7", "CLK-7"), document_link=sent, documents=(document("d7", "CLK-7"),)
    )
    refused = Effect(action=contact_action("patient:1", NAME), refused=(f"{NAME} is taken",))
    store.keep_effects(RunId("r"), [posted, refused], THEN)
    waiting = hold("patient:1", HoldCode.PROBABLY_SAME_PERSON, kind=HoldKind.CONTACT, sentence=f"Is this {NAME}?")
    told = hold("invoice:7", sentence=f"{NAME} owes", detail={"field": "email", "name": Private(NAME)})
    plan = Plan(outcomes=(outcome("invoice:7", State.HELD, sentence=NAME),), holds=(waiting, told))
    store.keep_outcomes(RunId("r"), plan, subjects("patient:1", "invoice:7"))


def test_no_trace_of_a_forgotten_person_is_left_in_any_file(file_home: Home) -> None:
    opened = file_home.open()
    fill(opened)
    files = [path for path in file_home.folder.iterdir() if path.is_file()]
    assert any(trace in path.read_bytes() for path in files for trace in TRACES)
    forget(opened.journal, subject_from_key("patient:1"))
    for path in files:
        if path.exists():
            assert not [trace for trace in TRACES if trace in path.read_bytes()], path.name
    file_home.close()
    assert not [trace for trace in TRACES if trace in (file_home.folder / "ligament.db").read_bytes()]


def test_links_documents_amounts_and_the_chain_stay(opened: Opened) -> None:
    fill(opened)
    holds = [(held.id, held.code) for held in opened.store.open_holds()]
    forget(opened.journal, subject_from_key("patient:1"))
    facts = opened.store.gather(Selection(invoices=None, parties=None, visits=None))
    assert facts.contact_links["patient:1"].contact_id == "c1"
    assert not facts.contact_links["patient:1"].name
    assert facts.document_links["invoice:7"][0].books_id == "d7"
    assert facts.parties["patient:1"].deleted
    assert facts.parties["patient:2"].first == Private("Jane")
    assert [(held.id, held.code) for held in opened.store.open_holds()] == holds
    found = verify(opened.journal)
    assert found.holds, found.reason


def test_the_journal_shows_that_it_was_erased_and_keeps_what_is_not_personal(opened: Opened) -> None:
    fill(opened)
    opened.store.open_intent(intent("i2", contact_action("patient:2", "Other Person")))
    forget(opened.journal, subject_from_key("patient:1"))
    entries = list(export(opened.journal))
    assert NAME not in str(entries)
    assert {entry["erased"] for entry in entries if entry["owner"] == "patient:1"} == {True}
    assert "Other Person" in str([entry["personal"] for entry in entries if entry["owner"] == "patient:2"])
    assert entries[-1]["kind"] == "erased"


def test_new_entries_about_a_forgotten_party_do_not_open_the_old_ones(opened: Opened) -> None:
    fill(opened)
    forget(opened.journal, subject_from_key("patient:1"))
    opened.store.open_intent(intent("i3", contact_action("patient:1", "Newcomer")))
    entries = [entry for entry in export(opened.journal) if entry["owner"] == "patient:1"]
    assert [entry["erased"] for entry in entries][-1] is False
    assert all(entry["erased"] for entry in entries[:-1])


def test_what_a_payer_owes_for_a_forgotten_patient_stays_with_the_payer(opened: Opened) -> None:
    store, addressee = opened.store, Private(f"Coral  Coast INSURANCE\r\nClaims of {NAME}")
    store.keep_parties([patient("1", **BY_NAME), payer("51", "Coral Coast Insurance")])
    store.keep_invoices([
        invoice("7", party_id="1", addressee=addressee),
        invoice("8", party_id="1", addressee=Private(f"{NAME}\r\nCoral Coast Insurance")),
    ])  # fmt: skip
    forget(opened.journal, subject_from_key("patient:1"))
    facts = opened.store.gather(Selection(invoices=None, parties=None, visits=None))
    covered, private = facts.invoices[SourceId("7")], facts.invoices[SourceId("8")]
    billed = bill_to(covered, Rulebook(), facts)
    assert isinstance(billed, Bill)
    assert billed.subject.key == "payer:51"
    assert NAME not in covered.addressee.reveal()
    assert not private.addressee


@pytest.mark.parametrize("party_id", ["1", None])
def test_an_invoice_read_again_does_not_bring_a_forgotten_person_back(opened: Opened, party_id: str | None) -> None:
    addressee = Private(f"{NAME}\r\n1 Fig St")
    opened.store.keep_parties([patient("1", **BY_NAME), patient("2")])
    opened.store.keep_invoices([invoice("7", party_id="1", addressee=addressee)])
    forget(opened.journal, subject_from_key("patient:1"))
    other = invoice("8", party_id="2", addressee=addressee)
    opened.store.keep_invoices([invoice("7", party_id=party_id, addressee=addressee, revision="later"), other])
    facts = opened.store.gather(Selection(invoices=None, parties=None, visits=None))
    assert not facts.invoices[SourceId("7")].addressee
    assert facts.invoices[SourceId("8")].addressee == addressee


@pytest.mark.parametrize("party_id", ["1", None])
def test_that_an_invoice_went_to_somebody_else_is_remembered_without_the_name(
    opened: Opened, party_id: str | None
) -> None:
    addressee = Private(f"{NAME}\r\n1 Fig St")
    opened.store.keep_parties([patient("1")])
    opened.store.keep_invoices([invoice("7", party_id="1", addressee=addressee)])
    opened.store.keep_parties([Removal(kind="patient", id=SourceId("1"), revision="gone")])
    forget(opened.journal, subject_from_key("patient:1"))
    forget(opened.journal, subject_from_key("patient:1"))
    for revision in ("later", "still later"):
        opened.store.keep_invoices([invoice("7", party_id=party_id, addressee=addressee, revision=revision)])
        facts = opened.store.gather(Selection(invoices=None, parties=None, visits=None))
        assert facts.invoices[SourceId("7")].addressee == Private(SOMEBODY_ELSE)


def test_a_contact_that_was_merged_away_is_forgotten_and_stays_forgotten(opened: Opened) -> None:
    fill(opened)
    named = {"name": Private(NAME), "status": ContactStatus.ARCHIVED}
    old = [
        contact("c8", merged_into="c1", **named),
        contact("c9", merged_into="c8", **named),
        contact("c7", number="CLK-1", **named),
    ]
    other = contact("c6", merged_into="c5", name=Private("Other Person"), status=ContactStatus.ARCHIVED)
    opened.store.keep_books_page(BooksPage(stream="contacts", contacts=(*old, other)))
    forget(opened.journal, subject_from_key("patient:1"))
    newer = tuple(replace(one, updated_at=one.updated_at + timedelta(days=1)) for one in (*old, other))
    for page in ((), newer):
        opened.store.keep_books_page(BooksPage(stream="contacts", contacts=page))
        names = {str(held.id): held.name.reveal() for held in PeopleQueries(opened.journal).contacts()}
        assert [names[key] for key in ("c6", "c7", "c8", "c9")] == ["Other Person", "", "", ""]


def test_a_contact_without_a_link_is_known_for_a_forgotten_persons_by_its_number(opened: Opened) -> None:
    """An old backup may know no link yet, while the books go on showing the person."""
    forget(opened.journal, subject_from_key("patient:1"))
    forget(opened.journal, subject_from_key("payer:2"))
    shown = (
        contact("c1", number="CLK-1", name=Private(NAME)),
        contact("c2", number="CLK-C-2", name=Private(NAME)),
        contact("c3", merged_into="c1", name=Private(NAME), status=ContactStatus.ARCHIVED),
        contact("c4", number="CLK-2", name=Private("Other Person")),
    )
    opened.store.keep_books_page(BooksPage(stream="contacts", contacts=shown))
    names = {str(held.id): held.name.reveal() for held in PeopleQueries(opened.journal).contacts()}
    assert names == {"c1": "", "c2": "", "c3": "", "c4": "Other Person"}


def test_an_invoice_without_a_patient_loses_its_texts_with_whoever_is_forgotten(
    opened: Opened,
) -> None:
    """Patient 3 was merged into patient 1, who was deleted with their name taken off invoices, all in one look."""
    about = (replace(line("71", "7"), name=f"Report for {NAME}"),)
    opened.store.keep_parties([patient("1"), patient("2"), patient("3", merged_into="1")])
    others = invoice("8", lines=(line("81", "8", name="Visit"),), party_id="2")
    opened.store.keep_invoices([invoice("7", lines=about, party_id="3"), others])
    opened.store.keep_invoices([invoice("7", lines=about, party_id=None, revision="2")])
    forget(opened.journal, subject_from_key("patient:1"))
    facts = opened.store.gather(Selection(invoices=None, parties=None, visits=None))
    assert NAME not in str(facts.invoices[SourceId("7")].lines)
    assert facts.invoices[SourceId("8")].lines[0].name == "Visit"


def test_who_is_on_an_invoice_and_was_never_read_is_to_be_asked_for(opened: Opened) -> None:
    opened.store.keep_parties([patient("2")])
    opened.store.keep_invoices([invoice("7", party_id="1"), invoice("8", party_id="2"), invoice("9", party_id=None)])
    assert opened.store.strangers() == ("1",)


def test_forgetting_somebody_unknown_is_no_trouble(opened: Opened) -> None:
    forget(opened.journal, subject_from_key("patient:404"))
    assert verify(opened.journal).holds
