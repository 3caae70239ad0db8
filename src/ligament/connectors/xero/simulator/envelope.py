"""Request bodies in, answer envelopes out, and batches whose elements succeed or fail one by one."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.described import ROOTS, unknown_fields
from ligament.connectors.xero.simulator.errors import BadPost, Refused
from ligament.connectors.xero.simulator.records import ZERO_GUID
from ligament.connectors.xero.simulator.wire import (
    Json,
    dump,
    load,
    number,
    read_date,
    wire_date,
    wire_date_text,
    wire_instant,
)
from ligament.simkit.messages import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ligament.connectors.xero.simulator.desk import Desk

JSON_HEAD = (("Content-Type", "application/json; charset=utf-8"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to one endpoint: what follows the endpoint's name in the path, and the request itself."""

    request: Request
    segments: tuple[str, ...]
    app_name: str = "Ligament"
    swallows_unknown_fields: bool = False
    largest_batch: int = 500

    @property
    def method(self) -> str:
        """Return the HTTP method."""
        return self.request.method

    @property
    def four_places(self) -> bool:
        """Return whether unit amounts keep four decimals."""
        return self.request.first("unitdp") == "4"

    @property
    def summarises(self) -> bool:
        """Return whether failures turn the whole answer into a 400; absent means yes."""
        return self.request.first("summarizeErrors", "true").casefold() != "false"

    def elements(self, plural: str) -> list[Json]:
        """Return the elements of the body, from the envelope or a single object."""
        document = load(self.request.body)
        if not isinstance(document, dict):
            raise BadPost(message="The request body must be an object.")
        for key, value in document.items():
            if key.casefold() == plural.casefold():
                found = value if isinstance(value, list) else [value]
                break
        else:
            found = [document]
        if not all(isinstance(item, dict) for item in found):
            raise BadPost(message=f"{plural} must hold objects.")
        if not found:
            raise BadPost(message="No data was given to process.", number=17, kind="NoDataProcessedException")
        if len(found) > self.largest_batch:
            raise BadPost(message=f"At most {self.largest_batch} elements can be sent at once.")
        self._refuse_unknown(plural, document, found)
        return found

    def _refuse_unknown(self, plural: str, document: Json, found: list[Json]) -> None:
        if self.swallows_unknown_fields:
            return
        beside = [key for key in document if key.casefold() != plural.casefold()] if found != [document] else []
        if odd := [*beside, *unknown_fields(ROOTS[plural], found)]:
            raise BadPost(message=f"The description of this request has no {', '.join(dict.fromkeys(odd))}.")


def answer(desk: Desk, call: Call, plural: str, elements: Sequence[Json], pagination: Json | None = None) -> Response:
    """Return the 200 envelope around these elements."""
    document: Json = {
        "Id": desk.new_id(),
        "Status": "OK",
        "ProviderName": call.app_name,
        "DateTimeUTC": wire_instant(desk.at),
    }
    if pagination is not None:
        document["pagination"] = pagination
    if desk.switches.unknown_extras:
        document["AddedLaterByXero"] = {"Nested": [1]}
    document[plural] = list(elements)
    return Response(status=200, headers=JSON_HEAD, body=dump(document, numbers_as_text=desk.switches.numbers_as_text))


def invalid(elements: Sequence[Json]) -> Response:
    """Return the 400 that lists the failed elements."""
    document = {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": list(elements),
    }
    return Response(status=400, headers=JSON_HEAD, body=dump(document))


def run_batch(desk: Desk, call: Call, plural: str, id_key: str, apply: Callable[[Json], Json]) -> Response:
    """Apply every element of the body on its own and answer in the mode that summarizeErrors asks for."""
    return run_elements(desk, call, plural, id_key, call.elements(plural), apply, summarises=call.summarises)


def run_elements(  # noqa: PLR0913 - each argument is one thing a person chooses
    desk: Desk,
    call: Call,
    plural: str,
    id_key: str,
    elements: Sequence[Json],
    apply: Callable[[Json], Json],
    *,
    summarises: bool,
) -> Response:
    """Apply these elements on their own; a refused one leaves no trace, the others are kept."""
    done: list[Json] = []
    failed: list[Json] = []
    atomic = desk.switches.batch_atomic and summarises
    for element in elements:
        try:
            shown = apply(element)
        except Refused as refusal:
            desk.take_back()
            shown = _echo(element, id_key, refusal)
            failed.append(shown)
            if not summarises:
                shown["StatusAttributeString"] = "ERROR"
        else:
            if not atomic:
                desk.keep()
            if not summarises:
                shown["StatusAttributeString"] = "WARNING" if shown.get("Warnings") else "OK"
        done.append(shown)
    if failed and summarises:
        if atomic:
            desk.take_back()
        return invalid(failed)
    desk.keep()
    if desk.switches.element_order_reversed:
        done.reverse()
    return answer(desk, call, plural, done)


def _echo(element: Json, id_key: str, refusal: Refused) -> Json:
    shown: Json = {id_key: ZERO_GUID}
    for key, value in element.items():
        if key in refusal.hide:
            continue
        if key in {"Date", "DueDate"} and (on := read_date(element, key)) is not None:
            shown[key], shown[f"{key}String"] = wire_date(on), wire_date_text(on)
        else:
            shown[key] = _plain(value)
    shown["HasErrors" if id_key != "ContactID" else "HasValidationErrors"] = True
    shown["ValidationErrors"] = [{"Message": message} for message in refusal.messages]
    return shown


def _plain(value: object) -> object:
    """Return a request value fit for `dump`: Decimals become marked numbers again."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, (str, int, bool)) or value is None:
        return value
    return number(value) if isinstance(value, Decimal) else str(value)
