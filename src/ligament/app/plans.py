"""Plans: what would be posted and why, with the day of every record; and what decided one record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ligament.app.approvals import keep_asked, plan_name
from ligament.app.cycle_options import PATIENCE_MS, cycle_options, first_connection, started_on
from ligament.app.days import day_of
from ligament.app.decisions import means
from ligament.app.documents import INFERRED_NOTE, Document, action_document, hold_document, skip_documents
from ligament.app.names import names_of
from ligament.app.refusals import refused_by
from ligament.app.reports.files import NO_FILES, Files, write_files
from ligament.app.reports.plan import plan_report, sums_document
from ligament.app.results import DONE, WAITS, Result
from ligament.app.safety.after_restore import settle
from ligament.app.setup.gaps import gaps
from ligament.core.approvals import approval_mark, approve_plan
from ligament.core.document_numbers import is_exactly, names_of_number
from ligament.core.groups import uses_groups
from ligament.core.holds import HoldKind
from ligament.core.ids import RunId
from ligament.core.intents import Subject
from ligament.core.notes import BOTH_READ_NOTE
from ligament.core.periods import australian, local_date
from ligament.core.plan_sums import new_documents, sums_of
from ligament.core.plans import Plan, RecordKind, State
from ligament.flow.plan.survey import Planner, plan_and_scope
from ligament.flow.read.own_money import recall_money
from ligament.flow.read.read import EVERYTHING, read_books, read_chart, read_practice, selection_of
from ligament.ports.memory import Selection
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.exclusive import alone_for

BEFORE_START = "before_start"
FIRST_DAY_KEY = "[invoices] start_on"
_DOCUMENTS = frozenset({RecordKind.INVOICES.value, RecordKind.CREDIT_NOTES.value})


def plan(clinic: Clinic, *, since: str | None = None, files: Files = NO_FILES) -> Result:
    """Say what would be posted and why, each with its day as `on`; `since` leaves out what is dated before that day.

    Documents come first, as the books will show them. What has no day of its own, such as a contact, stays. Raises
    ConfigurationError for a day that is none, and for a file that cannot be written.
    """
    first = day_of("--since", since) if since is not None else None
    found, document = _whole(clinic)
    parts: dict[str, list[Document]] = {name: document[name] for name in ("actions", "holds", "skips")}
    days = days_of(clinic, {str(row["source_id"]) for rows in parts.values() for row in rows})
    dated = {name: _dated(rows, days, first) for name, rows in parts.items()}
    dated["actions"].sort(key=lambda row: row["kind"] not in _DOCUMENTS)
    intents = list(new_documents(found.actions, first))
    sums = sums_of(intents)
    told = {**document, "since": since, **dated, "totals": sums_document(sums), "left_out": _left_out(clinic)}
    if files.paths:
        told = write_files(files, plan_report(clinic, told, intents, sums), told)
    return Result(document=told, code=WAITS if dated["actions"] or dated["holds"] else DONE)


def _left_out(clinic: Clinic) -> Document:
    """Say how many invoices and credit notes were left out before which day, and by which key of the rulebook."""
    chosen = clinic.settings.rulebook.invoices.start_on
    first = started_on(clinic)
    # Of all that is known: a plan itself looks only at what changed.
    number = len(clinic.queries.outcomes(State.SKIPPED, BEFORE_START))
    told: Document = {"count": number, "first_day": first.isoformat(), "key": FIRST_DAY_KEY}
    if not number:
        return told | {"sentence": ""}
    what = f"{number:,} {'invoice or credit note' if number == 1 else 'invoices and credit notes'}"
    day = australian(first)
    why = f"`{FIRST_DAY_KEY}`" if chosen else f"the day of the first connection; `{FIRST_DAY_KEY}` chooses another"
    return told | {"sentence": f"Left out: {what} issued before {day} ({why})."}


def days_of(clinic: Clinic, ids: Iterable[str]) -> dict[str, date]:
    """Return the day of each invoice and visit, by id."""
    wanted = frozenset(ids)
    facts = clinic.store.gather(Selection(invoices=wanted, visits=wanted))
    clinic_zone = clinic.settings.rulebook.clinic.time_zone
    days: dict[str, date] = {}
    for visit in facts.visits.values():
        if visit.starts_at is not None:
            place = facts.locations.get(visit.location_id) if visit.location_id else None
            days[visit.id] = local_date(visit.starts_at, (place.zone if place else "") or clinic_zone)
    days.update({invoice.id: invoice.issued_on for invoice in facts.invoices.values()})
    return days


def _dated(rows: Iterable[Document], days: dict[str, date], first: date | None) -> list[Document]:
    kept = []
    for row in rows:
        day = None if _has_no_day(row) else days.get(str(row["source_id"]))
        if day is None or first is None or day >= first:
            kept.append({**row, "on": day.isoformat() if day else None})
    return kept


def _has_no_day(row: Document) -> bool:
    return row["kind"] in {"contacts", HoldKind.CONTACT.value, HoldKind.CLINIC.value}


def explain(clinic: Clinic, wanted: str) -> Result:
    """Tell what decided one record, by its number or id: the trail of its newest plan or of what was posted."""
    plan = planned_now(clinic)
    names, prefix = names_of(clinic, wanted), clinic.settings.rulebook.invoices.prefix
    exact = [a for a in plan.actions if is_exactly(wanted, a.number, prefix)]
    mine = exact or [a for a in plan.actions if names & (names_of_number(a.number, prefix) | {a.subject.id})]
    holds = [h for h in plan.holds if means(h, names)]
    outcomes = [o for o in clinic.store.outcomes() if names & {o.number, o.subject.id}]
    document: Document = {
        "actions": [action_document(action) for action in mine],
        "holds": [hold_document(hold) for hold in holds],
        "outcomes": [{"state": o.state.value, "reason": o.reason, "number": o.number} for o in outcomes],
        "refused": [dict(hold.detail) | {"sentence": hold.sentence} for hold in refused_by(clinic, wanted)],
        "posted": [_posted(clinic, o.subject.key) for o in outcomes],
    }
    if not any(document.values()):
        raise ConfigurationError((f'--explain: nothing is known under the number or id "{wanted}".',))
    return Result(document=document)


def _posted(clinic: Clinic, subject: str) -> list[Document]:
    links = clinic.queries.document_links(subject)
    return [
        {"number": link.number, "because": list(link.sent.trail) if link.sent is not None else []} for link in links
    ]


def whole(clinic: Clinic) -> Result:
    """Say what would be posted and why, in the order in which it would be done."""
    _, document = _whole(clinic)
    return Result(document=document, code=WAITS if document["actions"] or document["holds"] else DONE)


def _whole(clinic: Clinic) -> tuple[Plan, Document]:
    """Return what would be posted and why; nothing is written to either system."""
    with alone_for(clinic, PATIENCE_MS):
        settle(clinic)
        plan, considered = _planned(clinic)
        # What was found is listed at once, and can be answered before the first run.
        clinic.store.keep_outcomes(RunId("plan"), plan, considered)
        asking = _keep_waiting(clinic, plan)
    document: Document = {
        "plan": plan_name(plan.actions),
        "actions": [action_document(action) for action in plan.actions],
        "holds": [hold_document(hold) for hold in plan.holds],
        "skips": skip_documents(plan.outcomes),
        "asking": asking,
        "notes": _notes(clinic),
        "calls": clinic.meter.as_dict(),
    }
    return plan, document


def _keep_waiting(clinic: Clinic, plan: Plan) -> int:
    """Keep what would ask, so that it can be approved before anything is posted; returns how many actions ask."""
    options = cycle_options(clinic, full=False)
    approved = approve_plan(plan, options.rulebook.approval, options.standing)
    # What was approved and is still so stays approved: it is in the plan, and the next run does it.
    kept = options.standing.asked
    keep_asked(clinic, [a for a in plan.actions if a in approved.waiting or approval_mark(a) in kept])
    return len(approved.waiting)


def planned_now(clinic: Clinic) -> Plan:
    """Read what changed and plan it; what is read is kept, nothing is written to either system."""
    return _planned(clinic)[0]


def _planned(clinic: Clinic) -> tuple[Plan, set[Subject]]:
    book, store = clinic.settings.rulebook, clinic.store
    first_connection(clinic)
    practice = read_practice(clinic.practice(), store, book, clinic.clock, clinic.outside.tell)
    # A plan writes nothing, so it can be made with a sign-in that may only read.
    ledger = clinic.books_to_read()
    books = read_books(ledger, store, clinic.clock, clinic.outside.tell)
    if not store.note(BOTH_READ_NOTE):
        recall_money(ledger, store, book)
    read_chart(ledger, store, clinic.clock, groups=uses_groups(clinic.settings.rulebook))
    selection: Selection = selection_of(practice.changed | books.changed | set(store.pending()))
    if cycle_options(clinic, full=False).everything:
        selection = EVERYTHING
    return plan_and_scope(Planner(memory=store, rulebook=book, around=clinic.surroundings()), selection)


def kept_plan(clinic: Clinic) -> Document:
    """Say what would be posted and why, from what was read last; nothing is called, and nothing is kept."""
    if clinic.store.gather(Selection()).organisation is None:
        nothing: Document = {"plan": "", "actions": [], "holds": [], "skips": [], "asking": 0}
        return nothing | {"notes": ["Nothing was read yet: connect both systems, or wait for the first run."]}
    planner = Planner(memory=clinic.store, rulebook=clinic.settings.rulebook, around=clinic.surroundings())
    options = cycle_options(clinic, full=False)
    chosen = EVERYTHING if options.everything else selection_of(set(clinic.store.pending()))
    plan = plan_and_scope(planner, chosen)[0]
    return {
        "plan": plan_name(plan.actions),
        "actions": [action_document(action) for action in plan.actions],
        "holds": [hold_document(hold) for hold in plan.holds],
        "skips": skip_documents(plan.outcomes),
        "asking": len(approve_plan(plan, options.rulebook.approval, options.standing).waiting),
        "notes": _notes(clinic),
    }


def _notes(clinic: Clinic) -> list[str]:
    """Say what cannot be posted as long as a setting is missing, and what to know about inferred payments."""
    missing = [f"{gap.blocks} {gap.todo}" for gap in gaps(clinic.settings) if gap.blocks]
    source = clinic.settings.rulebook.payments.source.value
    return [*missing, INFERRED_NOTE] if source == "inferred" else missing
