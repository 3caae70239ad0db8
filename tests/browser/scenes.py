"""Every page in every state: where it is found, and what a person does to bring the state about."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.worlds import World, crowded, doubtful, first_day, made_up, untouched, working

Act = Callable[[Page], object]


@dataclass(frozen=True, slots=True)
class Scene:
    """One state of one page: `act` brings it about once the page is open.

    Scenes in which nobody is signed in stand last, since they sign out; one that is refused answers with 404.
    """

    name: str
    path: str
    act: Act | None = None
    is_signed_out: bool = False
    is_refused: bool = False


def press(name: str) -> Act:
    """Press the first button of that name."""
    return lambda page: page.get_by_role("button", name=name).first.click()


def fill(label: str, words: str, button: str) -> Act:
    """Fill in one field, then press a button."""

    def act(page: Page) -> None:
        page.get_by_label(label).first.fill(words)
        press(button)(page)

    return act


def go(place: str) -> Act:
    """Click the first thing that a selector finds."""
    return lambda page: page.locator(place).first.click()


def nothing_ticked(page: Page) -> None:
    """Untick everything of the largest group, and answer all the same."""
    page.locator("section:has(button[name=choice]) input[name=names]").first.wait_for()
    page.evaluate("document.querySelectorAll('input[name=names]').forEach(one => { one.checked = false })")
    page.get_by_role("button", name="all that are ticked").first.click()


def under_way(page: Page) -> None:
    """Show the bar of work that goes on, as a first reading leaves it."""
    page.evaluate("""() => {
        document.querySelector('#work').hidden = false;
        document.querySelector('#work-bar').max = 100; document.querySelector('#work-bar').value = 42;
        document.querySelector('#work-words').textContent = 'Reading invoices: 4,210 of 10,000, about 3 minutes left.';
        document.querySelector('#live-state').textContent = 'The connection is lost. What stands here is as of 14:05.';
    }""")


def make_token(page: Page) -> None:
    """Make a token of another name than any before, and see it shown."""
    page.get_by_label("Name").fill(f"n8n-{page.locator('tbody tr').count()}")
    page.get_by_label("Read: look at everything").check()
    press("Make the token")(page)
    page.locator("#token").wait_for()


_FRAME = [
    "clinics",
    "users",
    "tokens",
    "hooks",
    "account",
    "account/authenticator",
    "confirm",
    "nothing",
    "styleguide",
    "api/docs",
]
_OF_CLINIC = [
    "waiting",
    "plan",
    "contacts",
    "runs",
    "journal",
    "reconciliation",
    "reports",
    "settings",
    "privacy",
    "keys",
    "rules",
    "mapping",
    "connect",
    "hooks",
]

FIRST_DAY = (
    *(Scene(one.replace("/", "-"), f"/{one}", is_refused=one == "nothing") for one in _FRAME),
    Scene("overview-new", "@/"),
    *(Scene(f"{one}-new", f"@/{one}") for one in _OF_CLINIC),
    Scene("overview-stopped", "/c/south/"),
    Scene("overview-under-way", "@/", under_way),
    Scene("rule-new", "@/rules?edit=rules.new"),
    Scene("rule-wrong", "@/rules?edit=rules.new", press("Save")),
    Scene("users-wrong", "/users", press("Invite")),
    Scene("users-invited", "/users", fill("E-mail", "new@x.example", "Invite")),
    Scene("tokens-wrong", "/tokens", press("Make")),
    Scene("tokens-made", "/tokens", make_token),
    Scene("tokens-listed", "/tokens"),
    Scene("hook-wrong", "@/hooks", press("Add the hook")),
    Scene("hooks-listed", "/c/south/hooks"),
    Scene("hook", "/c/south/hooks/{hook}"),
    Scene("hook-message", "/c/south/hooks/{hook}", go("main tbody th a")),
    Scene("hook-secret", "/c/south/hooks/{hook}", press("Make a new secret")),
    Scene("account-wrong", "/account", press("Change")),
    Scene("privacy-preview", "@/privacy", press("Show")),
    Scene("refused", "/c/nobody/", is_refused=True),
    Scene("invitation", "/{invitation}", is_signed_out=True),
    Scene("sign-in", "/sign-in", is_signed_out=True),
    Scene("sign-in-wrong", "/sign-in", fill("E-mail", "x@x.example", "Go on"), is_signed_out=True),
)
CROWDED = (
    Scene("overview-many", "@/"),
    Scene("waiting-many", "@/waiting"),
    Scene("waiting-nothing-ticked", "@/waiting", nothing_ticked),
    Scene("clinics-many", "/clinics"),
)
WORKING = (
    Scene("overview-working", "@/"),
    *(Scene(f"{one}-working", f"@/{one}") for one in _OF_CLINIC),
    Scene("conflict", "@/waiting?look={conflict}"),
    Scene("waiting-no-reason", "@/waiting", press("Refuse what is ticked")),
    Scene("contact-working", "@/contacts/{contact}"),
    Scene("document-working", "@/documents/{document}"),
    Scene("document-voided", "@/documents/{gone}"),
    Scene("contacts-nothing-found", "@/contacts?q=nobody"),
    Scene("run", "@/runs/{run}"),
    Scene("undo", "@/runs/{run}", press("Show what an undo would do")),
    Scene("difference-no-note", "@/reconciliation", press("Acknowledge")),
    Scene("mapping-tried", "@/mapping", press("Show")),
    Scene("plan-searched", "@/plan?q=nothing"),
)
MADE_UP = (
    Scene("overview-demo", "@/"),
    *(Scene(f"{one}-demo", f"@/{one}") for one in _OF_CLINIC),
    Scene("document-demo", "@/waiting", go("main th[scope=row] a[href*=documents]")),
    Scene("contact-demo", "@/contacts", go("main tbody a")),
    Scene("run-demo", "@/runs", go("main tbody a")),
    Scene("report-gst-demo", "@/reports?name=gst"),
)
DOUBTFUL = (
    Scene("several-contacts", "@/waiting"),
    Scene("several-contacts-chosen-from", "@/waiting?look={hold}"),
)
UNTOUCHED = (Scene("setup", "/setup?key={key}", is_signed_out=True),)

WORLDS: dict[str, tuple[Callable[[Path], AbstractContextManager[World]], tuple[Scene, ...]]] = {
    "untouched": (untouched, UNTOUCHED),
    "first day": (first_day, FIRST_DAY),
    "doubtful": (doubtful, DOUBTFUL),
    "crowded": (crowded, CROWDED),
    "working": (working, WORKING),
    "made up": (made_up, MADE_UP),
}


def opened(world: World, page: Page, scene: Scene) -> None:
    """Bring a page into a state."""
    if scene.is_signed_out:
        page.context.clear_cookies()
    page.goto(world.address(scene.path))
    page.wait_for_load_state("load")
    if scene.act is not None:
        scene.act(page)
        page.wait_for_load_state("load")
