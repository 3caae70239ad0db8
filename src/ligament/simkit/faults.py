"""Fault scripts: which request goes wrong and how, decided by rules and one seed so that every run can be replayed."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from ligament.simkit.messages import Response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ligament.simkit.messages import Request


class ConnectionDropped(Exception):
    """The connection closed before a whole answer arrived; the caller cannot know whether the request was handled."""


class ReplyTimedOut(Exception):
    """No answer arrived within the caller's patience; the vendor may still have handled the request."""


class FaultKind(StrEnum):
    """The ways in which an exchange goes wrong; `AFTER` means that the vendor has already committed the request."""

    DROP_BEFORE = "drop before"
    DROP_AFTER = "drop after"
    DELAY_BEFORE = "delay before"
    DELAY_AFTER = "delay after"
    ANSWER = "answer"
    TRUNCATE = "truncate"
    CUT = "cut"
    HTML = "html"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault.

    `milliseconds` is for the delays; `status`, `headers` and `body` are for `ANSWER` (never handled) and, as the
    status, for `HTML` and `EMPTY` (handled, then the body is replaced; status 0 keeps the vendor's own);
    `keep_bytes` is how much of the body `TRUNCATE` (a shorter but well-framed body) and `CUT` (the connection dies in
    mid-body) let through, by default half.
    """

    kind: FaultKind
    milliseconds: int = 0
    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    keep_bytes: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When a fault strikes: the request matches `method` and `path` (regular expressions, searched) and its turn comes.

    The turn is counted among the matching requests from 1: listed in `ordinals`, or every `every`-th, or by chance
    with `per_mille` in 1000 drawn from the script's seed. With none of the three each match is struck. `at_most`
    bounds the number of strikes (0: no bound).
    """

    fault: Fault
    name: str = ""
    method: str = ""
    path: str = ""
    ordinals: frozenset[int] = frozenset()
    every: int = 0
    per_mille: int = 0
    at_most: int = 0

    def matches(self, request: Request) -> bool:
        """Say whether the rule speaks about this request at all."""
        return bool(re.search(self.method, request.method) and re.search(self.path, request.path))

    def strikes(self, count: int, draw: int) -> bool:
        """Say whether the `count`-th matching request is struck; `draw` is its lot from 0 to 999."""
        if not (self.ordinals or self.every or self.per_mille):
            return True
        periodic = bool(self.every) and count % self.every == 0
        return count in self.ordinals or periodic or draw < self.per_mille


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """A fault that happened: which rule, and at which of its matching requests."""

    rule: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultScript:
    """Rules tried in order (the first strike wins) and the seed for those that strike by chance."""

    rules: tuple[Rule, ...] = ()
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultState:
    """How far a script has been played: matches counted per rule, and the strikes so far."""

    matched: tuple[int, ...] = ()
    strikes: tuple[Strike, ...] = ()


def decide(script: FaultScript, state: FaultState, request: Request) -> tuple[FaultState, Fault | None]:
    """Return the fault that this request meets, if any, and the state for the next one.

    The lot of a request depends only on the seed, the rule and the count, so rules never disturb one another.
    """
    matched = list(state.matched or (0,) * len(script.rules))
    struck: Strike | None = None
    for position, rule in enumerate(script.rules):
        if not rule.matches(request):
            continue
        matched[position] += 1
        if struck is None and _is_struck(script.seed, rule, position, matched[position], state):
            struck = Strike(rule=position, count=matched[position])
    if struck is None:
        return replace(state, matched=tuple(matched)), None
    after = FaultState(matched=tuple(matched), strikes=(*state.strikes, struck))
    return after, script.rules[struck.rule].fault


def _is_struck(seed: int, rule: Rule, position: int, count: int, state: FaultState) -> bool:
    if rule.at_most and sum(strike.rule == position for strike in state.strikes) >= rule.at_most:
        return False
    draw = random.Random(f"{seed}/{position}/{count}").randrange(1000) if rule.per_mille else 1000
    return rule.strikes(count, draw)


def replay(script: FaultScript, strikes: Iterable[Strike]) -> FaultScript:
    """Return a script that repeats exactly these strikes, without chance; the way to shrink a failing run."""
    struck = tuple(strikes)
    rules = tuple(
        replace(
            rule,
            # Ordinal 0 never comes, which keeps a rule without strikes silent and the positions unchanged.
            ordinals=frozenset(strike.count for strike in struck if strike.rule == position) or frozenset({0}),
            every=0,
            per_mille=0,
            at_most=0,
        )
        for position, rule in enumerate(script.rules)
    )
    return replace(script, rules=rules)


HTML_PAGE = b"<!DOCTYPE html>\n<html><head><title>Bad gateway</title></head><body>Try again later</body></html>\n"


def instead_of_handling(fault: Fault) -> Response | None:
    """Return the answer that is given without handling the request, or None when the request is to be handled."""
    if fault.kind is not FaultKind.ANSWER:
        return None
    return Response(status=fault.status or 503, headers=fault.headers, body=fault.body)


def disfigure(fault: Fault, response: Response) -> Response:
    """Return the vendor's answer as the fault lets it through; kinds that do not touch the body return it unchanged."""
    match fault.kind:
        case FaultKind.TRUNCATE:
            return Response(status=response.status, headers=response.headers, body=kept(fault, response.body))
        case FaultKind.EMPTY:
            return Response(status=fault.status or response.status, headers=response.headers, body=b"")
        case FaultKind.HTML:
            plain = tuple((name, value) for name, value in response.headers if name.lower() != "content-type")
            headers = (("Content-Type", "text/html; charset=utf-8"), *plain)
            return Response(status=fault.status or response.status, headers=headers, body=fault.body or HTML_PAGE)
        case _:
            return response


def kept(fault: Fault, body: bytes) -> bytes:
    """Return the part of a body that still gets through."""
    return body[: len(body) // 2] if fault.keep_bytes < 0 else body[: fault.keep_bytes]
