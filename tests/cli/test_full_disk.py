"""A machine that lacks room, or something else, is told in a sentence; the next command goes on."""

from __future__ import annotations

import errno
import os

import pytest

from tests.cli.kit import Clinic


@pytest.mark.parametrize(
    ("number", "code", "words"),
    [
        (errno.ENOSPC, "disk_full", "make room"),
        (errno.EDQUOT, "disk_full", "make room"),
        (errno.EROFS, "machine", "Read-only file system"),
        (errno.EMFILE, "machine", "Too many open files"),
    ],
)
def test_what_a_machine_lacks_is_said_and_nothing_is_lost_by_it(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, number: int, code: str, words: str
) -> None:
    clinic.run("sync", "--once")

    def refuse(_: int) -> None:
        # As the system says it: without the name of a file.
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        answer = clinic.run("vault", "--rotate", "--json")
    assert answer.code == 3
    assert answer.json["error"]["code"] == code
    assert words in answer.err
    assert clinic.run("vault", "--rotate").code == 0
    assert clinic.run("journal", "verify").code == 0
