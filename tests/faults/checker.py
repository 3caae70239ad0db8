"""The judge: reads only the two simulated worlds and what went over the wire, never our own store."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ligament.connectors.cliniko import simulator as cliniko
from tests.faults.answers import Answers
from tests.faults.barred import Barred
from tests.faults.comparing import (
    CONTACT_FIELDS,
    DOCUMENT_FIELDS,
    GONE,
    TABLES,
    agrees,
    changed,
    figures,
    is_adjustment,
    lines_of,
    moved,
)
from tests.faults.credits import judge_allocation
from tests.faults.expected import Expected, expected_of
from tests.faults.findings import Violation
from tests.faults.forms import Forms
from tests.faults.overwritten import Overwritten
from tests.faults.pairs import judge_adoption
from tests.faults.voids import Voids
from tests.faults.waits import Waits

if TYPE_CHECKING:
    from ligament.connectors.xero import simulator as xero
    from ligament.connectors.xero.simulator.world import Books
    from ligament.simkit.messages import Request, Response
    from tests.faults.simulation import Simulation

PATIENT_FIELDS = {
    "first_name", "last_name", "email", "patient_phone_numbers", "address_1", "address_2", "address_3", "city",
    "state", "post_code", "country", "country_code", "old_reference_id",
}  # fmt: skip
BAD_REQUEST, TOO_MANY, PAID = 400, 429, 20


@dataclass(slots=True)
class Mark:
    """A person changed that field at that time; `seen` once a listing could have told us so."""

    at: datetime
    seen: bool = False
    was: str = ""
    """The address that a person emptied."""
    by_merge: bool = False
    """The document followed its contact into another; nobody touched the document, so it may still be voided."""
    words_only: bool = False
    """Only the text of lines was changed, and of somebody who was deleted no text is kept to compare it with."""


@dataclass(slots=True)
class Checker:
    """What the judge remembers of both worlds' histories."""

    sim: Simulation
    versions: dict[str, list[Expected]] = field(default_factory=dict)
    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)
    patient_changed_at: dict[str, datetime] = field(default_factory=dict)
    emails: dict[str, set[str]] = field(default_factory=dict)
    """Every e-mail that each patient has had."""
    email_now: dict[str, str] = field(default_factory=dict)
    email_typed_at: dict[str, datetime] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    """Ids in the books that a person has changed or made."""
    reopened: set[str] = field(default_factory=set)
    """Documents of which more was open after a person's edit in the books than before."""
    payments_seen: set[str] = field(default_factory=set)
    """Payments that we were told of, by an answer or a list."""
    exact_clocks: bool = True
    is_over: bool = False
    created: dict[str, int] = field(default_factory=dict)
    """How often we made each document and payment, by number or reference."""

    overwritten: Overwritten = field(default_factory=Overwritten)
    forms: Forms = field(init=False)
    answers: Answers = field(init=False)
    barred: Barred = field(init=False)
    waits: Waits = field(init=False)
    voids: Voids = field(default_factory=Voids)
    gone_people: dict[str, set[str]] = field(default_factory=dict)
    """Whoever was deleted for good, with every e-mail that they ever had."""

    def __post_init__(self) -> None:
        books = self.sim.books.only()
        self.forms = Forms(self)
        self.answers = Answers(self)
        self.barred = Barred(self)
        self.waits = Waits(self)
        self.touched |= {*books.contacts, *books.invoices}
        self.practice_edited(self.sim.practice)

    # --- told by the simulation ---------------------------------------------------------------------------------------

    def clocks_moved(self) -> None:
        """Remember that a worker's calendar is wrong, so that limits by calendar cannot be exact."""
        self.exact_clocks = False

    def restored(self) -> None:
        """An old backup is in force."""
        self.overwritten.restored()
        self.forms.restored = True
        # What a person took apart since the backup was made is no longer known to us.
        self.forms.taken_apart.clear()
        self.forms.deleted.clear()
        self.forms.is_credit_told = False
        self.payments_seen.clear()
        self.barred.told.clear()
        self.voids.told.clear()
        # Nor which address was agreed before a person emptied it.
        for mark in self.marks.values():
            mark.was = ""

    def faults_over(self) -> None:
        """Healing begins."""
        self.is_over = True

    def rolled_back(self, known: date | None) -> None:
        """A run could keep nothing of what it was told, so the lock it knows is the one from before."""
        self.forms.locked_to = known

    def practice_edited(self, world: cliniko.World) -> None:
        """Keep a new version of every invoice that a person's edit changed."""
        for invoice in cliniko.records(world, "invoices"):
            kept = self.versions.setdefault(str(invoice["id"]), [])
            now = expected_of(world, invoice, kept[-1] if kept else None)
            if not kept or kept[-1] != now:
                kept.append(now)
        for patient in cliniko.records(world, "patients"):
            key = str(patient["id"])
            self.patient_changed_at[key] = datetime.fromisoformat(str(patient["updated_at"]))
            email = str(patient.get("email") or "").casefold()
            if self.email_now.get(key, email) != email:
                self.email_typed_at[key] = self.patient_changed_at[key]
            self.email_now[key] = email
            self.emails.setdefault(key, set()).add(email)
            if patient.get("deleted_at"):
                self.gone_people[key] = self.emails[key] - {""}

    def emails_of_others(self, patient_id: str) -> set[str]:
        """Return every e-mail that anybody else had: another patient, or a contact that was never this one's."""
        contacts = self.sim.books.only().contacts.values()
        theirs = {one.email.casefold() for one in contacts if one.number != f"CLK-{patient_id}"}
        return theirs.union(*(held for key, held in self.emails.items() if key != patient_id))

    def books_edited(self, before: xero.World, after: xero.World) -> None:
        """Mark what a person changed in the books."""
        old, new, at = before.only(), after.only(), self.sim.time.at
        for table in TABLES:
            for key, document in changed(old, new, table):
                self.touched.add(key)
                former = getattr(old, table).get(key)
                if former is not None and former.outstanding < document.outstanding:
                    self.reopened.add(key)
                if former is not None and document.status in GONE and former.status not in GONE:
                    self.forms.voided[key] = len(self._versions_of(new, key))
                for name in moved(former, document, DOCUMENT_FIELDS):
                    by_merge = name == "contact_id" and _followed(former, document, new)
                    words = name == "lines" and former is not None and figures(former) == figures(document)
                    self.marks[key, name] = Mark(at, by_merge=by_merge, words_only=words)
        for key, contact in changed(old, new, "contacts"):
            self.touched.add(key)
            self.barred.books_edited(key, contact)
            for name in moved(old.contacts.get(key), contact, CONTACT_FIELDS):
                # After a restore everything is read anew, and what was agreed is not known until then.
                is_known = key in old.contacts and not self.forms.restored
                emptied = name == "email" and is_known and not contact.email
                self.marks[key, name] = Mark(at, was=old.contacts[key].email if emptied else "")
        for key, payment in changed(old, new, "payments"):
            self.touched |= {key, payment.document_id}
            if payment.status == "DELETED" and payment.reference.endswith("/paid") and key in self.payments_seen:
                versions = self._versions_of(new, payment.document_id)
                self.forms.deleted[payment.reference] = len(versions)
        self._credit_edited(old, new)

    def _credit_edited(self, old: Books, new: Books) -> None:
        for _, one in changed(old, new, "allocations"):
            if one.is_deleted:
                self.forms.taken_apart_ever.add((one.source_id, one.invoice_id))
            if one.is_deleted and self.forms.is_credit_told:
                self.forms.taken_apart[one.source_id, one.invoice_id] = self.sim.time.at

    def _versions_of(self, books: Books, document_id: str) -> list[Expected]:
        document = books.invoices.get(document_id) or books.credit_notes.get(document_id)
        return self.versions.get(document.reference.removeprefix("cliniko:"), []) if document else []

    def answered(self, system: str, request: Request, response: Response) -> None:
        """After a listing of contacts arrived, what people changed in them before is known to us."""
        self.overwritten.answered(request, response)
        self.waits.answered(system, response)
        if system == "xero":
            self.voids.answered(request, response)
        if system == "cliniko" and self.sim.stranger is None:
            self.barred.answered(request, response)
        if system == "xero" and request.method == "GET" and response.status == 200 and "/Contacts" in request.path:
            self.sim.listed()
            for mark in self.marks.values():
                mark.seen = True
        if system == "xero" and response.status == 200 and request.path.endswith(("/Invoices", "/Payments")):
            self._keep_payments_seen()
        if system == "xero" and response.status == 200 and request.path.endswith(("/Invoices", "/CreditNotes")):
            self.forms.is_credit_told = True
        if system == "xero" and response.status == 200 and request.path.endswith("/Organisation"):
            organisation = self.sim.books.only().organisation
            days = [day for day in (organisation.period_lock_on, organisation.year_lock_on) if day]
            self.forms.locked_to = max(days, default=None)

    def not_too_many(self, system: str, request: Request, response: Response) -> None:
        """A limit that we could have kept was not kept."""
        if response.status == TOO_MANY and self.exact_clocks:
            problem = response.header("X-Rate-Limit-Problem") or "minute"
            raise Violation("limit", f"{system} refused {request.method} {request.path}: too many calls ({problem})")

    def _keep_payments_seen(self) -> None:
        """What we were told of a payment is known; one that arrived behind our back is not, until a list shows it."""
        newest = self.sim.time.at - timedelta(seconds=self.sim.books.switches.read_lag_s)
        payments = self.sim.books.only().payments.values()
        self.payments_seen |= {one.payment_id for one in payments if one.created_at <= newest}

    # --- what we wrote ------------------------------------------------------------------------------------------------

    def practice_written(
        self, before: cliniko.World, after: cliniko.World, request: Request, response: Response
    ) -> None:
        """Only a patient's name, e-mail, phones and address may ever be written to the practice."""
        if request.method == "GET":
            return
        parts = request.path.strip("/").split("/")
        if request.method not in {"PATCH", "PUT"} or parts[1:2] != ["patients"] or len(parts) != 3:
            raise Violation("practice write", f"{request.method} {request.path}")
        sent = json.loads(request.body)
        if not set(sent) <= PATIENT_FIELDS:
            raise Violation("practice write", f"{request.path}: {sorted(set(sent) - PATIENT_FIELDS)}")
        if response.status < 300:
            self._not_clobbered_in_practice(before, after, parts[2])

    def _not_clobbered_in_practice(self, before: cliniko.World, after: cliniko.World, patient_id: str) -> None:
        old, new = cliniko.get(before, "patients", patient_id), cliniko.get(after, "patients", patient_id)
        names = [name for name in PATIENT_FIELDS if old.get(name) != new.get(name)]
        self.overwritten.patient(patient_id, old, new)
        blanked = [name for name in names if old.get(name) and not new.get(name)]
        if blanked:
            raise Violation("blank", f"patient {patient_id}: {blanked} was emptied")

    def books_written(
        self, before: xero.World, after: xero.World, request: Request, response: Response, *, late: bool
    ) -> None:
        """Judge everything that one of our requests changed in the books."""
        if request.method == "GET" or request.path.startswith("/connect"):
            return
        if response.status == BAD_REQUEST and b"used with a different request" in response.body:
            raise Violation("form", f"{request.method} {request.path}: other bytes leave under a key that was used")
        replayed = before.answers is after.answers and after.only() is before.only()
        if response.status not in {401, 403, 429}:
            self.forms.judge(request, before.only(), late=late, replayed=replayed)
        if before.only() is not after.only():
            self._judge_effects(before.only(), after.only(), late=late)
            self.forms.keep_made(request, late=late)

    def _judge_effects(self, old: Books, new: Books, *, late: bool) -> None:
        for table in TABLES:
            for key, document in changed(old, new, table):
                former = getattr(old, table).get(key)
                if former is None:
                    self._judge_new(document, new)
                else:
                    self._judge_change(former, document, late=late)
                    if not late:
                        self.answers.changed(former, document, new)
        for key, payment in changed(old, new, "payments"):
            self._judge_payment(old.payments.get(key), payment)
        for key, contact in changed(old, new, "contacts"):
            self._judge_contact(old.contacts.get(key), contact, late=late)
        for _, one in changed(old, new, "allocations"):
            if (one.source_id, one.invoice_id) in self.forms.taken_apart and one.allocation_id not in old.allocations:
                raise Violation("clobber", "a credit that a person took off an invoice is put on it again")
            if one.allocation_id not in old.allocations:
                judge_allocation(self, one, new)

    def _judge_new(self, document: Any, books: Books) -> None:
        where = f"{document.number} ({document.reference})"
        if document.status not in {"AUTHORISED", "PAID"}:
            raise Violation("fidelity", f"{where} is posted as {document.status}")
        versions = self.versions.get(document.reference.removeprefix("cliniko:"))
        if not document.reference.startswith("cliniko:") or versions is None:
            raise Violation("identity", f"{where}: no invoice of the practice has that reference")
        count = self.created[document.number] = self.created.get(document.number, 0) + 1
        if count > 1:
            raise Violation("unique", f"{where} was made {count} times")
        if is_adjustment(document, versions[-1]):
            return
        contact = books.contacts[document.contact_id]
        if not any(agrees(document, one, books) for one in versions):
            raise Violation(
                "fidelity",
                f"{where}: {document.total} {document.dated_on} {lines_of(document, books)}, expected {versions[-1]}",
            )
        if (
            contact.number
            and not any(contact.number == one.party for one in versions)
            and not self._led_to(contact, versions, books)
        ):
            raise Violation("identity", f"{where} bills {contact.number}, expected {versions[-1].party}")
        if all(one.gone for one in versions):
            raise Violation("archived", f"{where} was archived in the practice and is posted all the same")

    def _led_to(self, contact: Any, versions: list[Expected], books: Books) -> bool:
        """Say whether merges, in the practice or in the books, lead from whom it bills to that contact."""
        wanted = {one.party for one in versions}
        while True:
            more = {f"CLK-{mate}" for party in wanted if (mate := self._survivor(party.removeprefix("CLK-")))} - wanted
            if not more:
                break
            wanted |= more
        merged = [one for one in books.contacts.values() if one.number in wanted and one.merged_to]
        return contact.number in wanted or bool(merged) or contact.contact_id in self.touched

    def _survivor(self, patient_id: str) -> str:
        patient = cliniko.find(self.sim.practice, "patients", patient_id) or {}
        return str(patient.get("merged_with_patient_id") or "")

    def _judge_change(self, former: Any, document: Any, *, late: bool) -> None:
        if late:
            return
        names = list(moved(former, document, DOCUMENT_FIELDS))
        voided = document.status in GONE and former.status not in GONE
        marks = {name: mark for name in DOCUMENT_FIELDS if (mark := self.marks.get((document.document_id, name)))}
        lost = [name for name, mark in marks.items() if (not mark.by_merge if voided else name in names)]
        if "contact_id" in lost and marks["contact_id"].by_merge and self._bills_rightly(document):
            lost.remove("contact_id")
        versions = self.versions.get(document.reference.removeprefix("cliniko:"), [])
        if "lines" in lost and marks["lines"].words_only and versions and versions[-1].nobodys:
            lost.remove("lines")
        if lost:
            raise Violation("clobber", f"{document.number}: a person had changed {lost}, and we wrote over it")
        if former.status in GONE:
            raise Violation("clobber", f"{document.number} was voided and is written to")

    def _bills_rightly(self, document: Any) -> bool:
        """Say whether its contact is the invoice's own and lives: the invoice moved after its old contact's merge."""
        versions = self.versions.get(document.reference.removeprefix("cliniko:"), [])
        contact = self.sim.books.only().contacts[document.contact_id]
        return not contact.merged_to and bool(versions) and contact.number == versions[-1].party

    def _judge_payment(self, former: Any, payment: Any) -> None:
        if former is None:
            count = self.created[payment.payment_id] = self.created.get(payment.payment_id, 0) + 1
            if count > 1 or not payment.reference.endswith("/paid"):
                raise Violation("unique", f"the payment {payment.reference} is made twice or is not ours")
            self._judge_new_payment(payment)
        elif payment.status == "DELETED" and former.status != "DELETED":
            if not payment.reference.endswith("/paid"):
                raise Violation("clobber", f"we deleted a payment that a person entered: {payment.reference}")
            if former.is_reconciled:
                raise Violation("clobber", f"we deleted the reconciled payment {payment.reference}")

    def _judge_new_payment(self, payment: Any) -> None:
        versions = self._versions_of(self.sim.books.only(), payment.document_id)
        if payment.paid_on not in {one.paid_on for one in versions if one.payable}:
            raise Violation(
                "fidelity", f"{payment.reference} is dated {payment.paid_on}, expected {versions[-1].paid_on}"
            )
        books = self.sim.books.only()
        self.answers.paid(books.invoices.get(payment.document_id) or books.credit_notes[payment.document_id])
        known = self.forms.deleted.get(payment.reference)
        if known is not None and all(one.status == PAID for one in versions[known:]):
            raise Violation("clobber", f"{payment.reference} was deleted by a person and is posted again")

    def _judge_contact(self, former: Any, contact: Any, *, late: bool) -> None:
        judge_adoption(self.sim.practice, former, contact, self.emails)
        if former is None or late:
            return
        self.overwritten.contact(former, contact)
        self.answers.contact_changed(former, contact)
        changed_at = self.patient_changed_at.get(contact.number.removeprefix("CLK-"))
        for name in moved(former, contact, CONTACT_FIELDS):
            mark = self.marks.get((contact.contact_id, name))
            # Nothing is lost where nothing stood; whether an emptied address may come back is judged below.
            stood = bool(getattr(former, name))
            if mark is not None and mark.seen and stood and (changed_at is None or changed_at <= mark.at):
                raise Violation(
                    "clobber", f"contact {contact.number}: a person had changed {name}, and we wrote over it"
                )
            if mark is not None and mark.seen and mark.was and not former.email and contact.email == mark.was:
                self._refilled(contact, mark)
            if getattr(former, name) and not getattr(contact, name):
                raise Violation("blank", f"contact {contact.number}: {name} was emptied")

    def _refilled(self, contact: Any, mark: Mark) -> None:
        """An address that a person emptied comes back only when somebody typed it again in the practice."""
        typed = self.email_typed_at.get(contact.number.removeprefix("CLK-"))
        if typed is None or typed <= mark.at:
            raise Violation("clobber", f"contact {contact.number}: a person had emptied its e-mail, and it is back")

    # --- the state of the books ---------------------------------------------------------------------------------------

    def look(self) -> None:
        """Check what must hold at every moment."""
        books = self.sim.books.only()
        self._one_document_each(books)
        self._not_overpaid(books)
        numbers = [contact.number for contact in books.contacts.values() if contact.number]
        if len(numbers) != len(set(numbers)):
            raise Violation("unique", "two contacts share a contact number")

    def _one_document_each(self, books: Books) -> None:
        live: dict[str, list[str]] = {}
        for table in TABLES:
            for document in getattr(books, table).values():
                if document.reference.startswith("cliniko:") and document.status not in GONE:
                    versions = self.versions[document.reference.removeprefix("cliniko:")]
                    if not is_adjustment(document, versions[-1]):
                        live.setdefault(document.reference, []).append(document.number)
        for reference, found in live.items():
            if len(found) > 1:
                raise Violation("unique", f"{reference} has {len(found)} live documents: {found}")

    def _not_overpaid(self, books: Books) -> None:
        sums: dict[str, Decimal] = {}
        seen: set[tuple[str, str]] = set()
        for payment in books.payments.values():
            if payment.status != "AUTHORISED" or not payment.reference.endswith("/paid"):
                continue
            place = (payment.reference, payment.document_id)
            if place in seen:
                raise Violation("unique", f"two live payments {payment.reference}")
            seen.add(place)
            sums[payment.document_id] = sums.get(payment.document_id, Decimal(0)) + payment.amount
        for key, total in sums.items():
            document = books.invoices.get(key) or books.credit_notes[key]
            if total > document.total:
                raise Violation("overpaid", f"{document.number}: our payments come to {total} of {document.total}")

    # --- after healing ------------------------------------------------------------------------------------------------

    def complete(self, report: dict[str, Any]) -> None:
        """Every invoice is in the books as it should be, or is listed with a reason."""
        from tests.faults.completeness import judge_all  # noqa: PLC0415 - it needs this module

        judge_all(self, report)


def _followed(former: Any, document: Any, books: Books) -> bool:
    """Say whether its contact was merged into the one that the document has now."""
    return former is not None and books.contacts[former.contact_id].merged_to == document.contact_id
