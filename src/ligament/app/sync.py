"""Sync: one run, from reading to recording."""

from __future__ import annotations

import hmac
from dataclasses import replace

from ligament.app.approvals import end_first_run, keep_asked
from ligament.app.contacts.owners import refresh_owners
from ligament.app.cut_short import keep_run
from ligament.app.cycle_options import PATIENCE_MS, cycle_options, first_connection
from ligament.app.decisions import open_holds
from ligament.app.documents import action_document, cycle_document, skip_documents
from ligament.app.notices.notifier import notifying
from ligament.app.results import DONE, WAITS, Result
from ligament.app.run_ends import told_by_its_run
from ligament.app.safety.after_restore import caught_up, settle
from ligament.core.notes import CHECKED_KEY_NOTE, RULEBOOK_NOTE
from ligament.flow.cycle import CycleOptions, CycleResult, run_cycle
from ligament.flow.read.read import Hint
from ligament.ports.errors import TryLater
from ligament.wiring.ambient import random_hex
from ligament.wiring.clinic import Clinic, credentials
from ligament.wiring.exclusive import alone_for


def sync(
    clinic: Clinic,
    *,
    full: bool = False,
    hints: tuple[Hint, ...] | None = None,
    leave_books: bool = False,
    brief: bool = False,
    patience_ms: int = PATIENCE_MS,
) -> Result:
    """Run one cycle: read, plan, apply what policy approves, hold the rest; `full` plans every record again.

    With `hints` only what they name is read, with `leave_books` the practice and what hints name, and with `brief`
    only what moves fast there. Raises the port errors when a system cannot be reached or signed in to, AnotherRun
    after `patience_ms`, Fenced when another worker took the clinic over; what was done until then is kept.
    """
    with alone_for(clinic, patience_ms):
        restored = settle(clinic)
        if restored or not practice_is_checked(clinic):
            hints, leave_books, brief = None, False, False
        orders = replace(
            cycle_options(clinic, full=full or restored), hints=hints, leave_books=leave_books, brief=brief
        )
        with notifying(clinic, whole=hints is None and not leave_books) as tell:
            verdict = _cycle(clinic, orders)
            tell(verdict.document)
        if restored and not verdict.document.get("parked"):
            caught_up(clinic)
        return verdict


def _cycle(clinic: Clinic, orders: CycleOptions) -> Result:
    began = clinic.clock.monotonic_ms()
    run_id = clinic.runs.start("sync", random_hex(3))
    first_connection(clinic)
    parked, parked_s = "", 0
    cycle = CycleResult()
    with told_by_its_run(clinic, run_id):
        try:
            run_cycle(orders, clinic.world(run_id), cycle)
        except TryLater as trouble:
            if trouble.limit != "day":
                raise
            parked, parked_s = trouble.sentence, trouble.wait_s
    if not parked:
        _after(clinic, cycle, orders)
    document = {"run_id": run_id, **cycle_document(cycle)}
    document["holds"] = open_holds(clinic)
    document["skips"] = skip_documents(clinic.store.outcomes())
    document["waiting"] = [action_document(action) for action in cycle.waiting]
    document["recovered"] = cycle.recovered
    if parked:
        document["parked"] = parked
        document["parked_s"] = parked_s
    keep_run(clinic, parked, parked_s)
    document["calls"] = clinic.meter.as_dict()
    document["bytes"] = clinic.meter.volume()
    document["seconds"] = (clinic.clock.monotonic_ms() - began) / 1000
    clinic.runs.finish(run_id, {key: document[key] for key in document if key not in {"holds", "skips", "waiting"}})
    waits = document["holds"] or document["waiting"] or parked
    return Result(document=document, code=WAITS if waits else DONE)


def practice_is_checked(clinic: Clinic) -> bool:
    """Say whether whose practice it is was checked with the present credentials."""
    return clinic.store.note(CHECKED_KEY_NOTE) == _key_mark(clinic)


def _key_mark(clinic: Clinic) -> str:
    values = credentials(clinic, clinic.practice_manifest)
    text = "\n".join(f"{name}={values[name].reveal()}" for name in sorted(values))
    return hmac.new(clinic.code_key(), text.encode(), "sha256").hexdigest()[:24]


def _after(clinic: Clinic, cycle: CycleResult, orders: CycleOptions) -> None:
    """Keep what waits for approval, and that the first run is over where nothing of it asks."""
    if orders.hints is None and not orders.leave_books:
        refresh_owners(clinic)
    store = clinic.store
    store.keep_note(RULEBOOK_NOTE, orders.rulebook_mark)
    if not orders.brief and orders.hints is None:
        store.keep_note(CHECKED_KEY_NOTE, _key_mark(clinic))
    keep_asked(clinic, cycle.waiting)
    if not cycle.waiting and cycle.done and orders.standing.first_run:
        # Nothing of it asks by the clinic's own policy, so nobody will ever approve it.
        end_first_run(clinic)
