"""What an edit of a document with money on it may change, and whether anybody sees it."""

from __future__ import annotations

from dataclasses import replace

from ligament.connectors.xero.simulator.errors import HAS_MONEY, Refused
from ligament.connectors.xero.simulator.records import Document

_QUIET_FIELDS = ("due_on", "sent_to_contact")


def refuse_paid_edit(former: Document, changed: Document) -> None:
    """Refuse an edit that a document with money on it does not allow."""
    fixed = ("dated_on", "line_amount_types", "currency", "currency_rate", "total", "total_tax", "expected_on")
    if any(getattr(former, name) != getattr(changed, name) for name in fixed):
        raise Refused(HAS_MONEY)
    if former.contact_id != changed.contact_id and former.amount_credited:
        raise Refused(HAS_MONEY)
    free = {"description": "", "account_id": "", "tracking": ()}
    before = [replace(line, **free) for line in former.lines]  # type: ignore[arg-type]
    after = [replace(line, **free) for line in changed.lines]  # type: ignore[arg-type]
    if before != after:
        raise Refused(HAS_MONEY)


def is_quiet(former: Document, changed: Document) -> bool:
    """Return whether only fields changed that do not move UpdatedDateUTC of a part-paid invoice."""
    if not former.has_money_on_it or former == changed:
        return False
    quiet = {name: getattr(former, name) for name in _QUIET_FIELDS}
    return replace(changed, **quiet) == former
