"""A small driver for tests: one simulated organisation, a clock that only tests move, and a signed-in app."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ligament.connectors.xero.simulator import World, australian_books, code_app, custom_app, handle, pkce_app
from ligament.connectors.xero.simulator.charts import CLIENT_SECRET, CUSTOM_CLIENT_ID
from ligament.simkit.messages import Response, request_from_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ligament.connectors.xero.simulator import Books, Switches

STARTED_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
ZERO_GUID = "00000000-0000-0000-0000-000000000000"
SAVED_ALONE = {"summarizeErrors": "false"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, with its body decoded when it is JSON; numbers are exact."""

    response: Response

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return self.response.status

    @property
    def json(self) -> Any:
        """Return the decoded body."""
        return json.loads(self.response.body, parse_float=Decimal)

    def rows(self, plural: str) -> list[dict[str, Any]]:
        """Return the elements of the envelope."""
        found: list[dict[str, Any]] = self.json[plural]
        return found

    def messages(self) -> list[str]:
        """Return all validation messages of the answer."""
        document = self.json
        elements = document.get("Elements") or next((it for it in document.values() if isinstance(it, list)), [])
        return [it["Message"] for element in elements for it in element.get("ValidationErrors", ())]


class SimulatedBooks:
    """One world under test; every call takes one second on the clock."""

    def __init__(self, books: Books | None = None, switches: Switches | None = None) -> None:
        self.books = books or australian_books()
        apps = [custom_app(self.books), code_app(), pkce_app()]
        self.world = World.new(self.books, apps=apps, switches=switches)
        self.at = STARTED_AT
        self.token = ""
        self.sign_in()

    def sign_in(self, scope: str = "") -> None:
        """Fetch a client-credentials token."""
        form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
        self.token = self.form("/connect/token", form).json["access_token"]

    def form(self, path: str, form: Mapping[str, str], client: tuple[str, str] | None = None) -> Answer:
        """POST a form with Basic authentication."""
        pair = client or (CUSTOM_CLIENT_ID, CLIENT_SECRET)
        basic = base64.b64encode(":".join(pair).encode()).decode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": f"Basic {basic}"}
        return self.send("POST", path, headers, urlencode(form).encode())

    def send(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Send one request as it is."""
        self.at += timedelta(seconds=1)
        request = request_from_target(method, target, headers, body, self.at)
        self.world, response = handle(self.world, request)
        return Answer(response=response)

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Call an accounting endpoint with the token."""
        target = f"/api.xro/2.0/{path}" + (f"?{urlencode(query)}" if query else "")
        head = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **(headers or {})}
        sent = b"" if body is None else json.dumps(body).encode()
        return self.send(method, target, head, sent)

    def get(self, path: str, query: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """GET an endpoint; header names take underscores for hyphens."""
        return self.call("GET", path, None, query, {name.replace("_", "-"): it for name, it in headers.items()})

    def put(self, path: str, *elements: Mapping[str, object], **query: str) -> Answer:
        """PUT elements to a collection."""
        return self.call("PUT", path, {path.rpartition("/")[2]: list(elements)}, query)

    def post(self, path: str, *elements: Mapping[str, object], **query: str) -> Answer:
        """POST elements to a collection or a record."""
        return self.call("POST", path, {path.partition("/")[0]: list(elements)}, query)

    def change(self, fn: Callable[[World], World]) -> None:
        """Change the world between two requests."""
        self.world = fn(self.world)

    def pass_time(self, **length: int) -> None:
        """Move the clock and sign in anew, as tokens may have ended."""
        self.at += timedelta(**length)
        self.sign_in()

    def contact(self, name: str = "Ada Quill (P1)", **fields: object) -> str:
        """Make a contact; returns its id."""
        made: str = self.put("Contacts", {"Name": name, **fields}).rows("Contacts")[0]["ContactID"]
        return made

    def invoice(self, contact_id: str = "", **fields: object) -> dict[str, Any]:
        """Make an invoice of 110.00 including tax, approved unless told otherwise; returns it as answered."""
        answer = self.put("Invoices", invoice_element(contact_id or self.some_contact(), **fields))
        assert answer.status == 200, answer.messages()
        return answer.rows("Invoices")[0]

    def some_contact(self) -> str:
        """Return a contact's id, made on first use."""
        known = self.world.only().contact_by_name.get("ada quill (p1)")
        return known or self.contact()

    def read(self, invoice_id: str) -> dict[str, Any]:
        return self.get(f"Invoices/{invoice_id}").rows("Invoices")[0]

    def pay(self, invoice_id: str, amount: str, **fields: object) -> Answer:
        """Pay an invoice from the clearing account."""
        return self.put("Payments", payment_element(invoice_id, amount, **fields))

    def with_limits(self, **changes: int) -> None:
        """Change limits by switches."""
        self.world = self.world.with_switches(replace(self.world.switches, **changes))  # type: ignore[arg-type]


def line(**fields: object) -> dict[str, object]:
    """Return a taxable line of 110.00."""
    return {"Description": "Visit", "Quantity": 1, "UnitAmount": "110.00", "AccountCode": "200", **fields}


def invoice_element(contact_id: str, **fields: object) -> dict[str, object]:
    """Return an approved sales invoice as a client sends it."""
    return {
        "Type": "ACCREC",
        "Contact": {"ContactID": contact_id},
        "Date": "2026-03-01",
        "DueDate": "2026-03-15",
        "LineAmountTypes": "Inclusive",
        "Status": "AUTHORISED",
        "LineItems": [line()],
        **fields,
    }


def note_element(contact_id: str, **fields: object) -> dict[str, object]:
    """Return an approved credit note of 110.00."""
    element = invoice_element(contact_id, **{"Type": "ACCRECCREDIT", **fields})
    del element["DueDate"]
    return element


def payment_element(invoice_id: str, amount: str, **fields: object) -> dict[str, object]:
    """Return a payment as a client sends it."""
    return {
        "Invoice": {"InvoiceID": invoice_id},
        "Account": {"Code": "090"},
        "Date": "2026-03-02",
        "Amount": amount,
        **fields,
    }
