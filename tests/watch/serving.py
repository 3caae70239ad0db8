"""`ligament serve` as a process of its own: what it says, and what it holds of the machine."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.watch.town import Town

COMMAND = Path(sys.executable).with_name("ligament")
PATIENCE_S = 900
_ALERT = re.compile(r"^([a-z_]+): (clinic-\d+): (.*)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the process holds at one moment."""

    threads: int
    descriptors: int
    memory_kb: int


@dataclass(slots=True)
class Serving:
    """The process; `turns` counts how the turns of each clinic ended, `newest` is the last report of each."""

    process: subprocess.Popen[bytes]
    errors: Path
    port: int = 0
    turns: Counter[tuple[str, str]] = field(default_factory=Counter)
    newest: dict[str, dict[str, Any]] = field(default_factory=dict)
    _ready: threading.Event = field(default_factory=threading.Event)

    def listen(self) -> None:
        """Hear what it says until it ends."""
        assert self.process.stdout is not None
        for raw in self.process.stdout:
            told = json.loads(raw)
            if "serving" in told:
                self.port = int(str(told["serving"]).rpartition(":")[2])
                self._ready.set()
            elif "clinic" in told:
                self.turns[told["clinic"], told["outcome"]] += 1
                self.newest[told["clinic"]] = told

    def is_ready(self) -> bool:
        """Wait until it listens."""
        return self._ready.wait(60)

    def alerts(self) -> list[tuple[str, str, str]]:
        """Return every alert so far: its kind, the clinic and the sentence."""
        text = self.errors.read_text(encoding="utf-8", errors="replace")
        found = (_ALERT.match(line) for line in text.splitlines())
        return [(one[1], one[2], one[3]) for one in found if one]

    def taken(self, clinic: str) -> int:
        """Return how many turns of a clinic have ended, whatever came of them."""
        return sum(count for (name, _), count in self.turns.items() if name == clinic)

    def held(self) -> Held:
        """Ask the machine what the process holds."""
        told = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        numbers = {name: int(told.partition(f"{name}:")[2].split()[0]) for name in ("Threads", "VmRSS")}
        open_files = len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))
        return Held(threads=numbers["Threads"], descriptors=open_files, memory_kb=numbers["VmRSS"])

    def wait_for(self, fits: Callable[[], bool], what: str) -> None:
        """Wait until it is so; fails with what the process said when it never is, or the process ends."""
        pause, until = threading.Event(), time.monotonic() + PATIENCE_S
        while not fits():
            ended = self.process.poll()
            if ended is not None or time.monotonic() > until:
                said = self.errors.read_text(encoding="utf-8", errors="replace")[-4000:]
                raise AssertionError(f"{what} did not happen (ended: {ended})\n{self.newest}\n{said}")
            pause.wait(0.2)


@contextmanager
def serving(town: Town) -> Iterator[Serving]:
    """Start it, and end it in good order."""
    errors = town.home.with_name("serve.err")
    with errors.open("wb") as file:
        process = subprocess.Popen(
            [str(COMMAND), "serve", "--port", "0", "--json", "--home", str(town.home)],
            env={**town.environment, "PYTHONFAULTHANDLER": "1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=file,
        )
    told = Serving(process, errors)
    ear = threading.Thread(target=told.listen, daemon=True)
    ear.start()
    try:
        assert told.is_ready(), errors.read_text(encoding="utf-8", errors="replace")
        yield told
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0, errors.read_text(encoding="utf-8", errors="replace")[-3000:]
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        ear.join(10)
        if process.stdout is not None:
            process.stdout.close()
