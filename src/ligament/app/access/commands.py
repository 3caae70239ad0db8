"""Users and tokens for the command line: the same use cases, told as documents."""

from __future__ import annotations

from pathlib import Path

from ligament.app.access import tokens, users
from ligament.app.access.answers import Refused
from ligament.app.access.users import Acting
from ligament.app.results import Result
from ligament.wiring.access import opened_access
from ligament.wiring.errors import ConfigurationError


def list_users(home: Path | None, actor: str) -> Result:
    """List everybody who has a place or an invitation."""
    with opened_access(home) as access:
        found = users.listed(access, _acting(actor))
        return Result(document={"users": [users.document(user) for user in found]})


def add_user(home: Path | None, actor: str, *, email: str, role: str, only: tuple[str, ...]) -> Result:
    """Invite somebody; the link is told once."""
    with opened_access(home) as access:
        clinics = [access.clinic_named(name) for name in only]
        outcome = users.invite(access, _acting(actor), email=email, role=role, only=clinics)
        if isinstance(outcome, Refused):
            raise _mistake(outcome)
        link = access.link("/invitation", outcome.key)
        return Result(document={**users.document(outcome.user), "link": link})


def remove_user(home: Path | None, actor: str, *, email: str) -> Result:
    """Remove somebody, who is signed out at once."""
    with opened_access(home) as access:
        outcome = users.remove(access, _acting(actor), email)
        if outcome is None:
            raise ConfigurationError((f"{email}: nobody with this address has a place or an invitation here.",))
        if isinstance(outcome, Refused):
            raise _mistake(outcome)
        return Result(document={"removed": outcome.email})


def list_tokens(home: Path | None, actor: str) -> Result:
    """List the tokens; none of them can be read again."""
    with opened_access(home) as access:
        found = tokens.listed(access, _acting(actor))
        return Result(document={"tokens": [tokens.document(token) for token in found]})


def add_token(home: Path | None, actor: str, *, name: str, scopes: tuple[str, ...], only: str, until: str) -> Result:
    """Make a token; it is told once."""
    with opened_access(home) as access:
        clinic = access.clinic_named(only) if only else ""
        outcome = tokens.add(access, _acting(actor), name=name, scopes=scopes, only=clinic, until=until)
        if isinstance(outcome, Refused):
            raise _mistake(outcome)
        return Result(document={**tokens.document(outcome.token), "token": outcome.text})


def remove_token(home: Path | None, actor: str, *, name: str) -> Result:
    """Let a token end at once."""
    with opened_access(home) as access:
        gone = tokens.remove(access, _acting(actor), name)
        if gone is None:
            raise ConfigurationError((f"{name}: there is no token of that name.",))
        return Result(document={"removed": gone.name})


def _acting(actor: str) -> Acting:
    return Acting(actor=actor, source="cli")


def _mistake(refused: Refused) -> ConfigurationError:
    return ConfigurationError(tuple(refused.errors.values()))
