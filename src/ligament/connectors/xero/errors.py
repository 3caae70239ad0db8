"""The vendor's trouble, translated once: into the five port errors, and refusals into codes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ligament.connectors.xero import wire
from ligament.connectors.xero.wire_forms import Judged, Note
from ligament.core.private import MASK
from ligament.core.writes import Detail, RefusalCode, bad_details
from ligament.net.said import DAY_USED_UP, HOUR_S, longest_wait_s, wait_said
from ligament.ports.errors import Broken, OutcomeUnknown, PortError, Rejected, SignInAgain, TryLater

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ligament.net.session import Reply

UNAUTHORISED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
REQUEST_TIMEOUT: Final = 408
TOO_MANY: Final = 429
SERVER_TROUBLE: Final = 500
_NOT_IMPLEMENTED: Final = 501

# Case-insensitive parts of the vendor's texts (facts 8.4); the first that fits decides. Our own number being taken
# comes first: then the contact is most likely ours, whatever else is wrong.
_CODES: tuple[tuple[str, RefusalCode], ...] = (
    ("contact number", RefusalCode.CONTACT_NUMBER_TAKEN),
    ("contact name must be unique", RefusalCode.NAME_TAKEN),
    ("matched an archived contact", RefusalCode.ARCHIVED_CONTACT),
    ("must be unique", RefusalCode.NUMBER_TAKEN),
    ("not of valid status for modification", RefusalCode.WRONG_STATE),
    ("payment or credit note allocated", RefusalCode.HAS_MONEY),
    ("lock date", RefusalCode.LOCKED),
    ("exceeds the amount outstanding", RefusalCode.OVERPAID),
    ("against authorised documents", RefusalCode.NOT_AUTHORISED_YET),
    ("cannot be used with account code", RefusalCode.MAPPING),
    ("has been archived, or deleted", RefusalCode.MAPPING),
    ("is not a valid code", RefusalCode.MAPPING),
    ("item code", RefusalCode.MAPPING),
    ("not subscribed to currency", RefusalCode.SETUP),
    ("reached the limit of invoices", RefusalCode.PLAN_LIMIT),
    ("could not be found", RefusalCode.NOT_FOUND),
    ("was not found", RefusalCode.NOT_FOUND),
)
_DETAILS: tuple[tuple[str, Detail], ...] = (
    ("email", Detail.EMAIL),
    ("phone", Detail.PHONES),
    ("account number", Detail.ACCOUNT_NUMBER),
    ("accountnumber", Detail.ACCOUNT_NUMBER),
    ("tax number", Detail.TAX_NUMBER),
    ("taxnumber", Detail.TAX_NUMBER),
    ("company number", Detail.COMPANY_NUMBER),
    ("companynumber", Detail.COMPANY_NUMBER),
    ("country", Detail.ADDRESS),
    ("region", Detail.ADDRESS),
    ("postal", Detail.ADDRESS),
    ("city", Detail.ADDRESS),
    ("addressline", Detail.ADDRESS),
    ("address line", Detail.ADDRESS),
    ("addresses", Detail.ADDRESS),
)
"""Which words of a refusal name a detail of a contact that can be left out."""
_MISUSED_KEY = "is used with a different request"
_NAME_IN_CLASH = re.compile(r"(?is)(the contact name ).*( is already assigned)")
_EMAIL = re.compile(r"[^\s\"'<>,;:]+@[^\s\"'<>,;:]+")
_SERVER_ERROR = 500
_LIMITS = (("day", "day"), ("app", "app"), ("min", "minute"), ("concurrent", "concurrent"))
_AREAS = {
    "contacts": "contacts (accounting.contacts)",
    "invoices": "invoices and credit notes (accounting.invoices)",
    "creditnotes": "invoices and credit notes (accounting.invoices)",
    "payments": "payments (accounting.payments)",
    "trackingcategories": "the organisation's settings (accounting.settings)",
}
_SETTINGS = "the organisation's settings (accounting.settings.read)"


def code_of(messages: Iterable[str]) -> str:
    """Sort the refusals of one element into a code; one about details only names them all."""
    texts = [message.casefold() for message in messages]
    code = next((code for part, code in _CODES if any(part in text for text in texts)), RefusalCode.OTHER)
    if code is not RefusalCode.OTHER:
        return code
    details = {detail for part, detail in _DETAILS if any(part in text for text in texts)}
    return bad_details(details) if details else code


def scrubbed(message: str, personal: Iterable[str] = ()) -> str:
    """Return the vendor's words without names, e-mail addresses and the personal values we sent."""
    message = _NAME_IN_CLASH.sub(rf"\1{MASK}\2", message)
    message = _EMAIL.sub(MASK, message)
    for value in sorted({value.strip() for value in personal}, key=len, reverse=True):
        if len(value) > 1:
            message = re.sub(rf"(?i)(?<!\w){re.escape(value)}(?!\w)", MASK, message)
    return message


def messages_of(row: Judged) -> tuple[str, ...]:
    """Return the words of an element's validation errors."""
    return _words(row.validation_errors)


def warnings_of(row: Judged) -> tuple[str, ...]:
    """Return the words of an element's warnings."""
    return _words(row.warnings)


