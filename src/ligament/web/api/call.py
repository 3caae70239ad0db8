"""A call: its address, who may make it, what it takes and gives; and what its function is handed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, cast

from ligament.core.access import Caller, Right
from ligament.web.api.paging import Pager
from ligament.web.api.problems import nothing_there
from ligament.web.page import House
from ligament.wiring.clinic import Clinic, Overrides, open_clinic
from ligament.wiring.clocks import Patience
from ligament.wiring.rulebooks import ClinicSettings

ROOT = "/api/v1"
CLINIC = f"{ROOT}/clinics/{{clinic}}"
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer to a call: a document, or bytes as they are with a media type and a name."""

    document: Any = None
    status: int = 200
    location: str = ""
    content: bytes = b""
    media_type: str = "application/json"
    filename: str = ""


@dataclass(slots=True, kw_only=True)
class Asking:
    """One call of one token: who asks for what, read and checked.

    While a run has the clinic a call waits for `patience_ms`, and is then answered with 409; while another system is
    away it pauses for `longest_wait_ms` in all, and is answered with 503: whoever asked often enough would otherwise
    keep every thread of the server waiting.
    """

    patience_ms: ClassVar[int] = 2_000
    longest_wait_ms: ClassVar[int] = 5_000
    house: House
    caller: Caller
    address: str
    values: Mapping[str, str]
    clinic_id: str = ""
    the_clinic: ClinicSettings | None = None
    body: Any = None
    query: Any = None
    pager: Pager | None = None
    patience: Patience = field(default_factory=lambda: Patience(most_ms=Asking.longest_wait_ms))

    def body_as(self, kind: type[Kind]) -> Kind:
        """Return the body, which was decoded as that kind."""
        assert isinstance(self.body, kind)
        return self.body

    def query_as(self, kind: type[Kind]) -> Kind:
        """Return the parameters, which were read as that kind."""
        assert isinstance(self.query, kind)
        return self.query

    @property
    def pages(self) -> Pager:
        """Return how a list is to be cut."""
        return cast("Pager", self.pager)

    @property
    def source(self) -> str:
        """Return from where this comes, as the journal has it."""
        return f"api {self.caller.token} {self.address}"

    @property
    def clinic(self) -> ClinicSettings:
        """Return the clinic of a call under `/clinics/{clinic}`."""
        if self.the_clinic is None:
            raise nothing_there()
        return self.the_clinic

    @property
    def path(self) -> str:
        """Return the address of the clinic."""
        return f"{ROOT}/clinics/{self.clinic_id}"

    def clinics(self) -> Mapping[str, ClinicSettings]:
        """Return the clinics that the token sees, by id."""
        return {key: one for key, one in self.house.access.clinics().items() if self.caller.sees(key)}

    def outside(self) -> Overrides:
        """Return who acts and from where, and the patience of this call, which all that it opens share."""
        transports = self.house.door.place.runner.transports
        return Overrides(transports=transports, actor=self.caller.name, source=self.source, patience=self.patience)

    @contextmanager
    def opened(self) -> Iterator[Clinic]:
        """Open the clinic, so that everything done is journalled with who and from where."""
        outside = self.outside()
        database, only_looks = self.house.access.database, self.pager is not None
        with open_clinic(self.house.settings, self.clinic.name, outside, database, only_looks=only_looks) as clinic:
            yield clinic


Handler = Callable[[Asking], Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One address and method of the interface; `gives` is the type of its answer, of a list the type of its rows.

    `or_gives` has further statuses with the types of their answers.
    """

    path: str
    answer: Handler
    does: str
    gives: Any
    method: str = "GET"
    right: Right = Right.LOOK
    takes: type | None = None
    query: type | None = None
    is_list: bool = False
    status: int = 200
    media_types: Sequence[str] = field(default=())
    or_gives: Mapping[int, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the call's name in the description."""
        parts = [part.strip("{}") for part in self.path.removeprefix(ROOT).strip("/").split("/")]
        return "_".join([self.method.lower(), *parts]).replace("-", "_")

    @property
    def is_of_clinic(self) -> bool:
        """Say whether the call belongs to one clinic."""
        return self.path.startswith(CLINIC)
