"""Bugs planted in the product while a test runs, by switching one function or number; nothing of it is ever kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any

Make = Callable[[Any], Any]
"""From the original to what stands in its place."""


@dataclass(frozen=True, slots=True)
class Bug:
    """One planted bug: the rows of the failure list it stands for, and what is switched (`module:name` or deeper)."""

    name: str
    rows: tuple[int, ...]
    switches: tuple[tuple[str, Make], ...]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Plant it, and take it out again."""
        with ExitStack() as stack:
            for place, make in self.switches:
                stack.enter_context(switched(place, make))
            yield


def owner_of(place: str) -> tuple[Any, str]:
    """Return the module or class in which something is switched, and the name there."""
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(module)
    for part in owners:
        owner = getattr(owner, part)
    return owner, name


@contextmanager
def switched(place: str, make: Make) -> Iterator[None]:
    """Put something else in one place of the product for a while."""
    owner, name = owner_of(place)
    original = vars(owner)[name]
    setattr(owner, name, make(original))
    try:
        yield
    finally:
        setattr(owner, name, original)


def bug(name: str, rows: tuple[int, ...], *switches: tuple[str, Make]) -> Bug:
    """Describe a planted bug."""
    return Bug(name=name, rows=rows, switches=switches)


def always(value: Any) -> Make:
    """Switch to a value."""
    return lambda _: value


def returning(value: Any) -> Make:
    """Switch to a function that always returns the same."""
    return lambda _: lambda *_args, **_named: value


def _all() -> dict[str, Bug]:
    from tests.faults.planted_flow import FLOW  # noqa: PLC0415 - they need this module
    from tests.faults.planted_rules import RULES  # noqa: PLC0415

    return {one.name: one for one in (*FLOW, *RULES)}


PLANTED: dict[str, Bug] = {}


def load() -> dict[str, Bug]:
    """Return every planted bug by its name."""
    if not PLANTED:
        PLANTED.update(_all())
    return PLANTED
