"""The peer of every measurement of processor time: a plain decode of the same pages as Cliniko sends them."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from math import ceil

import msgspec

from benchmarks.clinic import NOW, Size, practice_world
from benchmarks.clock import JumpingClock
from benchmarks.measuring import child, exhaust, peak_mb, timed
from ligament.connectors.cliniko import simulator as cliniko
from ligament.simkit.hosting import Host

SAMPLE = Size(patients=200, invoices=1000)
KEY = base64.b64encode(f"{cliniko.DEFAULT_KEY}:".encode()).decode("ascii")
HEADERS = {
    "authorization": f"Basic {KEY}",
    "accept": "application/json",
    "user-agent": "Benchmark (benchmark@clinic.example)",
}


def pages_of(size: Size) -> list[bytes]:
    """Return as many pages as such a clinic has, each 100 rows; the same few bodies again and again."""
    made: list[bytes] = []
    for path, rows in (("patients", size.patients), ("invoices", size.invoices), ("invoice_items", size.items())):
        bodies = _bodies(path)
        made += [bodies[place % len(bodies)] for place in range(ceil(rows / 100))]
    return made


def _bodies(path: str) -> list[bytes]:
    host = Host(cliniko.handle, practice_world(SAMPLE), clock=JumpingClock(NOW).tick)
    bodies = []
    for page in range(1, 11):
        answer = host.call("GET", f"/v1/{path}?per_page=100&page={page}", HEADERS)
        if answer.status != 200 or len(json.loads(answer.body)[path]) < 100:
            break
        bodies.append(answer.body)
    assert bodies, path
    return bodies


def decode_seconds(size: Size) -> dict[str, float]:
    """Return the processor seconds of decoding all pages of such a clinic, page by page, in a new process."""
    return child("benchmarks.decoding", str(size.patients), str(size.invoices))


def main(patients: int, invoices: int) -> dict[str, float]:
    """Decode everything with both decoders."""
    pages = pages_of(Size(patients=patients, invoices=invoices))
    slow: Callable[[bytes], object] = partial(json.loads, parse_float=Decimal)
    fast: Callable[[bytes], object] = msgspec.json.Decoder().decode
    return {
        "json_s": timed(lambda: exhaust(map(slow, pages))),
        "msgspec_s": timed(lambda: exhaust(map(fast, pages))),
        "bytes": sum(map(len, pages)),
        "peak_mb": peak_mb(),
    }


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
