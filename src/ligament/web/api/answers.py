"""Answers: what each call tells, as the description of the interface has it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from ligament.wiring.prepared import also

Moment = Annotated[str, Meta(description="An instant, such as 2026-11-03T04:05:06Z.")]
Document = dict[str, Any]
Amount = Annotated[
    Any, Meta(description="An exact amount with its decimals.", extra_json_schema={"type": ["number", "string"]})
]


class Waits(Struct, kw_only=True):
    """How much waits for a person."""

    holds: int
    approvals: int


class Connection(Struct, kw_only=True):
    """How one system is connected, and what is left of its limits, where it told us.

    `paused` says that somebody signed in, and that the clinic now waits for a person.
    """

    system: str
    role: str
    connected: bool
    paused: bool
    limits_left: dict[str, int]


class ClinicRow(Struct, kw_only=True):
    """One clinic at a glance."""

    id: str
    name: str
    state: str
    sentence: str
    last_run_at: Moment | None
    next_run_at: Moment | None
    waits: Waits


class ClinicAnswer(ClinicRow, kw_only=True):
    """One clinic with its connections."""

    connections: list[Connection]


class RunAnswer(Struct, kw_only=True):
    """One run; `state` is queued, running, done or failed."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed"]
    records: list[str]
    asked_by: str | None
    asked_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    sentence: str
    summary: Document


class UndoAnswer(Struct, kw_only=True):
    """What undoing a run would take back, and what stays with the reason."""

    id: str
    sentence: str
    actions: list[Document]


class PlanAnswer(Struct, kw_only=True):
    """What would be posted and why, from what was read last."""

    id: str
    plan: str
    actions: list[Document]
    holds: list[Document]
    skips: list[Document]
    asking: int
    notes: list[str]


class ApprovalRow(Struct, kw_only=True):
    """One action that waits for a yes."""

    id: str
    plan: str
    action: str
    kind: str
    source_id: str
    number: str
    amount: Amount
    sentence: str
    approved_by: list[str]


class ApprovalAnswer(Struct, kw_only=True):
    """What an approval or refusal came to; `second` of what was approved want a second person's yes too."""

    choice: str
    approved: int
    second: int
    refused: int
    holds: list[str]
    unknown: list[str]


class HoldRow(Struct, kw_only=True):
    """One hold with its reason, and what to do."""

    id: str
    code: str
    kind: str
    source_id: str
    number: str | int
    sentence: str
    todo: str
    detail: Document
    waiting_since: Moment
    closed_at: Moment | None


class HoldDecision(Struct, kw_only=True):
    """What the answer to a hold came to."""

    id: str
    choice: str
    holds: list[str]
    sentence: str


class ContactRow(Struct, kw_only=True):
    """One patient or payer, with the contact in the books."""

    id: str
    kind: str
    source_id: str
    name: str
    state: str
    contact_id: str
    contact_number: str


class ContactAnswer(Struct, kw_only=True):
    """One pair side by side, with its fields, documents, holds and history."""

    id: str
    kind: str
    source_id: str
    state: str
    contact_id: str
    contact_number: str
    fields: list[Document]
    documents: list[Document]
    links: list[Document]
    holds: list[Document]
    history: list[Document]


class DocumentRow(Struct, kw_only=True):
    """One invoice or credit note of the practice, with its documents in the books."""

    id: str
    source_id: str
    number: str | int
    issued_on: str | None
    total: Amount
    status: str
    links: list[Document]


class DocumentAnswer(DocumentRow, kw_only=True):
    """One document side by side, with its lines, holds and history."""

    practice: Document
    books: list[Document]
    state: Document | None
    holds: list[Document]
    history: list[Document]


class VarianceRow(Struct, kw_only=True):
    """One difference with its reason."""

    id: str
    kind: str
    needs: str
    state: str
    amount: Amount
    sentence: str


class FixAnswer(Struct, kw_only=True):
    """What mending would do; what asks waits for approval under the plan's name."""

    id: str
    plan: str
    fixing: list[str]
    actions: list[Document]
    waiting: list[Document]


class ComparisonRow(Struct, kw_only=True):
    """One comparison that was made."""

    id: str
    started_at: Moment
    finished_at: Moment
    period: Document
    balanced: bool


class ComparisonAnswer(ComparisonRow, kw_only=True):
    """One comparison with its totals and differences."""

    totals: Document
    variances: list[Document]


class ReportAnswer(Struct, kw_only=True):
    """A report: its columns, its rows, the sums below, and as of when."""

    columns: list[str]
    rows: list[Document]
    totals: Document
    as_of: str | None


class JournalRow(Struct, kw_only=True):
    """One entry of the journal."""

    id: str
    sequence: int
    at: Moment
    actor: str
    source: str
    kind: str
    subject: str
    public: Document
    personal: Document | None
    erased: bool


class HookRow(Struct, kw_only=True):
    """Where events go; never its secret."""

    id: str
    url: str
    events: list[str]
    state: str
    header: str
    created_at: Moment
    created_by: str
    waiting: int
    dead: int


class NewHookAnswer(HookRow, kw_only=True):
    """A new hook with its secret, which is told this once."""

    secret: str


class RotatedAnswer(Struct, kw_only=True):
    """The new secret; the former one signs beside it until then."""

    id: str
    secret: str
    former_signs_until: str


class DeliveryRow(Struct, kw_only=True):
    """One event on its way to one hook."""

    id: str
    hook_id: str
    webhook_id: str
    type: str
    state: Literal["waiting", "delivered", "dead"]
    attempts: int
    status: int
    reason: str
    created_at: Moment
    next_at: Moment | None
    ended_at: Moment | None


class ReplayedAnswer(Struct, kw_only=True):
    """A delivery that leaves once more."""

    id: str
    replayed: int


class SampleRow(Struct, kw_only=True):
    """One event as it would arrive."""

    id: str
    type: str
    timestamp: Moment
    data: Document


class WrongPlace(Struct, kw_only=True):
    """One thing that is wrong with a call, and where."""

    place: str
    detail: str


class ProblemAnswer(Struct, kw_only=True):
    """What went wrong with a call (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[WrongPlace] = field(default_factory=list)


ANSWERS = (
    ClinicRow, ClinicAnswer, RunAnswer, UndoAnswer, PlanAnswer, ApprovalRow, ApprovalAnswer, HoldRow, HoldDecision,
    ContactRow, ContactAnswer, DocumentRow, DocumentAnswer, VarianceRow, FixAnswer, ComparisonRow, ComparisonAnswer,
    ReportAnswer, JournalRow, HookRow, NewHookAnswer, RotatedAnswer, DeliveryRow, ReplayedAnswer,
    SampleRow, ProblemAnswer,
)  # fmt: skip
also(*ANSWERS)
