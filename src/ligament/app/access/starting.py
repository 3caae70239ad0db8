"""First start and invitations: a password is chosen, an authenticator is set up, and somebody has a place."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from ligament.app.access.answers import Entered, Gone, Refused, Slow, Visitor
from ligament.app.access.proofs import digest, hashed, new_totp_secret, recovery_codes, recovery_digest, totp_address
from ligament.app.access.sessions import Recognised, begin
from ligament.app.access.sign_in import folded, right_step, totp_name
from ligament.core.access import Role
from ligament.core.passwords import complaint
from ligament.core.periods import iso_instant
from ligament.core.slowdown import ADDRESS_LIMIT
from ligament.store.access.sessions import FULL, STARTING
from ligament.store.access.users import ACTIVE, INVITED, User
from ligament.store.access.users import STARTING as NOBODY_YET
from ligament.wiring.access import Access, Taken

INVITATION_LIVES = timedelta(days=3)
WRONG_CODE = "This code is not right. Look at your authenticator again, and type the six digits that it shows now."
_EMAIL = re.compile(r"[^@\s<>\",;:\\]{1,64}@[^@\s<>\",;:\\]+\.[^@\s<>\",;:\\.]+")
_LONGEST_EMAIL, _LONGEST_NAME = 254, 100

__all__ = ["User"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What an authenticator is set up with: the secret as text, and the address that the QR code says."""

    email: str
    secret: str
    address: str


# --- first start ------------------------------------------------------------------------------------------------------


def is_open(access: Access, given: str, kept: str) -> bool:
    """Say whether the link of the first start works: its key is right and nobody owns the place yet."""
    is_right = bool(kept) and hmac.compare_digest(given.encode(), kept.encode())
    return is_right and not access.users.has_owner()


def begin_owner(
    access: Access, *, name: str, email: str, password: str, password_again: str, visitor: Visitor
) -> Entered | Refused:
    """Take in who wants to be the owner, or say what is wrong with what was typed."""
    name, email = name.strip(), folded(email)
    errors = {
        "name": "" if name else "Say your name, as colleagues know it.",
        "email": email_complaint(email),
        **password_errors(password, password_again, about=(name, email)),
    }
    if len(name) > _LONGEST_NAME:
        errors["name"] = f"A name may have at most {_LONGEST_NAME} characters."
    if any(errors.values()):
        return Refused(errors={field: sentence for field, sentence in errors.items() if sentence})
    user = User(
        id=access.secret(12),
        email=email,
        name=name,
        role=Role.OWNER,
        state=NOBODY_YET,
        password_hash=hashed(password),
        made_at=iso_instant(access.now()),
    )
    try:
        access.users.add(user)
    except Taken:
        return Refused(errors={"email": "Somebody with this address has an invitation already. Use that link."})
    access.vault.put(totp_name(user.id), new_totp_secret())
    return Entered(secret=begin(access, user.id, STARTING, visitor))


def finish_owner(access: Access, found: Recognised, code: str, visitor: Visitor) -> Entered | Refused | Slow | Gone:
    """Make the owner once the authenticator shows the right code."""
    step = right_step(access, found.user.id, code)
    if step is None:
        return _wrong_code(access, visitor)
    codes = recovery_codes(access.secret)
    if not access.users.become_owner(found.user.id, map(recovery_digest, codes), step, iso_instant(access.now())):
        return Gone()
    access.note("access.owner_made", found.user.email, actor=found.user.email, source=visitor.source)
    secret = begin(access, found.user.id, FULL, visitor, instead_of=found.session.id)
    return Entered(secret=secret, recovery=codes)


# --- invitations ------------------------------------------------------------------------------------------------------


def invited(access: Access, key: str) -> User | None:
    """Return who was invited with a link that still works."""
    user = access.users.by_invitation(digest(key)) if key else None
    if user is None or user.state != INVITED or access.now() >= datetime.fromisoformat(user.invited_until):
        return None
    return user


def begin_invited(
    access: Access, user: User, *, password: str, password_again: str, visitor: Visitor
) -> Entered | Refused:
    errors = password_errors(password, password_again, about=(user.name, user.email))
    if errors:
        return Refused(errors=errors)
    access.users.change(user.id, password_hash=hashed(password))
    access.vault.put(totp_name(user.id), new_totp_secret())
    access.sessions.end_all(user.id)
    return Entered(secret=begin(access, user.id, STARTING, visitor))


def finish_invited(access: Access, found: Recognised, code: str, visitor: Visitor) -> Entered | Refused | Slow | Gone:
    """Give somebody who was invited a place once the authenticator shows the right code."""
    step = right_step(access, found.user.id, code)
    if step is None:
        return _wrong_code(access, visitor)
    codes = recovery_codes(access.secret)
    kept, at = tuple(map(recovery_digest, codes)), iso_instant(access.now())
    access.users.change(found.user.id, state=ACTIVE, invitation="", recovery=kept, used_steps=(step,), seen_at=at)
    access.note("access.joined", found.user.email, actor=found.user.email, source=visitor.source)
    secret = begin(access, found.user.id, FULL, visitor, instead_of=found.session.id)
    return Entered(secret=secret, recovery=codes)


# --- what both share --------------------------------------------------------------------------------------------------


def enrolment(access: Access, found: Recognised) -> Enrolment | None:
    """Return what somebody who is starting sets the authenticator up with."""
    secret = access.vault.get(totp_name(found.user.id))
    if secret is None:
        return None
    return Enrolment(email=found.user.email, secret=secret, address=totp_address(secret, found.user.email))


def email_complaint(email: str) -> str:
    """Return what is wrong with an address, or an empty text."""
    if _EMAIL.fullmatch(email) and len(email) <= _LONGEST_EMAIL:
        return ""
    return "Give an e-mail address such as kim@clinic.example."


def password_errors(password: str, again: str, *, about: tuple[str, ...]) -> dict[str, str]:
    """Return what is wrong with a new password, by field."""
    wrong = complaint(password, about=about)
    if wrong:
        return {"password": wrong}
    return {} if password == again else {"password_again": "The two passwords are not the same. Type it once more."}


def _wrong_code(access: Access, visitor: Visitor) -> Refused | Slow:
    seconds = access.failures.begin({f"address {visitor.address}": ADDRESS_LIMIT}, access.now())
    return Slow(seconds=seconds) if seconds else Refused(errors={"code": WRONG_CODE})
