"""Every connector, through the suite of its role; `--connector NAME` looks at one only."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ligament.core.ids import SourceId
from ligament.core.ledgers import BooksContact, BooksDocument, BooksLine, BooksPayment, DocumentKind, DocumentStatus
from ligament.core.private import Private
from ligament.core.records import Invoice, Party, PartyKind, Removal
from ligament.core.writes import (
    ContactWrite,
    DocumentWrite,
    ElementVerdict,
    PartyWrite,
    PaymentRemoval,
    PaymentWrite,
    Verb,
)
from ligament.ports.audience import Newcomer, Standing
from ligament.ports.errors import OutcomeUnknown
from ligament.simkit.faults import FaultKind
from tests.conformance.every import EveryConnector, records
from tests.conformance.quality import shows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.bench import Bench

LOST: list[tuple[FaultKind, dict[str, Any]]] = [
    (FaultKind.DROP_BEFORE, {}),
    (FaultKind.DROP_AFTER, {}),
    (FaultKind.CUT, {}),
    (FaultKind.TRUNCATE, {}),
    (FaultKind.HTML, {"status": 200}),
    (FaultKind.ANSWER, {"status": 500}),
    (FaultKind.ANSWER, {"status": 503}),
]
WRITING = "PUT|POST|PATCH"


class Overtaken(Exception):
    """Another worker has taken over."""


def overtaken() -> None:
    """Refuse to let anything leave."""
    raise Overtaken


class TestPractice(EveryConnector):
    """What a practice system must do besides."""

    role = "practice"

    def who(self, port: Any) -> object:
        return port.identify()

    def parties(self, here: Bench, port: Any) -> list[Party]:
        rows = [row for page in here.read(port) for row in records(page)]
        return [
            row for row in rows if isinstance(row, Party) and row.removed_at is None and row.kind is PartyKind.PATIENT
        ]

    @pytest.fixture
    def port(self, here: Bench) -> Iterator[Any]:
        with here.port() as port:
            yield port

    def test_a_first_reading_brings_every_record_once(self, here: Bench, port: Any) -> None:
        rows = [(type(row).__name__, row.id) for page in here.read(port) for row in records(page) if hasattr(row, "id")]
        assert len(rows) == len(set(rows))
        assert {"Party", "Invoice", "Line"} <= {kind for kind, _ in rows}
        assert here.memory.cursors

    def test_invoices_are_read_by_id_with_all_their_lines(self, here: Bench, port: Any) -> None:
        first = [row for page in here.read(port) for row in records(page) if isinstance(row, Invoice)]
        wanted = [invoice.id for invoice in first][:3]
        found = port.read_invoices([*wanted, SourceId("999999999999")])
        assert sorted(invoice.id for invoice in found) == sorted(wanted)
        assert all(invoice.lines for invoice in found)

    def test_a_patient_who_is_certainly_gone_is_told_as_removed(self, here: Bench, port: Any) -> None:
        known = self.parties(here, port)[0]
        found, gone = port.read_parties([known.id, SourceId("999999999999")])
        assert found.id == known.id
        assert gone == Removal(kind="party", id=SourceId("999999999999"))

    def test_patients_are_counted_by_a_range_of_ids_archived_ones_too(self, here: Bench, port: Any) -> None:
        rows = [row for page in here.read(port) for row in records(page)]
        people = [row.id for row in rows if isinstance(row, Party) and row.kind is PartyKind.PATIENT]
        known = sorted(people, key=lambda one: (len(one), one))
        assert port.count_patients(known[0], known[-1]) == len(known)
        assert port.count_patients(known[0], known[0]) == 1
        assert port.count_patients(SourceId("1"), SourceId("2")) == 0

    @shows("same-bytes")
    def test_the_same_change_gives_the_same_bytes(self, here: Bench, port: Any) -> None:
        write = PartyWrite(id=self.parties(here, port)[0].id, email=Private("new@clinic.example"))
        assert port.prepare(write) == port.prepare(write)

    @shows("writes-leave-once")
    @pytest.mark.parametrize(("kind", "fault"), LOST, ids=[f"{kind}{fault.get('status', '')}" for kind, fault in LOST])
    def test_a_change_without_a_clear_answer_is_of_unknown_outcome_and_leaves_once(
        self, here: Bench, port: Any, kind: FaultKind, fault: dict[str, Any]
    ) -> None:
        call = port.prepare(PartyWrite(id=self.parties(here, port)[0].id, email=Private("new@clinic.example")))
        here.fail(kind, method=WRITING, **fault)
        with pytest.raises(OutcomeUnknown) as trouble:
            port.send(call)
        assert "new@clinic.example" not in str(trouble.value)
        assert len(here.writes()) == 1

    @shows("refusals-judged")
    def test_a_refused_change_is_a_result_and_an_accepted_one_shows_the_record(self, here: Bench, port: Any) -> None:
        party = self.parties(here, port)[0]
        done = port.send(port.prepare(PartyWrite(id=party.id, email=Private("new@clinic.example"))))
        assert done.verdict is ElementVerdict.DONE
        assert isinstance(done.result, Party)
        assert done.result.email.reveal() == "new@clinic.example"
        refused = port.send(port.prepare(PartyWrite(id=party.id, email=Private("nonsense"))))
        assert refused.verdict is ElementVerdict.REFUSED

    @shows("asks-before-writing")
    def test_a_worker_that_was_overtaken_changes_nothing(self, here: Bench) -> None:
        with here.port(may_write=overtaken) as port:
            call = port.prepare(PartyWrite(id=self.parties(here, port)[0].id, email=Private("new@clinic.example")))
            with pytest.raises(Overtaken):
                port.send(call)
        assert here.writes() == []


class TestAudience(EveryConnector):
    """What a system that keeps mailing lists must do besides."""

    role = "audience"
    people = (Newcomer(email=Private("ada@clinic.example"), first=Private("Ada")),)

    def who(self, port: Any) -> object:
        return port.identify()

    @pytest.fixture
    def port(self, here: Bench) -> Iterator[Any]:
        with here.port() as port:
            yield port

    def test_whoever_is_added_is_found_and_adding_again_changes_nothing(self, here: Bench, port: Any) -> None:
        mark = port.mark_of(self.people[0].email)
        assert port.add(self.people) == {mark: Standing.SUBSCRIBED}
        before = self.members(here, port)
        assert port.add(self.people) == {mark: Standing.SUBSCRIBED}
        assert self.members(here, port) == before
        assert before[mark] is Standing.SUBSCRIBED

    def members(self, here: Bench, port: Any) -> dict[str, Standing]:
        return {row.id: row.standing for page in port.read({}, None, here.clock.now()) for row in page.rows}

    def test_nobody_who_is_there_is_made_to_stand_otherwise(self, here: Bench, port: Any) -> None:
        rows = [row for page in port.read({}, None, here.clock.now()) for row in page.rows if row.email]
        assert {row.standing for row in rows} > {Standing.SUBSCRIBED}
        before = self.members(here, port)
        placed = port.add([Newcomer(email=row.email) for row in rows])
        assert self.members(here, port) == before
        assert not [
            row for row in rows if row.standing is not Standing.SUBSCRIBED and placed[row.id] is Standing.SUBSCRIBED
        ]

    def test_a_tag_is_put_on_and_taken_off_again(self, here: Bench, port: Any) -> None:
        port.add(self.people)
        mark, email = port.mark_of(self.people[0].email), self.people[0].email
        steps: list[tuple[list[Any], list[Any], tuple[str, ...]]] = [([email], [], ("Due",)), ([], [email], ())]
        for put, take, worn in steps:
            port.tag("Due", put=put, take=take)
            members = {row.id: row for page in port.read({}, None, here.clock.now()) for row in page.rows}
            assert members[mark].tags == worn

    @shows("writes-leave-once")
    @pytest.mark.parametrize(("kind", "fault"), LOST, ids=[f"{kind}{fault.get('status', '')}" for kind, fault in LOST])
    def test_adding_without_a_clear_answer_is_of_unknown_outcome_and_leaves_once(
        self, here: Bench, port: Any, kind: FaultKind, fault: dict[str, Any]
    ) -> None:
        port.identify()
        here.fail(kind, method=WRITING, **fault)
        with pytest.raises(OutcomeUnknown) as trouble:
            port.add(self.people)
        assert "ada@clinic.example" not in str(trouble.value)
        assert len(here.writes()) == 1

    @shows("refusals-judged")
    def test_an_address_that_is_none_is_a_result_of_its_own_and_the_others_are_added(self, port: Any) -> None:
        odd = Newcomer(email=Private("nonsense"))
        placed = port.add((odd, *self.people))
        assert placed[port.mark_of(odd.email)] is not Standing.SUBSCRIBED
        assert placed[port.mark_of(self.people[0].email)] is Standing.SUBSCRIBED

    @shows("asks-before-writing")
    def test_a_worker_that_was_overtaken_changes_nothing(self, here: Bench) -> None:
        with here.port(may_write=overtaken) as port, pytest.raises(Overtaken):
            port.add(self.people)
        assert here.writes() == []


class TestBooks(EveryConnector):
    """What a books system must do besides."""

    role = "books"
    contact = ContactWrite(number="CLK-77", name=Private("Ada Quill"), email=Private("ada@clinic.example"))

    def who(self, port: Any) -> object:
        return port.organisation()

    @pytest.fixture
    def port(self, here: Bench) -> Iterator[Any]:
        with here.port() as port:
            yield port

    def make(self, here: Bench, port: Any) -> BooksContact:
        (made,) = self.send(here, port, Verb.CREATE_CONTACTS, self.contact)
        assert isinstance(made.result, BooksContact)
        return made.result

    def send(self, here: Bench, port: Any, verb: Verb, *writes: Any) -> Any:
        here.clock.at += timedelta(seconds=1)
        return port.send(port.prepare(verb, writes), f"{verb}/{here.clock.at.isoformat()}")

    def invoice(self, here: Bench, port: Any, contact: BooksContact, number: str = "CLK-1") -> DocumentWrite:
        chart = port.chart()
        untaxed = [rate for rate in chart.tax_rates if rate.active and not rate.rate and "revenue" in rate.applies_to]
        accounts = [one for one in chart.accounts if one.active and one.account_class == "revenue"]
        line = BooksLine(
            text="Visit",
            quantity=Decimal(3),
            unit_amount=Decimal("33.33"),
            amount=Decimal("99.99"),
            account=accounts[0].code,
            tax_type=untaxed[0].tax_type,
        )
        return DocumentWrite(
            kind=DocumentKind.INVOICE,
            number=number,
            contact_id=contact.id,
            on=here.clock.at.date(),
            due_on=here.clock.at.date(),
            status=DocumentStatus.AUTHORISED,
            lines=(line,),
        )

    def test_what_is_made_is_found_by_its_business_key_and_by_id(self, here: Bench, port: Any) -> None:
        made = self.make(here, port)
        assert [one.id for one in port.find_contacts(["CLK-77"])] == [made.id]
        assert [one.number for one in port.contacts_by_id([made.id])] == ["CLK-77"]
        (posted,) = self.send(here, port, Verb.CREATE_INVOICES, self.invoice(here, port, made))
        assert isinstance(posted.result, BooksDocument)
        assert (posted.result.total, posted.result.open_amount) == (Decimal("99.99"), Decimal("99.99"))
        (found,) = port.find_invoices(["CLK-1"])
        assert (found.id, found.lines[0].amount) == (posted.result.id, Decimal("99.99"))
        assert port.find_invoices(["CLK-2"]) == ()

    def test_a_payment_is_seen_on_its_invoice_and_can_be_taken_back(self, here: Bench, port: Any) -> None:
        made = self.make(here, port)
        (posted,) = self.send(here, port, Verb.CREATE_INVOICES, self.invoice(here, port, made))
        account = next(one for one in port.chart().accounts if one.takes_payments and one.code and one.active)
        payment = PaymentWrite(
            invoice_id=posted.result.id,
            account=account.code,
            on=here.clock.at.date(),
            amount=Decimal("40.01"),
            reference="CLK-1/paid",
        )
        (paid,) = self.send(here, port, Verb.PAY, payment)
        assert isinstance(paid.result, BooksPayment)
        (found,) = port.documents_by_id("invoice", [posted.result.id])
        assert found.open_amount == Decimal("59.98")
        assert [one.reference for one in found.payments] == ["CLK-1/paid"]
        assert port.payment(paid.result.id).amount == Decimal("40.01")
        removal = PaymentRemoval(payment_id=paid.result.id, invoice_id=posted.result.id)
        (gone,) = self.send(here, port, Verb.UNPAY, removal)
        assert gone.verdict is ElementVerdict.DONE
        (found,) = port.documents_by_id("invoice", [posted.result.id])
        assert found.open_amount == Decimal("99.99")
        assert [(one.id, one.reference, one.deleted) for one in port.payments_on(found.id)] == [
            (paid.result.id, "CLK-1/paid", True)
        ]
        assert [(document, one.id, one.deleted) for document, one in port.removed_payments()] == [
            (found.id, paid.result.id, True)
        ]

    @shows("same-bytes")
    def test_the_same_writes_give_the_same_bytes(self, port: Any) -> None:
        assert port.prepare(Verb.CREATE_CONTACTS, [self.contact]) == port.prepare(Verb.CREATE_CONTACTS, [self.contact])

    @shows("refusals-judged")
    def test_making_never_overwrites_and_each_element_is_judged_alone(self, here: Bench, port: Any) -> None:
        made = self.make(here, port)
        other = ContactWrite(number="CLK-78", name=Private("Bo Reyes"))
        again = ContactWrite(number="CLK-77", name=Private("Somebody Else"))
        refused, done = self.send(here, port, Verb.CREATE_CONTACTS, again, other)
        assert (refused.verdict, done.verdict) == (ElementVerdict.REFUSED, ElementVerdict.DONE)
        assert refused.refusals
        assert refused.code
        assert port.contacts_by_id([made.id])[0].name.reveal() == "Ada Quill"

    @shows("writes-leave-once")
    @pytest.mark.parametrize(("kind", "fault"), LOST, ids=[f"{kind}{fault.get('status', '')}" for kind, fault in LOST])
    def test_a_write_without_a_clear_answer_is_of_unknown_outcome_and_leaves_once(
        self, here: Bench, port: Any, kind: FaultKind, fault: dict[str, Any]
    ) -> None:
        port.organisation()
        here.fail(kind, method=WRITING, **fault)
        with pytest.raises(OutcomeUnknown) as trouble:
            self.send(here, port, Verb.CREATE_CONTACTS, self.contact)
        assert "Quill" not in str(trouble.value)
        assert len(here.writes()) == 1
        here.heal()
        handled = kind not in {FaultKind.DROP_BEFORE, FaultKind.ANSWER}
        assert len(port.find_contacts(["CLK-77"])) == handled

    @shows("asks-before-writing")
    def test_a_worker_that_was_overtaken_changes_nothing(self, here: Bench) -> None:
        with here.port(may_write=overtaken) as port, pytest.raises(Overtaken):
            self.send(here, port, Verb.CREATE_CONTACTS, self.contact)
        assert here.writes() == []
