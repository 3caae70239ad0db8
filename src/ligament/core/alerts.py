"""Who is told what and when: one message for each cause, a digest for the rest, quiet hours, recoveries once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

CALM = timedelta(hours=4)
"""A cause of a restless family that comes back sooner than this after it was told goes into the digest only."""
LIMIT_TWICE = timedelta(days=7)
"""A day's allowance that is used up twice within this time is too small, and needs a person."""
SAME_DAY = timedelta(hours=20)
_MOST_TRIES = 6
_FIRST_PAUSE = timedelta(minutes=10)
_CLAIM = timedelta(minutes=2)


class CauseKind(StrEnum):
    """What kind of thing is the matter; a cycle may be able to judge some of them and not others."""

    SIGN_IN = "sign_in"
    CONFIGURATION = "configuration"
    BROKEN = "broken"
    NATIVE = "native"
    HOLDS = "holds"
    LIMIT = "limit"
    DELIVERIES = "deliveries"
    APPROVAL = "approval"


RESTLESS = frozenset({CauseKind.HOLDS, CauseKind.BROKEN, CauseKind.APPROVAL})
_PERSONAL = frozenset({CauseKind.APPROVAL})
"""Families that only single people are told of at once, and whose end is no news: whoever said yes knows it."""
REMINDER = "reminder"
"""The key of what is told again of what waits for approval."""
ANSWERED_BY_LINK = frozenset({CauseKind.APPROVAL.value, REMINDER})
"""The keys of messages in which a person finds a link of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One thing that needs a person, without anybody's name: what happened, what it means and what to do."""

    family: CauseKind
    name: str = ""
    title: str
    happened: str
    means: str
    todo: str
    page: str = ""

    @property
    def key(self) -> str:
        """Return what stays the same as long as the same thing is the matter."""
        return f"{self.family.value}:{self.name}" if self.name else self.family.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one cycle showed: the causes there are, the families it can judge, and counts of what is no alarm."""

    causes: tuple[Cause, ...] = ()
    judged: frozenset[CauseKind] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)
    remarks: Mapping[str, str] = field(default_factory=dict)
    parked: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A cause that has not gone yet."""

    cause: Cause
    since: datetime
    told: bool


