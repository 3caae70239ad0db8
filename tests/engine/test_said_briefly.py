"""What the engine's library complains of: one line each, without the way through its code, and not again and again."""

from __future__ import annotations

import logging
import sys
import traceback
from logging import LogRecord

from ligament.engine.durable import Briefly


def record(text: str, *, error: bool = False) -> LogRecord:
    info = sys.exc_info() if error else None
    return LogRecord("dbos", logging.ERROR, __file__, 1, text, (), info)


def told(brief: Briefly, one: LogRecord) -> list[str]:
    return [logging.Formatter("%(message)s").format(one)] if brief.filter(one) else []


def test_trouble_is_told_in_one_line_and_once_until_something_else_is() -> None:
    brief = Briefly()
    try:
        int("a word of the server")
    except ValueError:
        launching = record("It failed to launch:", error=True)
        polling = [record(f"Exception polling: {traceback.format_exc()}") for _ in range(3)]
    assert told(brief, launching) == ["It failed to launch (ValueError)"]
    assert [told(brief, one) for one in polling] == [["Exception polling (ValueError)"], [], []]
    assert told(brief, record("Queue is away")) == ["Queue is away"]
    assert told(brief, record("Exception polling: again")) == ["Exception polling: again"]
