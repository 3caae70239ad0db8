"""Odd rows as bytes: every field may hold what its kind holds, or anything at all."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hypothesis import strategies as st

Field = st.SearchStrategy[bytes]

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


def text(*usual: str) -> Field:
    """Return a field that mostly holds text."""
    return st.sampled_from([json.dumps(value).encode() for value in usual])


def to(kind: str, *ids: str) -> Field:
    """Return a field that mostly points to another record."""
    return text(*ids).map(
        lambda key: b'{"links":{"self":"https://api.example/v1/' + kind.encode() + b"/" + key[1:-1] + b'"}}'
    )


def rows(fields: Mapping[str, Field], fixed: Mapping[str, Field]) -> st.SearchStrategy[bytes]:
    """Return rows of which a few fields are odd; `fixed` ones never are."""
    mixed = {name: st.one_of(usual, usual, usual, usual, odd, anything) for name, usual in fields.items()}
    return st.fixed_dictionaries({**fixed, **mixed}).map(written)


def written(row: Mapping[str, bytes]) -> bytes:
    """Return a row as JSON, each value as it is."""
    return b"{" + b",".join(json.dumps(name).encode() + b":" + value for name, value in row.items()) + b"}"
