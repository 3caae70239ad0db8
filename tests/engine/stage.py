"""A served stage for real processes: two simulated systems on loopback, a home, and commands that run in it."""

from __future__ import annotations

import base64
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ligament.connectors.registry import for_role, part_of
from ligament.demo.demo import rulebook_text
from ligament.simkit.clinic import make_clinic
from ligament.simkit.hosting import Host
from ligament.simkit.story import ClinicStory, Size

COMMAND = Path(sys.executable).with_name("ligament")
PATIENCE_S = 90
SOON_S = 45
"""Less than the minute for which answers are held back: nobody waited for one, however busy the machine."""
WEBHOOK_KEY = "a-signing-key-for-tests"
ALWAYS_OPEN = """\
[sync]
open_from = "00:00"
open_until = "00:00"
open_days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
"""
"""What a test sees must not depend on the hour and day it is run."""
Line = Mapping[str, Any]


@dataclass(slots=True)
class Running:
    """A process whose lines are heard as they come."""

    process: subprocess.Popen[bytes]
    lines: list[Line] = field(default_factory=list)
    _queue: queue.Queue[Line | None] = field(default_factory=queue.Queue)

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for raw in self.process.stdout:
            self._queue.put(json.loads(raw))
        self._queue.put(None)

    def hear(self, fits: Callable[[Line], bool], patience_s: float = PATIENCE_S) -> Line:
        """Return the next line that fits; fails when the process ends or nothing fits in time."""
        until = time.monotonic() + patience_s
        while True:
            try:
                line = self._queue.get(timeout=max(until - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"nothing fits\n{self.autopsy()}") from None
            if line is None:
                raise AssertionError(f"it ended after {self.lines}\n{self.complaints()}")
            self.lines.append(line)
            if fits(line):
                return line

    def complaints(self) -> str:
        """Return what it wrote to standard error, once it has ended."""
        if self.process.poll() is None:
            return ""
        assert self.process.stderr is not None
        return self.process.stderr.read().decode("utf-8", "replace")[-3000:]

    def autopsy(self) -> str:
        """End it so that every thread says where it was, and return that with the lines heard."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGABRT)
            self.process.wait(timeout=PATIENCE_S)
        on_report = [line.get("outcome", line) for line in self.lines]
        return f"{on_report}\n{self.complaints()}"

    def ask_to_stop(self, number: int = signal.SIGTERM) -> float:
        """Send a signal and return the seconds until the process has ended."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(timeout=PATIENCE_S)
        return time.monotonic() - began


@dataclass(slots=True)
class Stage:
    """The stage: servers by role, the home, and the environment of every command."""

    story: ClinicStory
    hosts: dict[str, Host[Any]]
    parts: dict[str, Any]
    home: Path
    environment: dict[str, str]
    started: list[Running] = field(default_factory=list)
    _arrive: threading.Event = field(default_factory=threading.Event)

    def hold_up(self, seconds: float) -> None:
        """Keep a delayed request on its way for so long, or until it is let arrive."""
        self._arrive.wait(seconds)

    def let_arrive(self) -> None:
        """Let everything that is delayed arrive now, and wait until the servers have dealt with it."""
        self._arrive.set()
        struck = sum(len(host.fault_state.strikes) for host in self.hosts.values())
        self.wait_for(lambda: sum(len(self.late(role)) for role in self.hosts) >= struck, "the end of every delay")

    def late(self, role: str = "books") -> list[Any]:
        """Return the requests of a server that a fault has struck and that are over."""
        return [one.request for one in self.hosts[role].log if one.fault is not None]

    def second_home(self) -> Path:
        """Return the home of another machine with the same rulebook."""
        other = self.home.with_name("another-home")
        shutil.copytree(self.home, other, ignore=shutil.ignore_patterns("*.db*", "*.lock", "*.head"))
        return other

    def run(self, *words: str, home: Path | None = None, **more: str) -> Running:
        """Start a command that goes on until it is stopped."""
        process = subprocess.Popen(
            [str(COMMAND), *words, "--json", "--home", str(home or self.home)],
            env={**self.environment, **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        running = Running(process)
        self.started.append(running)
        return running

    def once(self, *words: str) -> dict[str, Any]:
        """Run a command to its end and return its document."""
        done = subprocess.run(
            [str(COMMAND), *words, "--json", "--home", str(self.home)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.stdout, done.stderr.decode()
        printed: dict[str, Any] = json.loads(done.stdout)
        assert "error" not in printed, printed
        return printed

    def writes(self, role: str = "books") -> int:
        """Return how many requests would have changed something, by the server's own log."""
        is_write = self.parts[role].is_write
        return sum(1 for exchange in self.hosts[role].log if is_write(exchange.request))

    def asked(self, method: str, path: str, role: str = "books") -> int:
        """Return how many requests of a kind arrived at a server, answered or not."""
        found = [one.request for one in self.hosts[role].log]
        return sum(1 for request in found if request.method == method and re.search(path, request.path))

    def wait_for(self, fits: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Wait until the servers say so."""
        pause, until = threading.Event(), time.monotonic() + patience_s
        while not fits():
            if time.monotonic() >= until or all(one.process.poll() is not None for one in self.started):
                raise AssertionError("\n".join((f"{what} did not happen", *(one.autopsy() for one in self.started))))
            pause.wait(0.05)

    def twice(self) -> dict[str, list[str]]:
        """Return what the books hold more than once: document numbers, contact numbers, and payments of one kind."""
        books = self.hosts["books"].world.only()
        found = {
            "invoices": [one.number for one in books.invoices.values() if one.status not in {"VOIDED", "DELETED"}],
            "credit notes": [one.number for one in books.credit_notes.values()],
            "contacts": [one.number for one in books.contacts.values() if one.number],
        }
        paid = [
            one.number
            for one in books.invoices.values()
            if one.status not in {"VOIDED", "DELETED"} and one.amount_paid > one.total
        ]
        doubled = {name: [key for key, count in Counter(keys).items() if count > 1] for name, keys in found.items()}
        more = {"overpaid": paid, "sent under two keys": self._sent_under_two_keys()}
        return {name: keys for name, keys in {**doubled, **more}.items() if keys}

    def _sent_under_two_keys(self) -> list[str]:
        """Return what left as the same bytes under different keys: the books would do it as often."""
        is_write, keys = self.parts["books"].is_write, dict[tuple[str, bytes], set[str]]()
        for request in (one.request for one in self.hosts["books"].log):
            if is_write(request):
                sent = keys.setdefault((f"{request.method} {request.path}", request.body), set())
                sent.add(request.headers.get("idempotency-key", ""))
        return [target for (target, _), used in keys.items() if len(used) > 1]


@contextmanager
def staged(folder: Path, *, database: str = "", poll_s: int = 5, now: datetime | None = None) -> Iterator[Stage]:
    """Serve both systems and write a home; every process that is left at the end is killed."""
    now = now or datetime.now(UTC)
    story = make_clinic(7, Size.SMALL, now.date())
    environment = {name: os.environ[name] for name in ("PATH", "TMPDIR", "PYTHONPATH") if name in os.environ}
    environment["LIGAMENT_VAULT_KEY"] = base64.b64encode(bytes(range(32))).decode("ascii")
    environment["XERO_WEBHOOK_KEY"] = WEBHOOK_KEY
    environment["HOME"] = str(folder)
    environment["LIGAMENT_LEASE_S"] = "3"
    environment["PYTHONFAULTHANDLER"] = "1"
    if database:
        environment["LIGAMENT_DATABASE_URL"] = database
    home = folder / "home"
    stage = Stage(story=story, hosts={}, parts={}, home=home, environment=environment)
    for role in ("practice", "books"):
        part = part_of(for_role(role), "simulator.demo")
        world = part.world_for(story)
        host = Host(part.handle, world, clock=lambda: datetime.now(UTC), log_limit=100_000, pause=stage.hold_up)
        stage.hosts[role] = host.start()
        stage.parts[role] = part
        environment.update(part.environment(host.world, host.url))
    home.mkdir(exist_ok=True)
    text = rulebook_text(story).replace('first_run = "ask"', 'first_run = "auto"')
    (home / "ligament.toml").write_text(f"{text}\n{ALWAYS_OPEN}poll_seconds = {poll_s}\n")
    try:
        yield stage
    finally:
        stage._arrive.set()
        for running in stage.started:
            if running.process.poll() is None:
                running.process.kill()
            running.process.communicate()
        for host in stage.hosts.values():
            host.stop()
