"""Settings, privacy and keys: seen before saved, comments kept, two people at once, and no key ever shown."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.app.setup.settings_fields import ELSEWHERE, groups
from ligament.app.setup.starting import Told, write_clinic
from ligament.core.rules.kinds import Entry
from ligament.wiring.clinic import open_clinic
from ligament.wiring.rulebooks import declared, looked_over
from tests.web.at_work import at_work, shop_over
from tests.web.browsing import Page, Person
from tests.web.conftest import Shop

HERE = "/c/north"
SETTINGS = f"{HERE}/settings"
LIVED_IN = "/c/riverside-physio"


@pytest.fixture
def settled(shop: Shop) -> Shop:
    """Two clinics; the rulebook of one has comments."""
    file = shop.home / "clinics" / "North.toml"
    file.write_text(f"{file.read_text()}# Agreed with the accountant.\n[journal]\nkeep_years = 7 # as the law says\n")
    return shop


@pytest.fixture
def lived_in(tmp_path: Path) -> Iterator[Shop]:
    """A clinic that ran once."""
    with shop_over(at_work(tmp_path / "home")) as shop:
        yield shop


def file_of(shop: Shop) -> Path:
    single = shop.home / "ligament.toml"
    return single if single.is_file() else shop.home / "clinics" / "North.toml"


def book(shop: Shop) -> dict[str, Any]:
    return tomllib.loads(file_of(shop).read_text())


def entries(shop: Shop, kind: str) -> list[dict[str, Any]]:
    settings = shop.door.place.runner.settings
    with open_clinic(settings, settings.clinics[0].name, None, shop.database) as clinic:
        return [one for one in clinic.queries.journal(limit=50) if one["kind"] == kind]


def looked_at(person: Person, **values: str) -> Page:
    return person.send(person.get(SETTINGS), SETTINGS, **values)


def saved(person: Person, page: Page) -> Page:
    assert page.status == 200, page.text
    return person.follow(person.send(page, SETTINGS, choice="save"))


def test_what_changes_is_shown_before_it_is_saved_with_comments_kept_and_who_did_it(settled: Shop) -> None:
    owner = settled.owner()
    before = file_of(settled).read_bytes()
    page = looked_at(owner, **{"journal.keep_years": "10", "approval.void": "ask above 500.00"})
    assert "2 settings would be different" in page.text
    assert "+keep_years = 10 # as the law says" in page.text
    assert file_of(settled).read_bytes() == before
    done = saved(owner, page)
    assert "Saved: Voids, Years kept." in done.text
    text = file_of(settled).read_text()
    assert "# Agreed with the accountant." in text
    assert "keep_years = 10 # as the law says" in text
    assert book(settled)["approval"]["void"] == "ask above 500.00"
    (entry,) = entries(settled, "settings")
    assert entry["actor"] == "kim@riverside.example"
    assert entry["public"]["changed"]["journal.keep_years"] == {"before": "7", "after": "10"}
    again = owner.follow(owner.send(page, SETTINGS, choice="save"))
    assert "it stands like that already" in again.text
    assert len(entries(settled, "settings")) == 1


def test_going_on_editing_keeps_what_was_typed(settled: Shop) -> None:
    owner = settled.owner()
    page = owner.send(looked_at(owner, **{"invoices.prefix": "INV-"}), SETTINGS, choice="edit")
    assert dict(page.form(SETTINGS).fields)["invoices.prefix"] == "INV-"
    assert "prefix" not in book(settled).get("invoices", {})


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("journal.keep_years", "3", "give a whole number from 7 to 100"),
        ("journal.keep_years", "", "give a whole number"),
        ("clinic.time_zone", "AWST", "give a time zone such as Australia/Perth"),
        ("approval.void", "perhaps", "give auto, ask or ask above 500.00"),
        ("invoices.start_on", "soon", "give a date, as in 2026-07-01"),
        ("hooks.allow_private", "everywhere", "one on each line"),
        ("contacts.name_likeness", "2", "a number from 0 to 1"),
        ("alerts.quiet_hours", "8-7pm", "two times such as 20:00-07:00"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field_and_nothing_is_written(
    settled: Shop, name: str, typed: str, said: str
) -> None:
    owner = settled.owner()
    before = file_of(settled).read_bytes()
    page = looked_at(owner, **{name: typed, "invoices.prefix": "INV-"})
    assert page.status == 422
    assert said in page.text
    assert f'id="{name}-error"' in page.text
    assert dict(page.form(SETTINGS).fields)["invoices.prefix"] == "INV-"
    forged = owner.send(owner.get(SETTINGS), SETTINGS, **{name: typed, "choice": "save"})
    assert forged.status == 422
    assert file_of(settled).read_bytes() == before


def test_two_people_at_once_lose_nothing(settled: Shop) -> None:
    first = settled.owner()
    page = first.get(SETTINGS)
    saved(first, looked_at(first, **{"journal.keep_years": "9", "invoices.terms_days": "14"}))
    other = first.send(page, SETTINGS, **{"journal.keep_years": "12", "invoices.prefix": "INV-"})
    assert other.status == 422
    assert "Meanwhile somebody changed this to 9." in other.text
    fields = dict(other.form(SETTINGS).fields)
    assert (fields["journal.keep_years"], fields["invoices.prefix"]) == ("12", "INV-")
    assert fields["invoices.terms_days"] == "14", "a field that nobody touched shows what stands now"
    saved(first, first.send(other, SETTINGS, choice="look"))
    assert book(settled)["journal"]["keep_years"] == 12
    assert book(settled)["invoices"]["terms_days"] == 14
    assert book(settled)["invoices"]["prefix"] == "INV-"


def test_a_change_between_looking_and_saving_is_told(settled: Shop) -> None:
    owner = settled.owner()
    page = looked_at(owner, **{"journal.keep_years": "9"})
    file = file_of(settled)
    file.write_text(file.read_text().replace("keep_years = 7", "keep_years = 8"))
    late = owner.send(page, SETTINGS, choice="save")
    assert late.status == 422
    assert "Meanwhile somebody changed this to 8." in late.text
    assert book(settled)["journal"]["keep_years"] == 8


def test_addresses_of_alerts_are_never_shown_and_stay_or_go(settled: Shop) -> None:
    file = file_of(settled)
    file.write_text(
        f'{file.read_text()}[alerts]\nurls = ["json://desk:hunter2@127.0.0.1:1/a", "json://127.0.0.1:2/b"]\n'
        '[alerts.people]\n"kim@x.example" = "json://127.0.0.1:4/kim"\n'
    )
    owner = settled.owner()
    page = owner.get(SETTINGS)
    assert "hunter2" not in page.text
    first, second = [value for name, value in page.form(SETTINGS).fields if name == "alerts.urls" and value]
    kept = [(name, value) for name, value in page.form(SETTINGS).fields if name != "alerts.urls"]
    changed = [*kept, ("alerts.urls", first), ("alerts.urls", "json://127.0.0.1:3/c")]
    look = owner.post(SETTINGS, changed)
    assert second not in dict(look.form(SETTINGS).fields)["alerts.urls"]
    assert "hunter2" not in look.text
    saved(owner, look)
    assert book(settled)["alerts"]["urls"] == ["json://desk:hunter2@127.0.0.1:1/a", "json://127.0.0.1:3/c"]
    assert book(settled)["alerts"]["people"] == {"kim@x.example": "json://127.0.0.1:4/kim"}
    assert "json:" not in str(entries(settled, "settings")[0]["public"])


def test_who_may_not_set_sees_values_and_no_form(settled: Shop) -> None:
    keeper = settled.member("b@x.example", "bookkeeper")
    text = keeper.get(SETTINGS).text
    assert "Look at what changes" not in text
    assert "Years kept" in text
    assert keeper.post(SETTINGS, {"csrf_token": keeper.csrf()}).status == 403
    assert keeper.get(f"{HERE}/keys").status == 403
    assert keeper.post(f"{HERE}/privacy", {"csrf_token": keeper.csrf()}).status == 403


def test_every_key_of_the_rulebook_has_its_field_and_its_words(tmp_path: Path) -> None:
    file = write_clinic(
        tmp_path, Told(name="Riverside", country="AU", time_zone="Australia/Perth", start_on="2026-07-01")
    )
    clinic, mistakes = looked_over(file)
    assert clinic is not None, mistakes
    shown = {one.name: one for group in groups(clinic) for one in group.fields}
    wanted = {
        f"{section.name}.{setting.name}"
        for section in declared(clinic)
        for setting in section.settings
        if setting.kind.entry is not Entry.TABLE
    }
    assert set(shown) == wanted - ELSEWHERE
    for one in shown.values():
        assert one.sentence, one.name
        assert "$" not in one.sentence.replace("${", ""), one.name
        assert one.entry is not Entry.CHOICE or one.options, one.name


def test_a_rulebook_that_somebody_broke_says_so_and_leads_to_its_mistakes(settled: Shop) -> None:
    owner = settled.owner()
    file = file_of(settled)
    file.write_text(f"{file.read_text()}[nonsense]\n")
    page = owner.get(SETTINGS)
    assert page.status == 200
    assert "The rulebook cannot be read as it stands" in page.text
    assert owner.post(SETTINGS, {"csrf_token": owner.csrf(), "choice": "save"}).status == 422


# --- the session or the code ends in the middle -----------------------------------------------------------------------


def test_when_the_code_is_asked_for_again_the_form_is_still_filled_in(settled: Shop) -> None:
    owner = settled.owner()
    page = owner.get(SETTINGS)
    settled.restart(timedelta(minutes=20))
    owner = settled.returns(owner)
    led = owner.send(page, SETTINGS, **{"invoices.prefix": "INV-"})
    assert led.location.startswith("/confirm?next=")
    back = owner.follow(owner.send(owner.get(led.location), "code", code=owner.telephone.code()))  # type: ignore[union-attr]
    assert dict(back.form(SETTINGS).fields)["invoices.prefix"] == "INV-"
    assert "What you had typed is here again" in back.text


# --- privacy ----------------------------------------------------------------------------------------------------------


def test_the_dial_is_seen_on_real_people_before_it_is_turned(lived_in: Shop) -> None:
    owner, dial = lived_in.owner(), f"{LIVED_IN}/privacy"
    page = owner.get(f"{dial}?look=yes&contacts.privacy=initials&contacts.privacy_payer=full")
    assert "What the books would hold" in page.text
    assert "Ana" in page.text
    assert "privacy" not in book(lived_in).get("contacts", {})
    done = owner.follow(owner.send(page, "was.contacts.privacy"))
    assert "Patients: initials" in done.text
    assert book(lived_in)["contacts"]["privacy"] == "initials"
    csrf = owner.csrf()
    late = owner.post(dial, {"csrf_token": csrf, "contacts.privacy": "code", "was.contacts.privacy": "full"})
    assert late.status == 422
    assert "Meanwhile somebody changed this to initials." in late.text
    wrong = owner.get(f"{dial}?look=yes&contacts.privacy=loud")
    assert wrong.status == 422
    assert "is no setting of the dial" in wrong.text
    up = owner.get(f"{dial}?look=yes&contacts.privacy=full")
    assert "cannot be taken out of its history" in up.text


# --- keys -------------------------------------------------------------------------------------------------------------


def test_a_key_is_replaced_and_never_shown(settled: Shop) -> None:
    owner = settled.owner()
    page = owner.get(f"{HERE}/keys")
    assert page.text.count("not given yet") > 2
    done = owner.follow(
        owner.post(
            f"{HERE}/keys",
            {"csrf_token": owner.csrf(), "system": "webhooks", "new_key.webhooks.webhook_key": "s3cret-signing"},
        )
    )
    assert "the new key counts" in done.text
    assert "Signing key: kept in the vault" in done.text
    assert "s3cret" not in done.text
    (entry,) = entries(settled, "key_replaced")
    assert entry["public"] == {"system": "webhooks", "keys": ["webhook_key"]}
    empty = owner.post(f"{HERE}/keys", {"csrf_token": owner.csrf(), "system": "webhooks"})
    assert empty.status == 422
    assert "Type the new key" in empty.text
    assert owner.post(f"{HERE}/keys", {"csrf_token": owner.csrf(), "system": "myob"}).status == 404
