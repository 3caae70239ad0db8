"""Five hundred clinics and two real workers: how many looks a second, how fair, and how much memory, on both databases.

The commands are the installed ones. Both systems are simulated and say that nothing has changed, so that what is
measured is the engine, the store and the reading; every clinic has its own keys. More looks are wanted than two workers
can do.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from benchmarks.figures import Figure
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.xero import simulator as xero
from ligament.connectors.xero.simulator.charts import CLIENT_SECRET, CUSTOM_CLIENT_ID
from ligament.simkit.hosting import Host
from ligament.simkit.messages import Request, Response
from ligament.store.vault.vault import Vault
from ligament.wiring.clinic import open_clinic
from ligament.wiring.settings import load_settings
from tests.support.postgres import running_postgres

COMMAND = Path(sys.executable).with_name("ligament")
CLINICS, FEW_CLINICS = 500, 60
WORKERS = 2
ROUNDS = 2
"""How often every clinic has its turn while it is measured."""
ROUNDS_BEFORE = 2
"""Turns that are not: the first look reads everything, and the wait for the second spans everybody's first."""
PATIENCE_S = 400
"""How long to wait for the first look at every clinic, and for the rounds that are measured."""
NEEDED_PER_SECOND = 1 / 30
DAILY_CALLS = 5000
FAIR = 2.0
LARGEST_MB = 300
RULEBOOK = """\
[clinic]
name = "{name}"
time_zone = "Australia/Melbourne"
[invoices]
start_on = 2026-07-01
[accounts]
default = "200"
[taxes]
none = "EXEMPTOUTPUT"
[payments]
source = "off"
[sync]
poll_seconds = 5
open_from = "00:00"
open_until = "00:00"
open_days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
xero_daily_calls = {daily_calls}
"""


def measure(*, small: bool = False) -> list[Figure]:
    """Let two workers look after all clinics, first on SQLite, then on PostgreSQL."""
    count = FEW_CLINICS if small else CLINICS
    figures = []
    for name, database in (("SQLite", _sqlite), ("PostgreSQL", running_postgres)):
        with tempfile.TemporaryDirectory(prefix="bench") as folder, database() as url:
            figures += _figures(name, count, _measured(Path(folder) / "home", url, count))
    return figures


def _figures(name: str, count: int, seen: Seen) -> list[Figure]:
    gaps = [gap for one in seen.gaps.values() for gap in one]
    mean, needed = sum(gaps) / len(gaps), count * NEEDED_PER_SECOND
    rounds = len(gaps) / count
    told = ", ".join(f"{count} x {what}" for what, count in seen.troubles.most_common(3)) or "none"
    note = f"{len(gaps)} looks in {seen.seconds:.0f} s, {rounds:.1f} for each clinic; troubles: {told}"
    return [
        Figure(
            name=f"looks a second, {count} clinics, {name}", measured=needed, yardstick=len(gaps) / seen.seconds,
            against="what two workers do; wanted is one every 30 s", limit=1.0, note=note,
        ),
        Figure(
            name=f"longest wait of a clinic, {name}", measured=max(gaps), yardstick=mean, unit="s",
            against="the mean wait", limit=FAIR,
        ),
        Figure(
            name=f"memory of a worker, {name}", measured=seen.largest_mb, yardstick=LARGEST_MB, unit="MB",
            against="what a worker may hold", limit=1.0,
        ),
    ]  # fmt: skip


# --- the workers ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Seen:
    """What was heard of both workers: the seconds between the ends of two looks at each clinic, and more."""

    gaps: dict[str, list[float]] = field(default_factory=dict)
    ended: dict[str, float] = field(default_factory=dict)
    seconds: float = 0
    largest_mb: float = 0
    troubles: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def hear(self, line: dict[str, Any]) -> None:
        """Take note of the end of a look."""
        if "outcome" not in line:
            return
        with self.lock:
            name, now = str(line["clinic"]), time.monotonic()
            if line["outcome"] == "done":
                self.gaps.setdefault(name, []).append(now - self.ended.get(name, now))
                self.ended[name] = now
            elif line["outcome"] not in {"elsewhere", "stopped"}:
                self.troubles[f"{line['outcome']}: {line.get('sentence', '')}"[:90]] += 1

    def forget_the_start(self) -> None:
        """Begin to measure: connecting and warming up are over."""
        with self.lock:
            self.gaps = {name: [] for name in self.gaps}
            self.troubles.clear()

    def rounds(self) -> int:
        """Return how many looks the clinic that was looked at least often got."""
        with self.lock:
            return min((len(one) for one in self.gaps.values()), default=0)


