"""What the books should say about an invoice, worked out anew from the practice's records, without Ligament's code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from tests.faults.worlds import PAYERS

CENT = Decimal("0.01")
ZONE = ZoneInfo("Australia/Melbourne")
DEFAULT, BY_CODE, BY_NAME = "210", {"SOLE": "220"}, {"Goods LET": "260", "Review": "200"}
"""Accounts as the rulebook chooses them; a name decides as long as the practice says it, whomever it deletes."""
MOST_ROUNDING = Decimal("0.10")

Line = tuple[Decimal, str, str]
"""Amount including tax, account code, tax type."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One version of an invoice as the books should show it."""

    invoice_id: str
    number: str
    is_credit: bool
    total: Decimal
    on: date
    lines: tuple[Line, ...]
    party: str
    """The ContactNumber of whom it bills."""
    names: tuple[str, ...]
    paid_on: date | None
    """The day on the wall of the clinic when it was closed."""
    status: int
    gone: bool
    payable: bool
    """Whether it is wholly paid and says when."""
    ever: tuple[str, ...] = ()
    """Every name that an item of it had."""
    nobodys: bool = False
    """Whether its patient was deleted for good, so that texts may be gone with the person."""

    @property
    def due_on(self) -> date | None:
        """Return the day by which it is due: later for payers, never for credit notes."""
        if self.is_credit:
            return None
        return self.on + timedelta(days=21 if self.party.startswith("CLK-C-") else 7)

    @property
    def due_days(self) -> set[date | None]:
        """Return the days that may stand there: whom somebody deleted had it addressed to may be gone with them."""
        terms = {self.on + timedelta(days=days) for days in (7, 21)}
        return {self.due_on, *(terms if self.nobodys and not self.is_credit else ())}

    @property
    def reference(self) -> str:
        """Return what the document's Reference says."""
        return f"cliniko:{self.invoice_id}"


def expected_of(world: cliniko.World, invoice: Any, former: Expected | None) -> Expected:
    """Work out the document of an invoice as it is now; one that is archived keeps the lines it had."""
    gone = bool(invoice.get("archived_at") or invoice.get("deleted_at"))
    total = Decimal(str(invoice["total_amount"]))
    is_credit = invoice["status"] == 40 or bool(invoice.get("original_invoice_id")) or total < 0
    sign = -1 if is_credit else 1
    lines = tuple(sorted(_line(item, sign) for item in control.items_of(world, str(invoice["id"]))))
    names = tuple(sorted(str(item["name"]) for item in control.items_of(world, str(invoice["id"]))))
    if gone and former is not None:
        lines, names = former.lines, former.names
    closed = invoice.get("closed_at")
    return Expected(
        invoice_id=str(invoice["id"]),
        number=f"CLK-{invoice['number']}",
        is_credit=is_credit,
        total=cents(total * sign),
        on=date.fromisoformat(str(invoice["issue_date"])),
        lines=_with_rounding(lines, cents(total * sign)),
        party=_party(invoice),
        names=names,
        paid_on=datetime.fromisoformat(str(closed)).astimezone(ZONE).date() if closed else None,
        status=int(invoice["status"]),
        gone=gone,
        payable=invoice["status"] == 20 and bool(invoice.get("closed_at")),
        ever=tuple(sorted({*names, *(former.ever if former is not None else ())})),
        nobodys=_is_nobodys(world, invoice),
    )


def _is_nobodys(world: cliniko.World, invoice: Any) -> bool:
    patient = cliniko.find(world, "patients", str(invoice.get("patient_id")))
    return patient is None or bool(patient.get("deleted_at"))


def cents(amount: Decimal) -> Decimal:
    """Round half away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def _line(item: Any, sign: int) -> Line:
    taxed = Decimal(str(item.get("tax_rate") or 0)) > 0
    amount = sign * cents(Decimal(str(item["total_including_tax"])))
    account = BY_CODE.get(str(item.get("code"))) or BY_NAME.get(str(item["name"])) or DEFAULT
    return amount, account, "OUTPUT" if taxed else "EXEMPTOUTPUT"


def _with_rounding(lines: tuple[Line, ...], total: Decimal) -> tuple[Line, ...]:
    missing = total - sum((line[0] for line in lines), Decimal(0))
    if not missing or abs(missing) > MOST_ROUNDING or not lines:
        return lines
    return tuple(sorted((*lines, (missing, "860", "BASEXCLUDED"))))


def _party(invoice: Any) -> str:
    first = str(invoice.get("invoice_to") or "").splitlines()[:1]
    payer = next((key for key, name in PAYERS.items() if first == [name]), None)
    return f"CLK-C-{payer}" if payer else f"CLK-{invoice.get('patient_id')}"
