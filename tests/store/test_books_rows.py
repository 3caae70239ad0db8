"""Pages of the books: late answers never undo newer ones, and linked records learn what changed."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.core.ids import BooksId, RunId
from ligament.core.ledgers import BooksPayment, Chart, ContactStatus, DocumentKind, Organisation, TaxRate
from ligament.core.private import Private
from ligament.core.receipts import Effect
from ligament.ports.books import BooksPage
from ligament.ports.memory import Selection
from tests.store.makers import (
    LATER,
    THEN,
    contact,
    contact_link,
    document,
    document_link,
    link_action,
    patient,
    subjects,
)

if TYPE_CHECKING:
    from tests.store.homes import Opened

ALL = Selection(invoices=None, parties=None, visits=None)
OURS = BooksPayment(id=BooksId("p7"), on=THEN.date(), amount=Decimal(88), reference="CLK-7/paid")


def test_only_linked_records_are_told_of_changes(opened: Opened) -> None:
    link = Effect(action=link_action("invoice:7"), document_link=document_link("invoice:7", "d7", "CLK-7"))
    person = Effect(action=link_action("patient:1"), contact_link=contact_link("patient:1", "c1"))
    opened.store.keep_effects(RunId("r"), [link, person], THEN)
    page = BooksPage(
        stream="s", contacts=(contact("c1"), contact("c2")), documents=(document("d7", "CLK-7"), document("d8", "X"))
    )
    assert opened.store.keep_books_page(page) == subjects("invoice:7", "patient:1")
    assert opened.store.keep_books_page(page) == frozenset()


def test_a_new_instant_alone_is_no_change_of_content_but_is_kept(opened: Opened) -> None:
    link = Effect(action=link_action("invoice:7"), document_link=document_link("invoice:7", "d7", "CLK-7"))
    opened.store.keep_effects(RunId("r"), [link], THEN)
    opened.store.keep_books_page(BooksPage(stream="s", documents=(document("d7", "CLK-7"),)))
    again = BooksPage(stream="s", documents=(document("d7", "CLK-7", updated_at=LATER),))
    assert opened.store.keep_books_page(again) == frozenset()
    assert opened.store.known_books().updated("invoices", ["d7"]) == {"d7": LATER}


def test_an_older_document_never_overwrites_a_newer_one(opened: Opened) -> None:
    newer, older = document("d7", "CLK-7", total=Decimal(2), updated_at=LATER), document("d7", "CLK-7")
    opened.store.keep_books_page(BooksPage(stream="s", documents=(newer,)))
    opened.store.keep_books_page(BooksPage(stream="s", documents=(older,)))
    opened.store.keep_books_records([], [older])
    assert opened.store.gather(ALL).documents == {"d7": newer}


def test_of_two_versions_on_one_page_the_newer_counts(opened: Opened) -> None:
    newer, older = document("d7", "CLK-7", total=Decimal(2), updated_at=LATER), document("d7", "CLK-7")
    opened.store.keep_books_page(BooksPage(stream="s", documents=(newer, older)))
    assert opened.store.gather(ALL).documents == {"d7": newer}


def test_an_older_contact_never_overwrites_a_newer_one(opened: Opened) -> None:
    opened.store.keep_parties([patient("1")])
    newer = contact("c1", number="CLK-1", name=Private("New"), status=ContactStatus.ARCHIVED, updated_at=LATER)
    opened.store.keep_books_records([newer], [])
    opened.store.keep_books_records([contact("c1", number="CLK-1", name=Private("Old"))], [])
    assert opened.store.gather(ALL).contacts == {"c1": newer}


def test_readers_learn_what_is_known_by_stream(opened: Opened) -> None:
    papers = (document("d7", "CLK-7"), document("n8", "CLK-8", kind=DocumentKind.CREDIT_NOTE, updated_at=LATER))
    opened.store.keep_books_page(BooksPage(stream="s", contacts=(contact("c1"),), documents=papers))
    known = opened.store.known_books()
    assert known.updated("invoices", ["d7", "n8"]) == {"d7": THEN}
    assert known.updated("credit_notes", ["d7", "n8"]) == {"n8": LATER}
    assert known.updated("contacts", ["c1", "c2"]) == {"c1": THEN}
    assert [known.count_since(stream, LATER) for stream in ("contacts", "invoices", "credit_notes")] == [0, 0, 1]


def test_the_organisation_and_the_chart_are_kept_as_last_read(opened: Opened) -> None:
    rate = TaxRate(tax_type="OUTPUT", name="GST", rate=Decimal("10.0000"), applies_to=frozenset({"revenue", "asset"}))
    opened.store.keep_organisation(Organisation(id=document("o", "").id, name="First"))
    opened.store.keep_organisation(Organisation(id=document("o", "").id, name="Second", currency="AUD"))
    opened.store.keep_chart(Chart(tax_rates=(rate,)), THEN)
    facts = opened.store.gather(Selection())
    assert facts.organisation is not None
    assert facts.organisation.name == "Second"
    assert facts.chart.tax_rates == (rate,)


def test_an_answer_that_leaves_out_its_payments_takes_none_away(opened: Opened) -> None:
    """The invoice is paid as before; forgotten, our payment would look as if somebody had taken it off."""
    paid = document("d7", "CLK-7", total=Decimal(88), open_amount=Decimal(0), payments=(OURS,))
    opened.store.keep_books_records([], [paid])
    opened.store.keep_books_records([], [replace(paid, payments=(), url="https://x.example", updated_at=LATER)])
    (kept,) = opened.store.gather(ALL).documents.values()
    assert (kept.payments, kept.url, kept.updated_at) == ((OURS,), "https://x.example", LATER)


def test_a_payment_that_is_gone_is_forgotten_where_the_answer_accounts_for_it(opened: Opened) -> None:
    """The neighbours: the whole sum is open again, or another payment is listed in the place of ours."""
    paid = document("d7", "CLK-7", total=Decimal(88), open_amount=Decimal(0), payments=(OURS,))
    for said in ({"open_amount": Decimal(88), "payments": ()}, {"payments": (replace(OURS, id=BooksId("p9")),)}):
        opened.store.keep_books_records([], [paid])
        now = replace(paid, updated_at=LATER, **said)
        opened.store.keep_books_records([], [now])
        assert opened.store.gather(ALL).documents == {"d7": now}
        paid = replace(paid, updated_at=LATER)
