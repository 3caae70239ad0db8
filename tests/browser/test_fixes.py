"""Each kind of fix on the page of what waits: pressed in a browser, and the next run does what the button says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero.simulator import control as desk
from ligament.core.holds import Hold, HoldCode
from tests.browser.at_work import HERE, AtWork, at_work, kept
from tests.contacts.kit import ANA, BEN, Clinic
from tests.support.practice import BUSINESS, PRACTITIONER

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RULES = """
[contacts]
payer_unknown = "ask"
[contacts.wins]
email = "ask"
"""
SPLINT = {"name": "Splint", "unit_price": "50", "tax_name": "Odd", "tax_rate": "10"}
GROUPS = """
[contacts]
create_groups = true
[[rules]]
name = "all Bens together"
when = 'patient.first_name == "Ben"'
group = "Bens"
"""
MOST_GROUPS = 100
TAPE = {"name": "Tape", "unit_price": "50", "tax_name": "Odder", "tax_rate": "5"}


def bill(kit: Clinic, patient: str, line: dict[str, str], **fields: object) -> str:
    """Issue an invoice with one line."""
    at, made = kit.later(), ""
    place = {"patient_id": patient, "business_id": BUSINESS, "practitioner_id": PRACTITIONER, **fields}

    def issue(world: Any) -> Any:
        nonlocal made
        world, made = control.create_invoice(world, place, [line], at=at)
        return world

    kit.practice.change(issue)
    return made


@pytest.fixture(scope="module")
def fixing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtWork]:
    """A clinic in which one record or more waits for each kind of answer."""
    folder = tmp_path_factory.mktemp("fixing")
    kit = Clinic(folder / "made")
    kit.rulebook(RULES)
    at = kit.later()
    other = {"Name": "Xavier Quill", "EmailAddress": "ben@example.org"}
    kit.books.change(lambda world: desk.create_contact(world, other, at=at)[0])
    paid = kit.invoice(ANA)
    kit.practice.change(lambda world: control.pay_invoice(world, paid, at=kit.clock.now())[0])
    kit.invoice(BEN, price="70")
    unknown = kit.invoice(ANA, price="80", invoice_to="Acme Holdings\n1 Any Street")
    bill(kit, ANA, SPLINT)
    odder = [bill(kit, ANA, TAPE) for _ in range(2)]
    kit.sync()
    kit.edit_contact(kit.contact(f"CLK-{ANA}").contact_id, EmailAddress="ana.books@example.org")
    kit.edit_patient(ANA, email="ana.practice@example.org")
    at = kit.later()
    dearer = [{"name": "Consult", "unit_price": "105"}]
    kit.practice.change(lambda world: control.edit_invoice(world, paid, {}, dearer, at=at))
    kit.sync()
    with at_work(kept(kit, paid, unknown, *odder), folder / "copy") as working:
        yield working


def waits(clinic: AtWork, code: HoldCode) -> tuple[Hold, ...]:
    with clinic.opened() as opened:
        return tuple(hold for hold in opened.store.open_holds() if hold.code is code)


def documents(clinic: AtWork) -> list[Any]:
    return list(clinic.books.world.only().invoices.values())


def row(page: Page, hold: Hold) -> Any:
    """Return the row of what waits about one record."""
    return page.locator("main tr", has=page.locator(f"button[formaction*='/{hold.id}/']"))


def same_person(clinic: AtWork) -> None:
    names = [one.name for one in clinic.books.world.only().contacts.values()]
    assert "Xavier Quill" not in names, "it is the contact of the patient now, and says so"
    assert not [one for one in names if one.startswith("Ben Okafor (")]


def adjusted(clinic: AtWork) -> None:
    assert any(one.total == 10 for one in documents(clinic)), "what was added is a document of its own"


def books_value(clinic: AtWork) -> None:
    rows = clinic.practice.world.table("patients").rows
    assert rows[ANA].fields["email"] == "ana.books@example.org"


def billed_to_patient(clinic: AtWork) -> None:
    ana = next(one for one in clinic.books.world.only().contacts.values() if one.number == f"CLK-{ANA}")
    (found,) = [one for one in documents(clinic) if one.total == 80]
    assert found.contact_id == ana.contact_id


FIXES: tuple[tuple[HoldCode, str, Callable[[AtWork], None]], ...] = (
    (HoldCode.FIELD_CONFLICT, "Take Xero's", books_value),
    (HoldCode.SAME_EMAIL_OTHER_NAME, "The same person", same_person),
    (HoldCode.PAYER_UNKNOWN, "Bill the patient", billed_to_patient),
    (HoldCode.PAID_EDIT, "Post the adjustment", adjusted),
)


@pytest.mark.parametrize(("code", "button", "done"), FIXES, ids=[button for _, button, _ in FIXES])
def test_a_fix_does_what_stands_on_its_button(
    fixing: AtWork, browser: Browser, code: HoldCode, button: str, done: Callable[[AtWork], None]
) -> None:
    (hold, *_) = waits(fixing, code)
    page = fixing.served.page(browser)
    page.goto(f"{HERE}/waiting")
    row(page, hold).get_by_role("button", name=button).click()
    expect(page.get_by_role("status").first).to_be_visible()
    expect(page.get_by_text("The next run acts on it").first).to_be_visible()
    fixing.run()
    assert hold.id not in {one.id for one in waits(fixing, code)}
    done(fixing)
    assert page.complaints == []  # type: ignore[attr-defined]


def test_what_lacks_a_tax_type_is_mapped_and_goes_on_by_itself(fixing: AtWork, browser: Browser) -> None:
    page = fixing.served.page(browser)
    page.goto(f"{HERE}/waiting")
    expect(page.get_by_role("link", name="Choose its tax type").first).to_be_visible()
    page.goto(f"{HERE}/documents/{waits(fixing, HoldCode.UNMAPPED_TAX)[0].subject.id}")
    expect(page.locator("#waits")).to_be_visible()
    assert "[taxes]" not in page.locator("section[aria-labelledby=waits]").inner_text(), "nobody edits a file here"
    page.get_by_role("link", name="Choose its tax type").click()
    page.locator("select[name='tax.Odd 10']").select_option("OUTPUT")
    page.get_by_role("button", name="Save the mapping").click()
    expect(page.get_by_role("status").first).to_contain_text("Saved.")
    fixing.run()
    assert not [hold for hold in waits(fixing, HoldCode.UNMAPPED_TAX) if "Odder" not in hold.sentence]
    assert [one for one in documents(fixing) if one.total == 55], "the splint with its tax is in the books"


def test_several_are_left_out_at_once_with_one_reason_and_nothing_ticked_decides_nothing(
    fixing: AtWork, browser: Browser
) -> None:
    odder = [hold for hold in waits(fixing, HoldCode.UNMAPPED_TAX) if "Odder" in hold.sentence]
    assert len(odder) == 2
    page = fixing.served.page(browser)
    page.goto(f"{HERE}/waiting")
    group = page.locator("section", has=page.locator(f"input[name=names][value='{odder[0].id}']"))
    group.locator("input[name=names]").evaluate_all("all => all.forEach(one => { one.checked = false })")
    group.get_by_role("button", name="Leave it out: all that are ticked").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick at least one")
    assert {hold.id for hold in odder} <= {hold.id for hold in waits(fixing, HoldCode.UNMAPPED_TAX)}
    for box in group.locator("input[name=names]").all():
        box.set_checked(box.get_attribute("value") in {hold.id for hold in odder})
    group.get_by_text("Say why").click()
    group.get_by_label("Why").fill("Sold by mistake")
    group.get_by_role("button", name="Leave it out: all that are ticked").click()
    expect(page.get_by_role("status").first).to_contain_text("2")
    expect(page.get_by_text("Sold by mistake").first).to_be_visible()
    fixing.run()
    assert not [hold for hold in waits(fixing, HoldCode.UNMAPPED_TAX) if "Odder" in hold.sentence]
    with fixing.opened() as opened:
        kept_reasons = [str(one) for one in opened.queries.journal(limit=200) if one["kind"] == "decision"]
    assert sum("Sold by mistake" in one for one in kept_reasons) == 2


def test_what_a_person_refused_is_asked_again_when_it_is_tried_again(clinic: AtWork, browser: Browser) -> None:
    page = clinic.served.page(browser)
    page.goto(f"{HERE}/waiting")
    with clinic.opened() as opened:
        (asked,) = [one.document["sentence"] for one in opened.approvals.asked()]
    page.get_by_label("Why not").fill("Not this month")
    page.get_by_role("button", name="Refuse what is ticked").click()
    expect(page.get_by_role("status").first).to_be_visible()
    clinic.run()
    page.goto(f"{HERE}/documents/{clinic.invoices[2]}")
    expect(page.get_by_text("Not this month").first).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("status").first).to_contain_text("tried again by the next run")
    clinic.run()
    with clinic.opened() as opened:
        assert [one.document["sentence"] for one in opened.approvals.asked()] == [asked]


def test_what_the_books_themselves_refused_is_sent_again_when_it_is_tried_again(
    clinic: AtWork, browser: Browser
) -> None:
    for number in range(MOST_GROUPS):
        clinic.books.world, _ = desk.make_group(clinic.books.world, f"Group {number}", at=clinic.clock.now())
    rulebook = clinic.shop.home / "ligament.toml"
    rulebook.write_text(rulebook.read_text() + GROUPS)
    clinic.run()
    page = clinic.served.page(browser)

    def try_again() -> None:
        page.goto(f"{HERE}/waiting")
        # Why it was refused stands there in the words of the books.
        expect(page.get_by_text(f"limit of {MOST_GROUPS} contact groups").first).to_be_visible()
        (hold,) = waits(clinic, HoldCode.REJECTED)
        row(page, hold).get_by_role("button", name="Try again").click()
        expect(page.get_by_role("status").first).to_contain_text("tried again by the next run")
        clinic.books.clear_log()
        clinic.run()

    def sent() -> int:
        asked = [one.request for one in clinic.books.log]
        return len([one for one in asked if one.method == "PUT" and one.path.endswith("/ContactGroups")])

    clinic.books.clear_log()
    clinic.run()
    assert sent() == 0, "what was refused is not sent again unasked"
    try_again()
    assert sent() == 1, "it was sent once more, and refused once more"
    groups = clinic.books.world.only().groups
    assert "Bens" not in {one.name for one in groups.values()}
    spare = next(iter(groups))
    clinic.books.change(lambda world: desk.change_group(world, spare, status="DELETED", at=clinic.clock.now()))
    try_again()
    assert sent() == 1
    assert [one.name for one in clinic.books.world.only().groups.values()].count("Bens") == 1
    assert waits(clinic, HoldCode.REJECTED) == ()
    page.reload()
    expect(page.get_by_text(f"limit of {MOST_GROUPS} contact groups")).to_have_count(0)
    assert page.complaints == []  # type: ignore[attr-defined]
