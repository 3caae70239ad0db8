"""Waits that a server asked for: until they are over nothing leaves for that system, whoever runs and however often."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tests.faults.findings import Violation

if TYPE_CHECKING:
    from ligament.simkit.messages import Request, Response
    from tests.faults.checker import Checker

_TOO_MANY = 429
_ROUNDED = timedelta(seconds=1)
"""Both vendors speak in whole seconds."""
_SIGNING_IN = "/connect"


@dataclass(slots=True)
class Waits:
    """Until when each system wants to be left alone, as the answers said that reached us."""

    checker: Checker
    until: dict[str, datetime] = field(default_factory=dict)

    def answered(self, system: str, response: Response) -> None:
        """Remember what a refusal asked for."""
        after, reset = response.header("Retry-After"), response.header("X-RateLimit-Reset")
        if response.status != _TOO_MANY or not (after or reset):
            return
        now = self.checker.sim.time.at
        until = now + timedelta(seconds=int(after)) if after else datetime.fromtimestamp(int(reset), UTC)
        self.until[system] = max(until, self.until.get(system, until))

    def leaves(self, system: str, request: Request) -> None:
        """A request leaves; by a calendar that is wrong nobody can keep a wait."""
        until = self.until.get(system)
        if until is None or not self.checker.exact_clocks or request.path.startswith(_SIGNING_IN):
            return
        if request.at < until - _ROUNDED:
            told = f"{request.method} {request.path} leaves {until - request.at} too soon"
            raise Violation("limit", f"{system} asked us to wait: {told}")
