"""What the tests of the verbs share: the served clinic of the command line's tests."""

from __future__ import annotations

from tests.cli.conftest import clinic

__all__ = ["clinic"]
