"""Which stories wait for which issue; everything else must pass now."""

from __future__ import annotations

SCOPE: dict[str, tuple[int, str]] = {}
"""Stories of later issues: the issue they wait for, and why."""


def waits_for(name: str) -> str:
    """Return why a story is not run yet, or an empty text."""
    issue, why = SCOPE.get(name, (0, ""))
    return f"it waits for issue {issue}: {why}" if issue else ""
