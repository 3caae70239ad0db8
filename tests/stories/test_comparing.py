"""A comparison that overlooks something makes every story worthless, so each expectation is spoilt once."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.stories.comparing import Run, differences
from tests.stories.loading import OWN, load
from tests.stories.running import Stage

HAS_APP = importlib.util.find_spec("ligament.app.sync") is not None
pytestmark = pytest.mark.skipif(not HAS_APP, reason="there is no application to run yet (ligament.app.sync)")

SPOILT = ("locked-unpaid-lowered", "privacy-initials", "visits-with-goods", "practitioner-changed-on-paid")


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        for key, held in value.items():
            yield from _leaves(held, (*path, key))
    elif isinstance(value, list) and value:
        for place, held in enumerate(value):
            yield from _leaves(held, (*path, place))
    else:
        yield path


def _spoilt(expect: Any, path: tuple[Any, ...]) -> Any:
    changed = deepcopy(expect)
    holder = changed
    for key in path[:-1]:
        holder = holder[key]
    held = holder[path[-1]]
    holder[path[-1]] = held + 1 if isinstance(held, int | Decimal) else ["x"] if held == [] else f"{held}x"
    return changed


def _runs(name: str, home: Path) -> list[Run]:
    return [told.run for told in Stage(load(OWN / f"{name}.yaml"), home).play()][:-1]


@pytest.mark.parametrize("name", SPOILT)
def test_every_spoilt_value_is_noticed(name: str, tmp_path: Path) -> None:
    for run in _runs(name, tmp_path / "home"):
        assert not differences(run)
        for path in _leaves(run.expect):
            if path[0] == "never_sent" or run.expect[path[0]] in ({}, []) or path[-1] == "phones":
                continue
            spoilt = _spoilt(run.expect, path)
            assert differences(replace(run, expect=spoilt)), f"{name}, {run.what}: nobody noticed {path}"


@pytest.mark.parametrize("kind", ["invoices", "payments", "holds", "skipped"])
def test_what_nobody_expected_is_a_failure(kind: str, tmp_path: Path) -> None:
    stories = {"invoices": "restored-after-void", "payments": "restored-after-void", "holds": "number-taken"}
    for run in _runs(stories.get(kind, "visits-with-goods"), tmp_path / "home"):
        if run.expect.get(kind):
            left = {name: rows for name, rows in run.expect.items() if name != kind}
            assert differences(replace(run, expect=left))


def test_a_text_that_was_sent_is_found(tmp_path: Path) -> None:
    (run,) = _runs("united-kingdom", tmp_path / "home")
    for text in ("Larkspur", "odette@mail.example", "Supervised gym"):
        assert differences(replace(run, expect={**run.expect, "never_sent": [text]}))


def test_a_run_that_wrote_is_no_run_without_writes(tmp_path: Path) -> None:
    (run,) = _runs("united-kingdom", tmp_path / "home")
    assert differences(replace(run, expect={**run.expect, "writes": 0}))
