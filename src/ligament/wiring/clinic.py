"""Opening one clinic: store, clocks, connectors and rules put together."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from ligament.connectors.registry import (
    NoConnector,
    audience_connector,
    books_connector,
    for_role,
    players,
    practice_connector,
)
from ligament.core.money import HUNDRED
from ligament.core.private import Private
from ligament.net.manifest import Manifest
from ligament.net.meter import CallMeter
from ligament.ports.clocks import Clock
from ligament.ports.progress import Progress, silent
from ligament.store.database.connection import Database, open_database
from ligament.store.journal.headfile import HeadFile
from ligament.store.journal.journal import Journal, Provenance
from ligament.store.memory import ClinicStore
from ligament.store.queries.people import PeopleQueries
from ligament.store.queries.records import Queries
from ligament.store.shared.leases import Leases
from ligament.store.vault.vault import Vault
from ligament.store.writes.approvals import Approvals
from ligament.store.writes.runs import Runs
from ligament.store.writes.variances import Variances
from ligament.wiring.ambient import random_bytes, random_hex
from ligament.wiring.clocks import ImpatientClock, Patience, SystemClock, clock_starting_at, need_same_time
from ligament.wiring.likeness import likeness, phone_key
from ligament.wiring.logs import REDACTOR, OddityLog
from ligament.wiring.retries import RetryBudget, jitter
from ligament.wiring.rulebooks import ClinicSettings
from ligament.wiring.settings import Settings
from ligament.wiring.vault_rotation import settled_key

if TYPE_CHECKING:
    # A command that only looks need not load what plans, nor what talks to the vendors.
    from ligament.core.facts import PlanContext
    from ligament.core.ids import RunId
    from ligament.flow.context import RunContext
    from ligament.net.opening import Opening
    from ligament.net.session import Observer, Transport
    from ligament.net.token_vault import TextVault
    from ligament.ports.audience import Audience
    from ligament.ports.books import Books
    from ligament.ports.practice import Practice

CONTACT = "no-contact-set@ligament.example"
"""Stands in the calls of a clinic that has given no contact address; `doctor` asks for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """What is not as usual: transports by connector name, the clock, who acts, and who hears of progress.

    With `patience` work that would pause for longer, because a system is away or busy, ends with TryLater; whatever
    shares it pauses no longer together.
    """

    transports: Mapping[str, Transport] = field(default_factory=dict)
    clock: Clock | None = None
    calendar: Callable[[], datetime] | None = None
    machine_now: Callable[[], datetime] | None = None
    tell: Progress = silent
    observer: Observer | None = None
    actor: str = "ligament"
    source: str = "cli"
    patience: Patience | None = None

    def waiting(self, clock: Clock) -> Clock:
        """Return a clock that waits as long as this work may."""
        return clock if self.patience is None else ImpatientClock(clock=clock, patience=self.patience)


