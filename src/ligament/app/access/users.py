"""Users: list, invite, change and remove; nobody gives more than they have, and one owner always stays."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ligament.app.access.answers import Refused
from ligament.app.access.proofs import digest
from ligament.app.access.sign_in import folded, totp_name
from ligament.app.access.starting import INVITATION_LIVES, email_complaint
from ligament.core.access import Caller, Role
from ligament.core.periods import iso_instant
from ligament.store.access.users import INVITED, LastOwner, User
from ligament.wiring.access import Access, Taken

LAST_OWNER = "The last owner of all clinics stays: make somebody else an owner first."


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who changes something, and from where, for the journal; `caller` is nobody on the machine's own terminal."""

    actor: str
    source: str
    caller: Caller | None = None

    def covers(self, clinics: frozenset[str]) -> bool:
        """Say whether the acting person may give or take away something for these clinics (none: all)."""
        return self.caller is None or self.caller.covers(clinics)


@dataclass(frozen=True, slots=True, kw_only=True)
class Invited:
    """Somebody was invited: the key of the link is shown once."""

    user: User
    key: str


def listed(access: Access, acting: Acting) -> tuple[User, ...]:
    """Return the users that somebody may look after."""
    return tuple(user for user in access.users.all() if acting.covers(user.clinics))


def is_over(access: Access, user: User) -> bool:
    """Say whether somebody was invited and did not come while the link worked."""
    return user.state == INVITED and user.invited_until <= iso_instant(access.now())


def invite(access: Access, acting: Acting, *, email: str, role: str, only: Iterable[str]) -> Invited | Refused:
    """Invite somebody; the link works for three days."""
    email, clinics = folded(email), frozenset(only)
    errors = {"email": email_complaint(email), "role": role_complaint(role), "only": _beyond(access, acting, clinics)}
    if any(errors.values()):
        return Refused(errors={field: sentence for field, sentence in errors.items() if sentence})
    key = access.secret(32)
    user = User(
        id=access.secret(12),
        email=email,
        role=Role(role),
        clinics=clinics,
        state=INVITED,
        invitation=digest(key),
        invited_until=iso_instant(access.now() + INVITATION_LIVES),
        made_by=acting.actor,
        made_at=iso_instant(access.now()),
    )
    known = access.users.by_email(email)
    if known is not None and not (known.state == INVITED and acting.covers(known.clinics)):
        return Refused(errors={"email": f"{email} has a place already."})
    if known is not None:
        # Asked again, the older link is void.
        access.users.remove(known.id)
    try:
        access.users.add(user)
    except Taken:
        return Refused(errors={"email": f"{email} has a place already."})
    _tell(access, acting, "access.invited", user)
    return Invited(user=user, key=key)


def change(access: Access, acting: Acting, email: str, *, role: str, only: Iterable[str]) -> User | Refused | None:
    """Change what somebody is; raises nothing: the last owner is refused with a sentence under `last_owner`."""
    user, clinics = _mine(access, acting, email), frozenset(only)
    if user is None:
        return None
    errors = {"role": role_complaint(role), "only": _beyond(access, acting, clinics)}
    if any(errors.values()):
        return Refused(errors={field: sentence for field, sentence in errors.items() if sentence})
    try:
        after = access.users.change(user.id, role=Role(role), clinics=clinics)
    except LastOwner:
        return Refused(errors={"last_owner": LAST_OWNER})
    if after is not None:
        _tell(access, acting, "access.changed", after, before=user.role.value)
    return after


def remove(access: Access, acting: Acting, email: str) -> User | Refused | None:
    """Remove somebody with every session; nothing when there is nobody of that address."""
    user = _mine(access, acting, email)
    if user is None:
        return None
    try:
        access.users.remove(user.id)
    except LastOwner:
        return Refused(errors={"last_owner": LAST_OWNER})
    access.vault.delete(totp_name(user.id))
    _tell(access, acting, "access.removed", user)
    return user


def document(user: User) -> dict[str, object]:
    """Return a user as the command line and the interface show it."""
    return {
        "email": user.email,
        "name": user.name,
        "role": user.role.value,
        "clinics": sorted(user.clinics),
        "state": user.state,
        "invited_until": user.invited_until if user.state == INVITED else None,
        "last_seen_at": user.seen_at or None,
    }


def role_complaint(role: str) -> str:
    """Return what is wrong with a role, or an empty text."""
    if role in {one.value for one in Role}:
        return ""
    return f"Choose a role: {', '.join(one.value for one in Role)}."


def _mine(access: Access, acting: Acting, email: str) -> User | None:
    user = access.users.by_email(folded(email))
    return user if user is not None and acting.covers(user.clinics) else None


def _beyond(access: Access, acting: Acting, clinics: frozenset[str]) -> str:
    unknown = clinics - set(access.clinics())
    if unknown:
        return f"There is no clinic {', '.join(sorted(unknown))}."
    return "" if acting.covers(clinics) else "Choose among the clinics that you look after yourself."


def _tell(access: Access, acting: Acting, kind: str, user: User, **more: object) -> None:
    access.note(
        kind,
        user.email,
        actor=acting.actor,
        source=acting.source,
        role=user.role.value,
        clinics=sorted(user.clinics),
        **more,
    )
