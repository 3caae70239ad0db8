"""The doctor: whether everything that a run needs is there, fits together and is switched on."""

from __future__ import annotations

import json
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ligament.app.cycle_options import started_on
from ligament.app.doctor.checks import Check, CheckState, bad, ok, warn
from ligament.app.doctor.copies import copy_checks
from ligament.app.doctor.mapping import mapping_checks
from ligament.app.doctor.neighbours import neighbour_checks
from ligament.app.results import DONE, WAITS, Result
from ligament.app.setup.connect import role_warnings
from ligament.app.setup.gaps import gaps
from ligament.app.setup.systems import BooksSide, PracticeSide, meet_books, meet_practice
from ligament.core.currencies import currency_of
from ligament.core.ledgers import BooksUser, Organisation
from ligament.core.notes import PAUSED_NOTE, PRACTICE_NOTE
from ligament.core.periods import australian, is_zone
from ligament.core.records import Practitioner
from ligament.core.rules.model import PaymentSource, Rulebook
from ligament.flow.read.practice_pin import is_same
from ligament.net.manifest import Manifest
from ligament.ports.errors import PortError, TryLater
from ligament.store.queries.coverage import Coverage
from ligament.store.shared.rate_limits import SharedWindows
from ligament.wiring.clinic import Clinic
from ligament.wiring.vault_keys import KEY_FILE

S = TypeVar("S")
UNREACHABLE = 3
_HOME, _CONNECTIONS, _SETTINGS, _PEOPLE = "Home", "Connections", "Settings", "People"
_MADE = ("*.db", "*.db-*", "journal-*.head", "setup.key", "*.log")
"""Files of a home that Ligament makes, but for the key of the vault, which has a sentence of its own."""
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_FORGET = "Wait; or, if that cannot be right, `ligament doctor --forget-waits` forgets it and asks anew."
_HALF_A_YEAR = timedelta(days=182)


def examine(clinic: Clinic, *, forget_waits: bool = False) -> Result:
    """Look at everything a run needs and tell what is well, what is doubtful and what is wrong; writes nothing.

    With `forget_waits` what the systems said about waiting is forgotten first, and asked anew. The code is 0 when all
    is well, 1 when something is not, and 3 when a system cannot be reached or signed in to.
    """
    if forget_waits:
        SharedWindows(clinic.database).forget_said()
    checks = list(home_checks(clinic))
    zone = ZoneInfo(clinic.settings.rulebook.clinic.time_zone)

    def until(wait_s: int) -> str:
        ends = (clinic.clock.now() + timedelta(seconds=wait_s)).astimezone(zone)
        return f" It has to be waited until {australian(ends.date())}, {ends:%H:%M}." if wait_s else ""

    practice = _met(clinic.practice_manifest, checks, lambda: meet_practice(clinic), until)
    books = _met(clinic.books_manifest, checks, lambda: meet_books(clinic), until)
    book = clinic.settings.rulebook
    if practice is not None:
        checks.extend(practice_checks(clinic, practice))
    if books is not None:
        checks.extend(books_checks(clinic, books))
        checks.extend(neighbour_checks(clinic))
        checks.extend(zone_checks(book, clinic.clock.now(), practice, books.organisation))
        checks.extend(currency_checks(practice, books.organisation))
        checks.extend(_mapping(clinic, practice, books))
    if practice is not None and books is not None:
        checks.extend(owner_checks(clinic.books_manifest.title, practice.practitioners.values(), books.users))
    checks.extend(payment_checks(book))
    counts = Counter(check.state.value for check in checks)
    document = {
        "checks": [check.document() for check in checks],
        **{standing.value: counts[standing.value] for standing in CheckState},
        "calls": clinic.meter.as_dict(),
    }
    unreached = practice is None or books is None
    worse = any(check.state is not CheckState.OK and not check.stops_nothing for check in checks)
    return Result(document=document, code=UNREACHABLE if unreached else WAITS if worse else DONE)


# --- meeting both systems ---------------------------------------------------------------------------------------------


def _met(manifest: Manifest, checks: list[Check], meet: Callable[[], S], until: Callable[[int], str]) -> S | None:
    try:
        return meet()
    except TryLater as trouble:
        checks.append(bad(_CONNECTIONS, f"{manifest.title}: {trouble.sentence}{until(trouble.wait_s)}", _FORGET))
    except PortError as trouble:
        todo = f"Check the connection and the credentials; `ligament connect {manifest.name}` sets them anew."
        checks.append(bad(_CONNECTIONS, f"{manifest.title}: {trouble.sentence}", todo))
    except ValueError as trouble:
        todo = f"Set it right in the environment, or run `ligament connect {manifest.name}`."
        checks.append(bad(_CONNECTIONS, f"{manifest.title}: {trouble}.", todo))
    return None


