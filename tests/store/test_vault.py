"""Secrets are kept under a key outside the database, and only that key, in only that place, opens them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ligament.core.notes import PAUSED_NOTE
from ligament.store.database.errors import WrongKey
from ligament.store.journal.audit import export, verify
from tests.store.homes import KEY, OTHER_KEY
from tests.store.makers import contact_action, intent

if TYPE_CHECKING:
    from tests.store.homes import Home, Opened


def test_a_secret_comes_back_and_the_last_one_counts(opened: Opened) -> None:
    opened.vault.put("token", "first")
    opened.vault.put("token", "zweites \N{KEY}")
    assert opened.vault.get("token") == "zweites \N{KEY}"
    assert opened.vault.get("other") is None


def test_a_deleted_secret_is_gone(opened: Opened) -> None:
    opened.vault.put("token", "s3cret")
    opened.vault.delete("token")
    opened.vault.delete("token")
    assert opened.vault.get("token") is None


def test_secrets_of_two_clinics_live_apart(home: Home) -> None:
    home.open("one").vault.put("token", "1")
    assert home.open("two").vault.get("token") is None


def test_a_secret_never_stands_in_clear_in_the_file(file_home: Home) -> None:
    opened = file_home.open()
    opened.vault.put("token", "very-secret-token")
    file_home.close()
    assert b"very-secret" not in (file_home.folder / "ligament.db").read_bytes()


def test_another_key_is_told_what_to_do(home: Home) -> None:
    home.open().vault.put("token", "s3cret")
    stranger = home.open(key=OTHER_KEY).vault
    with pytest.raises(WrongKey, match="Give the former key back, or rotate"):
        stranger.get("token")
    with pytest.raises(WrongKey):
        stranger.check()


def test_a_key_of_the_wrong_size_is_told(home: Home) -> None:
    with pytest.raises(WrongKey, match="must have 32 bytes; this one has 5"):
        home.open(key=b"short")


def test_a_secret_moved_to_another_name_does_not_open(opened: Opened) -> None:
    opened.vault.put("mine", "s3cret")
    opened.vault.put("yours", "other")
    opened.sql("UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'mine') WHERE name = 'yours'")
    with pytest.raises(WrongKey, match="changed, or moved from another row"):
        opened.vault.get("yours")


def test_after_turning_the_key_only_the_new_one_opens_everything(home: Home) -> None:
    opened, other = home.open(), home.open("other")
    opened.vault.put("token", "s3cret")
    other.vault.put("token", "0ther")
    opened.store.open_intent(intent("i1", contact_action("patient:1")))
    opened.vault.rotate(OTHER_KEY)
    assert opened.vault.get("token") == "s3cret"
    again = home.open(key=OTHER_KEY)
    assert again.vault.get("token") == "s3cret"
    assert home.open("other", key=OTHER_KEY).vault.get("token") == "0ther"
    assert verify(again.journal).holds
    assert "Jane Doe" in str(next(iter(export(again.journal)))["personal"])
    with pytest.raises(WrongKey):
        home.open(key=KEY).vault.get("token")


def test_a_turn_that_fails_changes_nothing(home: Home) -> None:
    opened = home.open()
    opened.vault.put("a", "1")
    opened.vault.put("b", "2")
    opened.sql("UPDATE secrets SET key_id = 'strange' WHERE name = 'b'")
    with pytest.raises(WrongKey):
        opened.vault.rotate(OTHER_KEY)
    assert opened.vault.get("a") == "1"
    assert home.open().vault.get("a") == "1"


def test_a_process_with_the_former_key_cannot_journal_under_it(home: Home) -> None:
    late = home.open()
    late.store.open_intent(intent("i1", contact_action("patient:1")))
    home.open().vault.rotate(OTHER_KEY)
    with pytest.raises(WrongKey):
        late.store.keep_note(PAUSED_NOTE, "b")


def test_one_holder_at_a_time_and_the_next_waits_for_the_first(home: Home) -> None:
    first, second = home.open(), home.open()
    order: list[str] = []
    holding = first.vault.exclusively("token", lambda _: None)
    holding.__enter__()

    def pause(milliseconds: int) -> None:
        order.append(f"second waits {milliseconds}")
        holding.__exit__(None, None, None)

    with second.vault.exclusively("token", pause):
        order.append("second holds")
    assert order == ["second waits 50", "second holds"]


def test_a_holder_that_died_is_waited_for_two_minutes_at_most(home: Home) -> None:
    dead = home.open().vault.exclusively("token", lambda _: None)
    dead.__enter__()
    waits: list[int] = []
    with home.open().vault.exclusively("token", waits.append):
        pass
    assert 0 < len(waits) <= 120


def test_different_names_do_not_wait_for_each_other(opened: Opened) -> None:
    def never(_: int) -> None:
        pytest.fail("nobody holds this name")

    with opened.vault.exclusively("a", never), opened.vault.exclusively("b", never):
        pass


def test_a_process_with_the_former_key_cannot_keep_a_secret_under_it(home: Home) -> None:
    late = home.open()
    late.vault.put("token", "first")
    home.open().vault.rotate(OTHER_KEY)
    for name in ("token", "another"):
        with pytest.raises(WrongKey):
            late.vault.put(name, "second")
    fresh = home.open(key=OTHER_KEY).vault
    fresh.check()
    assert fresh.get("token") == "first"


@pytest.mark.parametrize("kept", ["secret", "person"])
def test_a_clinic_that_keeps_nothing_yet_learns_from_the_others_that_the_key_was_turned(home: Home, kept: str) -> None:
    first, late = home.open(), home.open("second").vault
    if kept == "secret":
        first.vault.put("token", "first")
    else:
        first.store.open_intent(intent("i1", contact_action("patient:1")))
    first.vault.rotate(OTHER_KEY)
    with pytest.raises(WrongKey):
        late.put("token", "lost")
    with pytest.raises(WrongKey):
        late.made("signing", "lost")
    fresh = home.open("second", key=OTHER_KEY).vault
    assert fresh.made("signing", "kept") == "kept"
    fresh.put("token", "kept")


def test_a_secret_that_two_make_at_the_same_moment_is_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    late, other = home.open().vault, home.open().vault
    real = late.get

    def overtaken(name: str) -> str | None:
        found = real(name)
        monkeypatch.undo()
        assert other.made(name, "first") == "first"
        return found

    monkeypatch.setattr(late, "get", overtaken)
    assert late.made("codes", "second") == "first"
    assert other.made("codes", "third") == "first"
