"""A story cut at every exchange and every commit, one by one, ends the same as one that nothing cut."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.faults.enumeration import KILL, KINDS, Found, enumerate_story
from tests.stories.loading import OWN, load, story_files

ALL = os.environ.get("LIGAMENT_ENUMERATE") == "all"
"""Every story there is; the default is the canonical ones."""

CANONICAL = (
    "adjusted-by-itself-twice", "another-prefix", "archived-account-restored", "archived-patients", "bill-to-patient",
    "contact-archived-in-xero", "contacts-on-first-document", "credit-of-archived-original", "deposit-and-balance",
    "draft-archived", "draft-edited", "email-changed-in-xero", "email-xero-refuses", "history-leading-zeros",
    "lost-cross-reference",
    "lowered-then-raised", "married-name", "merged-twice", "number-taken", "odd-characters-in-a-name",
    "our-payment-deleted-in-xero", "payer-loosely-typed", "privacy-initials", "shared-email-one-adopted",
    "tracking-options-made", "very-long-item-name", "write-off-part", "zero-total-posted",
)  # fmt: skip
LATER, FIRST = range(1, 99), range(1)
PAIRS = (
    ("married-name", LATER, KINDS), ("draft-archived", LATER, KINDS), ("another-prefix", FIRST, (KILL,)),
)  # fmt: skip
"""Short runs in which everything is cut twice, and one that posts and pays in which the plug is pulled twice."""
SHARES = 24
"""Into so many pieces the pairs of a story are cut, so that every core has work to the end."""
PARTS = 12
"""So many shares the single cuts of a story have; the quick test makes one of them, the long one all."""
FAST = "draft-archived"


def one_by_one(name: str) -> tuple[str, Found]:
    """Enumerate one story in this process."""
    return name, enumerated(name)


def in_part(name: str) -> tuple[str, Found]:
    """Enumerate one share of the places of one story in this process."""
    return name, enumerated(name, share=(1, PARTS))


def in_pairs(case: tuple[str, range, tuple[str, ...], int]) -> tuple[str, Found]:
    """Enumerate one share of every pair of cuts of some runs of a story in this process."""
    name, runs, kinds, part = case
    return name, enumerated(name, cuts_each=2, runs=runs, kinds=kinds, share=(part, SHARES))


def killed_only(name: str) -> tuple[str, Found]:
    """Pull the plug at every place of a story's first run."""
    return name, enumerated(name, runs=FIRST, kinds=(KILL,))


def enumerated(name: str, **how: Any) -> Found:
    with tempfile.TemporaryDirectory() as folder:
        return enumerate_story(load(OWN / f"{name}.yaml"), Path(folder) / "home", **how)


def told(found: list[tuple[str, Found]]) -> str:
    return "\n".join(f"{name}: {wrong}" for name, one in found for wrong in one.wrong[:3])


def counted(found: list[tuple[str, Found]]) -> str:
    cuts, same = sum(one.cuts for _, one in found), sum(one.same for _, one in found)
    runs, stories = sum(one.runs for _, one in found), len({name for name, _ in found})
    return f"{stories} stories, {runs} runs cut in {cuts} places; {same} more leave what another left"


def test_the_canonical_stories_exist() -> None:
    names = {path.stem for path in story_files(OWN)}
    assert set(CANONICAL) <= names
    assert len(CANONICAL) >= 25


def test_one_story_ends_the_same_wherever_it_is_cut() -> None:
    """In a process of its own: a copy of this one would have its threads cut off."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        _, found = pool.apply(killed_only, (FAST,))
    assert found.cuts > 10
    assert not found.wrong, told([(FAST, found)])


@pytest.mark.process
def test_every_story_ends_the_same_at_every_twelfth_place(capsys: pytest.CaptureFixture[str]) -> None:
    """One cut in six of all exchanges and commits of every run that writes: killed, no reply, disk full."""
    cut_all(in_part, list(CANONICAL), capsys)


@pytest.mark.slow
def test_every_story_ends_the_same_wherever_it_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    """Every exchange and every commit of every run that writes something: killed, no reply, disk full."""
    cut_all(one_by_one, [path.stem for path in story_files(OWN)] if ALL else list(CANONICAL), capsys)


def cut_all(how: Callable[[str], tuple[str, Found]], names: Sequence[str], capsys: pytest.CaptureFixture[str]) -> None:
    with multiprocessing.get_context("spawn").Pool() as pool:
        found = pool.map(how, names, chunksize=1)
    with capsys.disabled():
        print(f"\nenumeration: {counted(found)}")  # noqa: T201 - the numbers are wanted in the log of `make test`
    assert not any(one.wrong for _, one in found), told(found)
    assert all(one.cuts for name, one in found if name in CANONICAL), "a canonical story writes something"


@pytest.mark.slow
def test_short_runs_end_the_same_when_cut_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """Every pair: what was cut once is cut again, in the same run or in one after it."""
    with multiprocessing.get_context("spawn").Pool() as pool:
        cases = [(*case, part) for part in range(SHARES) for case in PAIRS]
        found = pool.map(in_pairs, cases, chunksize=1)
    with capsys.disabled():
        print(f"\npairs: {counted(found)}")  # noqa: T201 - the numbers are wanted in the log of `make test-long`
    assert not any(one.wrong for _, one in found), told(found)
