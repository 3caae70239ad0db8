"""Every type that is ever read from text, prepared once before any thread starts.

The JSON library describes a type to itself at the type's first use, in steps that let other threads in. A second thread
that uses the same type meanwhile reads a half-made description, and the whole process dies with SIGSEGV (msgspec 0.22:
two clinics whose first turns began together, about one start in twelve).
"""

from __future__ import annotations

import threading
from functools import cache

import msgspec

from ligament.connectors.registry import connector_of, manifests
from ligament.core.alerts import AlertLedger
from ligament.engine.schedule import ClinicStatus
from ligament.store import prepared as stored

NOTED = (AlertLedger, ClinicStatus)
"""What is kept as one text, and read outside the store."""
_FROM_ABOVE: list[type] = []
"""Types of rooms above this one, which say so themselves when they are imported."""
_ONE_AT_A_TIME = threading.Lock()


def prepare() -> None:
    """Describe every type; the second time, and from several threads at once, it costs nothing."""
    with _ONE_AT_A_TIME:
        _described()


def also(*kinds: type) -> None:
    """Describe more types now, before any thread uses them; for rooms that this one may not know."""
    with _ONE_AT_A_TIME:
        for kind in kinds:
            msgspec.json.Decoder(kind)
        _FROM_ABOVE.extend(kinds)


def shapes() -> tuple[type, ...]:
    """Return every type that is read from text, of the connectors, the store and the notes."""
    wires = tuple(shape for manifest in manifests() for shape in connector_of(manifest).SHAPES)
    return (*wires, *NOTED, *stored.KEPT, *_FROM_ABOVE)


@cache
def _described() -> None:
    for kind in shapes():
        msgspec.json.Decoder(kind)
    stored.prepare()