@dataclass(slots=True, kw_only=True)
class Clinic:
    """One clinic, opened."""

    settings: ClinicSettings
    home_settings: Settings
    database: Database
    store: ClinicStore
    vault: Vault
    journal: Journal
    queries: Queries
    people: PeopleQueries
    runs: Runs
    approvals: Approvals
    variances: Variances
    leases: Leases
    clock: Clock
    meter: CallMeter
    outside: Overrides
    practice_manifest: Manifest
    books_manifest: Manifest
    oddities: OddityLog = field(default_factory=OddityLog)
    _practice: Practice | None = None
    _books: Books | None = None
    _books_to_read: Books | None = None

    def practice(self) -> Practice:
        """Return the practice, opened at first use; raises SignInAgain when there are no credentials."""
        if self._practice is None:
            _prepare()
            manifest = self.practice_manifest
            self._practice = practice_connector(manifest).open_port(self.opening(manifest, self.books_manifest))
        return self._practice

    def books(self) -> Books:
        """Return the books, opened at first use; raises SignInAgain when there are no credentials."""
        if self._books is None:
            _prepare()
            manifest = self.books_manifest
            self._books = books_connector(manifest).open_port(self.opening(manifest, self.practice_manifest))
        return self._books

    def books_to_read(self) -> Books:
        """Return the books for reading only: a sign-in that may do nothing else is enough."""
        if self._books_to_read is None:
            _prepare()
            manifest = self.books_manifest
            opening = self.opening(manifest, self.practice_manifest)
            opening = replace(opening, reading_tokens=self._tokens(f"{manifest.name}/reading"))
            self._books_to_read = books_connector(manifest).open_port(opening)
        return self._books_to_read

    def audience_manifest(self) -> Manifest:
        """Return the system that keeps the mailing list; raises NoConnector where none is installed."""
        if not players("audience"):
            raise NoConnector("No system that keeps mailing lists is installed.")
        return for_role("audience")

    def audience(self) -> Audience:
        """Return the mailing list, opened anew; raises SignInAgain when there are no credentials."""
        _prepare()
        manifest = self.audience_manifest()
        return audience_connector(manifest).open_port(self.opening(manifest, self.practice_manifest))

    def _tokens(self, secret: str) -> TextVault:
        from ligament.net.token_vault import TextVault  # noqa: PLC0415 - as above: who only looks signs in nowhere

        return TextVault(
            partial(self.vault.get, secret),
            partial(self.vault.put, secret),
            partial(self.vault.exclusively, secret, self.clock.pause_ms),
        )

    def close(self) -> None:
        """Close the connections that were opened."""
        for port in (self._practice, self._books, self._books_to_read):
            if port is not None:
                port.close()
        self._practice = self._books = self._books_to_read = None

    def opening(self, manifest: Manifest, partner: Manifest) -> Opening:
        from ligament.net.opening import Notebook, Opening  # noqa: PLC0415 - as above
        from ligament.wiring.allowances import NamedWindows  # noqa: PLC0415 - as above

        book = self.settings.rulebook
        return Opening(
            values=credentials(self, manifest),
            partner=partner.name,
            contact=book.clinic.contact or CONTACT,
            clock=self.clock,
            pace=self.outside.waiting(self.outside.clock or SystemClock()),
            meter=self.meter,
            windows=NamedWindows(database=self.database, clinic=self.settings.name, system=manifest.name),
            tokens=self._tokens(f"{manifest.name}/tokens"),
            notebook=Notebook(read=self.store.note, write=self.store.keep_note),
            jitter=jitter,
            observer=self.outside.observer,
            transport=self.outside.transports.get(manifest.name),
            daily_calls=book.sync.daily_calls if manifest.role == "books" else 0,
            reserve_percent=int(book.sync.reserve * HUNDRED),
            may_add_options=book.tracking.create_options,
            prices_include_tax=book.invoices.appointment_prices_include_tax,
            audience=book.audience.audience,
            custom_fields=tuple(sorted(set(book.contacts.custom_fields.values()))),
            may_write=self.store.may_write,
            heed=self.oddities,
        )

    def surroundings(self) -> PlanContext:
        """Return what a plan needs beside its facts."""
        from ligament.core.facts import PlanContext  # noqa: PLC0415 - as above

        return PlanContext(
            now=self.clock.now(),
            likeness=likeness,
            phone_key=phone_key,
            code_for=self._code_for(),
            evaluate=self.settings.expressions.holds,
            express=self.settings.expressions.says,
            untouched=self.settings.expressions.untouched,
            sealed=cache(self.store.sealed),
            practice_name=self.practice_manifest.name,
            books_title=self.books_manifest.title,
            heed=self.oddities,
        )

    def _code_for(self) -> Callable[[str], str]:
        """Return what makes opaque codes; the key is looked up when the first is wanted, which is seldom."""
        key = cache(self.code_key)
        return lambda subject: opaque_code(key(), subject)

    def code_key(self) -> bytes:
        """Return the secret behind this clinic's opaque codes, made at first use; destroying it unlinks them."""
        return bytes.fromhex(self.vault.made("codes", random_hex(32)))

    def world(self, run_id: RunId) -> RunContext:
        """Return what executing needs."""
        from ligament.flow.context import RunContext  # noqa: PLC0415 - as above

        return RunContext(
            books=self.books(),
            practice=self.practice(),
            memory=self.store,
            clock=self.clock,
            run_id=run_id,
            backoff_ms=RetryBudget(self.meter).pause_ms,
            tell=self.outside.tell,
        )


