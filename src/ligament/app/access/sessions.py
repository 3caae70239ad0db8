"""Sessions: who a browser's secret belongs to, for how long, and their end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from ligament.app.access.answers import Visitor
from ligament.app.access.proofs import digest
from ligament.core.access import Caller, person
from ligament.store.access.sessions import CODE, FULL, STARTING, KeptSession
from ligament.store.access.users import ACTIVE, User
from ligament.wiring.access import Access

IDLE, AT_MOST = timedelta(minutes=30), timedelta(hours=12)
CONFIRMED_FOR = timedelta(minutes=15)
DEMO_USER = "demo"
"""The demo's owner has no authenticator; everybody else's id is random."""
_HALF_WAY = timedelta(minutes=15)
"""How long the second step of signing in, or the code at set-up, may take."""
_TOUCH = timedelta(minutes=1)
_AGENT_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """A session whose time is not over, and whose it is."""

    session: KeptSession
    user: User

    @property
    def is_signed_in(self) -> bool:
        """Say whether password and code were right."""
        return self.session.stage == FULL and self.user.state == ACTIVE

    @property
    def waits_for_code(self) -> bool:
        """Say whether the password was right and the code is missing."""
        return self.session.stage == CODE and self.user.state == ACTIVE

    @property
    def is_starting(self) -> bool:
        """Say whether somebody is at set-up or at an invitation."""
        return self.session.stage == STARTING

    @property
    def caller(self) -> Caller:
        """Return the person as the rights see it."""
        return person(user_id=self.user.id, email=self.user.email, role=self.user.role, clinics=self.user.clinics)


def recognise(access: Access, secret: str, *, by_hand: bool = True) -> Recognised | None:
    """Return whose session a browser's secret is, or nothing; only what a person does `by_hand` keeps it alive."""
    found = access.sessions.with_user(digest(secret)) if secret else None
    if found is None:
        return None
    session, user = found
    now = access.now()
    if _is_over(session, now - session.began_at, now - session.seen_at):
        access.sessions.end(session.id)
        return None
    if user is None:
        return None
    if by_hand and now - session.seen_at >= _TOUCH:
        access.sessions.seen(session.id, now)
    return Recognised(session=session, user=user)


def lapsed_user(access: Access, secret: str) -> str:
    """Return whose session has just run out of time, or an empty text."""
    session = access.sessions.one(digest(secret)) if secret else None
    if session is None or session.stage != FULL:
        return ""
    now = access.now()
    return session.user_id if _is_over(session, now - session.began_at, now - session.seen_at) else ""


def _is_over(session: KeptSession, age: timedelta, idle: timedelta) -> bool:
    if session.stage != FULL:
        return age >= _HALF_WAY
    return age >= AT_MOST or idle >= IDLE


def seconds_left(access: Access, found: Recognised) -> int:
    """Return for how long a session goes on without a visit."""
    now = access.now()
    ends = min(found.session.seen_at + IDLE, found.session.began_at + AT_MOST)
    return max(0, (ends - now) // timedelta(seconds=1))


def begin(access: Access, user_id: str, stage: str, visitor: Visitor, *, instead_of: str = "") -> str:
    """Begin a session and return its secret, which is always a new one."""
    secret, now = access.secret(32), access.now()
    session = KeptSession(
        id=digest(secret),
        user_id=user_id,
        stage=stage,
        began_at=now,
        seen_at=now,
        confirmed_at=now,
        address=visitor.address,
        agent=visitor.agent[:_AGENT_LENGTH],
    )
    access.sessions.begin(session, instead_of=instead_of, older_than=now - AT_MOST * 2)
    return secret


def renewed(access: Access, found: Recognised) -> str:
    """Let a session go on under a new secret, now that the code was given again; it lasts no longer for that."""
    secret, now = access.secret(32), access.now()
    session = replace(found.session, id=digest(secret), seen_at=now, confirmed_at=now)
    access.sessions.begin(session, instead_of=found.session.id)
    return secret


def is_confirmed(access: Access, found: Recognised) -> bool:
    """Say whether the code was given recently enough for what changes who may do what."""
    return found.user.id == DEMO_USER or access.now() - found.session.confirmed_at < CONFIRMED_FOR


def sign_out(access: Access, found: Recognised, visitor: Visitor) -> None:
    """End a session."""
    access.sessions.end(found.session.id)
    access.note("access.signed_out", found.user.email, actor=found.user.email, source=visitor.source)


def end_others(access: Access, found: Recognised, visitor: Visitor) -> None:
    """End every other session of the same person."""
    access.sessions.end_all(found.user.id, but=found.session.id)
    access.note("access.sessions_ended", found.user.email, actor=found.user.email, source=visitor.source)


def end_all_of(access: Access, email: str, *, actor: str, source: str) -> None:
    """End every session of somebody, for instance because a telephone or a computer was lost."""
    user = access.users.by_email(email)
    assert user is not None
    access.sessions.end_all(user.id)
    access.note("access.sessions_ended", email, actor=actor, source=source)


def end_one(access: Access, found: Recognised, session_id: str, visitor: Visitor) -> bool:
    """End one session of the same person; says no when it is nobody's, or somebody else's."""
    if session_id not in {one.id for one in access.sessions.of_user(found.user.id)}:
        return False
    access.sessions.end(session_id)
    access.note("access.sessions_ended", found.user.email, actor=found.user.email, source=visitor.source)
    return True
