"""What goes wrong in the simulated Xero, and the bodies that say so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ligament.simkit.messages import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NOT_FOR_MODIFICATION = "Invoice not of valid status for modification"
HAS_MONEY = "This document cannot be edited as it has a payment or credit note allocated to it."
ARCHIVED_CONTACT = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)
NUMBER_TAKEN = "Invoice # must be unique."
CONTACT_NUMBER_TAKEN = "Another contact has this contact number. Please enter a different contact number."
NO_CONTACT_KEY = (
    "The Contact must contain at least 1 of the following elements to identify the contact: "
    "Name, ContactID, ContactNumber"
)
OVERPAID = "Payment amount exceeds the amount outstanding on this document"
NOT_AUTHORISED = "Payments can only be made against Authorised documents"


class Refused(Exception):
    """One element broke validation rules; the others go on."""

    def __init__(self, *messages: str, hide: Iterable[str] = ()) -> None:
        super().__init__(*messages)
        self.messages = messages
        self.hide = tuple(hide)
        """Keys that the echo of the element leaves out."""


class BadPost(Exception):
    """The body as a whole cannot be read: nothing is saved."""

    def __init__(self, *, message: str, number: int = 14, kind: str = "PostDataInvalidException") -> None:
        super().__init__(message)
        self.message = message
        self.number = number
        self.kind = kind


class NotFound(Exception):
    """There is no such record or resource."""


class BadCondition(Exception):
    """The If-Modified-Since header cannot be read."""


def plain_error(number: int, kind: str, message: str, status: int = 400) -> Response:
    """Return an error body without elements."""
    return _json(status, {"ErrorNumber": number, "Type": kind, "Message": message})


def not_found() -> Response:
    """Return the recorded 404: HTML content type, no body."""
    return Response(status=404, headers=(("Content-Type", "text/html; charset=utf-8"),))


def problem(status: int, title: str, detail: str, instance: str, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """Return a gateway refusal in problem style."""
    document: dict[str, object] = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": instance,
        "Extensions": {},
    }
    return _json(status, document).with_headers(headers)


def token_error(code: str, status: int = 400) -> Response:
    """Return an OAuth error of the token endpoint."""
    return _json(status, {"error": code})


def _json(status: int, document: Mapping[str, object]) -> Response:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(
        status=status, headers=(("Content-Type", "application/json; charset=utf-8"),), body=text.encode("utf-8")
    )
