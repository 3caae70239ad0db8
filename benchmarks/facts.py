"""Facts of a large clinic built in memory, without HTTP and without a database; nothing of it is posted yet."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from benchmarks.clinic import FIRST, LAST, NOW, PLACE, START, WHO, Size, has_product, invoice_id, patient_id
from benchmarks.measuring import cpu_s, peak_mb
from ligament.core.facts import Facts, PlanContext
from ligament.core.ids import BooksId, SourceId
from ligament.core.ledgers import Account, Chart, Organisation, TaxRate
from ligament.core.private import Private
from ligament.core.records import (
    Address,
    Invoice,
    InvoiceStatus,
    Line,
    Location,
    Party,
    PartyKind,
    Phone,
    PhoneKind,
    Practitioner,
)
from ligament.flow.read.read import EVERYTHING
from ligament.ports.memory import Selection
from ligament.wiring.expressions import Expressions
from ligament.wiring.likeness import likeness, phone_key

MEDIUM = Size(patients=20_000, invoices=150_000)
PRICES = tuple(Decimal(80 + step) for step in range(40))
TAPE, TAPE_TAX, GST = Decimal("11.00"), Decimal("1.00"), Decimal(10)
ONE, ZERO = Decimal(1), Decimal(0)


class Kept:
    """Hands out the facts of a first plan portion by portion, and tells how long making them took."""

    def __init__(self, size: Size) -> None:
        """Keep how large the clinic is, and nothing else: every portion is made when it is asked for."""
        self._size = size
        self.build_s = 0.0
        self.facts_mb = 0.0

    def portions(self, selection: Selection, size: int) -> list[Selection]:
        """Cut the patients into portions of about `size` records."""
        assert selection == EVERYTHING
        clinic = self._size
        step = max(1, size * clinic.patients // (clinic.patients + clinic.invoices))
        patients = [f"patient:{patient_id(place)}" for place in range(clinic.patients)]
        starts = range(0, clinic.patients, step)
        return [Selection(parties=frozenset(patients[start : start + step])) for start in starts]

    def gather(self, selection: Selection) -> Facts:
        """Return the facts of some patients with all their invoices."""
        began = cpu_s()
        assert selection.parties is not None
        first = int(patient_id(0))
        places = sorted(int(key.partition(":")[2]) - first for key in selection.parties)
        facts = facts_of(self._size, places)
        self.build_s += cpu_s() - began
        self.facts_mb = self.facts_mb or peak_mb()
        return facts


def facts_of(size: Size, patients: Iterable[int] | None = None) -> Facts:
    """Return the facts of a first plan over a whole clinic, or over some of its patients."""
    places = list(range(size.patients) if patients is None else patients)
    mine = (place for patient in places for place in range(patient, size.invoices, size.patients))
    invoices = {held.id: held for held in (_invoice(place, size) for place in mine)}
    parties = {f"patient:{held.id}": held for held in (_party(place) for place in places)}
    return Facts(
        locations={SourceId(PLACE): Location(id=SourceId(PLACE), name="Riverside", zone="Australia/Melbourne")},
        practitioners={SourceId(WHO): Practitioner(id=SourceId(WHO), name="Ben Hands")},
        parties=parties,
        invoices=invoices,
        organisation=Organisation(id=BooksId("o1"), name="Made-up clinic", country_code="AU", currency="AUD"),
        chart=_chart(),
        first_connected_on=START.date(),
    )


def _chart() -> Chart:
    revenue = frozenset({"revenue"})
    return Chart(
        accounts=(
            Account(id=BooksId("a1"), code="090", name="Clearing", account_class="asset", is_bank=True),
            Account(id=BooksId("a2"), code="200", name="Sales", account_class="revenue"),
        ),
        tax_rates=(
            TaxRate(tax_type="EXEMPTOUTPUT", name="GST Free Income", rate=ZERO, applies_to=revenue),
            TaxRate(tax_type="OUTPUT", name="GST on Income", rate=GST, applies_to=revenue),
        ),
    )


def _party(place: int) -> Party:
    at = START - timedelta(days=400) + timedelta(minutes=place)
    return Party(
        id=SourceId(patient_id(place)),
        kind=PartyKind.PATIENT,
        first=Private(FIRST[place % 10]),
        last=Private(f"{LAST[place // 10 % 10]} {place // 100}"),
        email=Private(f"p{place}@patients.example"),
        phones=(Phone(kind=PhoneKind.MOBILE, number=Private(f"0491 {place:06d}")),),
        address=Private(Address(lines=(f"{place} Made-up Street",), city="Richmond", region="VIC", post_code="3121")),
        country_code="AU",
        created_at=at,
        updated_at=at,
        revision=f"{place:016x}",
    )


def _invoice(place: int, size: Size) -> Invoice:
    at = START + (NOW - timedelta(hours=1) - START) * place / size.invoices
    identifier = SourceId(invoice_id(place))
    lines = _lines(place, identifier)
    is_open = size.is_open(place)
    return Invoice(
        id=identifier,
        number=str(place + 1),
        issued_on=at.date(),
        status=InvoiceStatus.OPEN if is_open else InvoiceStatus.PAID,
        status_text="Open" if is_open else "Paid",
        closed_at=None if is_open else at + timedelta(minutes=5),
        total=sum((line.total for line in lines), ZERO),
        tax=TAPE_TAX if len(lines) > 1 else ZERO,
        party_id=SourceId(patient_id(place % size.patients)),
        practitioner_id=SourceId(WHO),
        location_id=SourceId(PLACE),
        created_at=at,
        updated_at=at,
        revision=f"{place:016x}",
        lines=lines,
    )


def _lines(place: int, identifier: SourceId) -> tuple[Line, ...]:
    price = PRICES[place % 40]
    visit = Line(
        id=SourceId(str(1_412_500_000_000_000_000 + 1000 * place + 1)),
        invoice_id=identifier,
        code="CONS",
        name="Consultation",
        quantity=ONE,
        unit_price=price,
        total=price,
        revision=f"{place:016x}",
    )
    if not has_product(place):
        return (visit,)
    tape = Line(
        id=SourceId(str(1_412_500_000_000_000_000 + 1000 * place + 2)),
        invoice_id=identifier,
        code="TAPE",
        name="Tape",
        quantity=ONE,
        unit_price=TAPE,
        tax_name="GST",
        tax_rate=GST,
        total=TAPE,
        revision=f"{place:016x}",
    )
    return (visit, tape)


def surroundings() -> PlanContext:
    """Return what planning needs beside its facts, as wiring gives it."""
    expressions = Expressions()
    return PlanContext(
        now=NOW,
        likeness=likeness,
        phone_key=phone_key,
        code_for=lambda subject: f"CL-{hash(subject) % 10**8}",
        evaluate=expressions.holds,
        express=expressions.says,
        untouched=expressions.untouched,
        practice_name="practice",
        books_title="the books",
    )
