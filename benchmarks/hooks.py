"""How long it takes from an event to its arrival at another tool, and how many calls a mailing list costs."""

from __future__ import annotations

import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from benchmarks.figures import Figure
from ligament.core.events import EventType, example
from ligament.core.private import Private
from ligament.notifications.webhooks import secret_of
from ligament.service.deliveries import ClinicHooks, Deliverer
from ligament.service.delivery_loop import PAUSE_S as LOOKS_EVERY_S
from ligament.store.database.connection import open_database
from ligament.store.journal.journal import Journal, Provenance
from ligament.store.shared.deliveries import add_hook
from ligament.store.shared.delivery_records import Hook
from ligament.store.vault.vault import Vault
from ligament.wiring.clocks import SystemClock
from ligament.wiring.hook_secrets import HookSecrets

MANY, FEW, PAUSE_S, ALLOWED_S = 200, 60, 0.05, 2.0
KEY = b"0123456789abcdef0123456789abcdef"


def measure(*, small: bool = False) -> list[Figure]:
    """Let things happen one after the other while a service delivers, and look when each arrived."""
    many = FEW if small else MANY
    waits = sorted(_waits(many))
    return [
        Figure(
            name="from event to arrival, p95",
            measured=waits[int(len(waits) * 0.95)],
            yardstick=ALLOWED_S,
            unit="s",
            against="two seconds",
            limit=1.0,
            note=f"{many} events, one every {PAUSE_S} s; the longest took {waits[-1]:.2f} s",
        )
    ]


def _waits(many: int) -> list[float]:
    arrived: list[float] = []
    happened: list[float] = []

    class Receiver(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            """Take note of the moment."""
            self.rfile.read(int(self.headers["Content-Length"]))
            arrived.append(time.monotonic())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as folder:
        database, clock = open_database(f"sqlite:///{Path(folder) / 'ligament.db'}"), SystemClock()
        vault = Vault(database, "clinic", KEY, bytes, clock.now)
        journal = Journal(database, vault, Provenance(actor="ligament", source="benchmark"), clock.now)
        kinds = tuple(kind.value for kind in EventType)
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        with journal.writing() as writing:
            add_hook(writing.connection, Hook(id="h", clinic="clinic", url=url, events=kinds, made_at=clock.now()))
        held = HookSecrets(secret=Private(secret_of("Lig4mentExampleSecret0123456789x")))
        means = ClinicHooks(retry_seconds=(1,), allowed=("127.0.0.1",), secrets=lambda _: held)
        deliverer = Deliverer(
            database=database, clock=clock, clinics=lambda: ["clinic"], open_hooks=lambda _: means, stops=stop.is_set
        )
        running = threading.Thread(target=deliverer.run, args=(lambda: stop.wait(LOOKS_EVERY_S),))
        running.start()
        for _ in range(many):
            with journal.writing() as writing:
                writing.tell(example(EventType.RECORD_POSTED, "clinic"))
            happened.append(time.monotonic())
            stop.wait(PAUSE_S)
        while len(arrived) < many:
            stop.wait(0.1)
        stop.set()
        running.join()
        database.close()
    server.shutdown()
    server.server_close()
    # In order while the receiver is well: the n-th that arrived is the n-th that happened.
    return [there - then for then, there in zip(happened, arrived, strict=True)]
