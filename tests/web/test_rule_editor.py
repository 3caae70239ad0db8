"""Rules edited on their page: the place of each mistake, a try-out on real invoices, comments kept, two at once."""

from __future__ import annotations

import html
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ligament.wiring.clinic import open_clinic
from ligament.wiring.rule_text import moved_up, rule_texts, with_rule, without_rule
from ligament.wiring.rulebook_writing import edited
from tests.web.at_work import at_work, shop_over
from tests.web.browsing import Person
from tests.web.conftest import Shop

HERE = "/c/riverside-physio/rules"
RULES = """
# Asked for by the owner.
[[rules]]
name = "large"
# The accountant wants to see these.
when = "invoice.total > 100.00" # dollars
ask = "More than 100 dollars: is that right?"

[[rules]]
name = "reports"
when = 'lines.exists(l, l.code == "REPORT")'
skip = "By hand."
[rules.tracking]
Location = "North"
"""


@pytest.fixture
def ruled(tmp_path: Path) -> Iterator[Shop]:
    """A clinic with two rules and two invoices, one of which is large."""
    with shop_over(at_work(tmp_path / "home", RULES)) as shop:
        yield shop


def text(shop: Shop) -> str:
    return (shop.home / "ligament.toml").read_text()


def book(shop: Shop) -> dict[str, Any]:
    return tomllib.loads(text(shop))


def notes(shop: Shop) -> list[Any]:
    settings = shop.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, shop.database) as clinic:
        return [one["public"] for one in clinic.queries.journal(limit=50) if one["kind"] == "rules"]


def opened(person: Person, place: str) -> dict[str, str]:
    page = person.get(f"{HERE}?edit={place}")
    assert page.status == 200, page.text
    return dict(page.form("rule.name").fields) | areas(page.text)


def areas(page: str) -> dict[str, str]:
    """Return what stands in the larger fields of a page."""
    found = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return {name: html.unescape(value) for name, value in found}


def test_a_rule_is_tried_on_real_invoices_and_then_saved_with_comments_kept(ruled: Shop) -> None:
    owner = ruled.owner()
    before = text(ruled)
    fields = opened(owner, "rules.1")
    assert fields["rule.when"] == "invoice.total > 100.00"
    fields |= {"rule.ask": "", "rule.reference": '="Large " + string(invoice.number)'}
    tried = owner.post(HERE, {**fields, "choice": "try"})
    assert "large: 1 record, 1 change" in tried.text
    assert "Nothing was written" in tried.text
    assert text(ruled) == before
    done = owner.follow(owner.post(HERE, {**fields, "choice": "save"}))
    assert "Saved: large." in done.text
    after = text(ruled)
    for comment in ("# Asked for by the owner.", "# The accountant wants to see these.", "# dollars"):
        assert comment in after
    assert book(ruled)["rules"][0] == {
        "name": "large",
        "when": "invoice.total > 100.00",
        "reference": '="Large " + string(invoice.number)',
    }
    assert book(ruled)["rules"][1]["tracking"] == {"Location": "North"}
    assert notes(ruled) == [{"done": "changed", "kind": "rules", "rule": "large"}]
    twice = owner.post(HERE, {**fields, "choice": "save"})
    assert twice.status == 422
    assert "Meanwhile somebody changed this rule" in twice.text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("rule.when", "invoice.total > 1.00 &&\ninvoice.totl > 2.00", "Line 2, column "),
        ("rule.when", "", "Every rule needs a condition."),
        ("rule.name", "", "Every rule needs a name."),
        ("rule.name", "reports", "are called"),
        ("rule.reference", "=invoice.nmber", "Line 1, column "),
        ("rule.terms_days", "soon", "a whole number from 0 to 3650"),
        ("rule.tracking", "North", "as in name = text"),
    ],
)
def test_a_mistake_is_told_beside_its_field_with_line_and_column(shop: Shop, field: str, typed: str, said: str) -> None:
    file = shop.home / "clinics" / "North.toml"
    file.write_text(file.read_text() + RULES)
    owner, here = shop.owner(), "/c/north/rules"
    page = owner.get(f"{here}?edit=rules.1")
    fields = dict(page.form("rule.name").fields) | areas(page.text)
    before = file.read_text()
    for choice in ("try", "save"):
        wrong = owner.post(here, {**fields, field: typed, "rule.account": "200", "choice": choice})
        assert wrong.status == 422
        assert said in wrong.text
        assert dict(wrong.form("rule.name").fields)["rule.account"] == "200"
        if "called" not in said:
            assert f'id="{field}-error"' in wrong.text
    assert file.read_text() == before


