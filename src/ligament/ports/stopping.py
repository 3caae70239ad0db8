"""Being asked to stop."""

from __future__ import annotations


class Stopped(Exception):
    """The process was asked to end; raised between two steps, so that whatever is kept is whole.

    A call that left and whose answer was not waited for stays kept as sent, and the next run looks it up first.
    """
