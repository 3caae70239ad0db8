"""Signing in: password, then the one-time code or a recovery code; whoever keeps failing has to wait."""

from __future__ import annotations

from ligament.app.access.answers import Entered, Refused, Slow, Visitor
from ligament.app.access.proofs import digest, fits, recovery_digest, steps_of
from ligament.app.access.sessions import Recognised, begin, renewed
from ligament.core.periods import iso_instant
from ligament.core.slowdown import ACCOUNT_LIMIT, ADDRESS_LIMIT
from ligament.store.access.sessions import CODE, FULL
from ligament.store.access.users import ACTIVE, User
from ligament.wiring.access import Access

WRONG = "The e-mail address or the password is not right."
WRONG_CODE = "This code is not right, or it was used already. Wait for the next one."


def folded(email: str) -> str:
    """Return an address as it is compared."""
    return email.strip().casefold()


def enter_password(
    access: Access, email: str, password: str, visitor: Visitor, *, instead_of: str = "", is_here: bool = False
) -> Entered | Refused | Slow:
    """Look at name and password; a wrong name and a wrong password get the same answer after the same time.

    Who `is_here` already needs no other session, and gets no secret.
    """
    email = folded(email)
    waiting = _begin_attempt(access, email, visitor)
    if waiting:
        return waiting
    user = access.users.by_email(email)
    is_one = user is not None and user.state == ACTIVE
    if not fits(password, user.password_hash if user is not None and is_one else "") or user is None:
        return _failed(access, email, visitor, {"": WRONG})
    _take_back(access, email, visitor)
    if is_here:
        return Entered(secret="")
    return Entered(secret=begin(access, user.id, CODE, visitor, instead_of=instead_of))


def enter_code(access: Access, found: Recognised, code: str, visitor: Visitor) -> Entered | Refused | Slow:
    """Look at the code of somebody whose password was right; a recovery code does too, once."""
    wrong = _wrong_code(access, found.user, code, visitor)
    if wrong is not None:
        return wrong
    user = found.user
    access.users.change(user.id, seen_at=iso_instant(access.now()))
    access.note("access.signed_in", user.email, actor=user.email, source=visitor.source)
    return Entered(secret=begin(access, user.id, FULL, visitor, instead_of=found.session.id))


def confirm(access: Access, found: Recognised, code: str, visitor: Visitor) -> Entered | Refused | Slow:
    """Look at the code once more, before something that changes who may do what."""
    wrong = _wrong_code(access, found.user, code, visitor)
    if wrong is not None:
        return wrong
    return Entered(secret=renewed(access, found))


def _wrong_code(access: Access, user: User, code: str, visitor: Visitor) -> Refused | Slow | None:
    """Return what is wrong about a code, or nothing; a right one is used up with it."""
    waiting = _begin_attempt(access, user.email, visitor)
    if waiting:
        return waiting
    if not _is_right_code(access, user, code):
        return _failed(access, user.email, visitor, {"code": WRONG_CODE})
    _take_back(access, user.email, visitor)
    access.failures.forgive(_account(user.email))
    return None


def _is_right_code(access: Access, user: User, code: str) -> bool:
    step = right_step(access, user.id, code)
    if step is not None:
        return access.users.use_step(user.id, step)
    if access.users.use_recovery(user.id, recovery_digest(code)):
        access.note("access.recovery_code_used", user.email, actor=user.email, source="web")
        return True
    return False


def right_step(access: Access, user_id: str, code: str) -> int | None:
    """Return the step of a user's authenticator that a code is of, or nothing.

    An authenticator follows the world's clock; where the calendar was set for a test, it may follow that one.
    """
    secret = access.vault.get(totp_name(user_id))
    return steps_of(secret, code, (access.machine_now(), access.now())) if secret else None


def totp_name(user_id: str) -> str:
    """Return under which name the vault keeps a user's secret for one-time codes."""
    return f"totp/{user_id}"


# --- slowing down -----------------------------------------------------------------------------------------------------


def _account(email: str) -> str:
    """Return under which name an account's failures are counted; whatever was typed there is not kept in clear."""
    return f"account {digest(email)}"


def _limits(email: str, visitor: Visitor) -> dict[str, int]:
    return {_account(email): ACCOUNT_LIMIT, f"address {visitor.address}": ADDRESS_LIMIT}


def _begin_attempt(access: Access, email: str, visitor: Visitor) -> Slow | None:
    seconds = access.failures.begin(_limits(email, visitor), access.now())
    return Slow(seconds=seconds) if seconds else None


def _failed(access: Access, email: str, visitor: Visitor, errors: dict[str, str]) -> Refused | Slow:
    _note_failure(access, email, visitor, "code" if "code" in errors else "password")
    seconds = access.failures.wait_s(_limits(email, visitor), access.now())
    if not seconds:
        return Refused(errors=errors)
    access.note("access.slowed_down", "", actor="somebody", source=visitor.source, seconds=seconds)
    return Slow(seconds=seconds)


def _note_failure(access: Access, email: str, visitor: Visitor, what: str) -> None:
    """Put a failure into the journal: whose account it was where there is one, and never what was typed."""
    user = access.users.by_email(email)
    access.note("access.failed", user.email if user else "", actor="somebody", source=visitor.source, what=what)


def _take_back(access: Access, email: str, visitor: Visitor) -> None:
    for subject in _limits(email, visitor):
        access.failures.take_back(subject, access.now())
