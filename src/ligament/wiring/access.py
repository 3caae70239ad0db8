"""Access, put together: users, sessions, tokens, failures, the vault and the journal of the whole installation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ligament.store.access.approval_links import ApprovalLinks
from ligament.store.access.failures import FailureLog
from ligament.store.access.sessions import Sessions
from ligament.store.access.tokens import Tokens
from ligament.store.access.users import Users
from ligament.store.database.connection import Database, open_database
from ligament.store.database.errors import AlreadyLinked, StoreError
from ligament.store.journal.journal import Note, Provenance
from ligament.store.shared.values import EVERYBODY, SharedValues
from ligament.store.vault.vault import INSTALLATION, Vault
from ligament.wiring.ambient import machine_now, random_bytes, random_text
from ligament.wiring.clocks import SystemClock, clock_starting_at
from ligament.wiring.installation import installation_journal
from ligament.wiring.rulebooks import ClinicSettings
from ligament.wiring.settings import Settings, load_settings
from ligament.wiring.vault_rotation import settled_key

_SERVED, _USUAL = "serving_at", "http://127.0.0.1:8321"
Taken = AlreadyLinked
"""Raised when a name or an address has somebody already."""
StoreTrouble = StoreError
"""Raised when the database does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Everything that the use cases of access need; `now` is the calendar, `machine_now` what other devices show too.

    `secret` gives a text of that many random bytes that nobody can guess.
    """

    settings: Callable[[], Settings]
    database: Database
    users: Users
    sessions: Sessions
    tokens: Tokens
    failures: FailureLog
    links: ApprovalLinks
    vault: Vault
    now: Callable[[], datetime]
    machine_now: Callable[[], datetime]
    secret: Callable[[int], str]

    def note(self, kind: str, subject: str, *, actor: str, source: str, **public: object) -> None:
        """Add an entry to the journal of the installation: who, from where, did what to whom."""
        who = Provenance(actor=actor, source=source)
        with installation_journal(self.database, self.vault, self.settings().home, who, self.now).writing() as book:
            book.add(Note(kind=kind, subject=subject, public=public))

    def serves_at(self, url: str) -> None:
        """Keep where `serve` listens, so that links made elsewhere lead there."""
        SharedValues(self.database).keep(EVERYBODY, _SERVED, url)

    def link(self, path: str, key: str) -> str:
        """Return a link with a secret in it, as it is opened in a browser."""
        outside = self.settings().public_url or SharedValues(self.database).one(EVERYBODY, _SERVED) or _USUAL
        return f"{outside}{path}?key={key}"

    def clinics(self) -> Mapping[str, ClinicSettings]:
        return {clinic.id: clinic for clinic in self.settings().clinics}

    def clinic(self, clinic_id: str) -> ClinicSettings | None:
        return next((clinic for clinic in self.settings().clinics if clinic.id == clinic_id), None)

    def clinic_named(self, wanted: str) -> str:
        """Return the id of the clinic that somebody means; raises ConfigurationError when there is none."""
        return self.settings().meant(wanted).id


def open_access(settings: Callable[[], Settings], database: Database) -> Access:
    """Put access together over an open database; `settings` gives them as they are now."""
    found = settings()
    calendar = clock_starting_at(found.now) if found.now is not None else SystemClock()
    key = settled_key(found, database, calendar.now)
    vault = Vault(database, INSTALLATION, key, random_bytes, calendar.now)
    vault.check()
    return Access(
        settings=settings,
        database=database,
        users=Users(database),
        sessions=Sessions(database),
        tokens=Tokens(database),
        failures=FailureLog(database),
        links=ApprovalLinks(database),
        vault=vault,
        now=calendar.now,
        machine_now=machine_now,
        secret=random_text,
    )


@contextmanager
def opened_access(home: Path | None) -> Iterator[Access]:
    """Open access of a home for one command, and close its database again."""
    settings = load_settings(home=home, may_be_empty=True)
    database = open_database(settings.database_url)
    try:
        yield open_access(lambda: settings, database)
    finally:
        database.close()
