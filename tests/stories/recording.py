"""Playing stories and keeping all that became of them: `python -m tests.stories.recording FOLDER FILE...`.

Chance is drawn from one known source, so that two processes may differ only by what no process may depend on.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from ligament.app.journal import journal_export
from ligament.connectors.cliniko.simulator import World
from ligament.simkit.hosting import Host
from ligament.store.vault import vault
from ligament.wiring import ambient, exclusive
from tests.stories.loading import Story, load
from tests.stories.running import Stage

STORE, WIRE, JOURNAL, TOLD = "store.txt", "wire.txt", "journal.jsonl", "told.txt"


class Drawn:
    """Stands in for `secrets`: every draw is known beforehand."""

    def __init__(self, seed: str) -> None:
        self._rng = Random(seed)
        self.token_bytes = self._rng.randbytes

    def token_hex(self, count: int) -> str:
        """Return that many bytes as hexadecimal digits."""
        return self._rng.randbytes(count).hex()

    def token_urlsafe(self, count: int) -> str:
        """Return that many bytes as text."""
        return self._rng.randbytes(count).hex()

    def choice(self, letters: str) -> str:
        return self._rng.choice(letters)

    def randbelow(self, end: int) -> int:
        """Return a number below `end`."""
        return self._rng.randrange(end)


def record(story: Story, folder: Path) -> None:
    """Play a story whole, and write its store, its wire, its journal and what every run told into files."""
    _put((ambient, "secrets", Drawn(story.name)), *ONE_PROCESS)
    folder.mkdir(parents=True)
    stage = Stage(story, folder / "home")
    told = [f"{one.run.what}\n{one.run.report}\n{one.differences}\n" for one in stage.play()]
    (folder / TOLD).write_text("\n".join(told), encoding="utf-8")
    (folder / WIRE).write_text("\n".join([*_wire(stage.cliniko), *_wire(stage.xero)]), encoding="utf-8")
    with stage.way._opened() as app, (folder / JOURNAL).open("w", encoding="utf-8") as lines:  # type: ignore[attr-defined]
        journal_export(app, stream=lines)
    (folder / STORE).write_text("\n".join(_rows(folder / "home" / "ligament.db")), encoding="utf-8")


ONE_PROCESS = (
    (exclusive, "_place", lambda _: "here"),
    (vault, "holder_mark", lambda: "here"),
    (vault, "threading", SimpleNamespace(get_ident=lambda: 1)),
)
"""Leases name who holds them by the process, its thread and the disk's number of the lock file: here by nothing."""


def _put(*planned: tuple[Any, str, Any]) -> None:
    for module, name, value in planned:
        setattr(module, name, value)


def _wire(host: Host[Any]) -> Iterator[str]:
    """Yield every request as it left, with its headers and its body."""
    name = "cliniko" if isinstance(host.world, World) else "xero"
    for one in host.log:
        asked = one.request
        yield f"{name} {one.at} {asked.method} {asked.path} {asked.query} {list(asked.headers.items())} {asked.body!r}"


def _rows(file: Path) -> Iterator[str]:
    """Yield every row of every table, in the order in which they were written: also that may depend on nothing."""
    kept = sqlite3.connect(file)
    try:
        for (table,) in sorted(kept.execute("SELECT name FROM sqlite_master WHERE type = 'table'")):
            for row in kept.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - the names of our own tables
                yield f"{table} {row!r}"
    finally:
        kept.close()


def main(words: list[str]) -> None:
    """Record the stories of these files below a folder."""
    for name in words[1:]:
        story = load(Path(name))
        record(story, Path(words[0]) / story.name)


if __name__ == "__main__":
    main(sys.argv[1:])
