"""Texts that may name a person: taken out of what an entry says in clear, to be sealed, and put back where needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.core.erasing import bare_reference, bare_text

TEXTS = "texts"
"""In the sealed part: the texts by their place, `after.lines.0.text`. In the clear one: a keyed digest of them."""


def parted(told: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what may stand in clear, and the texts taken out, by their place."""
    texts: dict[str, str] = {}
    return _bare(dict(told), "", texts), texts


def _bare(held: Any, place: str, texts: dict[str, str]) -> Any:  # noqa: ANN401 - plain data of any shape
    if isinstance(held, Mapping):
        is_document = "lines" in held
        return {
            name: _bare_field(str(name), value, f"{place}{name}", texts, is_document=is_document)
            for name, value in held.items()
        }
    if isinstance(held, list | tuple):
        return [_bare(one, f"{place}{number}.", texts) for number, one in enumerate(held)]
    return held


def _bare_field(
    name: str,
    value: Any,  # noqa: ANN401 - plain data of any shape
    place: str,
    texts: dict[str, str],
    *,
    is_document: bool,
) -> Any:  # noqa: ANN401 - plain data of any shape
    if isinstance(value, str) and (name == "text" or (name == "reference" and is_document)):
        bare = bare_text(value) if name == "text" else bare_reference(value)
        if bare != value:
            texts[place] = value
        return bare
    return _bare(value, f"{place}.", texts)


def whole(told: Mapping[str, Any], personal: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what an entry says with its texts in their places, as far as they can still be read."""
    held = dict(told)
    for place, text in ((personal or {}).get(TEXTS) or {}).items():
        *path, last = place.split(".")
        inner: Any = held
        for step in path:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        inner[last] = text
    return held