def test_rules_are_added_moved_and_taken_away(shop: Shop) -> None:
    file = shop.home / "clinics" / "North.toml"
    file.write_text(file.read_text() + RULES)
    owner, here = shop.owner(), "/c/north/rules"
    csrf = owner.csrf()
    new = {
        "csrf_token": csrf,
        "place": "contact_rules.new",
        "rule.name": "capitals",
        "rule.when": 'patient.state != ""',
    }
    owner.post(here, {**new, "rule.set": "state = =patient.state.upperAscii()", "choice": "save"})
    found = tomllib.loads(file.read_text())["contact_rules"]
    assert found == [
        {"name": "capitals", "when": 'patient.state != ""', "set": {"state": "=patient.state.upperAscii()"}}
    ]
    page = owner.get(here)
    up = dict(page.form("place").fields)
    assert up["place"] == "rules.2"
    assert "is applied earlier now" in owner.follow(owner.post(here, up)).text
    assert [one["name"] for one in tomllib.loads(file.read_text())["rules"]] == ["reports", "large"]
    late = owner.post(here, up)
    assert late.status == 422
    assert "Meanwhile somebody changed the rules" in late.text
    gone = owner.get(f"{here}?edit=rules.1").form("choice")
    assert "reports is taken away" in owner.follow(owner.post(here, gone.fields)).text
    assert [one["name"] for one in tomllib.loads(file.read_text())["rules"]] == ["large"]
    assert "# Asked for by the owner." in file.read_text()


def test_who_may_not_edit_sees_the_rules_and_no_editor(shop: Shop) -> None:
    file = shop.home / "clinics" / "North.toml"
    file.write_text(file.read_text() + RULES)
    keeper = shop.member("b@x.example", "bookkeeper")
    assert "Add a rule" not in keeper.get("/c/north/rules").text
    assert "rule.when" not in keeper.get("/c/north/rules?edit=rules.1").text
    assert keeper.post("/c/north/rules", {"csrf_token": keeper.csrf(), "choice": "save"}).status == 403
    owner = shop.owner()
    for place in ("rules.9", "rules.0", "nothing.1", "rules.x"):
        assert owner.get(f"/c/north/rules?edit={place}").status == 404, place


def test_the_text_of_a_rule_is_its_own_and_the_rest_stays_byte_for_byte() -> None:
    whole = (
        f'[clinic]\nname = "x"\n{RULES}\n# About people.\n[[contact_rules]]\nname = "c"\nwhen = "true"\nskip = "x"\n'
    )
    first, second = rule_texts(whole, "rules")
    assert second.body.rstrip().endswith('Location = "North"')
    changed = with_rule(whole, "rules", 2, edited(second.body, "rules", {"skip": "Elsewhere."}))
    assert changed == whole.replace('"By hand."', '"Elsewhere."')
    assert edited(first.body, "rules", {"name": "large"}) == first.body
    moved = moved_up(whole, "rules", 2)
    assert [one["name"] for one in tomllib.loads(moved)["rules"]] == ["reports", "large"]
    assert sorted(moved.replace("\n", "")) == sorted(whole.replace("\n", ""))
    assert '# Asked for by the owner.\n[[rules]]\nname = "large"' in moved
    assert "# About people.\n[[contact_rules]]" in without_rule(moved, "rules", 2)