def fault_of(reply: Reply) -> wire.Fault:
    """Return the body of a refusal, empty when it cannot be read (facts 8.2: it may be anything)."""
    try:
        return wire.decode(reply.body, wire.Fault)
    except wire.Unreadable:
        return wire.Fault()


def limit_of(reply: Reply) -> str:
    """Return which allowance a 429 speaks of: day, minute, concurrent, app, or an empty text (facts 2.1)."""
    said = reply.headers.get("x-rate-limit-problem", "").casefold()
    return next((name for part, name in _LIMITS if part in said), "")


def wait_of(reply: Reply) -> int:
    """Return the seconds the server asked us to wait, no longer than its limits last, or 0."""
    most_s = longest_wait_s(limit_of(reply)) if reply.status == TOO_MANY else HOUR_S
    return wait_said(reply.headers.get("retry-after", ""), most_s)


def is_scope_missing(reply: Reply) -> bool:
    """Say whether the token lacks a permission; one page spells it `insufficent_scope` (facts 8.3)."""
    return "_scope" in reply.headers.get("www-authenticate", "")


def trouble_before_execution(reply: Reply, target: str) -> PortError | None:
    """Return the error for an answer given before anything was done, or nothing for other answers."""
    detail = _detail(reply)
    if reply.status == TOO_MANY:
        limit = limit_of(reply)
        sentence = DAY_USED_UP if limit == "day" else "Xero asks us to wait: too many calls."
        return TryLater(sentence, f"{detail}, limit {limit}", wait_of(reply), limit)
    if reply.status in {UNAUTHORISED, FORBIDDEN} and is_scope_missing(reply):
        area = _AREAS.get(_resource(target), _SETTINGS)
        return SignInAgain(f"Xero did not permit access to {area}. Please connect again and allow it.", detail)
    if reply.status == UNAUTHORISED:
        return SignInAgain("Xero no longer accepts the sign-in. Please connect again.", detail)
    if reply.status == FORBIDDEN:
        return SignInAgain(
            "The organisation is not connected any more, or the person who connected it lacks a permission in Xero.",
            detail,
        )
    return None


def trouble_of_read(reply: Reply, target: str) -> PortError:
    """Return the error for an answer to a read that is neither success nor `not found`."""
    known = trouble_before_execution(reply, target)
    if known is not None:
        return known
    if reply.status == REQUEST_TIMEOUT or (reply.status >= SERVER_TROUBLE and reply.status != _NOT_IMPLEMENTED):
        return TryLater("Xero is out of order for the moment.", _detail(reply), wait_of(reply))
    fault = fault_of(reply)
    return Broken("Xero did not understand a question of ours.", f"{_detail(reply)}, {fault.type or 'no type'}")


def passing(trouble: PortError) -> PortError:
    """Return trouble with a limit that passes by itself as such; only the day's is for the caller to wait out."""
    if isinstance(trouble, TryLater) and trouble.limit != "day":
        return TryLater(trouble.sentence, trouble.detail, trouble.wait_s)
    return trouble


def trouble_of_write(reply: Reply, target: str) -> PortError:
    """Return the error for an answer to a write that is neither success, nor 400, nor 404."""
    known = trouble_before_execution(reply, target)
    if known is not None:
        return known
    if reply.status == REQUEST_TIMEOUT or (reply.status >= SERVER_TROUBLE and reply.status != _NOT_IMPLEMENTED):
        return unclear(reply, "server trouble")
    return Broken("Xero did not accept the form of a request of ours.", _detail(reply))


def trouble_of_body(reply: Reply, fault: wire.Fault) -> PortError:
    """Return the error for a 400 that speaks of the whole request, not of elements."""
    if is_misused_key(fault):
        return Broken("An idempotency key was used for two different requests.", _detail(reply))
    kind = f"{_detail(reply)}, {fault.type or 'no type'} {fault.error_number}"
    return Rejected(f"Xero refused the request: {scrubbed(fault.message or fault.detail or 'no reason given')}", kind)


def is_misused_key(fault: wire.Fault) -> bool:
    """Say whether an idempotency key met a different request: our own mistake (facts 4)."""
    return _MISUSED_KEY in f"{fault.message} {fault.title} {fault.detail}".casefold()


def unclear(reply: Reply, why: str) -> OutcomeUnknown:
    """Return the error for a write whose answer does not tell what became of it."""
    # A 500 is Xero's own answer, so nothing is under way any more; a gateway's 502 to 504 may hide a request that is.
    answered = reply.status == _SERVER_ERROR
    return OutcomeUnknown("Xero's answer does not tell whether it was saved.", f"{_detail(reply)}, {why}", answered)


def _detail(reply: Reply) -> str:
    correlation = reply.headers.get("xero-correlation-id", "")
    return f"status {reply.status}, correlation {correlation}" if correlation else f"status {reply.status}"


def _resource(target: str) -> str:
    parts = target.partition("?")[0].strip("/").split("/")
    return parts[2].casefold() if len(parts) > 2 else ""  # noqa: PLR2004 - behind `api.xro/2.0`


def _words(notes: Iterable[Note]) -> tuple[str, ...]:
    return tuple(note.message or note.description for note in notes if note.message or note.description)
