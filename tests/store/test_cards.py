"""Cards: one document or person with all that belongs to it, on both databases; merges in the books are followed."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.core.ids import BooksId, RunId
from ligament.core.ledgers import Chart, ContactStatus, TaxRate
from ligament.core.plans import FieldNote, NoteKind, Outcome, Plan, RecordKind, State
from ligament.core.variances import Variance, VarianceKind
from ligament.ports.books import BooksPage
from ligament.ports.practice import PracticePage
from ligament.store.queries.cards import Cards
from ligament.store.queries.figures import figures
from ligament.store.shared.values import SharedValues
from ligament.store.writes.variances import Variances
from tests.store.makers import THEN, contact, hold, invoice, line, patient, payer
from tests.store.test_intents import created, posted

if TYPE_CHECKING:
    from tests.store.homes import Opened


GST = TaxRate(tax_type="OUTPUT", name="GST", rate=Decimal(10), applies_to=frozenset({"revenue"}))


def filled(opened: Opened) -> Cards:
    rows = (
        patient("1"), patient("2"), payer("9", "Insurer"), invoice("7", party_id="1"), line("70", "7"), line("8", "7"),
        invoice("3", party_id="2"),
    )  # fmt: skip
    opened.store.keep_practice_page(PracticePage(stream="s", rows=rows))
    opened.store.keep_effects(RunId("r"), [created(), posted("invoice:7", "d7", "CLK-7")], THEN)
    return Cards(opened.journal)


def test_a_document_is_found_by_either_id_with_whose_it_is(opened: Opened) -> None:
    cards = filled(opened)
    for identifier in ("7", "d7"):
        facts = cards.papers(identifier)
        assert facts.document_links.keys() == {"invoice:7"}
        assert facts.documents.keys() == {"d7"}
        assert facts.contacts.keys() == {"c1"}
    assert not cards.papers("3").document_links
    records, people = cards.records({"7"}, {"payer:9"})
    found = records["invoice:7"]
    assert found is not None
    assert [one.id for one in found.lines] == ["8", "70"]
    assert people.keys() == {"patient:1", "payer:9"}
    (only,) = cards.invoices_of("1")
    assert (only[0].id, [link.books_id for link in only[1]]) == ("7", ["d7"])
    assert cards.invoices_of("2")[0][1] == ()


def test_a_contact_that_was_merged_away_is_followed_to_the_one_that_is_left(opened: Opened) -> None:
    cards = filled(opened)
    loser = contact("c1", status=ContactStatus.ARCHIVED, merged_into=BooksId("c2"))
    opened.store.keep_books_page(BooksPage(stream="contacts", contacts=(loser, contact("c2"))))
    facts = cards.papers("7")
    assert {one.contact_id for one in facts.documents.values()} == {"c2"}
    assert "c2" in facts.contacts


def test_a_pair_is_found_by_either_id_and_a_contact_of_nobody_too(opened: Opened) -> None:
    cards = filled(opened)
    opened.store.keep_books_page(BooksPage(stream="contacts", contacts=(contact("alone"),)))
    for identifier in ("1", "c1"):
        (found,) = cards.pairs(identifier)
        assert (found.key, found.contact and found.contact.id) == ("patient:1", "c1")
        assert found.link is not None
    (stranger,) = cards.pairs("alone")
    assert (stranger.key, stranger.link, stranger.contact and stranger.contact.id) == ("", None, "alone")
    assert cards.pairs("nothing") == []
    assert cards.parties({"1"}).keys() == {"patient:1", "payer:9"}


def test_all_that_is_kept_about_a_record_comes_with_one_question(opened: Opened) -> None:
    cards, waits = filled(opened), hold("invoice:7")
    note = FieldNote(subject=waits.subject, field="email", kind=NoteKind.PUT_BACK)
    ended = Outcome(subject=waits.subject, kind=RecordKind.INVOICES, state=State.HELD, number="7", reason="rule")
    plan = Plan(outcomes=(ended,), holds=(waits, hold("invoice:3")), notes=(note,))
    opened.store.keep_outcomes(RunId("r"), plan, {waits.subject})
    opened.store.keep_refusal("create_document|invoice:7|CLK-7", "x", "no")
    variance = Variance(subject="invoice:7", kind=next(iter(VarianceKind)))
    Variances(opened.journal).keep_found([variance], lambda _: False, THEN)
    about = cards.about("invoice:7")
    assert [one.id for one in about.holds] == [waits.id]
    assert [one.state for one in about.outcomes] == [State.HELD]
    assert [one.variance.id for one in about.variances] == [variance.id]
    assert about.notes == {"email": "put_back"}
    assert about.refusals == {"create_document|invoice:7|CLK-7": "no"}
    assert cards.about("invoice:1") == cards.about("invoice:2")


def test_the_figures_of_clinics_come_with_one_question(opened: Opened) -> None:
    waits = hold("invoice:7")
    opened.store.keep_outcomes(RunId("r"), Plan(holds=(waits,)), {waits.subject})
    SharedValues(opened.database).keep("clinic", "standing", "well")
    found = figures(opened.database, ["clinic", "other"], beat="standing")
    assert (found["clinic"].holds, found["clinic"].approvals, found["clinic"].beat) == (1, 0, "well")
    assert found["clinic"].journal_sequence > 0
    assert found["clinic"].journal_hash
    assert (found["other"].holds, found["other"].beat, found["other"].journal_hash) == (0, "", "")


def test_the_chart_comes_with_what_is_kept_about_a_record(opened: Opened) -> None:
    cards = filled(opened)
    assert cards.about("invoice:7").chart == Chart()
    opened.store.keep_chart(Chart(tax_rates=(GST,)), THEN)
    assert cards.about("invoice:7").chart.tax_rates == (GST,)
