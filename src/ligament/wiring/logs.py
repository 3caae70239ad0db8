"""The operator's log, on standard error: what nobody foresaw, with the reference that its hold names.

Only kinds of errors, places in the code and ids are told: the text of an error may name a person. What would look like
a secret or an address all the same is masked, and so is every credential that this process was given.
"""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from ligament.core.oddities import Oddity
from ligament.net.redact import Redactor

REDACTOR = Redactor()
"""Knows the credentials of this process."""
_MOST = 10_000
"""How many references are remembered; each is told once by one process."""


@dataclass(slots=True)
class OddityLog:
    """Tells of each oddity once."""

    _told: set[str] = field(default_factory=set)

    def __call__(self, oddity: Oddity) -> None:
        if oddity.reference in self._told:
            return
        if len(self._told) >= _MOST:
            self._told.clear()
        self._told.add(oddity.reference)
        operators_log().error(
            "something was not foreseen; the record waits as bad_record and the rest goes on",
            reference=oddity.reference,
            record=oddity.record,
            error=oddity.error,
        )


def masked(_logger: object, _method: str, told: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask secrets and addresses in what is about to be written, and escape what would begin another line."""
    return {name: _escaped(REDACTOR.text(value)) if isinstance(value, str) else value for name, value in told.items()}


def _escaped(text: str) -> str:
    """Return a text in which nothing acts on a terminal or begins a line: addresses are typed by anybody."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def operators_log() -> Any:  # noqa: ANN401 - the library's own proxy
    """Return what writes a line with instant, level and values: signs of control are escaped, secrets masked."""
    import structlog  # noqa: PLC0415 - it is needed when something went wrong, and costs every other start

    return structlog.wrap_logger(
        structlog.PrintLogger(sys.stderr),
        processors=[
            masked,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
        ],
    )
