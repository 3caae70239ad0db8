"""Shapes of calls: what bodies and parameters say, and what answers tell; they decode the calls and describe them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from ligament.core.entries import CLINIC_KINDS
from ligament.core.holds import HoldCode, HoldKind
from ligament.wiring.prepared import also

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=2000)]
Day = Annotated[
    str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="A day in the clinic's zone: 2026-11-03.")
]


class Taken(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """What a caller sends; a field that is not known is an error."""


# --- bodies -----------------------------------------------------------------------------------------------------------


class RunWish(Taken, frozen=True, kw_only=True):
    """A run of the whole clinic, or of the records with these ids now."""

    records: Annotated[list[Name], Meta(min_length=1, max_length=200)] | None = None


class UndoWish(Taken, frozen=True, kw_only=True):
    """What a run wrote is taken back; with `dry_run` it is only told what would be."""

    dry_run: bool = False


class ApprovalWord(Taken, frozen=True, kw_only=True):
    """A yes or no to what waits; a name is that of a plan, an action, a hold or a number."""

    names: Annotated[list[Name], Meta(min_length=1, max_length=1000)]
    choice: Literal["approve", "refuse"]
    reason: Text = ""


class HoldWord(Taken, frozen=True, kw_only=True):
    """A person's answer to one hold."""

    choice: Literal["approve", "dismiss", "retry", "cash", "separate", "practice", "books"]
    note: Text = ""
    contact: Text = ""


class NoteWord(Taken, frozen=True, kw_only=True):
    """Why a difference is all right."""

    note: Annotated[str, Meta(min_length=1, max_length=2000)]


class NothingMore(Taken, frozen=True, kw_only=True):
    """A call that says everything by its address."""


class ComparisonWish(Taken, frozen=True, kw_only=True):
    """The days to compare; without any the current and the previous month, with `full` everything."""

    first: Day | None = field(default=None, name="from")
    last: Day | None = field(default=None, name="to")
    full: bool = False


class HookHeader(Taken, frozen=True, kw_only=True):
    """One fixed header for every delivery."""

    name: Name
    value: Annotated[str, Meta(max_length=2000)]


class HookWish(Taken, frozen=True, kw_only=True):
    """Where events go, which of them (all without any), and one fixed header, as text `Name: value` or in two parts."""

    url: Annotated[str, Meta(min_length=1, max_length=2000)]
    events: list[Name] = field(default_factory=list)
    header: Annotated[str, Meta(max_length=2200)] | HookHeader | None = None


# --- parameters -------------------------------------------------------------------------------------------------------


class HoldFilter(Taken, frozen=True, kw_only=True):
    """Which holds: for one reason, of one kind of thing."""

    code: Annotated[str, Meta(extra_json_schema={"enum": ["", *HoldCode]})] = ""
    kind: Annotated[str, Meta(extra_json_schema={"enum": ["", *HoldKind]})] = ""


class RecordFilter(Taken, frozen=True, kw_only=True):
    """Which people or documents: by a name, e-mail or id, or by a number."""

    q: str = ""
    number: str = ""


class JournalQuery(Taken, frozen=True, kw_only=True):
    """Which entries: of these days, of a kind, about a record by its id or key."""

    first: Day | None = field(default=None, name="from")
    last: Day | None = field(default=None, name="to")
    kind: Annotated[str, Meta(extra_json_schema={"examples": sorted(CLINIC_KINDS)})] = ""
    record: str = ""


class ReportQuery(Taken, frozen=True, kw_only=True):
    """Over which days, cut by what, by which day that counts, and in which form."""

    first: Day | None = field(default=None, name="from")
    last: Day | None = field(default=None, name="to")
    by: str = ""
    basis: str = ""
    format: Literal["json", "csv", "xlsx"] = "json"


class DeliveryFilter(Taken, frozen=True, kw_only=True):
    """Which deliveries."""

    state: Literal["", "waiting", "delivered", "dead"] = ""


BODIES = (
    RunWish, UndoWish, ApprovalWord, HoldWord, NoteWord, NothingMore, ComparisonWish, HookWish, HookHeader, HoldFilter,
    RecordFilter, JournalQuery, ReportQuery, DeliveryFilter,
)  # fmt: skip
also(*BODIES, Taken)
