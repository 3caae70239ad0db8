"""Wording: what alerts say about a run, in sentences without names."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ligament.core.alerts import (
    Cause,
    CauseKind,
    Observation,
)
from ligament.core.causes import CAUSES, advice
from ligament.core.holds import HoldCode
from ligament.ports.errors import Broken, PortError, Rejected, SignInAgain
from ligament.store.database.errors import StoreError, StoreFull
from ligament.wiring.rulebooks import system_named_in, system_titles

# What other tools did not take shows in the outbox, not in a run.
_WHOLE = frozenset(CauseKind) - {CauseKind.DELIVERIES}


_PARTLY = frozenset({CauseKind.HOLDS, CauseKind.NATIVE, CauseKind.CONFIGURATION, CauseKind.APPROVAL})


_NO_PERSON = {HoldCode.WAITS_FOR.value, HoldCode.NATIVE_INTEGRATION_ON.value}


def seen_in(document: Mapping[str, Any], *, whole: bool, words: Words) -> Observation:
    """Return what a finished cycle shows, from its counts and codes only."""
    if document.get("parked"):
        return Observation(causes=(words.limit(),), parked=True)
    codes = Counter(str(hold["code"]) for hold in document["holds"])
    causes = [words.holds(code, count) for code, count in sorted(codes.items()) if code not in _NO_PERSON]
    if codes[HoldCode.NATIVE_INTEGRATION_ON.value]:
        causes.append(words.native())
    if document["waiting"]:
        causes.append(words.approval(len(document["waiting"])))
    counts = {
        f"{CauseKind.HOLDS.value}:{code}": codes.get(code, 0)
        for code in CAUSES
        if code != HoldCode.NATIVE_INTEGRATION_ON.value
    }
    counts["approval"] = len(document["waiting"])
    remarks = {
        f"{CauseKind.HOLDS.value}:{code}": f"{_count(count)} {_wait(count)}: {CAUSES.get(code, code)}."
        for code, count in codes.items()
    }
    remarks["approval"] = f"{counts['approval']} planned {_wait(counts['approval'], 'action')} for approval."
    return Observation(
        causes=tuple(causes),
        judged=_WHOLE if whole else _PARTLY,
        counts=counts,
        remarks=remarks,
        parked=False if whole else None,
    )


def seen_trouble(trouble: PortError | StoreError, words: Words) -> Observation:
    """Return what a cycle shows that was cut off: nothing is over, and something may be new."""
    if isinstance(trouble, SignInAgain):
        return Observation(causes=(words.sign_in(trouble.sentence),))
    if isinstance(trouble, Broken | Rejected | StoreFull):
        return Observation(causes=(words.broken(trouble.sentence),))
    return Observation(remarks={"unreachable": f"For a while: {trouble.sentence} It was tried again by itself."})


def seen_configuration(sentence: str, words: Words) -> Observation:
    """Return what a rulebook shows that cannot be read."""
    return Observation(causes=(words.configuration(sentence),))


def seen_deliveries(clinic: str, lost: Mapping[str, int]) -> Observation:
    """Return what the outbox shows: the hooks that lost something, and how much, since they last took something."""
    words = Words(clinic)
    causes = tuple(words.deliveries(hook, count) for hook, count in sorted(lost.items()))
    return Observation(causes=causes, judged=frozenset({CauseKind.DELIVERIES}))


def _count(count: int) -> str:
    return f"{count} record" if count == 1 else f"{count} records"


def _wait(count: int, noun: str = "") -> str:
    verb = "waits" if count == 1 else "wait"
    return f"{noun}{'' if count == 1 else 's'} {verb}" if noun else verb


@dataclass(frozen=True, slots=True)
class Words:
    """The causes in words; `clinic` completes the commands."""

    clinic: str

    def _command(self, words: str) -> str:
        return f'`ligament {words} --clinic "{self.clinic}"`'

    def sign_in(self, sentence: str) -> Cause:
        """Return the cause: somebody must sign in again."""
        return Cause(
            family=CauseKind.SIGN_IN,
            name=hashlib.blake2b(sentence.encode(), digest_size=4).hexdigest(),
            title="somebody must sign in again",
            happened=sentence,
            means="Nothing is read or posted for this clinic until then. Nothing is lost; all of it is caught up on.",
            todo=f"Connect again: {self._command(f'connect {system_named_in(sentence)}')}.",
        )

    def configuration(self, sentence: str) -> Cause:
        """Return the cause: the rulebook cannot be read."""
        return Cause(
            family=CauseKind.CONFIGURATION,
            title="the rulebook cannot be read",
            happened=sentence,
            means="Nothing is read or posted for this clinic until then. Nothing is lost.",
            todo=f"Correct the line that is named; {self._command('doctor')} says whether it fits.",
        )

    def broken(self, sentence: str) -> Cause:
        return Cause(
            family=CauseKind.BROKEN,
            title="something is broken",
            happened=sentence,
            means="The run was cut off. What was done is kept, nothing was guessed, and it is tried again by itself.",
            todo=f"Look at {self._command('doctor')}. If it stays, tell us.",
        )

    def native(self) -> Cause:
        """Return the cause: the practice's own link is on."""
        practice, books = system_titles()
        return Cause(
            family=CauseKind.NATIVE,
            title=f"{practice}'s own link to {books} is on",
            happened=f"{practice}'s own link to {books} was switched on.",
            means="Nothing is posted while it is on, because everything would be posted twice.",
            todo=f"Switch it off in the settings of {practice}. What waited then goes on by itself.",
        )

    def limit(self) -> Cause:
        """Return the cause: the day's calls are not enough."""
        return Cause(
            family=CauseKind.LIMIT,
            title="the day's calls are not enough",
            happened=f"The calls that {system_titles()[1]} allows in a day were used up for the second time in a week.",
            means="What is left is posted a day late each time.",
            todo="Read less often (poll_seconds), or get a larger allowance and enter it in the rulebook.",
        )

    def holds(self, code: str, count: int) -> Cause:
        """Return the cause: records wait, for one reason."""
        return Cause(
            family=CauseKind.HOLDS,
            name=code,
            title=CAUSES.get(code, code),
            happened=f"{_count(count)} {_wait(count)}: {CAUSES.get(code, code)}.",
            means="Only these wait; everything else goes on.",
            todo=f"{advice(code)} They are listed by {self._command('holds')}.",
        )

    def approval(self, count: int) -> Cause:
        """Return the cause: planned changes wait for a yes."""
        changes = "1 planned change waits" if count == 1 else f"{count:,} planned changes wait"
        return Cause(
            family=CauseKind.APPROVAL,
            title=f"{changes} for a yes",
            happened=f"{changes} for a yes.",
            means="Nothing of it is posted before somebody says yes. Everything else goes on.",
            todo=f"Look at {self._command('plan')} or the page Waiting, then {self._command('approve')} or refuse.",
        )

    def reminder(self, count: int, since: datetime) -> Cause:
        """Return what is told again: planned changes still wait for a yes, the oldest `since` by the clinic's clock."""
        cause = self.approval(count)
        happened = f"{cause.happened} The oldest has waited since {since:%d.%m.%Y %H:%M}."
        return replace(cause, title=cause.title.replace(" for a yes", " for a yes still"), happened=happened)

    def deliveries(self, hook: str, count: int) -> Cause:
        """Return the cause: another tool does not take what it is to be told."""
        many = "1 message" if count == 1 else f"{count} messages"
        return Cause(
            family=CauseKind.DELIVERIES,
            name=hook,
            title="another tool does not take what it is told",
            happened=f"{many} for {hook} could not be delivered, or its receiver says that it is gone.",
            means="Posting goes on; only that tool does not know. What it missed is kept for 30 days.",
            todo=f"Look at {self._command(f'hooks deliveries {hook}')}, then {self._command(f'hooks replay {hook}')}.",
        )
