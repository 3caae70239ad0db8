"""Who may come in after a restore: nobody who was removed, and nobody without signing in again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ligament.app.access import sessions, tokens
from ligament.app.access.answers import Visitor
from ligament.app.access.tokens import NewToken
from ligament.app.access.users import Acting
from ligament.core.access import Role
from ligament.store.access.users import ACTIVE, User
from ligament.store.database.connection import open_database
from ligament.wiring.access import Access, open_access
from tests.backup.kit import backed_up, put_back
from tests.support.stage import Stage

HERE = Acting(actor="test", source="cli")
VISITOR = Visitor(address="127.0.0.1")


@contextmanager
def access(clinic: Stage, home: Path | None = None) -> Iterator[Access]:
    settings = clinic.settings()
    database = open_database(f"sqlite:///{home / 'ligament.db'}" if home else settings.database_url)
    try:
        yield open_access(lambda: settings, database)
    finally:
        database.close()


def user(name: str) -> User:
    return User(id=name, email=f"{name}@x.example", role=Role.OWNER, state=ACTIVE, password_hash="x")


def token(opened: Access, name: str) -> str:
    made = tokens.add(opened, HERE, name=name, scopes=["read"])
    assert isinstance(made, NewToken)
    return made.text


def test_who_was_removed_since_the_backup_stays_removed_and_every_session_is_over(clinic: Stage) -> None:
    clinic.sync()
    with access(clinic) as opened:
        opened.users.add(user("kim"))
        opened.users.add(user("left"))
        opened.vault.put("totp/kim", "old")
        stolen, secret = token(opened, "stolen"), sessions.begin(opened, "kim", "full", VISITOR)
    file = backed_up(clinic)
    with access(clinic) as opened:
        opened.users.remove("left")
        tokens.remove(opened, HERE, "stolen")
        opened.vault.put("totp/kim", "new telephone")
        fresh = token(opened, "fresh")
    put_back(clinic, file)
    with access(clinic) as opened:
        assert [one.id for one in opened.users.all()] == ["kim"]
        assert tokens.recognise(opened, stolen) is None
        assert tokens.recognise(opened, fresh) is not None
        assert opened.vault.get("totp/kim") == "new telephone"
        assert sessions.recognise(opened, secret) is None


def test_a_new_machine_has_the_users_of_the_backup(file_clinic: Stage, tmp_path: Path) -> None:
    file_clinic.sync()
    with access(file_clinic) as opened:
        opened.users.add(user("kim"))
        secret = sessions.begin(opened, "kim", "full", VISITOR)
    file = backed_up(file_clinic)
    other = tmp_path / "other"
    put_back(file_clinic, file, other)
    with access(file_clinic, other) as opened:
        assert [one.id for one in opened.users.all()] == ["kim"]
        assert sessions.recognise(opened, secret) is None
