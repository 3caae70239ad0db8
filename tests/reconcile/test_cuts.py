"""A comparison cut anywhere: the next says what it would have said, and one that was cut is never shown as finished."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.reconcile.cuts import DROP, FULL, KILL, REFUSE, Cut, Cutting, cutting, finished, plain
from tests.reconcile.planting import (
    Scene,
    duplicate,
    edit,
    lower_amount,
    pay_in_books,
    raise_amount,
    remove_payment,
    void,
)
from tests.support.stage import stage

QUICK = 6
"""How far apart cuts are in `make test`; the others are made by the slow test."""


@pytest.fixture
def way(tmp_path: Path) -> Iterator[Cutting]:
    """Set a scene with differences on both sides, two of which cancel."""
    scene = Scene(stage(tmp_path))
    with cutting(scene) as made:
        plants = (lower_amount, raise_amount, void, pay_in_books, duplicate, edit)
        invoices = [scene.stage.invoice(price=f"{90 + place}.00") for place, _ in enumerate(plants)]
        paid = scene.stage.invoice(price="190.00", paid=True)
        scene.stage.sync()
        for plant, invoice in zip(plants, invoices, strict=True):
            plant(scene, invoice)
        remove_payment(scene, paid)
        scene.stage.pass_time(minutes=1)
        yield made


def _cuts(way: Cutting) -> list[Cut]:
    """Return every cut that there is, once an uncut comparison told how many calls and commits it takes."""
    places = [("call", kind) for kind in (KILL, DROP, REFUSE)] + [("commit", kind) for kind in (KILL, FULL)]
    return [Cut(kind, place, number) for place, kind in places for number in range(1, way.seen[place] + 1)]


def _wrong(way: Cutting, start: tuple[Any, ...], cut: Cut, wanted: dict[str, Any]) -> list[str]:
    way.put_back(start)
    first = way.compare(cut)
    kept, standing, ended = way.look(finished)
    wrong = []
    if first is None and ended - kept:
        wrong.append(f"{cut}: a run that was cut says that it ended well")
    if standing is not None and plain(standing) != wanted:
        wrong.append(f"{cut}: what is shown as the newest comparison is not a whole one")
    second = way.compare()
    if second is None or plain(second) != wanted:
        wrong.append(f"{cut}: the next comparison says something else")
    if first is not None and plain(first) != wanted:
        wrong.append(f"{cut}: it came to its end and says something else")
    if len(way.look(finished)[0] - kept) != 1:
        wrong.append(f"{cut}: the next comparison is not kept as one")
    return wrong


def _all(way: Cutting, every: int) -> None:
    start = way.keep()
    told = way.compare()
    assert told is not None
    assert len(told["variances"]) == 7
    wanted, cuts = plain(told), _cuts(way)
    assert len(cuts) > 40
    assert [line for cut in cuts[::every] for line in _wrong(way, start, cut, wanted)] == []


def test_a_comparison_that_is_cut_is_made_up_by_the_next_and_never_shown_as_finished(way: Cutting) -> None:
    _all(way, QUICK)


@pytest.mark.slow
def test_the_same_at_every_call_and_every_commit(way: Cutting) -> None:
    _all(way, 1)
