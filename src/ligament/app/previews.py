"""The preview: the newest month of the plan that waits, as the books will show it, from what is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ligament.app.approvals import standing_plan
from ligament.app.documents import Document
from ligament.app.plans import days_of
from ligament.core.money import ZERO, two_places
from ligament.core.plans import RecordKind
from ligament.wiring.clinic import Clinic

_DOCUMENTS = (RecordKind.INVOICES.value, RecordKind.CREDIT_NOTES.value)
MOST_SHOWN = 25


def preview(clinic: Clinic) -> Document:
    """Return what would be posted, one month of it document by document; nothing is called.

    The month is the newest that has ended and has a document, else the newest that has one.
    """
    found = standing_plan(clinic)
    waiting: Sequence[Mapping[str, Any]] = [*found["waiting"], *found["approved"]]
    documents = [one for one in waiting if one["kind"] in _DOCUMENTS]
    days = days_of(clinic, {str(one["source_id"]) for one in documents})
    dated = [{**one, "on": days.get(str(one["source_id"]))} for one in documents]
    by_month = _by_month(dated)
    today = clinic.clock.now().date()
    ended = [month for month in by_month if month < f"{today:%Y-%m}"]
    month = max(ended or by_month, default="")
    shown = sorted((one for one in dated if _month(one["on"]) == month), key=lambda one: (one["on"], one["number"]))
    return {
        "plan": found["plan"],
        "count": len(waiting),
        "amount": two_places(amount_of(waiting)),
        "month": month,
        "documents": shown[:MOST_SHOWN],
        "month_count": len(shown),
        "month_amount": two_places(amount_of(shown)),
        "by_month": [{"month": name, **by_month[name]} for name in sorted(by_month)],
        "by_kind": _by_kind(waiting),
        "held": len(clinic.store.open_holds()),
    }


def _by_month(dated: Iterable[Mapping[str, Any]]) -> dict[str, Document]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in dated:
        if name := _month(one["on"]):
            found.setdefault(name, []).append(one)
    return {name: {"count": len(those), "amount": two_places(amount_of(those))} for name, those in found.items()}


def _by_kind(waiting: Sequence[Mapping[str, Any]]) -> list[Document]:
    kinds = {kind.value: [one for one in waiting if one["kind"] == kind.value] for kind in RecordKind}
    return [
        {"kind": kind, "count": len(those), "amount": two_places(amount_of(those))}
        for kind, those in kinds.items()
        if those
    ]


def _month(day: date | None) -> str:
    return f"{day:%Y-%m}" if day is not None else ""


def amount_of(rows: Iterable[Mapping[str, Any]]) -> Decimal:
    return sum((Decimal(str(one["amount"])) for one in rows), ZERO)