class MessageKind(StrEnum):
    """How a message is meant."""

    ALERT = "alert"
    RECOVERED = "recovered"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Something to be told; `left` are the addresses that have not got it yet, None before the first attempt."""

    key: str
    tone: MessageKind
    title: str
    body: str
    at: datetime
    left: tuple[str, ...] | None = None
    tries: int = 0
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLedger:
    """Everything that is remembered about alerts of one clinic, so that a restart repeats none."""

    open: Mapping[str, Open] = field(default_factory=dict)
    told_at: Mapping[str, datetime] = field(default_factory=dict)
    outbox: tuple[Message, ...] = ()
    remarks: Mapping[str, str] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    digest_slot: str = ""
    parked_at: tuple[datetime, ...] = ()
    is_parked: bool = False
    failures: Mapping[str, str] = field(default_factory=dict)
    reminded: tuple[str, ...] = ()
    reminded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    """How a clinic wants to be told; `quiet` is None for never quiet, `link` the address of the pages or empty.

    `people` are the marks of addresses that reach one person alone: only they are told at once of what waits for a yes,
    everybody else by the summary and the reminder.
    """

    clinic: str
    quiet: tuple[str, str] | None = ("20:00", "07:00")
    digest_at: str = "08:00"
    link: str = ""
    journal_head: str = ""
    remind_hours: int = 0
    people: tuple[str, ...] = ()


# --- what a cycle changes ---------------------------------------------------------------------------------------------


def advance(ledger: AlertLedger, seen: Observation, wall: datetime, policy: AlertPolicy) -> AlertLedger:
    """Take in what a cycle showed; `wall` is the clock on the clinic's wall, aware.

    What is to be told is put into the outbox; `due` says what of it may leave now.
    """
    ledger = _digested(ledger, wall, policy)
    ledger, seen = _parking(ledger, seen, wall)
    if not policy.people:
        seen = replace(seen, causes=tuple(one for one in seen.causes if one.family not in _PERSONAL))
    for cause in seen.causes:
        ledger = _opened(ledger, cause, wall, policy)
    ledger = _closed(ledger, seen, wall, policy)
    return _remarked(ledger, seen, wall)


def _opened(ledger: AlertLedger, cause: Cause, now: datetime, policy: AlertPolicy) -> AlertLedger:
    before = ledger.open.get(cause.key)
    if before is not None:
        return replace(ledger, open={**ledger.open, cause.key: replace(before, cause=cause)})
    last = ledger.told_at.get(cause.key)
    again_soon = cause.family in RESTLESS and last is not None and now - last < CALM
    opened = {**ledger.open, cause.key: Open(cause=cause, since=now, told=not again_soon)}
    if again_soon:
        return replace(ledger, open=opened, remarks={**ledger.remarks, cause.key: f"Again: {cause.happened}"})
    message = Message(
        key=cause.key, tone=MessageKind.ALERT, title=_title(policy, cause.title), body=body_of(cause, policy), at=now
    )
    told_at = {**ledger.told_at, cause.key: now}
    return replace(ledger, open=opened, told_at=told_at, outbox=(*ledger.outbox, message))


def _closed(ledger: AlertLedger, seen: Observation, now: datetime, policy: AlertPolicy) -> AlertLedger:
    """Tell once that a cause has gone; a message about it that nobody got yet is taken back instead."""
    there = {cause.key for cause in seen.causes}
    for key, held in list(ledger.open.items()):
        if key in there or held.cause.family not in seen.judged:
            continue
        rest = {name: kept for name, kept in ledger.open.items() if name != key}
        unsent = [m for m in ledger.outbox if m.key == key and m.tone is MessageKind.ALERT and m.left is None]
        ledger = replace(ledger, open=rest)
        if unsent:
            outbox = tuple(m for m in ledger.outbox if m not in unsent)
            gone = f"Over by itself: {held.cause.happened}"
            ledger = replace(ledger, outbox=outbox, remarks={**ledger.remarks, f"over {key}": gone})
        elif held.told and held.cause.family not in _PERSONAL:
            body = f"It is over: {held.cause.title}.\nNothing needs to be done. What waited for it goes on by itself."
            message = Message(
                key=key,
                tone=MessageKind.RECOVERED,
                title=_title(policy, f"it is over: {held.cause.title}"),
                body=body,
                at=now,
            )
            ledger = replace(ledger, outbox=(*ledger.outbox, message))
    return ledger


def reminded(
    ledger: AlertLedger, waits: Mapping[str, datetime], cause: Cause, wall: datetime, policy: AlertPolicy
) -> AlertLedger:
    """Remind once of each thing that has waited for `remind_hours`, in one message for each such span at most.

    `waits` are the marks of what waits for approval, with the moment it was asked first; `cause` is what is told.
    """
    pause = timedelta(hours=policy.remind_hours)
    told = tuple(mark for mark in ledger.reminded if mark in waits)
    late = tuple(mark for mark, since in waits.items() if wall - since >= pause and mark not in told)
    is_soon = ledger.reminded_at is not None and wall - ledger.reminded_at < pause
    if not pause or not late or is_soon:
        return replace(ledger, reminded=told) if told != ledger.reminded else ledger
    title, body = _title(policy, cause.title), body_of(cause, policy)
    message = Message(key=REMINDER, tone=MessageKind.ALERT, title=title, body=body, at=wall)
    outbox = (*(one for one in ledger.outbox if one.key != REMINDER), message)
    return replace(ledger, reminded=(*told, *late), reminded_at=wall, outbox=outbox)


def _parking(ledger: AlertLedger, seen: Observation, now: datetime) -> tuple[AlertLedger, Observation]:
    """Count how often the day's allowance was used up; the second time within a week needs a person."""
    if seen.parked is None:
        return ledger, seen
    recent = tuple(at for at in ledger.parked_at if now - at < LIMIT_TWICE)
    is_new = seen.parked and (not ledger.is_parked or not recent or now - recent[-1] >= SAME_DAY)
    if is_new:
        recent = (*recent, now)
    twice = len(recent) > 1
    kept = replace(ledger, parked_at=recent, is_parked=seen.parked)
    causes = tuple(cause for cause in seen.causes if cause.family is not CauseKind.LIMIT or twice)
    remarks = dict(seen.remarks)
    if is_new and not twice:
        remarks["limit"] = "The day's calls were used up. What was left went on by itself later."
    if twice and not seen.parked and CauseKind.LIMIT.value in kept.open:
        causes = (*causes, kept.open[CauseKind.LIMIT.value].cause)
    return kept, replace(seen, causes=causes, remarks=remarks)


