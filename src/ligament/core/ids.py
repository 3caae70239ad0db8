"""Typed identifiers; all are text from end to end, because practice ids have nineteen digits."""

from __future__ import annotations

from typing import NewType

SourceId = NewType("SourceId", str)
"""Id of a record in the practice system."""

BooksId = NewType("BooksId", str)
"""Id of a record in the books."""

RunId = NewType("RunId", str)
"""Id of one run of the flow."""

HoldId = NewType("HoldId", str)
"""Id of one hold, stable as long as its cause is."""
