"""Alerts of one clinic: what a cycle showed becomes messages, and messages leave for the addresses of its rulebook."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import msgspec

from ligament.core.alerts import (
    Cause,
    Family,
    Ledger,
    Manners,
    Message,
    Seen,
    advance,
    after_sending,
    claimed,
)
from ligament.core.causes import CAUSES, advice
from ligament.core.holds import HoldCode
from ligament.core.private import Private
from ligament.engine import alerts as channels
from ligament.ports.errors import Broken, PortError, Rejected, SignInAgain
from ligament.store.beats import Beats
from ligament.store.engine import Database
from ligament.store.errors import StoreError, StoreFull
from ligament.wiring.settings import ClinicSettings, Settings, system_named_in, system_titles

if TYPE_CHECKING:
    from ligament.wiring.build import Clinic

LEDGER = "alerts"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_WHOLE = frozenset(Family)
_PARTLY = frozenset({Family.HOLDS, Family.NATIVE, Family.CONFIGURATION})
_NO_PERSON = {HoldCode.WAITS_FOR.value, HoldCode.NATIVE_INTEGRATION_ON.value}


# --- addresses --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address of the rulebook: `shown` says which without its secrets, `complaint` what is wrong with it."""

    mark: str
    shown: str
    url: Private[str]
    complaint: str = ""


def addresses(settings: ClinicSettings, environ: Mapping[str, str] | None = None) -> tuple[Address, ...]:
    """Return the addresses of a clinic, with ${NAME} replaced from the environment."""
    environ = os.environ if environ is None else environ
    return tuple(_address(place, text, environ) for place, text in enumerate(settings.rulebook.alerts.urls, 1))


def _address(place: int, text: str, environ: Mapping[str, str]) -> Address:
    missing = [name for name in _VARIABLE.findall(text) if not environ.get(name)]
    # A variable that is the whole address is taken as it is; inside an address it is escaped, but for slashes.
    whole = _VARIABLE.fullmatch(text.strip()) is not None

    def value(found: re.Match[str]) -> str:
        given = environ.get(found[1], "")
        return given if whole else quote(given, safe="/")

    url = _VARIABLE.sub(value, text).strip()
    shown = f"address {place} ({channels.masked(url)})"
    wrong = f"{shown}: the environment has no {' and no '.join(missing)}." if missing else ""
    if not wrong and channels.complaint(url):
        wrong = f"{shown}: this is no address that messages can be sent to."
    mark = hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
    return Address(mark=mark, shown=shown, url=Private(url), complaint=wrong)


# --- what a cycle showed ----------------------------------------------------------------------------------------------


