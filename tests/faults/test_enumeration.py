"""A story cut at every exchange and every commit, one by one, ends in the same books as one that nothing cut."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from pathlib import Path

import pytest

from tests.faults.enumeration import CALL_CUTS, COMMIT_CUTS, Found, enumerate_story
from tests.stories.loading import OWN, load, story_files

ALL = os.environ.get("LIGAMENT_ENUMERATE") == "all"
"""Every cut of every run of every story; the default is the first writing run of the canonical ones."""

CANONICAL = (
    "adjusted-by-itself-twice", "another-prefix", "archived-account-restored", "archived-patients", "bill-to-patient",
    "contact-archived-in-xero", "contacts-on-first-document", "credit-of-archived-original", "deposit-and-balance",
    "draft-archived", "draft-edited", "email-xero-refuses", "history-leading-zeros", "lost-cross-reference",
    "lowered-then-raised", "married-name", "merged-twice", "number-taken", "odd-characters-in-a-name",
    "our-payment-deleted-in-xero", "payer-loosely-typed", "privacy-initials", "shared-email-one-adopted",
    "tracking-options-made", "very-long-item-name", "write-off-part", "zero-total-posted",
)  # fmt: skip
SHORT = ("another-prefix", "zero-total-posted")
FAST = "draft-archived"


DEFAULT_CUTS = (*CALL_CUTS, *COMMIT_CUTS) if ALL else (*CALL_CUTS, "disk_full")
"""A kill behind a commit is the same moment as a full disk at the next one, unless a call lies between."""


def one_by_one(name: str, *, pairs: bool = False, kinds: tuple[str, ...] = DEFAULT_CUTS) -> tuple[str, Found]:
    """Enumerate one story in this process."""
    with tempfile.TemporaryDirectory() as folder:
        found = enumerate_story(
            load(OWN / f"{name}.yaml"), Path(folder) / "home", pairs=pairs, most_runs=99 if ALL else 1, kinds=kinds
        )
    return name, found


def in_pairs(name: str) -> tuple[str, Found]:
    """Enumerate the pairs of one story in this process."""
    return one_by_one(name, pairs=True)


def told(found: list[tuple[str, Found]]) -> str:
    return "\n".join(f"{name}: {wrong}" for name, one in found for wrong in one.wrong[:3])


def test_the_canonical_stories_exist() -> None:
    names = {path.stem for path in story_files(OWN)}
    assert set(CANONICAL) <= names
    assert len(CANONICAL) >= 25


def test_one_story_ends_the_same_wherever_it_is_cut() -> None:
    _, found = one_by_one(FAST, kinds=("kill_after",))
    assert found.cuts > 10
    assert not found.wrong, told([(FAST, found)])


@pytest.mark.slow
def test_every_story_ends_the_same_wherever_it_is_cut() -> None:
    names = [path.stem for path in story_files(OWN)] if ALL else list(CANONICAL)
    with multiprocessing.get_context("spawn").Pool() as pool:
        found = pool.map(one_by_one, names, chunksize=1)
    assert not any(one.wrong for _, one in found), told(found)
    assert all(one.cuts for name, one in found if name in CANONICAL), "a canonical story writes something"


@pytest.mark.slow
def test_the_short_stories_end_the_same_when_cut_twice() -> None:
    with multiprocessing.get_context("spawn").Pool() as pool:
        found = pool.map(in_pairs, SHORT, chunksize=1)
    assert not any(one.wrong for _, one in found), told(found)
