"""Ctrl-C at any moment ends a command without a traceback; where it is ignored, it stays ignored."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.practice import RULEBOOK

REPOSITORY = Path(__file__).parents[2]
PATIENCE_S, PAUSE_S, PRESSES = 60, 5, 12
# Presses Ctrl-C after so many lines of Python were run, in the process itself: a moment that every machine has.
PRESS = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler if {heard} else signal.SIG_IGN)
left = {after}
def count(frame, event, arg):
    global left
    left -= 1
    if left == 0:
        sys.settrace(None)
        os.kill(os.getpid(), signal.SIGINT)
    return count
sys.argv = ["ligament", "recipes"]
from ligament.cli.start import main
sys.settrace(count)
main()
"""


def pressed(after: int, *, heard: bool = True) -> subprocess.CompletedProcess[str]:
    text = PRESS.format(after=after, heard=heard)
    return subprocess.run([sys.executable, "-c", text], cwd=REPOSITORY, capture_output=True, text=True, check=False)


@pytest.mark.process
@pytest.mark.parametrize("after", [150, 400, 4_000, 40_000, 90_000, 140_000, 200_000])
def test_no_moment_shows_a_traceback(after: int) -> None:
    done = pressed(after)
    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 130, -signal.SIGINT}


@pytest.mark.process
def test_where_it_is_ignored_the_command_goes_on() -> None:
    done = pressed(4_000, heard=False)
    assert (done.returncode, "physio-au" in done.stdout) == (0, True)


@pytest.mark.process
@pytest.mark.parametrize(("keys", "words"), [(b"", ["init"]), (b"\x04", ["connect", "cliniko"])])
def test_a_question_is_ended_as_any_other_moment(tmp_path: Path, keys: bytes, words: list[str]) -> None:
    """At a real terminal: Ctrl-C at a plain question, Ctrl-D at one whose answer stays unseen."""
    home = tmp_path / "home"
    if words != ["init"]:
        home.mkdir()
        (home / "ligament.toml").write_text(RULEBOOK, encoding="utf-8")
    terminal, there = pty.openpty()
    asked = subprocess.Popen(
        [sys.executable, "-m", "ligament.cli.start", *words],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "src"), "LIGAMENT_HOME": str(home)},
        stdin=there, stdout=there, stderr=there, start_new_session=True,
    )  # fmt: skip
    os.close(there)
    try:
        told = _told(terminal, lambda told: told.endswith(b": "))
        # Between writing a question and listening for the answer there is a moment in which the interpreter itself
        # misses a signal: a person presses Ctrl-C once more then, and so does this.
        for _ in range(PRESSES):
            if keys:
                os.write(terminal, keys)
            else:
                asked.send_signal(signal.SIGINT)
            told += _told(terminal, lambda _: False, patience_s=PAUSE_S)
            if asked.poll() is not None or b"Stopped." in told:
                break
        told += _told(terminal, lambda _: False)
        assert b"Stopped." in told
        assert b"Traceback" not in told
        assert asked.wait(timeout=PATIENCE_S) == 130
    finally:
        asked.kill()
        asked.wait(timeout=PATIENCE_S)
        os.close(terminal)


def _told(terminal: int, is_enough: Callable[[bytes], bool], patience_s: int = PATIENCE_S) -> bytes:
    """Return what is told until it is enough, nothing comes any more, or the other end is closed (an error says so)."""
    told = b""
    with suppress(OSError):
        while not is_enough(told) and select.select([terminal], [], [], patience_s)[0]:
            more = os.read(terminal, 1000)
            if not more:
                break
            told += more
    return told


CRASH = """
import os, signal
from types import SimpleNamespace
from ligament.cli.watching import stopping
with stopping(SimpleNamespace(stop=lambda: None)):
    os.kill(os.getpid(), signal.SIGSEGV)
"""


@pytest.mark.process
def test_a_service_that_crashes_inside_a_library_says_where_it_was() -> None:
    done = subprocess.run([sys.executable, "-c", CRASH], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGSEGV
    assert 'File "<string>", line 6' in done.stderr