@contextmanager
def heard(clinic: Clinic, *, whole: bool) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Tell people about a cycle that is run inside: give the document to what is yielded; trouble is heard too.

    `whole` says that both systems were read, so that trouble which does not show any more is over.
    """
    if not clinic.settings.rulebook.alerts.urls:
        yield lambda _: None
        return
    bell = Bell(database=clinic.database, settings=clinic.settings, now=clinic.clock.now)
    try:
        yield lambda document: bell.ring(seen_in(document, whole=whole, words=_Words(clinic.settings.name)))
    except (PortError, StoreFull) as trouble:
        bell.ring(seen_trouble(trouble, _Words(clinic.settings.name)))
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Bell:
    """Tells the people of one clinic; never raises, for an alert must not stop the work it is about."""

    database: Database
    settings: ClinicSettings
    now: Callable[[], datetime]

    def ring(self, seen: Seen) -> None:
        """Take in what was seen, and send what is due."""
        with suppress(StoreError):
            self.change(lambda ledger: advance(ledger, seen, self._wall(), self._manners()))
            self.send()

    def send(self) -> None:
        """Send what is due to every address that has not got it."""
        if not self.ledger().outbox:
            return
        known = {address.mark: address for address in addresses(self.settings)}
        chosen: tuple[Message, ...] = ()

        def claim(ledger: Ledger) -> Ledger:
            nonlocal chosen
            ledger, chosen = claimed(ledger, self._wall(), self._manners(), tuple(known))
            return ledger

        self.change(claim)
        for message in chosen:
            self._deliver(message, known)

    def _deliver(self, message: Message, known: Mapping[str, Address]) -> None:
        wrong: dict[str, str] = {}
        for mark in message.left or ():
            address = known[mark]
            if address.complaint:
                wrong[mark] = address.complaint
            elif not channels.send(address.url.reveal(), message):
                wrong[mark] = f"{address.shown}: the message was not taken."
        reached = {mark for mark in message.left or () if mark not in wrong}

        def sent(ledger: Ledger) -> Ledger:
            kept = {mark: words for mark, words in ledger.failures.items() if mark in known and mark not in reached}
            ledger = replace(ledger, failures=kept | wrong)
            return after_sending(ledger, message, tuple(wrong), self._wall())

        self.change(sent)

    def ledger(self) -> Ledger:
        """Return what is remembered."""
        return _read(Beats(self.database).one(self.settings.name, LEDGER))

    def change(self, how: Callable[[Ledger], Ledger]) -> None:
        """Change what is remembered in one step."""
        Beats(self.database).change(
            self.settings.name,
            LEDGER,
            lambda text: msgspec.json.encode(how(_read(text)), order="deterministic").decode(),
        )

    def _wall(self) -> datetime:
        return self.now().astimezone(ZoneInfo(self.settings.rulebook.clinic.time_zone))

    def _manners(self) -> Manners:
        section = self.settings.rulebook.alerts
        begins, found, ends = section.quiet_hours.partition("-")
        return Manners(
            clinic=self.settings.name,
            quiet=(begins, ends) if found else None,
            digest_at=section.digest_at,
            link=section.link,
        )


def _read(text: str) -> Ledger:
    if not text:
        return Ledger()
    try:
        return msgspec.json.decode(text, type=Ledger)
    except (msgspec.ValidationError, msgspec.DecodeError):
        # Another release wrote it: what is still the matter is told once more.
        return Ledger()


def seen_in(document: Mapping[str, Any], *, whole: bool, words: _Words) -> Seen:
    """Return what a finished cycle shows, from its counts and codes only."""
    if document.get("parked"):
        return Seen(causes=(words.limit(),), parked=True)
    codes = Counter(str(hold["code"]) for hold in document["holds"])
    causes = [words.holds(code, count) for code, count in sorted(codes.items()) if code not in _NO_PERSON]
    if codes[HoldCode.NATIVE_INTEGRATION_ON.value]:
        causes.append(words.native())
    counts = {
        f"{Family.HOLDS.value}:{code}": codes.get(code, 0)
        for code in CAUSES
        if code != HoldCode.NATIVE_INTEGRATION_ON.value
    }
    counts["approval"] = len(document["waiting"])
    remarks = {
        f"{Family.HOLDS.value}:{code}": f"{_count(count)} {_wait(count)}: {CAUSES.get(code, code)}."
        for code, count in codes.items()
    }
    remarks["approval"] = f"{counts['approval']} planned {_wait(counts['approval'], 'action')} for approval."
    return Seen(
        causes=tuple(causes),
        judged=_WHOLE if whole else _PARTLY,
        counts=counts,
        remarks=remarks,
        parked=False if whole else None,
    )


def seen_trouble(trouble: PortError | StoreError, words: _Words) -> Seen:
    """Return what a cycle shows that was cut off: nothing is over, and something may be new."""
    if isinstance(trouble, SignInAgain):
        return Seen(causes=(words.sign_in(trouble.sentence),))
    if isinstance(trouble, Broken | Rejected | StoreFull):
        return Seen(causes=(words.broken(trouble.sentence),))
    return Seen(remarks={"unreachable": f"For a while: {trouble.sentence} It was tried again by itself."})


def seen_configuration(sentence: str, words: _Words) -> Seen:
    """Return what a rulebook shows that cannot be read."""
    return Seen(causes=(words.configuration(sentence),))


def _count(count: int) -> str:
    return f"{count} record" if count == 1 else f"{count} records"


def _wait(count: int, noun: str = "") -> str:
    verb = "waits" if count == 1 else "wait"
    return f"{noun}{'' if count == 1 else 's'} {verb}" if noun else verb


@dataclass(frozen=True, slots=True)
class _Words:
    """The causes in words; `clinic` completes the commands."""

    clinic: str

    def _command(self, words: str) -> str:
        return f'`ligament {words} --clinic "{self.clinic}"`'

    def sign_in(self, sentence: str) -> Cause:
        return Cause(
            family=Family.SIGN_IN,
            name=hashlib.blake2b(sentence.encode(), digest_size=4).hexdigest(),
            title="somebody must sign in again",
            happened=sentence,
            means="Nothing is read or posted for this clinic until then. Nothing is lost; all of it is caught up on.",
            todo=f"Connect again: {self._command(f'connect {system_named_in(sentence)}')}.",
        )

    def configuration(self, sentence: str) -> Cause:
        return Cause(
            family=Family.CONFIGURATION,
            title="the rulebook cannot be read",
            happened=sentence,
            means="Nothing is read or posted for this clinic until then. Nothing is lost.",
            todo=f"Correct the line that is named; {self._command('doctor')} says whether it fits.",
        )

    def broken(self, sentence: str) -> Cause:
        return Cause(
            family=Family.BROKEN,
            title="something is broken",
            happened=sentence,
            means="The run was cut off. What was done is kept, nothing was guessed, and it is tried again by itself.",
            todo=f"Look at {self._command('doctor')}. If it stays, tell us.",
        )

    def native(self) -> Cause:
        practice, books = system_titles()
        return Cause(
            family=Family.NATIVE,
            title=f"{practice}'s own link to {books} is on",
            happened=f"{practice}'s own link to {books} was switched on.",
            means="Nothing is posted while it is on, because everything would be posted twice.",
            todo=f"Switch it off in the settings of {practice}. What waited then goes on by itself.",
        )

    def limit(self) -> Cause:
        return Cause(
            family=Family.LIMIT,
            title="the day's calls are not enough",
            happened=f"The calls that {system_titles()[1]} allows in a day were used up for the second time in a week.",
            means="What is left is posted a day late each time.",
            todo="Read less often (poll_seconds), or get a larger allowance and enter it in the rulebook.",
        )

    def holds(self, code: str, count: int) -> Cause:
        return Cause(
            family=Family.HOLDS,
            name=code,
            title=CAUSES.get(code, code),
            happened=f"{_count(count)} {_wait(count)}: {CAUSES.get(code, code)}.",
            means="Only these wait; everything else goes on.",
            todo=f"{advice(code)} They are listed by {self._command('holds')}.",
        )


def bells(settings: Settings, database: Database, now: Callable[[], datetime]) -> Callable[[str, str, str], None]:
    """Return what the engine tells of trouble that no cycle sees: a rulebook that cannot be read, and surprises."""

    def ring(kind: str, clinic: str, sentence: str) -> None:
        chosen = next((one for one in settings.clinics if one.name == clinic), None)
        if chosen is None or not chosen.rulebook.alerts.urls:
            return
        bell = Bell(database=database, settings=chosen, now=now)
        if kind == "configuration":
            bell.ring(seen_configuration(sentence, _Words(clinic)))
        elif kind == "broken":
            bell.ring(Seen(causes=(_Words(clinic).broken(sentence),)))

    return ring


def flush(settings: Settings, database: Database, now: Callable[[], datetime]) -> None:
    """Send what became due without any cycle: after quiet hours, and the summary, also of clinics that are paused."""
    for clinic in settings.clinics:
        if clinic.rulebook.alerts.urls:
            Bell(database=database, settings=clinic, now=now).ring(Seen())
