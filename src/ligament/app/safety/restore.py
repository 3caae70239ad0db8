"""`restore`: a backup is checked, shown, and put back; what it replaces is kept beside it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ligament.app.results import WAITS, Result
from ligament.app.safety.after_restore import settle
from ligament.app.safety.at_work import busy_s, must_be_idle
from ligament.app.safety.opened_backup import check_parts, manifest_of, must_be_sealed, opened
from ligament.app.safety.put_back import Present, RestoreJob, put_back
from ligament.app.safety.rulebook_changes import rulebook_changes
from ligament.app.safety.sealing import SEAL
from ligament.store.backup.after_restore import has_beats, outliving
from ligament.store.backup.archive import Contents, contents
from ligament.store.database.connection import Database, open_database
from ligament.store.database.errors import NewerStore, StoreDamaged, WrongKey
from ligament.store.database.schema import NEWEST
from ligament.store.shared.heartbeats import ALIVE_S
from ligament.store.shared.leases import Lease, Leases
from ligament.store.vault.cipher import Cipher
from ligament.wiring.ambient import environment, random_bytes, random_hex
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.clocks import SystemClock, clock_starting_at
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.exclusive import LEASE
from ligament.wiring.file_lock import AnotherRun, alone
from ligament.wiring.leftovers import as_restore
from ligament.wiring.settings import DATABASE_FILE, database_url, default_home, given_now, load_settings
from ligament.wiring.vault_keys import KEY_FILE, vault_key

_PATIENCE_MS = 2_000
_HERE = "on this database"
_DAYS_FROM_HOURS = 48
_SQLITE = "sqlite:///"


def restore(
    file: Path,
    home: Path | None,
    agreed: Callable[[dict[str, Any]], bool],
    *,
    environ: Mapping[str, str] | None = None,
    now: Callable[[], datetime] | None = None,
    unsealed: bool = False,
) -> Result:
    """Put a backup back once `agreed` says yes to what it would do.

    `unsealed` also takes one that a version before this one made. Raises ConfigurationError for a damaged or changed
    backup or one of another kind of database, WrongKey when the vault key does not fit, AnotherRun while somebody
    works; nothing is changed by then.
    """
    environ = environment(environ)
    home = home or default_home(environ)
    with opened(file) as archive:
        job = _job(file, archive, home, environ, now or _calendar(environ).now)
        must_be_sealed(file, dict(job.manifest), job.vault_key, unsealed=unsealed)
        check_parts(file, archive, dict(job.manifest), home)
        present = _present(job)
        document = _preview(job, present)
        if not agreed(document):
            sentence = "Nothing was changed: add --yes to put it back."
            return Result(document={**document, "restored": False, "sentence": sentence}, code=WAITS)
        must_be_idle(present.busy_s, _HERE)
        with _alone(job, present) as latest:
            kept = put_back(job, latest)
            _told(job, environ)
    return Result(document={**document, "restored": True, "kept": kept})


def _calendar(environ: Mapping[str, str]) -> SystemClock:
    """Return the calendar of this process, which a test may have set; whoever works at the moment goes by the clock."""
    given = given_now(environ)
    return SystemClock() if given is None else clock_starting_at(given)


# --- looking at it ----------------------------------------------------------------------------------------------------


def _job(
    file: Path, archive: zipfile.ZipFile, home: Path, environ: Mapping[str, str], now: Callable[[], datetime]
) -> RestoreJob:
    """Return what is to be done; complains about another kind of database, a newer schema, or another key."""
    manifest, url = manifest_of(file, archive), database_url(home, environ)
    is_sqlite = url.startswith("sqlite")
    if (manifest["database"] == "sqlite") is not is_sqlite:
        here, there = ("SQLite", "PostgreSQL") if is_sqlite else ("PostgreSQL", "SQLite")
        message = f"This backup was made of a {there} database, and this home is on {here} (LIGAMENT_DATABASE_URL)."
        raise ConfigurationError((message,))
    if manifest["schema"] > NEWEST:
        raise NewerStore(
            "A newer version made this backup: install that version first.", f"schema {manifest['schema']}"
        )
    if not environ.get("LIGAMENT_VAULT_KEY") and not (home / KEY_FILE).is_file():
        message = f"{home / KEY_FILE}: put the vault key of that time there first (or into LIGAMENT_VAULT_KEY)."
        raise ConfigurationError((message,))
    key = vault_key(home, environ)
    held = Cipher(key, random_bytes).key_id
    if any(one != held for one in manifest["key_ids"]):
        raise WrongKey(
            "This backup was made with another vault key. Put the key of that time in its place first; "
            "nothing was changed.",
            f"made with key {', '.join(manifest['key_ids'])}, given key {held}",
        )
    return RestoreJob(archive=archive, manifest=manifest, home=home, url=url, now=now, vault_key=key)


def _present(job: RestoreJob) -> Present:
    """Look at what would be replaced; a file that cannot be read as a database is no obstacle."""
    if job.is_sqlite and not Path(job.url.removeprefix(_SQLITE)).is_file():
        return Present(holds=Contents(revision=""))
    database = open_database(job.url, as_it_is=True)
    try:
        with database.reading() as connection:
            holds = contents(connection)
            kept = outliving(connection, job.heads) if holds.revision == NEWEST else None
            beating = has_beats(connection)
        # Whoever began before an upgrade is at work on the former tables.
        return Present(holds=holds, outlives=kept, busy_s=busy_s(database) if beating else 0)
    except StoreDamaged:
        # Anything else may be over in a moment, and what is there would be put aside without being asked.
        if not job.is_sqlite:
            raise
        return Present(holds=Contents(revision=""))
    finally:
        database.close()


def _preview(job: RestoreJob, present: Present) -> dict[str, Any]:
    manifest = job.manifest
    ends = {name: head.sequence for name, head in present.holds.heads.items()}
    clinics = [
        {
            "name": one["name"],
            "entries": one["entries"],
            "newer_entries": max(ends.get(one["name"], 0) - one["head"]["sequence"], 0),
        }
        for one in manifest["clinics"]
    ]
    replaces = [path.relative_to(job.home).as_posix() for path, _ in job.files() if path.is_file()]
    if present.holds.revision:
        replaces.insert(0, DATABASE_FILE if job.is_sqlite else "the tables in PostgreSQL")
    return {
        "made_at": manifest["made_at"],
        "age": _age(job.now() - datetime.fromisoformat(manifest["made_at"])),
        "version": manifest["version"],
        "schema": manifest["schema"],
        "clinics": clinics,
        "not_in_backup": sorted(present.holds.heads.keys() - job.names),
        "replaces": replaces,
        "rulebook_changes": rulebook_changes(job.files(), job.home),
        "sealed": SEAL in manifest,
    }


def _age(span: timedelta) -> str:
    hours = int(span.total_seconds()) // 3600
    if hours >= _DAYS_FROM_HOURS:
        return f"{hours // 24} days"
    return f"{hours} hours" if hours > 1 else "less than two hours"


# --- putting it back --------------------------------------------------------------------------------------------------


@contextmanager
def _alone(job: RestoreJob, present: Present) -> Iterator[Present]:
    """Hold every clinic, those of the backup and those that are there, on this machine and on others.

    Gives what is there now; who began meanwhile is told by `must_be_idle`.
    """
    names = sorted(job.names | present.holds.heads.keys())
    job.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as held:
        for name in names:
            held.enter_context(alone(job.home, name, SystemClock().pause_ms, _PATIENCE_MS))
        held.enter_context(as_restore(job.home, SystemClock().pause_ms, _PATIENCE_MS))
        latest = _upgraded(job)
        if latest.outlives is not None and not job.is_sqlite:
            database = open_database(job.url, as_it_is=True)
            held.callback(database.close)
            for name in names:
                _lease(database, name)
        yield latest


def _upgraded(job: RestoreJob) -> Present:
    """Look again, and bring what an older version left up to date: only our own tables tell what must outlive it."""
    present = _present(job)
    must_be_idle(present.busy_s, _HERE)
    if present.holds.revision in {"", NEWEST}:
        return present
    try:
        open_database(job.url).close()
    except NewerStore:
        # A newer version wrote it, and this program cannot tell what of it must stay.
        return present
    except StoreDamaged:
        if not job.is_sqlite:
            raise
        return present
    present = _present(job)
    must_be_idle(present.busy_s, _HERE)
    return present


def _lease(database: Database, clinic: str) -> Lease:
    """Take a clinic from the other machines; the restore itself gives it back."""
    found = Leases(database, clinic, SystemClock().now).take(LEASE, f"restore/{random_hex(6)}", ALIVE_S)
    if found is None:
        raise AnotherRun(f"another worker has {clinic} in hand; try again when it has ended")
    return found


def _told(job: RestoreJob, environ: Mapping[str, str]) -> None:
    """Let each clinic's journal say what happened; where it is cut off, the clinic's next run does it."""
    settings = load_settings(home=job.home, environ=environ)
    database = open_database(settings.database_url)
    try:
        for clinic in settings.clinics:
            if clinic.name in job.names:
                with open_clinic(replace(settings, clinics=(clinic,)), clinic.name, Overrides(), database) as opened:
                    settle(opened)
    finally:
        database.close()
