"""The main path in a browser: approving, answering, comparing, taking back; without script, by keyboard, by two."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.at_work import HERE, AtWork
from tests.browser.looks import findings, picture, sideways
from tests.browser.serving import NARROW
from tests.web.browsing import OWNER, PASSWORD

pytestmark = pytest.mark.browser


def approve_button(page: Page) -> None:
    page.get_by_role("button", name="Approve what is ticked").first.click()


def marks(clinic: AtWork) -> list[int]:
    """Return how many voices each change that waits has."""
    with clinic.opened() as opened:
        return [len(one.voices) for one in opened.approvals.asked()]


def sign_in(page: Page, clinic: AtWork, path: str) -> None:
    assert clinic.served.telephone is not None
    page.context.clear_cookies()
    page.goto(path)
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Code").fill(clinic.served.telephone.code())
    page.get_by_role("button", name="Sign in").click()


def test_a_change_is_refused_only_with_a_reason_and_then_approved_and_run(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser)
    page.goto(f"{HERE}/plan")
    expect(page.get_by_text("Void").first).to_be_visible()
    page.get_by_role("button", name="Refuse what is ticked").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Say in a few words why not")
    assert findings(page) == []
    page.goto(f"{HERE}/plan")
    assert set(marks(clinic)) == {0}
    approve_button(page)
    expect(page.get_by_role("status").first).to_contain_text("approved")
    page.get_by_role("button", name="Run now").first.click()
    expect(page).to_have_title(re.compile(r"^.* of .* - Riverside Physio - Ligament$"))
    states = [one.status for one in clinic.books.world.only().invoices.values()]
    assert states.count("VOIDED") == 2
    assert page.complaints == []  # type: ignore[attr-defined]


def test_a_conflict_is_decided_and_both_systems_say_the_same(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser)
    page.goto(f"{HERE}/waiting")
    page.locator("button[name=choice][value=books]").first.click()
    expect(page.get_by_role("status").first).to_be_visible()
    clinic.run()
    patients = clinic.practice.world.table("patients").rows
    emails = {row.fields["email"] for row in patients.values()}
    assert "ana.books@example.org" in emails
    assert "ana.practice@example.org" not in emails


def test_both_systems_are_compared_and_the_files_taken_along(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser)
    page.goto(f"{HERE}/reconciliation")
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_text("explained below.")).to_be_visible()
    for words, ending in (("CSV", "csv"), ("Spreadsheet", "xlsx")):
        with page.expect_download() as told:
            page.get_by_role("link", name=words, exact=True).click()
        assert told.value.suggested_filename.endswith(f".{ending}")
        assert told.value.path().stat().st_size > 100
    note = page.get_by_role("button", name="Acknowledge").first
    note.click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert findings(page) == []
    assert page.complaints == []  # type: ignore[attr-defined]


def test_what_a_run_posted_is_taken_back_after_it_was_shown(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser)
    page.goto(f"{HERE}/runs")
    page.locator("tbody a").last.click()
    before = [one.status for one in clinic.books.world.only().invoices.values()]
    page.get_by_role("button", name="Show what an undo would do").click()
    expect(page.get_by_text("Nothing was written yet")).to_be_visible()
    picture(page, "undo-shown")
    assert findings(page) == []
    assert [one.status for one in clinic.books.world.only().invoices.values()] == before
    page.locator("form:has(input[name=confirm]) button").first.click()
    expect(page).to_have_title(re.compile("^Undo of"))
    after = [one.status for one in clinic.books.world.only().invoices.values()]
    assert after.count("VOIDED") > before.count("VOIDED")


def test_a_name_that_would_do_harm_is_only_a_name(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser, size=NARROW)
    for path in ("contacts", "waiting", "plan", "reconciliation", "journal"):
        page.goto(f"{HERE}/{path}")
        expect(page).not_to_have_title("hurt")
        assert sideways(page) == 0, path
    assert page.complaints == []  # type: ignore[attr-defined]


def test_each_role_sees_the_buttons_that_are_for_it_and_no_others(clinic: AtWork, browser: Browser) -> None:
    clinic.served.session = clinic.signed_in("look@x.example", "viewer")
    page = clinic.served.page(browser)
    for path in ("waiting", "plan", "reconciliation", "runs"):
        page.goto(f"{HERE}/{path}")
        assert page.locator("main button[name=choice], main form.inline").count() == 0, path
    expect(page.get_by_role("link", name="Connect", exact=True)).to_have_count(0)
    csrf = page.locator("input[name=csrf_token]").first.input_value()
    answer = page.request.post(f"{HERE}/runs", form={"csrf_token": csrf}, max_redirects=0)
    assert answer.status == 403
    assert page.request.get("/users").status == 403
    clinic.served.session = clinic.signed_in("keep@x.example", "bookkeeper")
    page = clinic.served.page(browser)
    page.goto(f"{HERE}/plan")
    expect(page.get_by_role("button", name="Approve what is ticked").first).to_be_visible()
    assert page.request.get(f"{HERE}/connect").status == 403


def test_attacks_on_the_way_in_lead_nowhere(clinic: AtWork, browser: Browser) -> None:
    clinic.served.session = ""
    page = clinic.served.page(browser)
    page.goto("/sign-in?next=//elsewhere.example/")
    page.get_by_label("E-mail").fill("nobody@x.example")
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.get_by_role("button", name="Go on").click()
    unknown = page.get_by_role("alert").inner_text()
    page.goto("/sign-in?next=//elsewhere.example/")
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill("wrong wrong wrong")
    page.get_by_role("button", name="Go on").click()
    assert page.get_by_role("alert").inner_text() == unknown
    csrf = page.locator("input[name=csrf_token]").first.input_value()
    fields: dict[str, str | float | bool] = {"email": OWNER, "password": PASSWORD}
    assert page.request.post("/sign-in", form=fields, max_redirects=0).status == 403
    foreign = {"origin": "https://elsewhere.example"}
    told: dict[str, str | float | bool] = {**fields, "csrf_token": csrf}
    assert page.request.post("/sign-in", form=told, headers=foreign, max_redirects=0).status == 403
    for _ in range(5):
        page.request.post("/sign-in", form={**told, "password": "wrong wrong wrong"}, max_redirects=0)
    slow = page.request.post("/sign-in", form=told, max_redirects=0)
    assert slow.status == 429
    assert int(slow.headers["retry-after"]) > 0


def test_signing_in_leads_only_to_pages_of_our_own_and_gives_a_new_session(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser)
    page.goto("/sign-in")
    page.context.add_cookies([{"name": "ligament_session", "value": "planted", "url": clinic.served.url}])
    sign_in(page, clinic, "/sign-in?next=//elsewhere.example/")
    assert page.url.startswith(clinic.served.url)
    (cookie,) = (one for one in page.context.cookies() if one["name"] == "ligament_session")
    assert cookie["value"] != "planted"
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"


def test_the_main_path_works_without_script(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser, script=False)
    sign_in(page, clinic, f"{HERE}/")
    expect(page).to_have_title(re.compile("Overview - Riverside Physio - Ligament$"))
    page.get_by_role("link", name="Waiting", exact=True).click()
    approve_button(page)
    expect(page.get_by_role("status").first).to_contain_text("approved")
    page.get_by_role("link", name="Runs", exact=True).click()
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(" of ")
    page.get_by_role("link", name="Reconciliation", exact=True).click()
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_text("explained below.")).to_be_visible()
    page.get_by_role("link", name="Contacts", exact=True).click()
    page.get_by_label("Search").fill("silva")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="Ana Silva").click()
    expect(page.get_by_role("heading", name="Side by side")).to_be_visible()


def test_the_main_path_works_by_keyboard_alone(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser)
    page.goto(f"{HERE}/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, "link", "See what waits for you")
    page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile("Waiting"))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, "button", "Approve what is ticked")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("approved")
    assert any(marks(clinic))


def tab_to(page: Page, role: str, name: str) -> None:
    """Press Tab until something has the focus, which can be seen on every stop."""
    wanted = page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    for _ in range(60):
        page.keyboard.press("Tab")
        style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert style != "none", page.evaluate("document.activeElement.outerHTML")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(f"{name} cannot be reached with the keyboard")


def test_two_people_at_once_decide_once_and_the_second_is_told(clinic: AtWork, browser: Browser) -> None:
    first, second = clinic.served.page(browser), clinic.served.page(browser)
    for page in (first, second):
        page.goto(f"{HERE}/waiting")
    approve_button(first)
    expect(first.get_by_role("status").first).to_contain_text("approved")
    expect(second.get_by_role("button", name="Show it")).to_be_visible()
    expect(second.get_by_role("button", name="Approve what is ticked")).to_be_visible()
    second.get_by_role("button", name="Show it").click()
    expect(second.get_by_role("button", name="Approve what is ticked")).to_have_count(0)
    assert max(marks(clinic)) == 1


def test_nothing_is_decided_and_one_comes_back_to_the_same_page_when_the_session_ended_in_the_middle(
    clinic: AtWork, browser: Browser
) -> None:
    page = clinic.served.page(browser)
    page.goto(f"{HERE}/plan")
    page.get_by_label("Why not").fill("The desk will correct it")
    access = clinic.shop.access
    for session in access.sessions.of_user(access.users.by_email(OWNER).id):  # type: ignore[union-attr]
        access.sessions.seen(session.id, access.now() - timedelta(minutes=31))
    page.get_by_role("button", name="Refuse what is ticked").first.click()
    expect(page).to_have_title(re.compile("^Sign in"))
    assert clinic.served.telephone is not None
    page.get_by_label("E-mail").fill(OWNER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Code").fill(clinic.served.telephone.code())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("status").first).to_contain_text("What you had typed is here again")
    assert set(marks(clinic)) == {0}
    expect(page).to_have_title(re.compile("Plan - Riverside Physio"))
    expect(page.get_by_label("Why not")).to_have_value("The desk will correct it")
