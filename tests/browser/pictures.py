"""Pictures: every page in every state, light and dark, wide and narrow, for people to look at; `make pictures`.

    python -m tests.browser.pictures [--quick] [--plain] [TEXT ...]

only those whose names hold a text; quick in two looks of five, plain without what axe says.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from playwright.sync_api import Browser, Error, sync_playwright

from tests.browser.looks import SHOTS, findings, hidden_aside, picture, sideways
from tests.browser.scenes import WORLDS, Scene, opened
from tests.browser.serving import NARROW, WIDE
from tests.browser.worlds import World

PHONE = (390, 844)
LOOKS = [(size, dark) for size in (WIDE, PHONE, NARROW) for dark in (False, True) if not (size == NARROW and dark)]

QUICK = [(WIDE, False), (NARROW, True)]
Look = tuple[tuple[int, int], bool]


def main(arguments: list[str]) -> int:
    """Take the pictures, and say of each what is wrong with it; returns how many pictures something is wrong with."""
    looks = QUICK if "--quick" in arguments else LOOKS
    wanted = [one for one in arguments if not one.startswith("--")]
    SHOTS.mkdir(exist_ok=True)
    wrong = 0
    with sync_playwright() as started, tempfile.TemporaryDirectory() as folder:
        chromium = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (make, scenes) in WORLDS.items():
            chosen = [one for one in scenes if not wanted or any(text in one.name for text in wanted)]
            if chosen:
                with make(Path(folder) / name.replace(" ", "-")) as world:
                    for look in looks:
                        for what, said in walked(chromium, world, chosen, look, is_plain="--plain" in arguments):
                            wrong += bool(said)
                            sys.stdout.writelines(f"{what}: {one}\n" for one in said)
                            sys.stdout.flush()
        chromium.close()
    return wrong


def walked(
    browser: Browser, world: World, chosen: Iterable[Scene], look: Look, *, is_plain: bool = False
) -> Iterator[tuple[str, list[str]]]:
    """Go from scene to scene with one look, keep a picture of each, and say what is wrong with it.

    `is_plain` leaves out what axe says.
    """
    size, dark = look
    page = world.served.page(browser, size=size, dark=dark)
    page.set_default_timeout(60_000)
    for scene in chosen:
        name = f"{scene.name}-{'dark' if dark else 'light'}-{size[0]}"
        try:
            opened(world, page, scene)
            said = [] if is_plain else findings(page)
            said += [f"{over} px too wide"] if (over := sideways(page)) else []
            said += [f"cut off at the side: {one}" for one in hidden_aside(page) if size == NARROW]
        except Error as trouble:
            said = [str(trouble)]
        picture(page, name)
        said += [one for one in page.complaints if not (scene.is_refused and "status of 404" in one)]  # type: ignore[attr-defined]
        page.complaints.clear()  # type: ignore[attr-defined]
        yield name, said
    page.context.close()


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
