"""Access: who may do what. A table for people's roles, one for the scopes of tokens; what neither names is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Right(StrEnum):
    """One kind of thing that somebody may be allowed to do."""

    LOOK = "look"
    DECIDE = "decide"
    RUN = "run"
    MAP = "map"
    CONNECT = "connect"
    RULES = "rules"
    SETTINGS = "settings"
    USERS = "users"
    TOKENS = "tokens"
    HOOKS = "hooks"
    BACKUP = "backup"
    PRIVACY = "privacy"


class Role(StrEnum):
    """What a person of the dashboard is."""

    OWNER = "owner"
    BOOKKEEPER = "bookkeeper"
    VIEWER = "viewer"


class Scope(StrEnum):
    """What a token of the interface is for; every one of them may look."""

    READ = "read"
    DECIDE = "decide"
    RUN = "run"
    ADMIN = "admin"


EVERYTHING = frozenset(Right)
RIGHTS_OF_ROLE: Mapping[Role, frozenset[Right]] = {
    Role.OWNER: EVERYTHING,
    Role.BOOKKEEPER: frozenset({Right.LOOK, Right.DECIDE, Right.RUN, Right.MAP}),
    Role.VIEWER: frozenset({Right.LOOK}),
}
RIGHTS_OF_SCOPE: Mapping[Scope, frozenset[Right]] = {
    Scope.READ: frozenset({Right.LOOK}),
    Scope.DECIDE: frozenset({Right.LOOK, Right.DECIDE}),
    Scope.RUN: frozenset({Right.LOOK, Right.RUN}),
    Scope.ADMIN: EVERYTHING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who was recognised: a person, or a token with who made it; no `clinics` means all of them.

    `name` is what the journal calls the caller.
    """

    name: str
    rights: frozenset[Right]
    clinics: frozenset[str] = frozenset()
    role: Role | None = None
    user_id: str = ""
    token: str = ""

    def may(self, right: Right) -> bool:
        """Say whether the caller has a right, in the clinics that the caller sees."""
        return right in self.rights

    def sees(self, clinic_id: str) -> bool:
        """Say whether a clinic exists for the caller."""
        return not self.clinics or clinic_id in self.clinics

    def covers(self, clinics: frozenset[str]) -> bool:
        """Say whether somebody limited to these clinics is within what the caller sees; nothing means all."""
        return not self.clinics or (bool(clinics) and clinics <= self.clinics)


def person(*, user_id: str, email: str, role: Role, clinics: frozenset[str]) -> Caller:
    return Caller(name=email, rights=RIGHTS_OF_ROLE[role], clinics=clinics, role=role, user_id=user_id)


def token_holder(*, name: str, made_by: str, scopes: frozenset[Scope], clinics: frozenset[str]) -> Caller:
    """Return whoever shows a token as a caller: behind a token stands the person who made it."""
    rights = frozenset[Right]().union(*(RIGHTS_OF_SCOPE[scope] for scope in scopes))
    return Caller(name=made_by, rights=rights, clinics=clinics, token=name)
