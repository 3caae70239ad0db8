"""Problems: what went wrong with a call, as RFC 9457 has it; they say what to do and nothing of the inside."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ligament.app.output import to_json
from ligament.web.frame import Reply

MEDIA_TYPE = "application/problem+json"
_TITLES: Mapping[int, str] = {
    400: "This is no JSON",
    401: "A token is needed",
    403: "The token may not do this",
    404: "There is no such thing",
    405: "This method is not for this address",
    409: "Not at this moment",
    413: "Too much at once",
    422: "Something in the call is wrong",
    429: "Too many calls",
    500: "Something happened that should not",
    503: "Not available at the moment",
}
_NOTHING = "There is nothing under this address, or not for this token."
_AT = re.compile(r"^(?P<what>.*?)(?: - at `(?P<place>[^`]*)`)?$", re.DOTALL)
_NAMED = re.compile(r"(?:unknown|required) field `([^`]+)`")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that is wrong with a call: where, and what."""

    place: str
    detail: str


class Problem(Exception):
    """A call that is answered with a problem."""

    def __init__(
        self, status: int, detail: str = "", errors: Sequence[Wrong] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        """Take the status, a sentence, and what is wrong where."""
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})


def nothing_there() -> Problem:
    """Return the one answer for what does not exist and for what is another clinic's."""
    return Problem(404, _NOTHING)


def of_status(status: int, headers: Mapping[str, str]) -> Problem:
    """Return the problem of a request that reached no call: the one answer where there is nothing."""
    if status == 404:  # noqa: PLR2004 - not found
        return nothing_there()
    kept = {name.lower(): value for name, value in headers.items() if name.lower() in {"allow", "retry-after"}}
    return Problem(status, headers=kept)


def wrong(place: str, detail: str) -> Problem:
    """Return the problem of one wrong field or parameter."""
    return Problem(422, detail, [Wrong(place=place, detail=detail)])


def misfit(error: msgspec.ValidationError, whole: str) -> Problem:
    """Return the problem of a value that does not fit its type; `whole` names what was read: body or query."""
    found = _AT.match(str(error))
    what = found.group("what") if found else str(error)
    place = (found.group("place") or "" if found else "").removeprefix("$").removeprefix(".")
    named = _NAMED.search(what)
    inner = ".".join(part for part in (place, named.group(1) if named else "") if part)
    return Problem(422, f"{inner or whole}: {what}.", [Wrong(place=inner or whole, detail=what)])


def answer(problem: Problem) -> Reply:
    """Return a problem as it is sent."""
    return Reply(
        content=to_json(document(problem), indent=False).encode(),
        status=problem.status,
        media_type=MEDIA_TYPE,
        headers=list(problem.headers.items()),
    )


def document(problem: Problem) -> dict[str, Any]:
    """Return a problem's document."""
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(problem.status, "This did not work"),
        "status": problem.status,
        "detail": problem.detail or _TITLES.get(problem.status, "Nothing was changed."),
    }
    if problem.errors:
        told["errors"] = [{"place": one.place, "detail": one.detail} for one in problem.errors]
    return told
