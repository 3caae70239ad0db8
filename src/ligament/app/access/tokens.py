"""Tokens of the interface: made once, shown once, kept as a digest; who shows one is recognised by it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ligament.app.access.answers import Refused
from ligament.app.access.proofs import digest
from ligament.app.access.users import Acting
from ligament.core.access import Caller, Scope, token_holder
from ligament.core.periods import iso_instant
from ligament.store.access.tokens import Token
from ligament.wiring.access import Access, Taken

PREFIX = "lig_"
_NAME = re.compile(r"[\w][\w .:@/+-]{0,63}")
_TOUCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token that was just made; `text` is shown once."""

    token: Token
    text: str


def listed(access: Access, acting: Acting) -> tuple[Token, ...]:
    """Return the tokens that somebody may look after."""
    return tuple(token for token in access.tokens.all() if acting.covers(_clinics(token)))


def add(
    access: Access, acting: Acting, *, name: str, scopes: Iterable[str], only: str = "", until: str = ""
) -> NewToken | Refused:
    """Make a token, or say what is wrong with what was asked for."""
    name, chosen = name.strip(), tuple(scopes)
    errors = {
        "name": "" if _NAME.fullmatch(name) else "Give a name of at most 64 letters and digits, such as n8n.",
        "scope": _scopes_complaint(chosen),
        "only": _clinic_complaint(access, acting, only),
        "until": _until_complaint(access, until, only),
    }
    if any(errors.values()):
        return Refused(errors={field: sentence for field, sentence in errors.items() if sentence})
    text = PREFIX + access.secret(32)
    token = Token(
        name=name,
        digest=digest(text),
        scopes=frozenset(map(Scope, chosen)),
        clinic=only,
        until=until,
        made_by=acting.actor,
        made_at=iso_instant(access.now()),
    )
    try:
        access.tokens.add(token)
    except Taken:
        return Refused(errors={"name": f"There is a token called {name} already. Choose another name."})
    _tell(access, acting, "access.token_made", token)
    return NewToken(token=token, text=text)


def remove(access: Access, acting: Acting, name: str) -> Token | None:
    """Let a token end at once; nothing when there is none of that name."""
    token = access.tokens.by_name(name)
    if token is None or not acting.covers(_clinics(token)) or not access.tokens.remove(name):
        return None
    _tell(access, acting, "access.token_removed", token)
    return token


def recognise(access: Access, text: str) -> Caller | None:
    """Return who shows a token, or nothing when it is unknown or its time is over."""
    token = access.tokens.by_digest(digest(text)) if text.startswith(PREFIX) else None
    if token is None or (token.until and token.until < _today(access, token.clinic).isoformat()):
        return None
    now = access.now()
    if not token.used_at or now - datetime.fromisoformat(token.used_at) >= _TOUCH:
        access.tokens.used(token.name, now)
    return token_holder(name=token.name, made_by=token.made_by, scopes=token.scopes, clinics=_clinics(token))


def document(token: Token) -> dict[str, object]:
    """Return a token as the command line and the interface show it; never what opens anything."""
    return {
        "name": token.name,
        "scopes": sorted(scope.value for scope in token.scopes),
        "clinic": token.clinic or None,
        "until": token.until or None,
        "made_by": token.made_by,
        "made_at": token.made_at,
        "last_used_at": token.used_at or None,
    }


def _clinics(token: Token) -> frozenset[str]:
    return frozenset({token.clinic} - {""})


def _scopes_complaint(scopes: tuple[str, ...]) -> str:
    known = [scope.value for scope in Scope]
    if scopes and set(scopes) <= set(known):
        return ""
    return f"Choose at least one scope: {', '.join(known)}."


def _clinic_complaint(access: Access, acting: Acting, only: str) -> str:
    if only and only not in access.clinics():
        return f"There is no clinic {only}."
    return "" if acting.covers(frozenset({only} - {""})) else "Choose among the clinics that you look after yourself."


def _until_complaint(access: Access, until: str, only: str) -> str:
    if not until:
        return ""
    try:
        day = date.fromisoformat(until)
    except ValueError:
        return "Give the last day as YYYY-MM-DD, or leave it out."
    return "" if day >= _today(access, only) else "This day is over already, so the token would never work."


def _today(access: Access, clinic: str) -> date:
    """Return the day in the token's clinic, or the latest day of all clinics."""
    zones = {key: one.rulebook.clinic.time_zone for key, one in access.clinics().items()}
    chosen = {zones[clinic]} if clinic in zones else set(zones.values()) or {"UTC"}
    return min(access.now().astimezone(ZoneInfo(zone)).date() for zone in chosen)


def _tell(access: Access, acting: Acting, kind: str, token: Token) -> None:
    access.note(
        kind,
        token.name,
        actor=acting.actor,
        source=acting.source,
        scopes=sorted(scope.value for scope in token.scopes),
        clinic=token.clinic,
        until=token.until,
    )
