"""How values are kept in records: identifiers, instants, dates and decimals as the texts Cliniko sends."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.connectors.cliniko.simulator.kinds import Type

if TYPE_CHECKING:
    from ligament.connectors.cliniko.simulator.kinds import Kind, Record


def stamp(at: datetime) -> str:
    """Return an instant as Cliniko writes it: UTC, whole seconds, suffix Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def decimal_text(value: Decimal) -> str:
    """Return a decimal in plain notation with at least one place and no idle zeros: 95.0, 81.818, -16.5."""
    plain = f"{value:f}"
    whole, _, places = plain.partition(".")
    text = f"{whole}.{places.rstrip('0') or '0'}"
    return "0.0" if text == "-0.0" else text


def as_decimal(value: object) -> Decimal:
    """Return a stored or given amount as a decimal; missing amounts count as zero."""
    return Decimal(0) if value is None or value == "" else Decimal(str(value))


def stored(value: object, kind: Type) -> object:
    """Return a given value in its stored form; the given one may be a decimal, an instant, a date or plain JSON."""
    if value is None:
        return None
    if kind is Type.ID:
        return str(value)
    if kind is Type.DECIMAL:
        return decimal_text(as_decimal(value))
    if isinstance(value, datetime):
        return stamp(value) if kind is not Type.DATE else value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value


def stored_record(kind: Kind | None, record: Record) -> dict[str, object]:
    """Return a record in stored form; fields that the kind does not know are kept as they are."""
    known = kind.fields if kind is not None else {}
    return {
        name: stored(value, known.get(name, Type.ID if name == "id" or name.endswith("_id") else Type.TEXT))
        for name, value in record.items()
    }


def json_text(document: object) -> str:
    """Return compact JSON; tuples are written as arrays."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
