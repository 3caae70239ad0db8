"""Recalls to a mailing list: only after somebody answered for it, never against anybody's no, and only our own tags."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import cast

from ligament.app.documents import Document
from ligament.app.reports.files import NO_FILES, Files
from ligament.app.reports.recalls import FoundRecalls, document_of, find_recalls, write_found
from ligament.app.results import DONE, WAITS, Result
from ligament.core.notes import PUSH_CONFIRMED_NOTE
from ligament.core.periods import iso_instant
from ligament.core.private import Private
from ligament.core.recalls import RecallRow
from ligament.ports.audience import REFUSALS, Audience, AudienceIdentity, Member, Newcomer, Standing
from ligament.ports.errors import Rejected
from ligament.ports.recalls import RecallReader
from ligament.store.journal.journal import Note
from ligament.store.mirror.recalls import RecallRows
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

_ASKED_FOR = "Does the clinic answer for this?"


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedRecalls:
    """What became of everybody who is due: how many rows reached the list, and the rest by reason."""

    pushed: int
    left: Counter[str]
    added: int
    untagged: int


def terms_of(title: str) -> tuple[str, ...]:
    """Return what an owner answers for before anything leaves."""
    leaves = (
        f"Address and first name leave for {title}, whose terms exclude health information; for a health provider in "
        "Australia both already are some (Privacy Act, APP 7 and 8)."
    )
    return (
        "Everybody who is sent there has agreed to be written to, and the practice's records say so.",
        f"{leaves} The name of each list becomes a tag: it must tell nothing about anybody's health.",
        "Whoever unsubscribes there, or refuses in the practice, is never added or tagged again.",
    )


def push_recalls(
    clinic: Clinic, *, confirm: Callable[[str], bool | None], yes: bool = False, files: Files = NO_FILES
) -> Result:
    """Send who is due to the mailing list; tells how many, and why the others were left.

    Raises ConfigurationError when nobody answers for it, several lists could be meant, or the practice's own link to
    that system is on, and the port errors when a system cannot be reached or signed in to.
    """
    manifest = clinic.audience_manifest()
    reader = cast("RecallReader", clinic.practice())
    with closing(clinic.audience()) as audience:
        identity = identified(audience)
        if reader.links_to(manifest.name):
            own, other = clinic.practice_manifest.title, manifest.title
            sentence = f"{own}'s own link to {other} is on: both would fight over members."
            raise ConfigurationError((f"{sentence} Switch it off in {own}, then push.",))
        _must_be_confirmed(clinic, identity.id, manifest.title, confirm=confirm, yes=yes)
        found = find_recalls(clinic)
        done = _pushed(clinic, audience, found)
    document = {**document_of(found), "pushed": done.pushed, "added": done.added, "untagged": done.untagged}
    document["left_out"] = {**document["left_out"], **dict(sorted(done.left.items()))}
    document["audience"] = identity.name
    _journal(clinic, done)
    write_found(clinic, found, files, document)
    return Result(document=document, code=WAITS if done.left[Standing.UNKNOWN.value] else DONE)


def identified(audience: Audience) -> AudienceIdentity:
    """Return the mailing list; raises ConfigurationError where the rulebook does not say which one is meant."""
    try:
        return audience.identify()
    except Rejected as trouble:
        raise ConfigurationError((trouble.sentence,)) from None


def _must_be_confirmed(
    clinic: Clinic, audience: str, title: str, *, confirm: Callable[[str], bool | None], yes: bool
) -> None:
    """Ask once for each mailing list, and keep who answered for it, when and from where."""
    kept = json.loads(clinic.store.note(PUSH_CONFIRMED_NOTE) or "{}")
    if kept.get("audience") == audience:
        return
    terms = terms_of(title)
    question = "\n".join((*(f"- {term}" for term in terms), _ASKED_FOR))
    if not yes and not confirm(question):
        told = " ".join(terms)
        raise ConfigurationError(
            (f"Nothing was sent: an owner has to confirm it first. {told} Say so with `recalls --push --yes`.",)
        )
    record = {
        "audience": audience,
        "by": clinic.outside.actor,
        "from": clinic.outside.source,
        "at": iso_instant(clinic.clock.now()),
        "terms": list(terms),
    }
    clinic.store.keep_note(PUSH_CONFIRMED_NOTE, json.dumps(record))


def _pushed(clinic: Clinic, audience: Audience, found: FoundRecalls) -> PushedRecalls:
    store = RecallRows(clinic.database, clinic.journal.clinic)
    members = {row.id: row for page in audience.read({}, None, clinic.clock.now()) for row in page.rows}
    gone = {mark: one.standing.value for mark, one in members.items() if one.standing in REFUSALS}
    store.keep_refusals(gone, clinic.clock.now())
    refused = store.refusals()
    rows = {id(row): audience.mark_of(row.email) for row in found.recalls.rows}
    newcomers: dict[str, Newcomer] = {}
    for row in found.recalls.rows:
        mark = rows[id(row)]
        if mark not in members and mark not in refused:
            newcomers.setdefault(mark, Newcomer(email=row.email, first=row.first_name))
    placed = audience.add(tuple(newcomers.values()))
    never = {mark: standing.value for mark, standing in placed.items() if standing is Standing.REFUSED}
    store.keep_refusals(never, clinic.clock.now())
    standings = {mark: one.standing for mark, one in members.items()} | dict(placed)
    left: Counter[str] = Counter()
    tagged: dict[str, dict[str, Private[str]]] = {}
    for row in found.recalls.rows:
        mark = rows[id(row)]
        standing = standings.get(mark, Standing.REFUSED)
        if mark in refused or standing is not Standing.SUBSCRIBED:
            left[refused.get(mark) or standing.value] += 1
        else:
            tagged.setdefault(row.list, {})[mark] = row.email
    untagged = _tag(audience, members, tagged, _own_tags(clinic, found.recalls.rows))
    added = sum(standing is Standing.SUBSCRIBED for standing in placed.values())
    return PushedRecalls(pushed=len(found.recalls.rows) - left.total(), left=left, added=added, untagged=untagged)


def _own_tags(clinic: Clinic, rows: Iterable[RecallRow]) -> list[str]:
    return list(
        dict.fromkeys([recall.list for recall in clinic.settings.rulebook.recalls] + [row.list for row in rows])
    )


def _tag(
    audience: Audience, members: dict[str, Member], tagged: dict[str, dict[str, Private[str]]], names: Iterable[str]
) -> int:
    """Put each list's tag on whoever is due and take it off everybody else; returns how many lost one."""
    untagged = 0
    for name in names:
        due = tagged.get(name, {})
        bearers = {mark: one.email for mark, one in members.items() if name in one.tags}
        put = [email for mark, email in due.items() if mark not in bearers]
        take = [email for mark, email in bearers.items() if mark not in due and email]
        audience.tag(name, put=put, take=take)
        untagged += len(take)
    return untagged


def _journal(clinic: Clinic, done: PushedRecalls) -> None:
    told: Document = {"pushed": done.pushed, "added": done.added, "untagged": done.untagged, "left": dict(done.left)}
    with clinic.journal.writing() as writing:
        writing.add(Note(kind="recalls_pushed", public=told))
