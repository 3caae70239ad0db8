"""Odd rows as bytes: every field may hold what its kind holds, or anything at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from hypothesis import strategies as st

Field = st.SearchStrategy[bytes]
Usual = tuple[bytes, ...]
ODDS = 0.12

ODD: tuple[bytes, ...] = (
    b"null", b"true", b"[]", b"{}", b'""', b"0", b"-1", b"1e999999999", b"-1e999999999", b"1e-999999999999999999999",
    b"9" * 5000, b"0." + b"9" * 5000, b'"' + b"9" * 5000 + b'"', b'"1e999999999"', b'"NaN"', b'"Infinity"', b'"-0"',
    b'"9999-12-31"', b'"0001-01-01"', b'"2026-02-30"', b'"9999-12-31T23:59:59Z"', b'"0001-01-01T00:00:00+14:00"',
    b'"2026-11-22T01:02:03"', b'"/Date(253402300799999+0000)/"', b'"/Date(-99999999999999)/"', b'"\\u0000"',
    b'"a\\u0000b"', b"NaN", b"-Infinity", b'"\x01"', b'"\x00"',
    b'"\xff"', b'"\xc3("', b'"\\ud800"', b'"\\udc00x"', b'"\\ud83d\\ude00"', b"[" * 5000 + b"]" * 5000,
    b'{"a":' * 3000 + b"1" + b"}" * 3000, b'"' + b"x" * 20_000 + b'"', b'"\\ufdd0"', b'"\xef\xbf\xbe"', b'"\\u202e<&>"',
    b"18446744073709551616", b"-9223372036854775809", b'{"links":{"self":"x/y/\\u0000"}}', b'{"links":{"self":7}}',
)  # fmt: skip

odd: Field = st.sampled_from(ODD)
anything: Field = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
).map(lambda value: json.dumps(value).encode())


def text(*usual: str) -> Usual:
    """Return what a field of text usually holds."""
    return tuple(json.dumps(value).encode() for value in usual)


def to(kind: str, *ids: str) -> Usual:
    """Return what a field that points to another record usually holds."""
    return tuple(b'{"links":{"self":"https://api.example/v1/%s/%s"}}' % (kind.encode(), key.encode()) for key in ids)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of which a few fields are odd; `fixed` ones never are."""

    fields: Mapping[str, Usual]
    fixed: Mapping[str, Usual]

    def strategy(self) -> Field:
        """Return them one by one, as Hypothesis looks for the smallest that fails."""
        fixed = {name: st.sampled_from(usual) for name, usual in self.fixed.items()}
        mixed = {name: st.sampled_from(usual * 4) | odd | anything for name, usual in self.fields.items()}
        return st.fixed_dictionaries({**fixed, **mixed}).map(written)

    def drawn(self, chance: Random) -> bytes:
        """Return one by chance, which is so much quicker that there can be a hundred thousand."""
        fixed = {name: chance.choice(usual) for name, usual in self.fixed.items()}
        mixed = {
            name: chance.choice(ODD) if chance.random() < ODDS else chance.choice(usual)
            for name, usual in self.fields.items()
        }
        return written({**fixed, **mixed})


def written(row: Mapping[str, bytes]) -> bytes:
    """Return a row as JSON, each value as it is."""
    return b"{" + b",".join(json.dumps(name).encode() + b":" + value for name, value in row.items()) + b"}"
