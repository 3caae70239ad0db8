"""Alerts of one clinic: what a cycle showed becomes messages, and messages leave for the addresses of its rulebook."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from ligament.app.approval_links import link_words, no_link
from ligament.app.approvals import waiting_in
from ligament.app.notices.addresses import Address, addresses, has_addresses
from ligament.app.notices.wording import Words, seen_configuration, seen_in, seen_trouble
from ligament.core.alerts import (
    ANSWERED_BY_LINK,
    AlertLedger,
    AlertPolicy,
    Message,
    Observation,
    advance,
    after_sending,
    claimed,
    reminded,
)
from ligament.notifications import channels
from ligament.ports.errors import PortError
from ligament.store.database.connection import Database
from ligament.store.database.errors import StoreError, StoreFull
from ligament.store.queries.figures import figures
from ligament.store.shared.values import SharedValues
from ligament.wiring.rulebooks import ClinicSettings
from ligament.wiring.settings import Settings

if TYPE_CHECKING:
    from ligament.wiring.clinic import Clinic

LEDGER = "alerts"


# --- addresses --------------------------------------------------------------------------------------------------------


# --- what a cycle showed ----------------------------------------------------------------------------------------------


@contextmanager
def notifying(clinic: Clinic, *, whole: bool) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Tell people about a cycle that is run inside: give the document to what is yielded; trouble is heard too.

    `whole` says that both systems were read, so that trouble which does not show any more is over.
    """
    if not has_addresses(clinic.settings):
        yield lambda _: None
        return
    notifier = notifier_of(clinic.home_settings, clinic.settings, clinic.database, clinic.clock.now)
    try:
        yield lambda document: notifier.ring(seen_in(document, whole=whole, words=Words(clinic.settings.name)))
    except (PortError, StoreFull) as trouble:
        notifier.ring(seen_trouble(trouble, Words(clinic.settings.name)))
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """Tells the people of one clinic; never raises, for an alert must not stop the work it is about."""

    database: Database
    settings: ClinicSettings
    now: Callable[[], datetime]
    link_for: Callable[[str], str] = no_link

    def ring(self, seen: Observation) -> None:
        """Take in what was seen, and send what is due."""
        with suppress(StoreError):
            policy = replace(self._policy(), journal_head=self._journal_head())
            self.change(lambda ledger: advance(ledger, seen, self._wall(), policy))
            self._remind(policy)
            self.send()

    def _remind(self, policy: AlertPolicy) -> None:
        """Tell again of what has waited for a yes for too long, once."""
        wall, open_ = self._wall(), waiting_in(self.database, self.settings, self.now())
        if not open_ and not self.ledger().reminded:
            return
        since = min((one.asked_at for one in open_), default=wall).astimezone(wall.tzinfo)
        cause = Words(self.settings.name).reminder(len(open_), since)
        waits = {one.mark: one.asked_at for one in open_}
        self.change(lambda ledger: reminded(ledger, waits, cause, wall, policy))

    def send(self) -> None:
        """Send what is due to every address that has not got it."""
        if not self.ledger().outbox:
            return
        known = {address.mark: address for address in addresses(self.settings)}
        chosen: tuple[Message, ...] = ()

        def claim(ledger: AlertLedger) -> AlertLedger:
            nonlocal chosen
            ledger, chosen = claimed(ledger, self._wall(), self._policy(), tuple(known))
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
            elif not channels.send(address.url.reveal(), self._personal(message, address)):
                wrong[mark] = f"{address.shown}: the message was not taken."
        reached = {mark for mark in message.left or () if mark not in wrong}

        def sent(ledger: AlertLedger) -> AlertLedger:
            kept = {mark: words for mark, words in ledger.failures.items() if mark in known and mark not in reached}
            ledger = replace(ledger, failures=kept | wrong)
            return after_sending(ledger, message, tuple(wrong), self._wall())

        self.change(sent)

    def _personal(self, message: Message, address: Address) -> Message:
        """Add the link with which one person can answer; it is made when it leaves, and kept nowhere in clear."""
        link = self.link_for(address.person) if address.person and message.key in ANSWERED_BY_LINK else ""
        return replace(message, body=f"{message.body}\n\n{link}") if link else message

    def ledger(self) -> AlertLedger:
        return _read(SharedValues(self.database).one(self.settings.name, LEDGER))

    def change(self, how: Callable[[AlertLedger], AlertLedger]) -> None:
        """Change what is remembered in one step."""
        SharedValues(self.database).change(
            self.settings.name,
            LEDGER,
            lambda text: msgspec.json.encode(how(_read(text)), order="deterministic").decode(),
        )

    def _journal_head(self) -> str:
        """Say where the journal ends, so that a person has it somewhere else too."""
        name = self.settings.name
        found = figures(self.database, [name])[name]
        return f"{found.journal_sequence}:{found.journal_hash}" if found.journal_sequence else ""

    def _wall(self) -> datetime:
        return self.now().astimezone(ZoneInfo(self.settings.rulebook.clinic.time_zone))

    def _policy(self) -> AlertPolicy:
        section = self.settings.rulebook.alerts
        begins, found, ends = section.quiet_hours.partition("-")
        return AlertPolicy(
            clinic=self.settings.name,
            quiet=(begins, ends) if found else None,
            digest_at=section.digest_at,
            link=section.link,
            remind_hours=self.settings.rulebook.approval.remind_hours,
            people=tuple(one.mark for one in addresses(self.settings) if one.person),
        )


def _read(text: str) -> AlertLedger:
    if not text:
        return AlertLedger()
    try:
        return msgspec.json.decode(text, type=AlertLedger)
    except (msgspec.ValidationError, msgspec.DecodeError):
        # Another release wrote it: what is still the matter is told once more.
        return AlertLedger()


def notifier_of(home: Settings, clinic: ClinicSettings, database: Database, now: Callable[[], datetime]) -> Notifier:
    """Return what tells the people of one clinic, with links for those who may answer by one."""
    return Notifier(
        database=database, settings=clinic, now=now, link_for=partial(link_words, home, clinic, database, now)
    )


def configuration_notifier(
    settings: Settings, database: Database, now: Callable[[], datetime]
) -> Callable[[str, str, str], None]:
    """Return what the engine tells of trouble that no cycle sees: a rulebook that cannot be read, and surprises."""

    def ring(kind: str, clinic: str, sentence: str) -> None:
        chosen = next((one for one in settings.clinics if one.name == clinic), None)
        if chosen is None or not has_addresses(chosen):
            return
        notifier = notifier_of(settings, chosen, database, now)
        if kind == "configuration":
            notifier.ring(seen_configuration(sentence, Words(clinic)))
        elif kind in {"broken", "journal"}:
            notifier.ring(Observation(causes=(Words(clinic).broken(sentence),)))

    return ring


def flush(settings: Settings, database: Database, now: Callable[[], datetime]) -> None:
    """Send what became due without any cycle: after quiet hours, and the summary, also of clinics that are paused."""
    for clinic in settings.clinics:
        if has_addresses(clinic):
            notifier_of(settings, clinic, database, now).ring(Observation())
