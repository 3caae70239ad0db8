"""The verbs: what the command line and the pages can ask for."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from ligament.app.contacts.owners import refresh_owners
from ligament.app.documents import Document, action_document, cycle_document, hold_document, skip_documents
from ligament.app.notices.notifier import heard
from ligament.app.results import DONE, WAITS, Result
from ligament.app.safety.after_restore import caught_up, settle
from ligament.core.approvals import ApprovalState, approval_mark, approve_plan, gives, needs
from ligament.core.events import Event, approval_wanted
from ligament.core.groups import uses_groups
from ligament.core.holds import Hold
from ligament.core.links import Decision, DecisionKind
from ligament.core.money import ZERO
from ligament.core.periods import iso_instant, local_date
from ligament.core.plans import Action, Plan
from ligament.flow.cycle import CycleOptions, CycleResult, run_cycle
from ligament.flow.plan.survey import Planner, whole_plan
from ligament.flow.read.read import EVERYTHING, Hint, read_books, read_chart, read_practice, selection_of
from ligament.ports.errors import PortError, TryLater
from ligament.ports.memory import Selection
from ligament.ports.stopping import Stopped
from ligament.wiring.clinic import Clinic, Overrides, open_clinic
from ligament.wiring.exclusive import alone_for
from ligament.wiring.settings import Settings

INFERRED_NOTE = (
    "Payments are inferred: the practice's interface shows that an invoice is paid and when it was closed, not how or "
    "in how many parts. On a cash-basis tax report, check part payments and edited closing times."
)
_PATIENCE_MS = 600_000


@dataclass(slots=True, kw_only=True)
class App:
    """The verbs of one opened clinic."""

    clinic: Clinic
    stopped: Callable[[], bool] = field(default=lambda: False)

    # --- sync ---------------------------------------------------------------------------------------------------------
    def sync(
        self,
        *,
        full: bool = False,
        hints: tuple[Hint, ...] | None = None,
        leave_books: bool = False,
        brief: bool = False,
        patience_ms: int = _PATIENCE_MS,
    ) -> Result:
        """Run one cycle: read, plan, apply what policy approves, hold the rest; `full` plans every record again.

        With `hints` only what they name is read, with `leave_books` the practice and what hints name, and with `brief`
        only what moves fast there. Raises the port errors when a system cannot be reached or signed in to, AnotherRun
        after `patience_ms`, Fenced when another worker took the clinic over; what was done until then is kept.
        """
        with alone_for(self.clinic, patience_ms):
            restored = settle(self.clinic)
            if restored:
                hints, leave_books, brief = None, False, False
            orders = replace(self._orders(full=full or restored), hints=hints, leave_books=leave_books, brief=brief)
            with heard(self.clinic, whole=hints is None and not leave_books) as tell:
                verdict = self._sync(orders)
                tell(verdict.document)
            if restored and not verdict.document.get("parked"):
                caught_up(self.clinic)
            return verdict

    def _sync(self, orders: CycleOptions) -> Result:
        clinic = self.clinic
        began = clinic.clock.monotonic_ms()
        run_id = clinic.runs.start("sync", secrets.token_hex(3))
        self._first_connection()
        parked, parked_s = "", 0
        cycle = CycleResult()
        try:
            run_cycle(orders, clinic.world(run_id), cycle)
        except TryLater as trouble:
            if trouble.limit != "day":
                self._finish(run_id, {"error": trouble.sentence})
                raise
            parked, parked_s = trouble.sentence, trouble.wait_s
        except Stopped:
            self._finish(run_id, {"stopped": True})
            raise
        except PortError as trouble:
            self._finish(run_id, {"error": trouble.sentence})
            raise
        if not parked:
            self._after(cycle, orders)
        document = {"run_id": run_id, **cycle_document(cycle)}
        document["holds"] = self.holds()
        document["skips"] = skip_documents(clinic.store.outcomes())
        document["waiting"] = [action_document(action) for action in cycle.waiting]
        document["recovered"] = cycle.recovered
        if parked:
            document["parked"] = parked
            document["parked_s"] = parked_s
        document["calls"] = clinic.meter.as_dict()
        document["bytes"] = clinic.meter.volume()
        document["seconds"] = (clinic.clock.monotonic_ms() - began) / 1000
        self._finish(run_id, {key: document[key] for key in document if key not in {"holds", "skips", "waiting"}})
        waits = document["holds"] or document["waiting"] or parked
        return Result(document=document, code=WAITS if waits else DONE)

    def _finish(self, run_id: Any, summary: Mapping[str, object]) -> None:  # noqa: ANN401 - a RunId
        self.clinic.runs.finish(run_id, summary)

    def _first_connection(self) -> None:
        """Keep the day of the first connection: invoices issued before it are left to the old books by default."""
        store = self.clinic.store
        if not store.note("connected_on"):
            day = local_date(self.clinic.clock.now(), self.clinic.settings.rulebook.clinic.time_zone)
            store.keep_note("connected_on", day.isoformat())
        tokens = ",".join(sorted(self.clinic.settings.rulebook.contacts.custom_fields.values()))
        if store.note("custom_fields_read") != tokens:
            # Fields nobody asked for were never read, so everybody is read once more.
            store.forget_cursors("practice")
            store.keep_note("custom_fields_read", tokens)

    def _orders(self, *, full: bool) -> CycleOptions:
        store, book = self.clinic.store, self.clinic.settings.rulebook
        marks = frozenset(json.loads(store.note("approved_marks") or "[]"))
        seen = hashlib.blake2b(repr(book).encode(), digest_size=12).hexdigest()
        changed = store.note("rulebook_seen") not in {seen, ""}
        asked = frozenset() if changed else frozenset(action["mark"] for action in self.waiting()["actions"])
        first_run = store.note("first_run_done") != "yes"
        return CycleOptions(
            rulebook=book,
            around=self.clinic.surroundings(),
            standing=ApprovalState(marks=marks, asked=asked, first_run=first_run),
            everything=full or changed,
            rulebook_mark=seen,
        )

    def _after(self, cycle: CycleResult, orders: CycleOptions) -> None:
        """Keep what waits for approval, and that the first run is over once nothing of it waits any more."""
        if orders.hints is None and not orders.leave_books:
            refresh_owners(self.clinic)
        store = self.clinic.store
        store.keep_note("rulebook_seen", orders.rulebook_mark)
        waiting = self._keep_asked(cycle.waiting)
        left = sorted(orders.standing.marks & {held["mark"] for held in waiting})
        store.keep_note("approved_marks", json.dumps(left))
        if not waiting and orders.standing.first_run:
            store.keep_note("first_run_done", "yes")

    # --- plan ---------------------------------------------------------------------------------------------------------
    def plan(self) -> Result:
        """Say what would be posted and why; nothing is written to either system."""
        clinic = self.clinic
        with alone_for(clinic, _PATIENCE_MS):
            settle(clinic)
            plan = self._planned()
            self._keep_waiting(plan)
        document: Document = {
            "plan": plan_name(plan.actions),
            "actions": [action_document(action) for action in plan.actions],
            "holds": [hold_document(hold) for hold in plan.holds],
            "skips": skip_documents(plan.outcomes),
            "notes": self._notes(),
            "calls": clinic.meter.as_dict(),
        }
        waits = plan.actions or plan.holds
        return Result(document=document, code=WAITS if waits else DONE)

    def _keep_waiting(self, plan: Plan) -> None:
        """Keep what would ask, so that it can be approved before anything is posted."""
        orders = self._orders(full=False)
        waiting = approve_plan(plan, orders.rulebook.approval, orders.standing).waiting
        self._keep_asked(waiting)

    def _keep_asked(self, waiting: Iterable[Action]) -> list[Document]:
        kept = [
            {"mark": approval_mark(a), "gives": list(gives(a)), "needs": list(needs(a)), **action_document(a)}
            for a in waiting
        ]
        known = {action["mark"] for action in self.waiting()["actions"]}
        text = json.dumps({"plan": plan_name(waiting), "actions": kept})
        self.clinic.store.keep_note("waiting", text, self._news(waiting, known))
        return kept

    def _news(self, waiting: Iterable[Action], known: set[str]) -> list[Event]:
        """Tell other tools that approval is wanted, when something waits that did not before."""
        actions = list(waiting)
        if all(approval_mark(action) in known for action in actions):
            return []
        amount = sum((action.amount for action in actions), ZERO)
        return [approval_wanted(self.clinic.settings.name, plan_name(actions), len(actions), amount)]

    def _planned(self) -> Plan:
        clinic = self.clinic
        book, store = clinic.settings.rulebook, clinic.store
        self._first_connection()
        practice = read_practice(clinic.practice(), store, book, clinic.clock, clinic.outside.tell)
        books = read_books(clinic.books(), store, clinic.clock, clinic.outside.tell)
        read_chart(clinic.books(), store, clinic.clock, groups=uses_groups(clinic.settings.rulebook))
        selection: Selection = selection_of(practice.changed | books.changed | set(store.pending()))
        if self._orders(full=False).everything:
            selection = EVERYTHING
        return whole_plan(Planner(memory=store, rulebook=book, around=clinic.surroundings()), selection)

    def _notes(self) -> list[str]:
        """Say what a reader of the plan must know about inferred payments."""
        source = self.clinic.settings.rulebook.payments.source.value
        if source != "inferred":
            return []
        return [INFERRED_NOTE]

    def explain(self, wanted: str) -> Result:
        """Tell what decided one record, by its number or id: the trail of its newest plan or of what was posted."""
        plan = self._planned()
        mine = [a for a in plan.actions if wanted in {a.number, a.subject.id, a.number.rpartition("-")[2]}]
        holds = [h for h in plan.holds if wanted in {h.number, h.subject.id, h.id}]
        outcomes = [o for o in self.clinic.store.outcomes() if wanted in {o.number, o.subject.id}]
        document: Document = {
            "actions": [action_document(action) for action in mine],
            "holds": [hold_document(hold) for hold in holds],
            "outcomes": [{"state": o.state.value, "reason": o.reason, "number": o.number} for o in outcomes],
            "posted": [self._posted(o.subject.key) for o in outcomes],
        }
        return Result(document=document)

    def _posted(self, subject: str) -> list[Document]:
        links = self.clinic.queries.document_links(subject)
        return [
            {"number": link.number, "because": list(link.sent.trail) if link.sent is not None else []} for link in links
        ]

    # --- decisions ----------------------------------------------------------------------------------------------------
    def holds(self) -> list[Document]:
        """Return every open hold, oldest first."""
        return [hold_document(hold) for hold in self.clinic.store.open_holds()]

    def waiting(self) -> Document:
        """Return what waits for approval in the newest plan."""
        return dict(json.loads(self.clinic.store.note("waiting") or '{"plan": "", "actions": []}'))

    def approve(
        self, wanted: Iterable[str] = (), *, by: str = "", choice: DecisionKind = DecisionKind.APPROVED
    ) -> Result:
        """Approve holds or planned actions by number, id or plan; without any, everything in the newest plan.

        The next run does what was approved, if the facts are still the same.
        """
        names = list(wanted)
        by = by or self.clinic.outside.actor
        if not names:
            approved = self._approve_actions(lambda _: True)
            return Result(document={"approved": approved, "holds": [], "unknown": []})
        unknown, actions, decided = [], 0, []
        plan = self.waiting()["plan"]
        for name in names:
            found = [hold for hold in self.clinic.store.open_holds() if _names(hold, name)]
            for hold in found:
                self._decide(hold, choice, by)
                decided.append(hold.id)
            some = self._approve_named(name, plan)
            actions += some
            if not found and not some:
                unknown.append(name)
        document = {"approved": actions, "holds": decided, "unknown": unknown}
        return Result(document=document, code=WAITS if unknown else DONE)

    def decide(self, wanted: str, choice: DecisionKind, by: str = "") -> Result:
        """Decide about the holds of one record, by number or id."""
        return self.approve([wanted], by=by, choice=choice)

    def retry(self, wanted: str) -> Result:
        """Forget what the books refused about a record, so that the next run tries again."""
        found = [hold for hold in self.clinic.store.open_holds() if _names(hold, wanted)]
        for hold in found:
            self.clinic.store.forget_refusals(hold.subject)
        return Result(document={"retried": [hold.id for hold in found]}, code=DONE if found else WAITS)

    def _decide(self, hold: Hold, choice: DecisionKind, by: str) -> None:
        decision = Decision(
            subject=hold.subject,
            code=hold.decision_code,
            decision=choice,
            fingerprint=hold.fingerprint,
            by=by,
            at=self.clinic.clock.now(),
        )
        self.clinic.store.decide(decision)

    def _approve_named(self, name: str, plan: str) -> int:
        return self._approve_actions(lambda action: name == plan or _is_named(action, name))

    def _approve_actions(self, fits: Callable[[Document], bool]) -> int:
        store = self.clinic.store
        marks = set(json.loads(store.note("approved_marks") or "[]"))
        actions = self.waiting()["actions"]
        chosen = [action for action in actions if fits(action)]
        new = {action["mark"] for action in (*chosen, *_needed(chosen, actions))}
        if new:
            store.keep_note("approved_marks", json.dumps(sorted(marks | new)))
        return len(new)

    # --- journal ------------------------------------------------------------------------------------------------------
    def moment(self) -> str:
        """Return the current instant as text."""
        return iso_instant(self.clinic.clock.now())


def _needed(chosen: list[Document], actions: list[Document]) -> list[Document]:
    """Return the waiting actions that the chosen ones need: approving an invoice approves its new contact too."""
    found: list[Document] = []
    wanted = {need for action in chosen for need in action["needs"]}
    while wanted:
        more = [action for action in actions if wanted & set(action["gives"]) and action not in found]
        wanted = {need for action in more for need in action["needs"]}
        found.extend(more)
    return found


def plan_name(actions: Iterable[Action]) -> str:
    """Return a short name for a plan, the same for the same actions."""
    marks = "".join(approval_mark(action) for action in actions)
    return "p" + hashlib.blake2b(marks.encode(), digest_size=4).hexdigest() if marks else ""


def _names(hold: Hold, name: str) -> bool:
    """Say whether a person means that hold: by its id, the practice's number or id, or our number in the books."""
    return bool({name, name.rpartition("-")[2]} & ({hold.id, hold.number, hold.subject.id} - {""}))


def _is_named(action: Mapping[str, Any], name: str) -> bool:
    number = str(action["number"])
    return name in {
        number,
        str(action["source_id"]),
        number.removesuffix("/paid"),
        number.rpartition("-")[2].removesuffix("/paid"),
    }


@contextmanager
def open_app(settings: Settings, *, clinic: str | None = None, outside: Overrides | None = None) -> Iterator[App]:
    """Open the verbs of one clinic, and close everything again."""
    with open_clinic(settings, clinic, outside) as opened:
        yield App(clinic=opened)
