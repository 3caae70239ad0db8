"""Backups that somebody changed: the seal tells, and of a file only the rows of our own tables are taken over."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ligament.app.safety import opened_backup
from ligament.app.safety.restore import restore
from ligament.app.safety.sealing import SEAL, seal_of
from ligament.store.database.connection import open_database
from ligament.store.database.errors import StoreError
from ligament.store.journal.audit import export
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.vault_keys import vault_key
from tests.backup.kit import backed_up, links, put_back, verified
from tests.support.stage import Stage

Manifest = dict[str, Any]


@pytest.fixture
def kept(file_clinic: Stage) -> tuple[Stage, Path]:
    """A clinic that has worked, and its backup."""
    file_clinic.invoice(paid=True)
    file_clinic.sync()
    return file_clinic, backed_up(file_clinic)


def forged(
    file: Path,
    parts: Mapping[str, Callable[[bytes], bytes]],
    change: Callable[[Manifest], None] = lambda _: None,
    key: bytes | None = None,
) -> Path:
    """Return a copy with other parts, whose digests fit; sealed anew where the forger has the vault key."""
    made = file.with_name("forged.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        manifest = json.loads(old.read("manifest.json"))
        for name in manifest["parts"]:
            content = parts.get(name, bytes)(old.read(name))
            manifest["parts"][name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            new.writestr(name, content)
        change(manifest)
        if key is not None:
            manifest[SEAL] = seal_of(manifest, key)
        new.writestr("manifest.json", json.dumps(manifest))
    return made


def planted(clinic: Stage, *statements: str) -> Callable[[bytes], bytes]:
    """Return how a database is changed by statements."""

    def change(content: bytes) -> bytes:
        file = clinic.home.parent / "planted.db"
        file.write_bytes(content)
        connection = sqlite3.connect(file)
        connection.create_function("blake", 1, lambda value: value, deterministic=True)
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.close()
        return file.read_bytes()

    return change


def looking(seen: list[Manifest], *, agree: bool) -> Callable[[Manifest], bool]:
    """Return how somebody looks at the preview, and answers."""

    def look(document: Manifest) -> bool:
        seen.append(document)
        return agree

    return look


def key_of(clinic: Stage) -> bytes:
    return vault_key(clinic.home, clinic.environ)


# --- the seal ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["home/ligament.toml", "database.sqlite"])
def test_a_part_exchanged_together_with_its_digest_is_refused(kept: tuple[Stage, Path], part: str) -> None:
    clinic, file = kept
    before = (clinic.home / "ligament.db").read_bytes()
    with pytest.raises(ConfigurationError, match="its seal does not fit"):
        put_back(clinic, forged(file, {part: lambda content: content + b"\n"}))
    assert (clinic.home / "ligament.db").read_bytes() == before


def test_a_backup_without_a_seal_needs_a_word_of_its_own(kept: tuple[Stage, Path]) -> None:
    clinic, file = kept
    bare = forged(file, {}, lambda manifest: manifest.pop(SEAL) and None)
    with pytest.raises(ConfigurationError, match="--unsealed"):
        put_back(clinic, bare)
    seen: list[Manifest] = []
    done = restore(bare, clinic.home, looking(seen, agree=True), environ=clinic.environ, unsealed=True)
    assert done.document["restored"]
    assert seen[0]["sealed"] is False
    assert verified(clinic)["holds"]


def test_a_wrong_seal_is_refused_also_with_that_word(kept: tuple[Stage, Path]) -> None:
    clinic, file = kept
    wrong = forged(file, {}, lambda manifest: manifest.update({SEAL: "0" * 64}))
    with pytest.raises(ConfigurationError, match="its seal does not fit"):
        restore(wrong, clinic.home, lambda _: True, environ=clinic.environ, unsealed=True)


# --- only rows --------------------------------------------------------------------------------------------------------


def test_triggers_tables_views_and_indexes_of_the_file_are_left_behind(kept: tuple[Stage, Path]) -> None:
    clinic, file = kept
    before = links(clinic)
    change = planted(
        clinic,
        "CREATE TRIGGER planted AFTER INSERT ON notes BEGIN UPDATE document_links SET number = 'STOLEN'; END",
        "CREATE TABLE planted_table (words TEXT)",
        "CREATE VIEW planted_view AS SELECT * FROM secrets",
        "CREATE INDEX planted_index ON notes (upper(value)) WHERE length(value) > 0",
    )
    put_back(clinic, forged(file, {"database.sqlite": change}, key=key_of(clinic)))
    database = open_database(f"sqlite:///{clinic.home / 'ligament.db'}")
    with database.reading() as connection:
        names = set(connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars())
    database.close()
    assert not [name for name in names if name.startswith("planted")]
    assert [name for name in names if name.startswith("journal_")], "the guards of the journal are our own"
    clinic.sync()
    assert links(clinic) == before
    assert verified(clinic)["holds"]
    with clinic.app() as app:
        assert [entry["kind"] for entry in export(app.journal)].count("restored") == 1


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE notes RENAME TO old_notes", "CREATE VIEW notes AS SELECT clinic, name, value FROM old_notes"),
        ("DROP TABLE notes",),
        ("ALTER TABLE notes DROP COLUMN value", "ALTER TABLE notes ADD COLUMN value TEXT AS (upper(name)) VIRTUAL"),
    ],
    ids=["view", "missing", "generated"],
)
def test_a_file_whose_tables_are_not_plain_ones_is_refused(
    kept: tuple[Stage, Path], statements: tuple[str, ...]
) -> None:
    clinic, file = kept
    before = (clinic.home / "ligament.db").read_bytes()
    with pytest.raises(StoreError, match="does not hold our tables"):
        put_back(clinic, forged(file, {"database.sqlite": planted(clinic, *statements)}, key=key_of(clinic)))
    assert (clinic.home / "ligament.db").read_bytes() == before
    assert not list(clinic.home.glob("*restoring*"))


# --- sizes ------------------------------------------------------------------------------------------------------------


def test_a_part_that_unpacks_to_more_than_it_says_is_refused(kept: tuple[Stage, Path]) -> None:
    clinic, file = kept
    bomb = forged(
        file,
        {"home/ligament.toml": lambda content: content + b"#" * (40 << 20)},
        lambda manifest: manifest["parts"]["home/ligament.toml"].update({"bytes": 100}),
        key_of(clinic),
    )
    with pytest.raises(ConfigurationError, match="damaged"):
        put_back(clinic, bomb)


def test_parts_and_manifests_beyond_all_measure_are_refused(
    kept: tuple[Stage, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic, file = kept
    huge = forged(
        file, {}, lambda manifest: manifest["parts"]["database.sqlite"].update({"bytes": 1 << 60}), key_of(clinic)
    )
    with pytest.raises(ConfigurationError, match="free in"):
        put_back(clinic, huge)
    monkeypatch.setattr(opened_backup, "MOST_FILE", 10)
    with pytest.raises(ConfigurationError, match="too large"):
        put_back(clinic, file)
    monkeypatch.setattr(opened_backup, "MOST_MANIFEST", 10)
    with pytest.raises(ConfigurationError, match="manifest of that size"):
        put_back(clinic, file)


# --- the preview ------------------------------------------------------------------------------------------------------


def test_the_preview_says_what_the_rulebook_would_change(kept: tuple[Stage, Path]) -> None:
    clinic, file = kept
    rulebook = clinic.home / "ligament.toml"
    text = rulebook.read_text(encoding="utf-8")
    rulebook.write_text(
        text.replace('default = "200"', 'default = "400"') + "[sync]\nreserve = 0.5\n", encoding="utf-8"
    )
    seen: list[Manifest] = []
    restore(file, clinic.home, looking(seen, agree=False), environ=clinic.environ)
    assert seen[0]["rulebook_changes"] == [
        {"file": "ligament.toml", "key": "accounts.default", "now": "400", "then": "200"},
        {"file": "ligament.toml", "key": "sync.reserve", "now": "0.5", "then": None},
    ]
