"""Approval links: what waits is answered from a message, once, by one person, and exactly as it was shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ligament.app.access.answers import Refused, Slow, Visitor
from ligament.app.access.sessions import Recognised
from ligament.app.access.sign_in import folded
from ligament.app.approvals import approve_exactly, refuse, waiting_in
from ligament.core.access import Right, person
from ligament.core.approval_links import (
    MOST_BY_LINK,
    ApprovalLink,
    Moved,
    is_signed,
    link_key,
    moved,
    why_sign_in,
)
from ligament.core.slowdown import ADDRESS_LIMIT
from ligament.store.access.users import ACTIVE, User
from ligament.store.database.connection import Database
from ligament.store.writes.approvals import Asked, asked_in
from ligament.wiring.access import Access, open_access
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import ClinicSettings
from ligament.wiring.settings import Settings

PATH = "/approve"
_SIGNING = "approval-links/key"
_SHOWN = ("action_key", "action", "kind", "number", "amount", "sentence", "policy")
_USED = "This link was used already. A link works once."
_ENDED = "This link has ended. A new one comes with the next message."
_NOT_ANY_MORE = "Whom this link was made for may not approve here any more."


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a link that works shows: what still waits as it was, what has moved, and why sign-in is asked for, if it is.

    `open_` are documents of the waiting actions, with `mark`; `said` are those that this person said yes to already.
    """

    link: ApprovalLink
    user: User
    clinic: ClinicSettings
    clinic_id: str
    open_: tuple[Mapping[str, Any], ...]
    said: tuple[Mapping[str, Any], ...]
    moved: tuple[Moved, ...]
    sign_in: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A link of ours that does not work any more, and why; `clinic_id` is empty where the clinic is gone."""

    sentence: str
    clinic_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of an answer: how many, and what had moved."""

    choice: str
    count: int
    moved: tuple[Moved, ...]
    clinic_id: str


def no_link(_: str) -> str:
    """Give nobody a link."""
    return ""


# --- giving one -------------------------------------------------------------------------------------------------------


def link_words(
    home: Settings, chosen: ClinicSettings, database: Database, now: Callable[[], datetime], email: str
) -> str:
    """Return the lines with a link for one person, or nothing when they may not approve or nothing waits for them."""
    access = open_access(lambda: home, database)
    link = give_link(access, chosen, email, now())
    if link is None:
        return ""
    ends = link.expires_at.astimezone(ZoneInfo(chosen.rulebook.clinic.time_zone))
    count = len(link.marks)
    signs_in = why_sign_in(link.shown, chosen.rulebook.approval.link_limit)
    lines = [
        f"Yes or no to {'this change' if count == 1 else f'these {count} changes'}:",
        access.link(PATH, link_key(link, _secret(access))),
        f"The link is for you alone, works once, and until {ends:%d.%m.%Y %H:%M}.",
        *(["It asks you to sign in first, for more is at stake than a link alone may answer."] if signs_in else []),
    ]
    return "\n".join(lines)


def give_link(access: Access, chosen: ClinicSettings, email: str, now: datetime) -> ApprovalLink | None:
    """Return a link for everything that waits for this person's yes; one that was not used yet is given again.

    Nobody gets one who may not approve in that clinic, or where more waits than can be read on one page.
    """
    user = access.users.by_email(folded(email))
    if user is None or not _may(user, chosen.id):
        return None
    waits = [one for one in waiting_in(access.database, chosen, now) if not _has_said(one, user)]
    if not 0 < len(waits) <= MOST_BY_LINK:
        return None
    marks = tuple(one.mark for one in waits)
    held = access.links.unused(chosen.name, user.id, marks, now)
    if held is not None:
        return held
    rules, at = chosen.rulebook.approval, now.replace(microsecond=0)
    link = ApprovalLink(
        id=access.secret(12),
        clinic=chosen.name,
        person=user.id,
        marks=marks,
        shown=tuple(_shown(one) for one in waits),
        made_at=at,
        expires_at=at + timedelta(hours=rules.link_hours),
    )
    access.links.keep(link)
    return link


def _shown(one: Asked) -> dict[str, Any]:
    told = {"action_key": one.action_key, **one.document}
    return {name: told[name] for name in _SHOWN if name in told}


def _has_said(one: Asked, user: User) -> bool:
    return any(voice.by == user.email for voice in one.voices)


def _may(user: User, clinic: str) -> bool:
    caller = person(user_id=user.id, email=user.email, role=user.role, clinics=user.clinics)
    return user.state == ACTIVE and caller.may(Right.DECIDE) and caller.sees(clinic)


def _secret(access: Access) -> bytes:
    """Return what links are signed with, made at first use."""
    return access.vault.made(_SIGNING, access.secret(32)).encode()


