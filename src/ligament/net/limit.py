"""Limit: how many calls a system allows, as its manifest declares it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `calls` calls in any `per_s` seconds; `per_s` 0 means so many at the same time."""

    name: str
    calls: int
    per_s: int