def _mapping(clinic: Clinic, practice: PracticeSide | None, books: BooksSide) -> list[Check]:
    """Check the rulebook against what is kept, with places and people as they are now."""
    first = started_on(clinic)
    with clinic.database.reading() as connection:
        kept = Coverage(connection, clinic.settings.name)
        if practice is not None:
            kept.locations = {**kept.locations, **practice.locations}
            kept.practitioners = {**kept.practitioners, **practice.practitioners}
        return list(mapping_checks(clinic.settings.rulebook, books.chart, books.organisation, kept, first))


# --- what is looked at ------------------------------------------------------------------------------------------------


def home_checks(clinic: Clinic) -> Iterator[Check]:
    """Check the rulebook's file, the key of the vault and the database."""
    home = clinic.home_settings.home
    yield ok(_HOME, f"The rulebook is {clinic.settings.file}.")
    yield from gap_checks(clinic)
    key_file = home / KEY_FILE
    if key_file.is_file() and key_file.stat().st_mode & _OTHERS:
        sentence = f"Others on this machine can read the key of the vault, {key_file}."
        yield bad(_HOME, sentence, f"Run `chmod 600 {key_file}`, then `ligament vault --rotate`.")
    else:
        yield ok(_HOME, "The vault opens, and only its owner can read its key.")
    readable = [file for kind in _MADE for file in sorted(home.glob(kind)) if file.stat().st_mode & _OTHERS]
    for file in readable:
        yield warn(_HOME, f"Others on this machine can read {file}.", f"Run `chmod 600 {file}`.")
    url = urlsplit(clinic.home_settings.database_url)
    place = url.hostname or url.path.removeprefix("/") or "memory"
    yield ok(_HOME, f"The database answers: {url.scheme.partition('+')[0]}, {place}.")
    yield from copy_checks(clinic)
    paused = clinic.store.note(PAUSED_NOTE)
    if paused:
        yield warn(_HOME, f"The clinic is paused: {paused}", "It is tried again at every poll and then catches up.")


def gap_checks(clinic: Clinic) -> Iterator[Check]:
    """Name each setting that is marked CHECK and that nobody decided yet."""
    for gap in gaps(clinic.settings):
        tell = bad if gap.blocks else warn
        yield tell(_SETTINGS, f"{gap.sentence} {gap.blocks}".strip(), gap.todo)
    start_on = clinic.settings.rulebook.invoices.start_on
    if start_on is not None:
        yield ok(_SETTINGS, f"The first day taken in is {australian(start_on)}.")


def practice_checks(clinic: Clinic, side: PracticeSide) -> Iterator[Check]:
    """Check who we are in the practice, and whether its own link to the books is on."""
    title, books_title = clinic.practice_manifest.title, clinic.books_manifest.title
    yield from _pinned(clinic, side)
    name = side.identity.account_name or side.identity.host
    role = side.identity.role or "a user of unknown role"
    warnings = role_warnings(role)
    for sentence in warnings:
        todo = f"Make a key as such a user, then `ligament connect {clinic.practice_manifest.name}`."
        yield bad(_CONNECTIONS, f"{title}: {sentence}", todo)
    if not warnings:
        yield ok(_CONNECTIONS, f"{title}: connected to {name} with the key of {_article(role)}.")
    if side.settings.native_link_on:
        sentence = f"{title}'s own link to {books_title} is on, so nothing is posted: it would be posted twice."
        yield bad(_CONNECTIONS, sentence, f"Switch it off in the settings of {title}.")
    else:
        yield ok(_CONNECTIONS, f"{title}'s own link to {books_title} is off.")


def _pinned(clinic: Clinic, side: PracticeSide) -> Iterator[Check]:
    """Say whose practice is pinned, and whether the key belongs to it or its name changed."""
    kept = json.loads(clinic.store.note(PRACTICE_NOTE) or "{}")
    found = {
        "id": side.identity.account_id,
        "subdomain": side.identity.subdomain,
        "name": side.identity.account_name,
    }
    if not kept:
        return
    if not is_same(kept, found):
        sentence = f"The key belongs to {found['name'] or 'another practice'}; this clinic is pinned to {kept['name']}."
        yield bad(_CONNECTIONS, sentence, "Put the right key back, or connect with --another-practice on purpose.")
    elif kept["name"] != found["name"]:
        yield warn(
            _CONNECTIONS,
            f"The practice is called {found['name']} now; it was {kept['name']}.",
            "Nothing needs to be done.",
        )


def _article(role: str) -> str:
    if role.startswith("a "):
        return role
    return f"an {role}" if role[:1].casefold() in {"a", "e", "i", "o", "u"} else f"a {role}"


