"""The quality rules: one closed list, the same for every connector, read from each connector's `quality.toml`.

A rule is `done`, `exempt` (never, with the reason) or `todo` (not yet, with what is missing). What conformance tests
show needs no more words; what only a connector's own tests can show names one of them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ligament.connectors import registry

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

F = TypeVar("F", bound="Callable[..., object]")

CONNECTORS = Path(registry.__file__).parent
STATUSES = ("done", "exempt", "todo")

SHOWN_HERE: Mapping[str, str] = {
    "signs-in": "a person signs in, hears who answers, and is told what to set when something is missing",
    "right-host-only": "no address but the vendor's own hosts over TLS, and this machine, is ever spoken to",
    "says-who-calls": "every call carries a contact, and is counted",
    "limits-kept": "the limits in the manifest are kept before a call leaves",
    "five-errors": "whatever goes wrong is one of the five errors, without a secret or a name",
    "reads-are-patient": "reads are repeated when nothing came back, and the server's wait is kept to or told",
    "secrets-hidden": "no secret is in an address, an error or a representation",
    "quiet-runs": "reading again finds nothing new and costs ten calls at most",
    "writes-leave-once": "a write without a clear answer is of unknown outcome and is not sent again",
    "same-bytes": "the same change gives the same bytes",
    "asks-before-writing": "right before a write leaves it is asked whether this worker still may",
    "refusals-judged": "a refusal is the result of its own element, in the system's words",
    "closes": "a port can be closed, and closed again",
}
SHOWN_THERE: Mapping[str, str] = {
    "exact-numbers": "amounts are exact decimals, in and out",
    "lenient-reading": "unknown fields, unknown values and bad rows never lose a page",
    "complete-reading": "what changed during a reading, and what was removed, is found",
    "described-requests": "every request fits the vendor's description, unknown fields refused",
    "health-data-left-out": "what is not needed is not kept",
    "webhooks-verified": "calls of the system are taken for genuine by their signature only",
    "one-organisation": "no other organisation than the chosen one is ever touched",
    "unknowns-are-switches": "what only a live account can tell is a switch of the simulator, tried both ways",
}
RULES: Mapping[str, str] = {**SHOWN_HERE, **SHOWN_THERE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a connector says of one rule."""

    status: str
    reason: str = ""
    shown_by: str = ""


def shows(*rules: str) -> Callable[[F], F]:
    """Say which rules a conformance test shows."""
    assert set(rules) <= set(SHOWN_HERE), rules

    def mark(test: F) -> F:
        test.__shows__ = rules  # type: ignore[attr-defined]
        return test

    return mark


def claims_of(folder: Path) -> dict[str, Claim]:
    """Return what the quality file of a connector says, rule by rule."""
    table = tomllib.loads((folder / "quality.toml").read_text(encoding="utf-8"))
    return {name: Claim(**entry) for name, entry in table["rules"].items()}


def complaints(folder: Path) -> list[str]:
    """Return everything that is wrong with a connector's quality file."""
    table = tomllib.loads((folder / "quality.toml").read_text(encoding="utf-8"))
    if set(table) != {"rules"}:
        return [f"only [rules] stands in the file, not {', '.join(sorted(set(table) - {'rules'})) or 'nothing'}"]
    claims = claims_of(folder)
    told = [f"{name}: is no rule of the list" for name in claims if name not in RULES]
    told += [f"{name}: is not spoken about" for name in RULES if name not in claims]
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (folder / "tests").glob("test_*.py"))
    for name, claim in claims.items():
        told += [f"{name}: {problem}" for problem in _problems(name, claim, tests)]
    return told


def _problems(name: str, claim: Claim, tests: str) -> list[str]:
    if claim.status not in STATUSES:
        return [f"{claim.status} is none of {', '.join(STATUSES)}"]
    found = []
    if (claim.status == "done") == bool(claim.reason):
        found.append("a reason stands beside what is exempt or to be done, and only there")
    needs_test = claim.status == "done" and name in SHOWN_THERE
    if needs_test and f"def {claim.shown_by}(" not in tests:
        found.append(f"no test called {claim.shown_by or '(nothing)'} is in its folder")
    if claim.shown_by and not needs_test:
        found.append("names a test, and needs none")
    return found
