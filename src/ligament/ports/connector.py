"""Connector: what every connector's folder offers to the house, typed.

A connector's module `opening` is a `Connector`; its module `webhooks`, where the system calls us, is a `Webhooks`.
What the house lends when it asks for something is known only further up and stands here as a type of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from ligament.core.private import Private

LentT_contra = TypeVar("LentT_contra", contravariant=True)
PortT_co = TypeVar("PortT_co", covariant=True)
WhoT_co = TypeVar("WhoT_co", covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """Where a consent page leads back to, and what its answer must carry."""

    redirect_uri: str
    state: str
    verifier: str


class Consent(Protocol):
    """A person who can be shown a page in the browser."""

    def ask(self, page: Callable[[Callback], str]) -> tuple[Callback, str]:
        """Show the page that is made for a callback; return the callback and the address that the page led back to.

        Raises SignInAgain when nobody comes back.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How far a sign-in reaches; `lacking` are permissions that were asked for and not given."""

    lacking: tuple[str, ...] = ()


class Connector(Protocol[LentT_contra, PortT_co, WhoT_co]):
    """One system as the house uses it: opened for work, signed in to by a person, and checked.

    `SHAPES` are the types that its answers are read as: they are prepared before threads use them together.
    """

    SHAPES: tuple[type, ...]

    def open_port(self, lent: LentT_contra, /) -> PortT_co:
        """Return the port of the system that was chosen when a person signed in.

        Raises SignInAgain when nobody has, and ValueError for settings that cannot be used.
        """
        ...

    def sign_in(self, lent: LentT_contra, consent: Consent | None, /) -> WhoT_co:
        """Sign in with what is lent, choose the organisation, and return who answers; raises the port errors.

        With `consent` a person signs in with the browser. What is to be remembered goes into what is lent.
        """
        ...

    def check(self, lent: LentT_contra, /) -> Access:
        """Say how far the sign-in reaches; raises SignInAgain when the chosen organisation is gone."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """An organisation that a sign-in reaches: its id in the system, and its name."""

    id: str
    name: str


class ByConsent(Protocol[LentT_contra, WhoT_co]):
    """Signing in with the browser step by step, for a web page, which cannot wait for the person to come back.

    A connector whose manifest has `browser_asks` offers it. What is to be remembered goes into what is lent.
    """

    def consent_address(self, lent: LentT_contra, callback: Callback, /) -> str:
        """Return the address of the consent page that leads back to a callback."""
        ...

    def redeem(self, lent: LentT_contra, callback: Callback, answer: str, /) -> tuple[Reached, ...]:
        """Take the address that the consent page led back to, and return what it reaches; raises the port errors."""
        ...

    def reach(self, lent: LentT_contra, /) -> tuple[Reached, ...]:
        """Sign in without a person, and return what that reaches; raises the port errors."""
        ...

    def settle(self, lent: LentT_contra, /) -> WhoT_co:
        """Pin the organisation that what is lent names, and return it; raises SignInAgain when it is not reached."""
        ...


class WebhookHint(Protocol):
    """Something that changed in a system, as it tells itself; it may come twice and in any order.

    `tenant_id` is the organisation as the system names it; `kind` is the kind of record in our words, or empty for one
    that we do not act upon; `category` is the system's own word.
    """

    @property
    def tenant_id(self) -> str: ...

    @property
    def category(self) -> str:
        """Return the system's word for the kind of record."""
        ...

    @property
    def kind(self) -> str:
        """Return our word for it, or an empty text."""
        ...

    @property
    def resource_id(self) -> str: ...

    @property
    def at(self) -> datetime | None:
        """Return when it happened, where that is told."""
        ...


class Webhooks(Protocol):
    """How calls of a system are known to be genuine, and what they say."""

    def is_signed(self, body: bytes, signature: str, key: Private[str], /) -> bool:
        """Say whether the signature over the raw body is right."""
        ...

    def events_of(self, body: bytes, /) -> Iterable[WebhookHint]:
        """Return what a genuine body says; what cannot be read is left out."""
        ...
