"""A page: its address, who may open it, and what answers; a visit is what it is handed.

A page module offers `PAGES`, and `pages/registry.py` lists the modules: that is all a new page needs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ligament.app.access.answers import Visitor
from ligament.app.access.sessions import Recognised
from ligament.app.access.users import Acting
from ligament.core.access import Caller, Right
from ligament.service.errands import telling
from ligament.service.glances import Pulses
from ligament.service.opening import Service
from ligament.wiring.access import Access
from ligament.wiring.clinic import Clinic, Overrides, open_clinic
from ligament.wiring.rulebooks import ClinicSettings
from ligament.wiring.settings import Settings


class NotThere(Exception):
    """There is no such thing, or not for this person: both look the same."""


class Forbidden(Exception):
    """The person may look here, but not do this."""


class NotOurForm(Forbidden):
    """A form that does not show the token of who sent it: it is from elsewhere, or its page was open for too long."""


@dataclass(frozen=True, slots=True)
class Values:
    """What a form or the part of an address behind the question mark says; every name may stand several times."""

    pairs: Sequence[tuple[str, str]] = ()

    def get(self, name: str, otherwise: str = "") -> str:
        """Return the first value of a name."""
        return next((value for key, value in self.pairs if key == name), otherwise)

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.pairs if key == name)

    def under(self, prefix: str) -> dict[str, str]:
        """Return the values whose names begin so, without that beginning."""
        return {key.removeprefix(prefix): value for key, value in self.pairs if key.startswith(prefix)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page made from a template; `secret` is the session's new secret, `ends` says that there is none any more."""

    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    secret: str | None = None
    ends: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """Go on elsewhere; `flash` is said there once."""

    to: str
    flash: str = ""
    secret: str | None = None
    ends: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Bytes as they are; with a `filename`, a file to be kept."""

    content: bytes
    media_type: str
    filename: str = ""
    status: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """A stream of events for a page that refreshes itself."""

    watch: Any


Answer = Shown | Moved | Sent | Streamed


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every page may ask: the running installation, and access; `form_key` makes the tokens of forms."""

    door: Service
    access: Access
    pulses: Pulses
    form_key: Callable[[], bytes]

    @property
    def settings(self) -> Settings:
        """Return the settings as they are now."""
        return self.access.settings()

    @property
    def is_secure(self) -> bool:
        """Say whether browsers come by https."""
        return self.settings.public_url.startswith("https:")


@dataclass(slots=True, kw_only=True)
class Visit:
    """One request of one person: where, with what, and as whom."""

    house: House
    page: Page
    path: str
    values: Mapping[str, str]
    query: Values
    form: Values
    visitor: Visitor
    csrf: str
    """What the forms of this page show; empty until a cookie for them is set."""
    form_tokens: tuple[str, ...] = ()
    """What a form may show that needs no session."""
    host: str = ""
    is_by_hand: bool = True
    """Whether a person asked, and no script of a page that is open."""
    stream: str = ""
    """Where the page listens for what changes; empty for pages on which nothing does."""
    found: Recognised | None = None
    clinic_id: str = ""
    the_clinic: ClinicSettings | None = None
    secret: str = ""
    lapsed: str = ""
    draft: Values = field(default_factory=Values)

    @property
    def typed(self) -> Values:
        """Return what was typed: the form that was sent, else the one that was left when the session ended."""
        return self.form if self.form.pairs else self.draft

    @property
    def access(self) -> Access:
        return self.house.access

    @property
    def signed_in(self) -> Recognised:
        """Return who is signed in; only pages that are open to everybody have nobody."""
        assert self.found is not None
        return self.found

    @property
    def caller(self) -> Caller:
        return self.signed_in.caller

    @property
    def acting(self) -> Acting:
        """Return who acts and from where, as the use cases take it."""
        return Acting(actor=self.caller.name, source=self.visitor.source, caller=self.caller)

    @property
    def clinic(self) -> ClinicSettings:
        """Return the clinic of a page under `/c/{clinic}`."""
        assert self.the_clinic is not None
        return self.the_clinic

    @property
    def clinic_path(self) -> str:
        """Return the address of the clinic's first page, without a slash at its end."""
        return f"/c/{self.clinic_id}"

    def may(self, right: Right) -> bool:
        """Say whether the person may do something."""
        return self.found is not None and self.found.is_signed_in and self.caller.may(right)

    def clinics(self) -> Mapping[str, ClinicSettings]:
        """Return the clinics that the person sees, by id, in the order of their names."""
        every = sorted(self.access.clinics().items(), key=lambda pair: pair[1].title.casefold())
        return {key: clinic for key, clinic in every if self.caller.sees(key)}

    @contextmanager
    def opened(self) -> Iterator[Clinic]:
        """Open the clinic of the page, so that everything done is journalled with who and from where."""
        outside = Overrides(actor=self.caller.name, source=self.visitor.source, tell=telling())
        settings = replace(self.house.settings, clinics=(self.clinic,))
        with open_clinic(settings, self.clinic.name, outside, self.access.database) as clinic:
            yield clinic


Handler = Callable[[Visit], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One address and method; without a `right` it is for everybody who is signed in, `is_open` for everybody at all.

    `confirms` asks for the one-time code again after 15 minutes; `menu` is its name in the clinic's menu. `is_stream`
    is asked for by a script, which is told that it is signed out and led nowhere: no page would be seen there. One that
    `reads_pulse` says itself where it listens.
    """

    path: str
    name: str
    answer: Handler
    right: Right | None = None
    method: str = "GET"
    is_open: bool = False
    confirms: bool = False
    is_stream: bool = False
    reads_pulse: bool = False
    menu: str = ""

    @property
    def is_of_clinic(self) -> bool:
        """Say whether the page belongs to one clinic."""
        return self.path.startswith("/c/{clinic}")


def own_path(text: str, otherwise: str = "/clinics") -> str:
    """Return where to go next: a path of our own, never another host."""
    is_path = text.startswith("/") and not text.startswith(("//", "/\\"))
    is_plain = all(sign.isprintable() and sign != "\\" for sign in text)
    return text if is_path and is_plain else otherwise
