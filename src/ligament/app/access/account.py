"""One's own account: another password, another authenticator, fresh recovery codes."""

from __future__ import annotations

from ligament.app.access.answers import Gone, Refused, Slow, Visitor
from ligament.app.access.proofs import (
    fits,
    hashed,
    new_totp_secret,
    recovery_codes,
    recovery_digest,
    steps_of,
    totp_address,
)
from ligament.app.access.sessions import Recognised
from ligament.app.access.sign_in import totp_name
from ligament.app.access.starting import WRONG_CODE, Enrolment, password_errors
from ligament.core.slowdown import ADDRESS_LIMIT
from ligament.wiring.access import Access


def change_password(
    access: Access, found: Recognised, *, old: str, password: str, password_again: str, visitor: Visitor
) -> Gone | Refused | Slow:
    """Change the password; every other session ends."""
    errors = password_errors(password, password_again, about=(found.user.name, found.user.email))
    if errors:
        return Refused(errors=errors)
    seconds = access.failures.begin({_attempts(visitor): ADDRESS_LIMIT}, access.now())
    if seconds:
        return Slow(seconds=seconds)
    if not fits(old, found.user.password_hash):
        return Refused(errors={"old_password": "This is not your present password."})
    access.failures.take_back(_attempts(visitor), access.now())
    access.users.change(found.user.id, password_hash=hashed(password))
    access.sessions.end_all(found.user.id, but=found.session.id)
    access.note("access.password_changed", found.user.email, actor=found.user.email, source=visitor.source)
    return Gone()


def new_authenticator(access: Access, found: Recognised) -> Enrolment:
    """Return what another authenticator is set up with; the present one works until the new one has shown a code."""
    name = _next_name(found)
    secret = access.vault.get(name)
    if secret is None:
        secret = new_totp_secret()
        access.vault.put(name, secret)
    return Enrolment(email=found.user.email, secret=secret, address=totp_address(secret, found.user.email))


def change_authenticator(
    access: Access, found: Recognised, code: str, visitor: Visitor
) -> tuple[str, ...] | Refused | Slow:
    """Take the new authenticator in place of the present one, and return fresh recovery codes."""
    secret = access.vault.get(_next_name(found)) or ""
    step = steps_of(secret, code, (access.machine_now(), access.now())) if secret else None
    if step is None:
        seconds = access.failures.begin({_attempts(visitor): ADDRESS_LIMIT}, access.now())
        return Slow(seconds=seconds) if seconds else Refused(errors={"code": WRONG_CODE})
    codes = recovery_codes(access.secret)
    access.vault.put(totp_name(found.user.id), secret)
    access.vault.delete(_next_name(found))
    access.users.change(found.user.id, recovery=tuple(map(recovery_digest, codes)), used_steps=(step,))
    access.sessions.end_all(found.user.id, but=found.session.id)
    access.note("access.authenticator_changed", found.user.email, actor=found.user.email, source=visitor.source)
    return codes


def _next_name(found: Recognised) -> str:
    return f"totp-next/{found.user.id}"


def _attempts(visitor: Visitor) -> str:
    return f"address {visitor.address}"