# --- using one --------------------------------------------------------------------------------------------------------


def look(access: Access, key: str, visitor: Visitor) -> Offer | Over | Slow | None:
    """Return what a link shows, without using it up; nothing for a key that we never made."""
    link = access.links.one(key.partition(".")[0])
    if link is None or not is_signed(link, key, _secret(access)):
        # Counted like a wrong password: whoever tries many keys has to wait.
        seconds = access.failures.begin({f"address {visitor.address}": ADDRESS_LIMIT}, access.now())
        return Slow(seconds=seconds) if seconds else None
    chosen = next((one for one in access.clinics().values() if one.name == link.clinic), None)
    if chosen is None:
        return Over(sentence="The clinic of this link is not looked after here any more.")
    user, where = access.users.by_id(link.person), chosen.id
    if user is None or not _may(user, where):
        return Over(sentence=_NOT_ANY_MORE)
    if link.used_at:
        return Over(sentence=_USED, clinic_id=where)
    if access.now() >= link.expires_at:
        return Over(sentence=_ENDED, clinic_id=where)
    return _offer(access, link, user, chosen)


def _offer(access: Access, link: ApprovalLink, user: User, chosen: ClinicSettings) -> Offer:
    waits = {one.mark: one for one in waiting_in(access.database, chosen, access.now())}
    kept = {one.mark: one for one in asked_in(access.database, chosen.name)}
    documents = {mark: {**one.document, "action_key": one.action_key} for mark, one in waits.items()}
    voices = {mark: " and ".join(voice.by for voice in one.voices) for mark, one in kept.items() if mark not in waits}
    ours = [waits[mark] for mark in link.marks if mark in waits]
    open_ = tuple(documents[one.mark] for one in ours if not _has_said(one, user))
    return Offer(
        link=link,
        user=user,
        clinic=chosen,
        clinic_id=chosen.id,
        open_=open_,
        said=tuple(documents[one.mark] for one in ours if _has_said(one, user)),
        moved=moved(link, documents, voices),
        sign_in=why_sign_in(open_, chosen.rulebook.approval.link_limit),
    )


def is_somebody_else(offer: Offer, found: Recognised | None) -> bool:
    """Say whether the browser is signed in as another person than the link was made for."""
    return found is not None and found.is_signed_in and found.user.id != offer.user.id


def must_sign_in(offer: Offer, found: Recognised | None) -> bool:
    """Say whether the link alone is not enough for what it would answer."""
    return bool(offer.sign_in) and not (found is not None and found.is_signed_in and found.user.id == offer.user.id)


def answer_by_link(
    access: Access, offer: Offer, *, choice: str, reason: str, names: Collection[str], visitor: Visitor
) -> Answered | Over | Refused:
    """Say yes or no to those of `names` that still wait as the link shows them; the link is used up by it.

    Whoever asks has made sure that the person is signed in where the offer says so.
    """
    if choice == "refuse" and not reason.strip():
        return Refused(errors={"reason": "Say in a few words why not; it is kept in the journal."})
    marks = [str(one["mark"]) for one in offer.open_ if one["mark"] in names]
    if not marks:
        return Refused(errors={"": "Tick at least one change first."})
    if not access.links.use(offer.link.id, access.now()):
        return Over(sentence=_USED, clinic_id=offer.clinic_id)
    count = None
    try:
        count = _said(access, offer, marks, choice=choice, reason=reason, source=f"link {visitor.address}")
    finally:
        if count is None:
            access.links.give_back(offer.link.id)
    if count is None:
        return Refused(errors={"": "Something of it moved just now. Look at what still waits, and answer again."})
    return Answered(choice=choice, count=count, moved=offer.moved, clinic_id=offer.clinic_id)


def _said(access: Access, offer: Offer, marks: list[str], *, choice: str, reason: str, source: str) -> int | None:
    """Do what was said and return for how many; nothing when one of them is gone in this very moment."""
    outside = Overrides(actor=offer.user.email, source=source)
    with open_clinic(access.settings(), offer.clinic.name, outside, access.database) as clinic:
        if choice == "approve":
            return approve_exactly(clinic, marks, by=offer.user.email)
        try:
            return int(refuse(clinic, marks, reason=reason).document["refused"])
        except ConfigurationError:
            return None


def link_complaint(access: Access, chosen: ClinicSettings, email: str) -> str:
    """Say why somebody whom the rulebook names gets no links, or nothing."""
    user = access.users.by_email(folded(email))
    if user is not None and _may(user, chosen.id):
        return ""
    return "nobody of this address may approve here on the dashboard, so messages to it carry no link."
