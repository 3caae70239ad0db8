"""Who acts, for the journal."""

from __future__ import annotations

import os
from collections.abc import Mapping


def person_at_terminal(environ: Mapping[str, str] | None = None) -> str:
    """Return the name under which the person at the terminal signed in to this machine."""
    environ = os.environ if environ is None else environ
    return environ.get("SUDO_USER") or environ.get("USER") or "command line"
