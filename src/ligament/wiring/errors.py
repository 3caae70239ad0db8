"""Configuration errors: what is wrong in files and environment, in sentences."""

from __future__ import annotations

import re

_PLACE = re.compile(r"(--[a-z-]+|[A-Z][A-Z_]+|/.+?|[^\s:]+\.toml[^:]*): ")


class ConfigurationError(Exception):
    """Something in the settings is wrong; each complaint says where and what to do, and `place` where the first is."""

    def __init__(self, complaints: tuple[str, ...], place: str = "") -> None:
        """Keep the complaints; a place that is not given is the file, option or variable that the first begins with."""
        super().__init__("\n".join(complaints))
        self.complaints = complaints
        found = _PLACE.match(complaints[0]) if complaints else None
        self.place = place or (found[1] if found else "")
