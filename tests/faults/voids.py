"""Documents that are void in the books: whoever was told so sends no change of them any more."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.comparing import GONE
from tests.faults.findings import Violation

if TYPE_CHECKING:
    from ligament.simkit.messages import Request, Response

_ID = {"Invoices": "InvoiceID", "CreditNotes": "CreditNoteID"}
_OK = 200


@dataclass(slots=True)
class Voids:
    """The ids of documents that an answer called void, and the keys under which calls left before."""

    told: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)

    def answered(self, request: Request, response: Response) -> None:
        """Remember what an answer called void; one that arrived broken told nothing."""
        plural = _plural(request)
        if response.status != _OK or plural is None:
            return
        try:
            rows: list[dict[str, Any]] = json.loads(response.body)[plural]
        except (ValueError, KeyError):
            return
        self.told |= {str(row.get(_ID[plural])) for row in rows if row.get("Status") in GONE}

    def leaves(self, request: Request) -> None:
        """A write leaves for the first time; the same call sent again was decided before."""
        plural, key = _plural(request), request.headers.get("idempotency-key", "")
        if request.method != "POST" or plural is None or key in self.left:
            return
        self.left.add(key)
        for element in json.loads(request.body)[plural]:
            if element.get(_ID[plural]) in self.told:
                raise Violation("void", f"{plural}: {element} is sent though the books said that it is void")


def _plural(request: Request) -> str | None:
    """Return which documents a call is about."""
    name = next((part for part in request.path.strip("/").split("/")[2:3]), "")
    return name if name in _ID else None
