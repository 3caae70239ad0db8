"""What the rulebooks of a backup would change against those of today: a restore must not change a rule unseen."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

_SECRET = re.compile(r"key|token|secret|password|url|to$", re.IGNORECASE)
_LONGEST = 80


def rulebook_changes(files: Iterable[tuple[Path, bytes]], home: Path) -> list[dict[str, Any]]:
    """Return each setting that would be another: `file`, `key`, and what it is `now` and `then` (None: not there).

    A rulebook that cannot be read, and one that is not there today, stand as a whole, with an empty `key`.
    """
    found: list[dict[str, Any]] = []
    for path, text in files:
        if path.suffix != ".toml":
            continue
        name = path.relative_to(home).as_posix()
        now, then = _settings(path.read_bytes() if path.is_file() else b""), _settings(text)
        if now is None or then is None or not path.is_file():
            what = "there" if path.is_file() else None
            found.append({"file": name, "key": "", "now": what, "then": "there" if then is not None else "unreadable"})
            continue
        for key in sorted(now.keys() | then.keys()):
            if now.get(key) != then.get(key):
                shown = {"now": _shown(key, now.get(key)), "then": _shown(key, then.get(key))}
                found.append({"file": name, "key": key, **shown})
    return found


def _settings(text: bytes) -> dict[str, Any] | None:
    try:
        return dict(_flat(tomllib.loads(text.decode()), ""))
    except (ValueError, RecursionError):
        return None


def _flat(held: Mapping[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    for name, value in held.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{place}{name}.")
        elif isinstance(value, list) and any(isinstance(one, Mapping) for one in value):
            for number, one in enumerate(value, start=1):
                yield from _flat(one if isinstance(one, Mapping) else {"": one}, f"{place}{name}[{number}].")
        else:
            yield f"{place}{name}", value


def _shown(key: str, value: object) -> str | None:
    if value is None:
        return None
    if _SECRET.search(key.rpartition(".")[2]):
        return "(not shown)"
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
