"""Days as people type them."""

from __future__ import annotations

from datetime import date

from ligament.wiring.errors import ConfigurationError


def day_of(place: str, text: str) -> date:
    """Return the day of a text such as 2026-07-01; raises ConfigurationError, naming the place where it was typed."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError((f'{place}: "{text}" is no day. Write it as in 2026-07-01.',)) from None
