"""The desk: recognises the token, reads what was sent, asks the call's function and puts its answer on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from ligament.app.access.repeats import AnotherCall, Answers, KeptAnswer, KeyOfCall, UnderWay, answers_of
from ligament.app.access.tokens import recognise
from ligament.app.errors import EXPECTED, trouble_of
from ligament.app.output import to_compact_json
from ligament.core.access import Caller
from ligament.web.api import paging, problems
from ligament.web.api.call import Asking, Call, Told
from ligament.web.api.limits import Meter
from ligament.web.api.problems import Problem, misfit, nothing_there, wrong
from ligament.web.frame import Asked, Reply
from ligament.web.page import House
from ligament.web.security.hosts import address_of
from ligament.wiring.access import StoreTrouble
from ligament.wiring.clocks import SystemClock
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.file_lock import AnotherRun

_BEARER, _CURSOR_KEY = "bearer ", "api_cursors"
_MOST_KEY_SIGNS = 255
_USAGE = 2
_PAGING = {"limit", "cursor"}


@dataclass(slots=True, kw_only=True)
class Desk:
    """Answers calls; safe to share between threads."""

    house: House
    meter: Meter = field(default_factory=lambda: Meter(now_ms=SystemClock().monotonic_ms))
    _key: bytes = b""

    def answer(self, call: Call, asked: Asked) -> Reply:
        # A list is a few quick questions; what a call may change, or ask of others, begins and ends each by itself.
        with self.house.access.database.one_moment() if call.is_list and call.method == "GET" else nullcontext():
            try:
                return self._answered(call, asked)
            except Problem as problem:
                return problems.answer(problem)

    def _answered(self, call: Call, asked: Asked) -> Reply:
        token = _token(asked)
        caller = recognise(self.house.access, token) if token else None
        if caller is None:
            raise _unknown(bool(token))
        wait_s = self.meter.wait_s(hashlib.sha256(token.encode()).hexdigest())
        if wait_s:
            sentence = f"A token may make {self.meter.most} calls a minute. Go on after {wait_s} seconds."
            raise Problem(429, sentence, headers={"retry-after": str(wait_s)})
        asking = self._asking(call, asked, caller)
        key = asked.header("idempotency-key") if call.method != "GET" else ""
        return self._once(call, asked, asking, token, key) if key else self._made(call, asked, asking)

    # --- who asks, and for what ---------------------------------------------------------------------------------------
    def _asking(self, call: Call, asked: Asked, caller: Caller) -> Asking:
        """Return who asks for what; another clinic is no clinic, whatever the token may do."""
        address = address_of(asked.peer, asked.header, self.house.settings.trusted_proxies)
        asking = Asking(house=self.house, caller=caller, address=address, values=asked.values)
        if call.is_of_clinic:
            asking.clinic_id = asked.values["clinic"]
            found = self.house.access.clinic(asking.clinic_id) if caller.sees(asking.clinic_id) else None
            if found is None:
                raise nothing_there()
            asking.the_clinic = found
        if not caller.may(call.right):
            raise Problem(403, f"This needs a token that may {call.right.value}. Nothing was changed.")
        return asking

    def _made(self, call: Call, asked: Asked, asking: Asking) -> Reply:
        self._read(call, asked, asking)
        try:
            return _reply(call.answer(asking))
        except Problem:
            raise
        except EXPECTED as trouble:
            raise _told(trouble) from trouble

    def _read(self, call: Call, asked: Asked, asking: Asking) -> None:
        told = _parameters(asked.query)
        if call.is_list:
            asking.pager = self._pager(call, asked, told)
            told = {name: value for name, value in told.items() if name not in _PAGING}
        if call.query is not None:
            asking.query = _fitting(told, call.query)
        elif told:
            name = next(iter(told))
            raise wrong(name, f"There is no parameter {name} here.")
        if call.takes is not None:
            asking.body = _body(asked.body, call.takes)

    def _pager(self, call: Call, asked: Asked, told: Mapping[str, str]) -> paging.Pager:
        text = told.get("limit", str(paging.USUAL))
        if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= paging.MOST:
            raise wrong("limit", f"Give a number from 1 to {paging.MOST}.")
        filters = sorted((name, value) for name, value in told.items() if name not in _PAGING)
        about = f"{call.path}|{sorted(asked.values.items())}|{filters}"
        after = paging.opened(told.get("cursor", ""), about, self._cursor_key())
        return paging.Pager(limit=int(text), after=after, about=about, key=self._cursor_key())

    def _cursor_key(self) -> bytes:
        """Return the secret that cursors are signed with; it outlives a restart."""
        if not self._key:
            access = self.house.access
            self._key = access.vault.made(_CURSOR_KEY, access.secret(32)).encode()
        return self._key

    # --- the same call once more --------------------------------------------------------------------------------------
    def _once(self, call: Call, asked: Asked, asking: Asking, token: str, key: str) -> Reply:
        if len(key) > _MOST_KEY_SIGNS or not key.isprintable():
            raise wrong("Idempotency-Key", f"Give at most {_MOST_KEY_SIGNS} printable signs.")
        digest = hashlib.sha256(f"{call.method} {asked.path}?{asked.query}\n".encode() + asked.body).hexdigest()
        mine = KeyOfCall(secret=token, key=key, call=digest)
        answers = answers_of(self.house.access)
        try:
            kept = answers.begin(mine)
        except AnotherCall:
            raise wrong("Idempotency-Key", "This key was used for another call. Take a new one.") from None
        except UnderWay:
            raise Problem(409, "The same call is being answered at this moment. Ask again in a moment.") from None
        if kept is not None:
            headers = [*kept.headers, ("idempotency-replayed", "true")]
            return Reply(content=kept.content, status=kept.status, media_type=kept.media_type, headers=headers)
        return self._kept(answers, mine, lambda: self._made(call, asked, asking))

    def _kept(self, answers: Answers, mine: KeyOfCall, make: Callable[[], Reply]) -> Reply:
        """Make the answer and keep it; where nothing came of it, it may be tried again."""
        is_kept = False
        try:
            try:
                reply = make()
            except Problem as problem:
                if problem.status >= 500:  # noqa: PLR2004 - our own trouble passes
                    raise
                reply = problems.answer(problem)
            pairs = tuple((name, value) for name, value in reply.headers)
            answers.keep(
                mine,
                KeptAnswer(status=reply.status, media_type=reply.media_type, headers=pairs, content=reply.content),
            )
            is_kept = True
            return reply
        finally:
            if not is_kept:
                answers.forget(mine)


# --- reading ----------------------------------------------------------------------------------------------------------


def _token(asked: Asked) -> str:
    given = asked.header("authorization")
    return given[len(_BEARER) :].strip() if given.lower().startswith(_BEARER) else ""


def _unknown(is_given: bool) -> Problem:  # noqa: FBT001 - whether a token was given at all
    sentence = "This token is not known, or has ended." if is_given else "Send `Authorization: Bearer lig_...`."
    challenge = 'Bearer realm="Ligament"' + (', error="invalid_token"' if is_given else "")
    return Problem(401, sentence, headers={"www-authenticate": challenge})


def _parameters(query: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100, errors="strict")
    except ValueError:
        raise wrong("query", "The parameters cannot be read.") from None
    told: dict[str, str] = {}
    for name, value in pairs:
        if name in told:
            raise wrong(name, "This parameter is there twice.")
        if "\x00" in value:
            raise wrong(name, "This parameter has a sign in it that no text has.")
        told[name] = value
    return told


def _fitting(told: Mapping[str, str], kind: type) -> Any:  # noqa: ANN401 - of that kind
    try:
        return msgspec.convert(told, kind, strict=False)
    except msgspec.ValidationError as error:
        raise misfit(error, "query") from None


def _body(body: bytes, kind: type) -> Any:  # noqa: ANN401 - of that kind
    try:
        return decoder(kind).decode(body or b"{}")
    except msgspec.ValidationError as error:
        # What is wrong in its beginning may still be no JSON at its end.
        raise misfit(error, "body") if _is_json(body) else _no_json() from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise _no_json() from None


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def _no_json() -> Problem:
    return Problem(400, "The body is no JSON.")


@cache
def decoder(kind: type) -> msgspec.json.Decoder[Any]:
    """Return what reads a body; made for every kind before calls are answered."""
    return msgspec.json.Decoder(kind)


# --- answering --------------------------------------------------------------------------------------------------------


def _reply(told: Told) -> Reply:
    headers: list[tuple[str, str]] = []
    if told.location:
        headers.append(("location", told.location))
    if told.filename:
        headers.append(("content-disposition", f'attachment; filename="{told.filename}"'))
    content = to_compact_json(told.document) if told.document is not None else told.content
    return Reply(content=content, status=told.status, media_type=told.media_type, headers=headers)


def _told(trouble: BaseException) -> Problem:
    """Return expected trouble as a problem: what was asked for wrongly, or what is away for a while."""
    if isinstance(trouble, AnotherRun):
        return Problem(409, str(trouble))
    if isinstance(trouble, ConfigurationError):
        return Problem(422, " ".join(trouble.complaints), _places(trouble.complaints))
    if isinstance(trouble, StoreTrouble):
        return Problem(503, trouble.sentence, headers={"retry-after": "5"})
    found = trouble_of(trouble)
    if found is None:
        raise trouble
    status = 422 if found.code == _USAGE else 503
    return Problem(status, " ".join(found.lines), headers={"retry-after": "30"} if status != 422 else {})  # noqa: PLR2004


def _places(complaints: Sequence[str]) -> list[problems.Wrong]:
    """Return the places that complaints name, such as `--from: ...` and `url: ...`."""
    found = []
    for complaint in complaints:
        place, colon, detail = complaint.partition(": ")
        is_named = bool(colon) and " " not in place
        found.append(
            problems.Wrong(place=place.lstrip("-") if is_named else "body", detail=detail if is_named else complaint)
        )
    return found
