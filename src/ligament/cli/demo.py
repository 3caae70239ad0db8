"""`ligament demo`: prints each step of a made-up clinic's first day with Ligament, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ligament.cli.progress import console
from ligament.wiring.demo import SPEED, run_demo as play
from ligament.wiring.output import to_json

USAGE = 2
_SIZES = ("small", "medium")
_WIDTH = 100
_LABEL = 34

Document = Mapping[str, Any]


def run_demo(*, once: bool, seed: int, size: str, as_json: bool) -> None:
    """Run the demo and end the process: 0 when the second run wrote nothing and nothing failed, else 1."""
    if size not in _SIZES:
        console(stderr=True).print(f"There is no size {size!r}: choose small or medium.", markup=False)
        raise SystemExit(USAGE)
    if as_json:
        verdict = play(seed, size)
        sys.stdout.write(to_json(verdict.document) + "\n")
    else:
        verdict = play(seed, size, _tell)
        if not once:
            _line("The dashboard is not part of this version, so the demo ends here.")
    raise SystemExit(verdict.code)


# --- what is printed --------------------------------------------------------------------------------------------------


def _tell(step: str, document: Document) -> None:
    """Print one step as it ends."""
    _STEPS[step](document)


def _clinic(document: Document) -> None:
    _line(f"{document['name']}: an invented clinic. Nothing here is real and nothing leaves this machine.")
    _line(
        f"It has {document['locations']} locations, {document['practitioners']} practitioners, "
        f"{document['patients']} patients, {document['payers']} payers and {document['invoices']:,} invoices "
        f"from {_day(document['from'])} to {_day(document['to'])}."
    )
    _line(
        f"Both systems are simulated and answer over HTTP with the real limits per minute; "
        f"the clock runs {SPEED} times as fast here."
    )


def _connect(document: Document) -> None:
    _heading("Connect", document)
    _row("Practice", f"{document['practice']} ({document['role']})")
    _row("Books", document["books"])


def _doctor(document: Document) -> None:
    _heading("Doctor", document)
    if document.get("left_out"):
        _line(f"  Left out: {document['left_out']}.")
    for check in document.get("checks", ()):
        _line(f"  {check.get('state', ''):<6} {check.get('sentence', '')}")


def _plan(document: Document) -> None:
    _heading("Plan (nothing is written yet)", document)
    for action, found in sorted(document["actions"].items()):
        amount = _money(found["amount"]) if found["amount"] else ""
        _row(_words(action), f"{found['count']:>7,}{amount:>16}")
    _row("Held for a person", f"{document['holds']:>7,}")
    _row("Skipped by a rule", f"{document['skips']:>7,}")
    for note in document["notes"]:
        _line(f"  {note}")


def _approve(document: Document) -> None:
    _heading("Approve", document)
    _row("Approved actions", f"{document['approved']:>7,}")


def _sync(document: Document) -> None:
    _heading("Sync", document)
    _counts(document)


def _sync_again(document: Document) -> None:
    _heading("Sync again, with nothing changed", document)
    _counts(document)


def _counts(document: Document) -> None:
    _line(f"  {'':<{_LABEL}}{'created':>9}{'updated':>9}{'unchanged':>11}{'held':>7}{'skipped':>9}{'failed':>8}")
    for kind in document["created"]:
        row = {
            name: document[name].get(kind, 0)
            for name in ("created", "updated", "unchanged", "held", "skipped", "failed")
        }
        if any(row.values()):
            _line(
                f"  {_words(kind):<{_LABEL}}{row['created']:>9,}{row['updated']:>9,}{row['unchanged']:>11,}"
                f"{row['held']:>7,}{row['skipped']:>9,}{row['failed']:>8,}"
            )


def _summary(document: Document) -> None:
    _line("")
    _line("What waits for a person")
    for hold in document["holds"]:
        _line(f"  {hold['count']:>4,}  {_words(hold['code'])}")
        _line(f"        e.g. {hold['number']}: {hold['example']}")
    totals = document["totals"]
    _line("")
    _line("What both systems hold, added up from their own records")
    _row("Documents posted", f"{totals['documents']:>16,}")
    _row("Practice total", f"{_money(totals['practice']):>16}")
    _row("Books total", f"{_money(totals['books']):>16}")
    _row("Documents that differ", f"{totals['difference']:>16,}")
    _ending(document)


def _ending(document: Document) -> None:
    writes, calls = document["sync_again"]["writes"], document["calls"]
    seconds = sum((step["seconds"] for step in document["steps"]), Decimal(0))
    _line("")
    _line("The second run")
    for role, count in writes.items():
        _row(f"Writes that reached the {role}", f"{count:>16,}")
    _line("")
    total = sum(calls.values())
    _line(
        f"{total:,} calls in {seconds:.0f} seconds on a clock that runs {document['speed']} times as fast. "
        f"Against the real servers, with their limits per minute, they take about {document['real_minutes']} minutes."
    )
    done = "Done: every cent is matched or held, and the second run wrote nothing."
    _line(done if document["as_promised"] else "NOT as promised: see the counts above.")


_STEPS: Mapping[str, Callable[[Document], None]] = {
    "clinic": _clinic,
    "connect": _connect,
    "doctor": _doctor,
    "plan": _plan,
    "approve": _approve,
    "sync": _sync,
    "sync again": _sync_again,
    "summary": _summary,
}


def _heading(text: str, document: Document) -> None:
    spent = f"{document['seconds']:.1f} s, {document['step_calls']:,} calls"
    _line("")
    _line(f"{text:<{_WIDTH - len(spent)}}{spent}")
    _line("-" * _WIDTH)


def _row(label: str, value: object) -> None:
    _line(f"  {label:<{_LABEL}}{value}")


def _line(text: str) -> None:
    console().print(text, markup=False, highlight=False)


def _words(code: str) -> str:
    return code.replace("_", " ").capitalize()


def _money(amount: Decimal | str) -> str:
    return f"{Decimal(amount):,.2f}"


def _day(text: str) -> str:
    """Return an ISO date as Australians write it."""
    return date.fromisoformat(text).strftime("%d/%m/%Y")
