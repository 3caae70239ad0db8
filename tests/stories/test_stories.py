"""Every story, run whole: what the practice says, what the books hold, what they must hold after each run."""

from __future__ import annotations

import importlib.util
from functools import partial
from pathlib import Path

import pytest

from ligament.flow.cycle import CycleOptions
from ligament.flow.plan.survey import Planner
from tests.stories.acting import COMMAND, AsCommand
from tests.stories.loading import GOLDEN, OWN, SCHEMA, Story, all_files, load, story_files
from tests.stories.running import as_text, play
from tests.stories.schema import complaints
from tests.stories.scope import SCOPE, waits_for

HAS_APP = importlib.util.find_spec("ligament.app.sync") is not None
HAS_COMMAND = COMMAND.exists() and importlib.util.find_spec("ligament.cli.views.sync") is not None
HAS_GOLDEN = bool(story_files(GOLDEN))
NO_GOLDEN = "the golden stories are not beside this repository (../shared/stories)"

TYPED = ("20-open-paid-open", "29-edit-paid-adjust", "reconciled-payment-stays", "first-run-asks")
"""Stories that are also typed at the command line, one process per run."""

needs_app = pytest.mark.skipif(not HAS_APP, reason="there is no application to run yet (ligament.app.sync)")


def _marks(path: Path) -> list[pytest.MarkDecorator]:
    reason = waits_for(path.stem) if path.parent == GOLDEN else ""
    return [pytest.mark.skip(reason=reason)] if reason else []


STORIES = [pytest.param(path, id=path.stem, marks=_marks(path)) for path in all_files()]


@needs_app
@pytest.mark.parametrize("path", STORIES)
def test_story(path: Path, tmp_path: Path) -> None:
    story = load(path)
    told = play(story, tmp_path / "home")
    assert not any(one.differences for one in told), f"\n{as_text(story, told)}"


@needs_app
@pytest.mark.slow
@pytest.mark.parametrize("path", STORIES)
def test_story_planned_in_portions(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large clinic is planned in portions; here every patient is one, and nothing comes out differently."""
    monkeypatch.setattr("ligament.app.cycle_options.CycleOptions", partial(CycleOptions, portion=1))
    monkeypatch.setattr("ligament.app.plans.Planner", partial(Planner, size=1))
    story = load(path)
    told = play(story, tmp_path / "home")
    assert not any(one.differences for one in told), f"\n{as_text(story, told)}"


@pytest.mark.skipif(not HAS_GOLDEN, reason=NO_GOLDEN)
def test_the_variances_of_a_story_are_compared(tmp_path: Path) -> None:
    story = load(next(path for path in story_files(GOLDEN) if path.stem == "07-rounding-line"))
    story.body["expect"]["variances"][0]["amount"] = "0.02"
    differing = [line for one in play(story, tmp_path / "home") for line in one.differences]
    assert len(differing) == 1
    assert "tax_rounding" in differing[0]


@needs_app
@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not HAS_COMMAND, reason="there is no `ligament` command beside this Python yet")
@pytest.mark.parametrize("name", TYPED)
def test_story_typed_at_the_command_line(name: str, tmp_path: Path) -> None:
    found = [path for path in all_files() if path.stem == name]
    if not found:
        pytest.skip(NO_GOLDEN)
    story = load(found[0])
    told = play(story, tmp_path / "home", AsCommand)
    assert not any(one.differences for one in told), f"\n{as_text(story, told)}"


@pytest.mark.skipif(not SCHEMA.exists(), reason=NO_GOLDEN)
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in all_files()])
def test_shape_of_story(path: Path) -> None:
    assert not list(complaints(load(path)))


@pytest.mark.skipif(not HAS_GOLDEN, reason=NO_GOLDEN)
def test_only_known_stories_wait_for_a_later_issue() -> None:
    names = {path.stem for path in story_files(GOLDEN)}
    assert set(SCOPE) <= names
    assert sorted(SCOPE) == []


def test_own_stories_are_there_and_named_in_words() -> None:
    own: list[Story] = [load(path) for path in story_files(OWN)]
    assert len(own) >= 25
    assert all(story.body["why"].strip() for story in own)