def _prepare() -> None:
    """Describe every type before a connector reads any; who only looks reads none of theirs."""
    from ligament.wiring.prepared import prepare  # noqa: PLC0415 - it loads all of them

    prepare()


def credentials(clinic: Clinic, manifest: Manifest) -> dict[str, Private[str]]:
    """Return a connector's settings: the environment's first, else what `connect` kept in the vault."""
    return credentials_of(clinic, (manifest,))[manifest.name]


def credentials_of(clinic: Clinic, manifests: Sequence[Manifest]) -> dict[str, dict[str, Private[str]]]:
    """Return the settings of several connectors by name, with one look into the vault."""
    values = clinic.home_settings.values
    kept = clinic.vault.several([f"{one.name}/{name}" for one in manifests for name in one.environment])
    found: dict[str, dict[str, Private[str]]] = {}
    for one in manifests:
        given = {name: values[variable] for name, variable in one.environment.items() if variable in values}
        places = {name: kept.get(f"{one.name}/{name}") for name in one.environment if name not in given}
        found[one.name] = given | {name: Private(text) for name, text in places.items() if text}
        for name, value in found[one.name].items():
            # An address is no secret, and where a call went is worth reading in a log.
            if not name.endswith("_url"):
                REDACTOR.register(value.reveal())
    return found


def opaque_code(key: bytes, subject: str) -> str:
    """Return the name of a party that says nothing about it: `CL-` and eight letters or digits."""
    digest = hmac.new(key, subject.encode(), hashlib.sha256).digest()
    return "CL-" + base64.b32encode(digest)[:8].decode("ascii")


@contextmanager
def open_clinic(
    settings: Settings,
    name: str | None = None,
    outside: Overrides | None = None,
    database: Database | None = None,
    *,
    only_looks: bool = False,
) -> Iterator[Clinic]:
    """Open one clinic of a home, and close everything again but a database that was handed in.

    Whether the vault's key fits all that is kept is asked before, but for who `only_looks`: what a look opens says so.
    """
    outside = outside or Overrides()
    chosen = settings.clinic(name)
    clock = outside.clock or (clock_starting_at(settings.now) if settings.now is not None else SystemClock())
    clock = outside.waiting(clock)
    with ExitStack() as closing:
        if database is None:
            database = open_database(settings.database_url)
            closing.callback(database.close)
            need_same_time(database, SystemClock().now)
        clinic = _assembled(settings, chosen, outside, clock, database)
        if not only_looks:
            clinic.vault.check()
        closing.callback(clinic.close)
        yield clinic


@lru_cache(maxsize=500)
def _head_path(home: Path, clinic: str) -> Path:
    """Return where the head of a clinic's journal stands."""
    slug = hashlib.sha256(clinic.encode()).hexdigest()[:12]
    return home / f"journal-{slug}.head"


def _assembled(
    settings: Settings, chosen: ClinicSettings, outside: Overrides, clock: Clock, database: Database
) -> Clinic:
    vault = Vault(database, chosen.name, settled_key(settings, database, clock.now), random_bytes, clock.now)
    head = HeadFile(_head_path(settings.home, chosen.name))
    provenance = Provenance(actor=outside.actor, source=outside.source)
    told_as = chosen.rulebook.clinic.id or chosen.name
    journal = Journal(database, vault, provenance, clock.now, head, told_as)
    return Clinic(
        settings=chosen,
        home_settings=settings,
        database=database,
        store=ClinicStore(database, chosen.name, clock.now, journal),
        vault=vault,
        journal=journal,
        queries=Queries(journal),
        people=PeopleQueries(journal),
        runs=Runs(journal),
        approvals=Approvals(journal),
        variances=Variances(journal),
        # Leases are about processes: they follow the machine's calendar, not one that a test has set.
        leases=Leases(database, chosen.name, outside.machine_now or (outside.clock or SystemClock()).now),
        clock=clock,
        meter=CallMeter(),
        outside=outside,
        practice_manifest=chosen.practice,
        books_manifest=chosen.books,
    )
