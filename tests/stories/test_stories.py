"""Every story, run whole: what the practice says, what the books hold, what they must hold after each run."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from tests.stories.loading import GOLDEN, OWN, SCHEMA, Story, all_files, load, story_files
from tests.stories.running import as_text, play
from tests.stories.schema import complaints
from tests.stories.scope import SCOPE, waits_for

HAS_APP = importlib.util.find_spec("ligament.wiring.app") is not None
HAS_GOLDEN = bool(story_files(GOLDEN))
NO_GOLDEN = "the golden stories are not beside this repository (../shared/stories)"

needs_app = pytest.mark.skipif(not HAS_APP, reason="there is no application to run yet (ligament.wiring.app)")


def _marks(path: Path) -> list[pytest.MarkDecorator]:
    reason = waits_for(path.stem) if path.parent == GOLDEN else ""
    return [pytest.mark.skip(reason=reason)] if reason else []


STORIES = [pytest.param(path, id=path.stem, marks=_marks(path)) for path in all_files()]


@needs_app
@pytest.mark.parametrize("path", STORIES)
def test_story(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    story = load(path)
    told = play(story, tmp_path / "home")
    text = as_text(story, told)
    with capsys.disabled():
        for note in sorted({note for one in told for note in one.notes}):
            print(f"\n{story.name}: {note}")
    assert not any(one.differences for one in told), f"\n{text}"


@pytest.mark.skipif(not SCHEMA.exists(), reason=NO_GOLDEN)
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in all_files()])
def test_shape_of_story(path: Path) -> None:
    assert not list(complaints(load(path)))


@pytest.mark.skipif(not HAS_GOLDEN, reason=NO_GOLDEN)
def test_only_known_stories_wait_for_a_later_issue() -> None:
    names = {path.stem for path in story_files(GOLDEN)}
    for name in sorted(SCOPE):
        print(f"{name} {waits_for(name)}")
    assert set(SCOPE) <= names


def test_own_stories_are_there_and_named_in_words() -> None:
    own: list[Story] = [load(path) for path in story_files(OWN)]
    assert len(own) >= 25
    assert all(story.body["why"].strip() for story in own)
