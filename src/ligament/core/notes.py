"""Notes: the names of the small facts that a clinic keeps, each saying whether the journal tells of it."""

from __future__ import annotations

PAUSED_NOTE = "paused"
"""Under which note a clinic keeps why it waits for a person, for the doctor and the pages."""