def _measured(home: Path, url: str, count: int) -> Seen:
    seen, pause = Seen(), threading.Event()
    with ExitStack() as ending:
        environment = ending.enter_context(_systems())
        environment |= {"LIGAMENT_HOME": str(home), **({"LIGAMENT_DATABASE_URL": url} if url else {})}
        names = _made(home, environment, count)
        words = ["worker"] if url else ["serve", "--port", "0"]
        workers = [_started(words, environment, seen, ending) for _ in range(WORKERS)]

        def wait_until(is_so: Callable[[], bool]) -> None:
            until = time.monotonic() + PATIENCE_S
            while not is_so() and time.monotonic() < until:
                if any(worker.poll() is not None for worker in workers):
                    raise RuntimeError("a worker ended by itself")
                pause.wait(0.2)

        wait_until(lambda: len(seen.ended) == len(names) and seen.rounds() >= ROUNDS_BEFORE)
        seen.forget_the_start()
        began = time.monotonic()
        wait_until(lambda: seen.rounds() >= ROUNDS)
        seen.seconds = time.monotonic() - began
        now = time.monotonic()
        for name in names:
            # A clinic that was forgotten altogether has waited since its last look, or since the beginning.
            waits, waited = seen.gaps.setdefault(name, []), now - seen.ended.get(name, began)
            if waited > max(waits, default=0):
                waits.append(waited)
        seen.largest_mb = max(_peak_mb(worker.pid) for worker in workers)
    return seen


def _started(words: list[str], environment: dict[str, str], seen: Seen, ending: ExitStack) -> subprocess.Popen[bytes]:
    worker = subprocess.Popen(
        [str(COMMAND), *words, "--json"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )

    def stop() -> None:
        worker.send_signal(signal.SIGTERM)
        try:
            worker.wait(timeout=30)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()

    def listen() -> None:
        assert worker.stdout is not None
        for raw in worker.stdout:
            seen.hear(json.loads(raw))

    ending.callback(stop)
    threading.Thread(target=listen, daemon=True).start()
    return worker


def _peak_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


# --- the installation -------------------------------------------------------------------------------------------------


def _made(home: Path, environment: dict[str, str], count: int) -> list[str]:
    """Write the rulebooks and keep every clinic's own keys."""
    (home / "clinics").mkdir(parents=True)
    names = [f"Clinic {number:03}" for number in range(count)]
    for name in names:
        (home / "clinics" / f"{name.replace(' ', '-').lower()}.toml").write_text(
            RULEBOOK.format(name=name, daily_calls=DAILY_CALLS)
        )
    settings = load_settings(home=home, environ=environment)
    with open_clinic(settings, names[0]) as first:
        for name in names:
            vault = Vault(first.database, name, settings.vault_key, secrets.token_bytes, first.clock.now)
            vault.put("cliniko/key", f"{secrets.token_hex(16)}-au1")
            vault.put("xero/tenant_id", str(uuid4()))
    return names


@contextmanager
def _sqlite() -> Iterator[str]:
    yield ""


# --- both systems, where nothing ever changes -------------------------------------------------------------------------


@contextmanager
def _systems() -> Iterator[dict[str, str]]:
    """Serve both systems from a process of their own and give the environment that leads there."""
    served = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.engine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
    )
    try:
        assert served.stdout is not None
        found: dict[str, str] = json.loads(served.stdout.readline())
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "PYTHONPATH") if name in os.environ}
        key = base64.b64encode(bytes(range(32))).decode("ascii")
        found |= {"XERO_CLIENT_ID": CUSTOM_CLIENT_ID, "XERO_CLIENT_SECRET": CLIENT_SECRET}
        yield {**kept, **found, "LIGAMENT_VAULT_KEY": key, "HOME": tempfile.gettempdir()}
    finally:
        served.terminate()
        served.wait()


def serve() -> None:
    """Serve until the process is ended."""
    now = datetime.now(UTC)
    books = xero.australian_books()
    world = xero.World.new(books, apps=[xero.custom_app(books, day_limit=DAILY_CALLS)])
    basic = "Basic " + base64.b64encode(f"{CUSTOM_CLIENT_ID}:{CLIENT_SECRET}".encode()).decode("ascii")
    form = {"content-type": "application/x-www-form-urlencoded", "authorization": basic}
    asked = Request(
        method="POST", path="/connect/token", headers=form, at=now, body=b"grant_type=client_credentials"
    )  # fmt: skip
    world, token = xero.handle(world, asked)
    bearer = json.loads(token.body)["access_token"]
    key = base64.b64encode(f"{cliniko.DEFAULT_KEY}:".encode()).decode("ascii")

    def books_answer(kept: xero.World, request: Request) -> tuple[xero.World, Response]:
        if request.path.startswith("/connect/"):
            return kept, token
        told = {"authorization": f"Bearer {bearer}", "xero-tenant-id": world.tenant_id}
        return kept, xero.handle(kept, replace(request, headers={**request.headers, **told}))[1]

    def practice_answer(kept: cliniko.World, request: Request) -> tuple[cliniko.World, Response]:
        told = {"authorization": f"Basic {key}"}
        return kept, cliniko.handle(kept, replace(request, headers={**request.headers, **told}))[1]

    def clock() -> datetime:
        return datetime.now(UTC)

    empty = cliniko.World.empty(at=now)
    with (
        Host(books_answer, world, clock=clock, log_limit=0) as there,
        Host(practice_answer, empty, clock=clock, log_limit=0) as here,
    ):
        urls = dict.fromkeys(("API", "IDENTITY", "LOGIN"), there.url)
        found = {f"LIGAMENT_XERO_{name}_URL": url for name, url in urls.items()}
        print(json.dumps({**found, "LIGAMENT_CLINIKO_URL": f"{here.url}/v1"}), flush=True)
        signal.pause()


if __name__ == "__main__":
    serve()
