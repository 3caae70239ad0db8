"""What the store costs beside a plain decode of the same rows: keeping a clinic as read, and gathering its facts."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from benchmarks.clinic import LARGE, NOW, SMALL, Size
from benchmarks.decoding import decode_seconds
from benchmarks.facts import facts_of
from benchmarks.figures import Figure
from benchmarks.measuring import child, peak_mb, timed
from ligament.core.facts import Facts
from ligament.flow.read.read import EVERYTHING
from ligament.ports.practice import PracticePage
from ligament.store.database.connection import open_database
from ligament.store.journal.headfile import HeadFile
from ligament.store.journal.journal import Journal, Provenance
from ligament.store.memory import ClinicStore
from ligament.store.vault.vault import Vault

T = TypeVar("T")
KEY = b"0123456789abcdef0123456789abcdef"
GATHER_LIMIT, KEEP_LIMIT = 5.0, 20.0
"""Twice what was measured at 10,000 invoices (2.4 and 8.6): they catch what grows faster than the clinic does."""


def measure(*, small: bool = False) -> list[Figure]:
    """Keep a clinic page by page, and gather all of it for a plan."""
    size = SMALL if small else LARGE
    peer = decode_seconds(size)["json_s"]
    told = child("benchmarks.store", str(size.patients), str(size.invoices))
    note = f"peak {told['peak_mb']:.0f} MB, with the clinic built in memory first"
    name = f"{size.invoices:,} invoices"
    return [
        _figure(f"gathering {name}", told["gather_s"], peer, GATHER_LIMIT, note),
        _figure(f"keeping {name} as read", told["keep_s"], peer, KEEP_LIMIT),
    ]


def _figure(name: str, measured: float, peer: float, limit: float, note: str = "") -> Figure:
    return Figure(name=name, measured=measured, yardstick=peer, unit="s", against="json.loads", limit=limit, note=note)


def pages_of(facts: Facts) -> Iterator[PracticePage]:
    """Yield what reading such a clinic brings, 100 rows a page."""
    yield PracticePage(stream="places", rows=(*facts.locations.values(), *facts.practitioners.values()))
    invoices = list(facts.invoices.values())
    for some in _hundreds(list(facts.parties.values())):
        yield PracticePage(stream="patients", rows=tuple(some))
    for many in _hundreds(invoices):
        yield PracticePage(stream="invoices", rows=tuple(replace(one, lines=()) for one in many))
    for lines in _hundreds([line for one in invoices for line in one.lines]):
        yield PracticePage(stream="invoice_items", rows=tuple(lines))


def _hundreds(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), 100):
        yield rows[start : start + 100]


def opened(folder: Path) -> ClinicStore:
    database = open_database(f"sqlite:///{folder / 'ligament.db'}")
    vault = Vault(database, "clinic", KEY, bytes, lambda: NOW)
    head = HeadFile(folder / "journal.head")
    journal = Journal(database, vault, Provenance(actor="benchmark", source="cli"), lambda: NOW, head)
    return ClinicStore(database, "clinic", lambda: NOW, journal)


def main(size: Size) -> dict[str, float]:
    """Keep and gather in this process and tell what it took."""
    facts = facts_of(size)
    pages = list(pages_of(facts))
    with tempfile.TemporaryDirectory() as folder:
        store = opened(Path(folder))

        def keep() -> None:
            for page in pages:
                store.keep_practice_page(page)

        keep_s = timed(keep)
        gathered: list[Facts] = []
        gather_s = timed(lambda: gathered.append(store.gather(EVERYTHING)))
        assert len(gathered[0].invoices) == size.invoices
        assert sum(len(one.lines) for one in gathered[0].invoices.values()) == size.items()
    return {"keep_s": keep_s, "gather_s": gather_s, "peak_mb": peak_mb()}


if __name__ == "__main__":
    print(json.dumps(main(Size(patients=int(sys.argv[1]), invoices=int(sys.argv[2])))))
