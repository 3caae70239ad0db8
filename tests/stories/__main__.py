"""Run stories and print what differs: `python -m tests.stories [NAME...]`.

With ACCEPT=1 what happened becomes what our own stories expect, after the difference was shown; the golden stories
are never rewritten.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from pathlib import Path

from tests.stories.accepting import accept
from tests.stories.loading import Story, all_files, load
from tests.stories.running import as_text, play
from tests.stories.scope import waits_for


def main(names: list[str]) -> int:
    """Run the stories whose names contain one of the words given, or all."""
    chosen = [load(path) for path in all_files() if not names or any(name in path.stem for name in names)]
    if not chosen:
        tell(f"No story is called {' or '.join(names)}.")
        return 2
    failed = [story.name for story in chosen if not _passes(story)]
    tell(f"{len(chosen)} stories, {len(failed)} differ{': ' + ', '.join(failed) if failed else ''}")
    return 1 if failed else 0


def tell(text: str) -> None:
    """Say it to whoever typed the command."""
    sys.stdout.write(text + "\n")


def _passes(story: Story) -> bool:
    reason = "" if story.is_own else waits_for(story.name)
    if reason:
        tell(f"{story.name}: left out, {reason}")
        return True
    with tempfile.TemporaryDirectory() as folder:
        try:
            told = play(story, Path(folder) / "home")
        except Exception:  # noqa: BLE001 - one broken story must not hide the others
            tell(f"{story.name}: broken\n{traceback.format_exc(limit=-4)}")
            return False
    differs = any(one.differences for one in told)
    if differs or any(one.notes for one in told):
        tell(as_text(story, told))
    if differs and os.environ.get("ACCEPT") == "1" and story.is_own:
        accept(story)
        tell(f"  accepted: {story.path.name} now expects what happened")
    return not differs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