def books_checks(clinic: Clinic, side: BooksSide) -> Iterator[Check]:
    """Check the organisation, the permissions, the lock dates and what is left of the day."""
    title, organisation = clinic.books_manifest.title, side.organisation
    money = f" ({organisation.currency})" if organisation.currency else ""
    yield ok(_CONNECTIONS, f"{title}: connected to {organisation.name}{money}, and to no other organisation.")
    if organisation.is_demo:
        yield warn(_CONNECTIONS, f"{organisation.name} is a demo company.", "Do not keep a clinic's real books in it.")
    if side.lacking:
        todo = f"Allow it for the app in {title}, then `ligament connect {clinic.books_manifest.name}`."
        yield bad(_CONNECTIONS, f"{title} did not grant {', '.join(side.lacking)}.", todo)
    else:
        yield ok(_CONNECTIONS, f"{title} granted every permission that is needed.")
    locked = organisation.locks.last_locked_day()
    until = f"Locked up to {australian(locked)}; what is dated before is held." if locked else "No lock date is set."
    yield ok(_SETTINGS, until)
    if side.day_left is not None:
        allowed = clinic.settings.rulebook.sync.daily_calls
        keep = allowed * clinic.settings.rulebook.sync.reserve
        sentence = f"{title} takes {side.day_left:,} more calls today."
        if side.day_left <= keep:
            yield warn(_CONNECTIONS, sentence, "What is left is kept for people; runs go on when the day has passed.")
        else:
            yield ok(_CONNECTIONS, sentence)


def zone_checks(
    book: Rulebook, now: datetime, practice: PracticeSide | None, organisation: Organisation
) -> Iterator[Check]:
    """Check that the clinic, its locations and the books read the same date off their walls."""
    zone = book.clinic.time_zone
    if organisation.zone_name and not same_wall(zone, organisation.zone_name, now):
        sentence = f"The clinic's time zone is {zone}, that of the books is {organisation.zone_name}."
        yield warn(_SETTINGS, sentence, "Set time_zone under [clinic], or the time zone of the organisation.")
    else:
        yield ok(_SETTINGS, f"Dates are those of {zone}.")
    without = [place.name for place in practice.locations.values() if not is_zone(place.zone)] if practice else []
    if without:
        sentence = f"{', '.join(sorted(without))}: no time zone, so {zone} is used."
        yield warn(_SETTINGS, sentence, "Set the time zone of the location in the practice, if it is another one.")


def currency_checks(practice: PracticeSide | None, organisation: Organisation) -> Iterator[Check]:
    """Say where the practice is in a country of another currency than the books: its amounts are sent as they are."""
    billed = currency_of(practice.settings.country_code) if practice is not None else ""
    if billed and organisation.currency and billed != organisation.currency.upper():
        country = practice.settings.country_code.upper() if practice is not None else ""
        sentence = (
            f"The practice is in {country}, where people pay in {billed}, and {organisation.name} keeps its books in "
            f"{organisation.currency}. Amounts are posted as they are, without a rate."
        )
        yield warn(_SETTINGS, sentence, "Make sure that these are the right books, or correct the practice's country.")


def same_wall(one: str, other: str, now: datetime) -> bool:
    """Say whether two zones show the same time, now and half a year from now."""
    instants = (now, now + _HALF_A_YEAR)
    return all(
        at.astimezone(ZoneInfo(one)).utcoffset() == at.astimezone(ZoneInfo(other)).utcoffset() for at in instants
    )


def owner_checks(title: str, practitioners: Iterable[Practitioner], users: Sequence[BooksUser]) -> Iterator[Check]:
    """Name the practitioners who match no user of the books by e-mail; for the clinic's own screen only."""
    known = {user.email.reveal().strip().casefold() for user in users if user.email}
    active = [person for person in practitioners if person.active]
    strangers = [p for p in active if not p.email or p.email.reveal().strip().casefold() not in known]
    if strangers:
        shown = ", ".join(f"{person.name} ({person.id})" for person in strangers)
        todo = f"Use the same e-mail address for them in both systems, or leave it: they need not use {title}."
        yield ok(_PEOPLE, f"Without a user in {title}: {shown}. {todo}")
    elif active:
        yield ok(_PEOPLE, f"Every practitioner is also a user of {title}.")


def payment_checks(book: Rulebook) -> Iterator[Check]:
    """Say what inferred payments cannot show."""
    if book.payments.source is PaymentSource.INFERRED:
        sentence = (
            "Payments are inferred from the day an invoice was closed. Part payments cannot be seen and that day can "
            "be edited, so on a cash-basis BAS compare the month's receipts with the practice's payments report."
        )
        yield ok(_SETTINGS, sentence)