def _remarked(ledger: AlertLedger, seen: Observation, now: datetime) -> AlertLedger:
    """Keep for the digest what grew and is no alarm by itself; counts of a cause are filed under its key."""
    remarks = dict(ledger.remarks)
    just_told = {message.key for message in ledger.outbox if message.at == now} - _PERSONAL
    for name, count in seen.counts.items():
        told = seen.remarks.get(name, "")
        if count > ledger.counts.get(name, 0) and told and name not in just_told:
            remarks[name] = told
        elif not count:
            remarks.pop(name, None)
    remarks |= {name: text for name, text in seen.remarks.items() if name not in seen.counts}
    return replace(ledger, remarks=remarks, counts={**ledger.counts, **seen.counts})


def _digested(ledger: AlertLedger, wall: datetime, policy: AlertPolicy) -> AlertLedger:
    """Put the digest into the outbox when its time has come since the last look."""
    slot = _slot(wall, policy.digest_at).isoformat()
    if slot == ledger.digest_slot:
        return ledger
    kept = replace(ledger, digest_slot=slot)
    if not ledger.digest_slot or not ledger.remarks:
        return kept
    lines = [f"- {text}" for _, text in sorted(ledger.remarks.items())]
    still = [f"- {held.cause.title} (since {held.since:%d.%m. %H:%M})" for _, held in sorted(ledger.open.items())]
    parts = ["Since the last summary:", *lines, *(["", "Still open:", *still] if still else [])]
    if policy.journal_head:
        parts += ["", f"The journal ends at {policy.journal_head}"]
    if policy.link:
        parts += ["", policy.link]
    message = Message(
        key="digest", tone=MessageKind.DIGEST, title=_title(policy, "daily summary"), body="\n".join(parts), at=wall
    )
    return replace(kept, remarks={}, outbox=(*kept.outbox, message))


def _slot(wall: datetime, digest_at: str) -> date:
    """Return the day whose digest was due last."""
    return wall.date() if wall.time() >= time.fromisoformat(digest_at) else wall.date() - timedelta(days=1)


# --- what may leave, and what came of it ------------------------------------------------------------------------------


def is_quiet(wall: datetime, quiet: tuple[str, str] | None) -> bool:
    """Say whether nobody wants to hear anything now; the hours may go past midnight."""
    if quiet is None:
        return False
    begins, ends = (time.fromisoformat(text) for text in quiet)
    now = wall.time()
    return begins <= now < ends if begins <= ends else now >= begins or now < ends


def claimed(
    ledger: AlertLedger, wall: datetime, policy: AlertPolicy, everybody: tuple[str, ...]
) -> tuple[AlertLedger, tuple[Message, ...]]:
    """Return what may be sent now to whom; for a while nobody else sends it."""
    if is_quiet(wall, policy.quiet):
        return ledger, ()
    chosen: list[Message] = []
    outbox: list[Message] = []
    for message in ledger.outbox:
        is_due = message.not_before is None or message.not_before <= wall
        # An address that was taken out of the rulebook is not waited for.
        first = policy.people if message.key in _PERSONAL else everybody
        wanted = first if message.left is None else tuple(mark for mark in message.left if mark in everybody)
        if is_due and not wanted:
            continue
        kept = replace(message, left=wanted, not_before=wall + _CLAIM) if is_due else message
        outbox.append(kept)
        if is_due:
            chosen.append(kept)
    return replace(ledger, outbox=tuple(outbox)), tuple(chosen)


def after_sending(ledger: AlertLedger, message: Message, left: tuple[str, ...], now: datetime) -> AlertLedger:
    """Keep which addresses did not get a message: they are tried again some times, later and later."""
    if message not in ledger.outbox:
        return ledger
    place = ledger.outbox.index(message)
    tries = message.tries + 1
    again: tuple[Message, ...] = ()
    if left and tries < _MOST_TRIES:
        again = (replace(message, left=left, tries=tries, not_before=now + _FIRST_PAUSE * 2**message.tries),)
    return replace(ledger, outbox=(*ledger.outbox[:place], *again, *ledger.outbox[place + 1 :]))


def body_of(cause: Cause, policy: AlertPolicy) -> str:
    """Return what a message says: what happened, what it means, what to do, and where."""
    parts = [cause.happened, f"What it means: {cause.means}", f"What to do: {cause.todo}"]
    if policy.link:
        parts.append(policy.link)
    return "\n".join(parts)


def _title(policy: AlertPolicy, words: str) -> str:
    return f"Ligament, {policy.clinic}: {words}"
