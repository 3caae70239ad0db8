"""A plugin that plants one bug while tests run: `LIGAMENT_PLANTED="its name" pytest -p tests.faults.planting ...`."""

from __future__ import annotations

import os
from contextlib import ExitStack

import pytest

from tests.faults.planted import load

_PLANTED = ExitStack()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Plant it before any test is read, so that what tests import is already wrong."""
    del session
    _PLANTED.enter_context(load()[os.environ["LIGAMENT_PLANTED"]].planted())


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Take it out again."""
    del session
    _PLANTED.close()
