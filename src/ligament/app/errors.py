"""Turning expected trouble into an exit code and sentences; unexpected errors are left to be raised."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from typing import Any

from ligament.connectors.registry import NoConnector, manifests
from ligament.net.hosts import WrongAddress
from ligament.ports.errors import Broken, OutcomeUnknown, PortError, SignInAgain, TryLater
from ligament.store.database.errors import NewerStore, StoreDamaged, StoreError, WrongKey
from ligament.wiring.ambient import environment
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.file_lock import AnotherRun

_USAGE, _UNREACHABLE = 2, 3
_CAPITAL = re.compile(r"(?<=[a-z])([A-Z])")
_NEXT = {
    SignInAgain: "Sign in again with `ligament connect`, then run this once more. Nothing is lost meanwhile.",
    TryLater: "Run it again later; it goes on where it stopped.",
    OutcomeUnknown: "Run it again: what is uncertain is looked up first, nothing is sent twice.",
    Broken: "Tell us about it; nothing was guessed and nothing is lost.",
}

_NO_ROOM = "The disk is full; make room and run it again. It goes on where it stopped."
EXPECTED = (ConfigurationError, PortError, StoreError, AnotherRun, WrongAddress, NoConnector, OSError)
"""The errors that `trouble_of` knows how to tell; of an OSError only one that names a file, or what a machine lacks."""
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_LACKING = frozenset({errno.EROFS, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM})


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundTrouble:
    """What to print and how to exit."""

    code: int
    document: dict[str, Any]
    lines: tuple[str, ...]


def trouble_of(error: BaseException) -> FoundTrouble | None:
    """Return how to tell an expected error, or nothing for one that should not happen."""
    found: FoundTrouble | None = None
    match error:
        case ConfigurationError():
            found = _found(_USAGE, "configuration", error.complaints, error.place)
        case PortError():
            advice = next((text for kind, text in _NEXT.items() if isinstance(error, kind)), "")
            lines = tuple(line for line in (error.sentence, advice) if line)
            found = _found(_UNREACHABLE, _word(error), lines, _system_in(error.sentence))
            if error.detail:
                found.document["error"]["detail"] = error.detail
        case WrongKey() | NewerStore() | StoreDamaged():
            # Trying later does not help: somebody has to put the right key, or the right version, in its place.
            found = _found(_USAGE, _word(error), (str(error),))
        case StoreError() | AnotherRun():
            found = _found(_UNREACHABLE, _word(error), (str(error),))
        case WrongAddress():
            place = ", ".join(_addresses_set())
            found = _found(_USAGE, _word(error), (_about_addresses(str(error), place),), place)
        case NoConnector():
            found = _found(_USAGE, _word(error), (str(error),))
        case OSError():
            found = _of_the_machine(error)
        case _:
            pass
    return found


def _of_the_machine(error: OSError) -> FoundTrouble | None:
    """Return what a machine refuses or lacks; the system names no file where a disk is full as it writes."""
    name = str(error.filename or "")
    if error.errno in _FULL:
        return _found(_UNREACHABLE, "disk_full", (_NO_ROOM,), name)
    if name:
        return _found(_USAGE, "file", (f"{name}: it cannot be used ({error.strerror}).",), name)
    if error.errno in _LACKING:
        sentence = f"This machine does not go on ({error.strerror}). Run it again when that is mended."
        return _found(_UNREACHABLE, "machine", (sentence,))
    return None


def _addresses_set() -> list[str]:
    """Return the variables by which somebody gave a system another address."""
    ours = ("LIGAMENT_DATABASE_URL", "LIGAMENT_PUBLIC_URL")
    given = environment()
    return sorted(name for name in given if name.startswith("LIGAMENT_") and name.endswith("_URL") and name not in ours)


def _about_addresses(sentence: str, names: str) -> str:
    if not names:
        return sentence
    cure = "Only the vendor's own hosts and this machine are spoken to; take the variable away to reach the vendor."
    return f"{names}: {sentence}. {cure}"


def error_document(code: str, sentence: str, place: str = "") -> dict[str, Any]:
    """Return what a machine reads of a mistake; `place` is the file, option, variable or system that it is about."""
    return {"error": {"code": code, "sentence": sentence, "place": place}}


def _word(error: BaseException) -> str:
    """Return the kind of an error as a word of documents: `sign_in_again`."""
    return _CAPITAL.sub(r"_\1", type(error).__name__).lower()


def _system_in(sentence: str) -> str:
    """Return the short name of the system that a sentence is about; empty where it names none."""
    return next((manifest.name for manifest in manifests() if manifest.title in sentence), "")


def _found(code: int, kind: str, lines: tuple[str, ...], place: str = "") -> FoundTrouble:
    return FoundTrouble(code=code, document=error_document(kind, " ".join(lines), place), lines=lines)
