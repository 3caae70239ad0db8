"""Compression: pages that nobody from outside can have a word in, and our own files.

What is compressed together with a secret tells of it by its length when somebody else can put words beside it. So an
answer is compressed only where the address carries nothing that was typed, and form tokens are masked anew each time.
"""

from __future__ import annotations

import gzip
from functools import lru_cache

_SMALLEST = 1_000
_LEVEL = 5
Headers = list[tuple[str, str]]


def may_be_packed(method: str, query: str, status: int, accepts: str) -> bool:
    """Say whether an answer to this request may be compressed, and its reader can unpack it."""
    return method == "GET" and not query and status == 200 and _takes_gzip(accepts)  # noqa: PLR2004 - all is well


def _takes_gzip(accepts: str) -> bool:
    for part in accepts.lower().split(","):
        name, _, weight = part.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def packed(content: bytes) -> tuple[bytes, Headers]:
    """Return a body compressed, with the headers that say so; a small one as it is."""
    if len(content) < _SMALLEST:
        return content, [("vary", "accept-encoding")]
    return gzip.compress(content, _LEVEL, mtime=0), [("content-encoding", "gzip"), ("vary", "accept-encoding")]


@lru_cache(maxsize=50)
def packed_file(content: bytes) -> tuple[bytes, Headers]:
    """Return one of our own files compressed; it never changes under its name."""
    return packed(content)
