"""Demo steps: each step of a made-up clinic's first day with Ligament on the screen, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from ligament.app.output import to_json
from ligament.app.reports.comparison import VARIANCE_TITLES
from ligament.cli.views.paper import Column, count, day, heading, line, money, table
from ligament.cli.views.progress import console
from ligament.cli.views.words import ACTIONS, KINDS
from ligament.core.causes import CAUSES
from ligament.demo.demo import SIZES, SPEED, Stage, play_demo
from ligament.service.delivery_loop import deliver_now

USAGE = 2
_RECORDS = {
    "payments": ("payment", "payments"),
    "allocations": ("use of credit", "uses of credit"),
    "credit_notes": ("credit note", "credit notes"),
    "invoices": ("invoice", "invoices"),
    "contacts": ("contact", "contacts"),
}
_STATES = ("created", "updated", "unchanged", "held", "skipped", "failed")

Document = Mapping[str, Any]


def run_demo(*, once: bool, seed: int, size: str, as_json: bool, serve: Callable[[Stage], None] | None = None) -> None:
    """Run the demo and end the process: 0 when the second run wrote nothing and nothing failed, else 1.

    Unless it is to run `once`, `serve` goes on with the clinic before that.
    """
    if size not in SIZES:
        console(stderr=True).print(f"There is no size {size!r}: choose {' or '.join(SIZES)}.", markup=False)
        raise SystemExit(USAGE)
    if as_json:
        verdict = play_demo(seed, size, deliver_now)
        sys.stdout.write(to_json(verdict.document) + "\n")
    else:
        verdict = play_demo(seed, size, deliver_now, _tell, None if once else serve)
    raise SystemExit(verdict.code)


# --- what is printed --------------------------------------------------------------------------------------------------


def _tell(step: str, document: Document) -> None:
    """Print one step as it ends."""
    _STEPS[step](document)


def _clinic(document: Document) -> None:
    name = document["name"]
    line(f"{name}: an invented clinic. Nothing here is real, and nothing leaves this machine.", style="bold")
    line(
        f"{document['locations']} locations, {document['practitioners']} practitioners, {document['patients']} "
        f"patients, {document['payers']} payers; {document['invoices']:,} invoices until {day(document['to'])}, kept "
        f"in these books from {day(document['from'])} on."
    )
    line(
        "Both systems are simulated and answer over HTTP, with the vendors' own limits per minute on a clock that runs "
        f"{SPEED} times as fast as a real one."
    )


def _connect(document: Document) -> None:
    _began("Connect", document)
    line(f"Practice: {document['practice']}, with the key of an {document['role']}")
    line(f"Books:    {document['books']}")


def _doctor(document: Document) -> None:
    _began("Doctor", document)
    checks = document["checks"]
    line(f"{sum(check['state'] == 'ok' for check in checks)} of {len(checks)} checks are well.")
    for check in checks:
        if check["state"] != "ok":
            line(f"  {check['state']:<5} {check['sentence']}", style="yellow")
            line(f"        {check['todo']}")


def _plan(document: Document) -> None:
    _began("Plan: what would be written, and why; nothing is yet", document)
    found: dict[str, tuple[int, Decimal]] = {}
    for action, row in sorted(document["actions"].items()):
        words = ACTIONS.get(action, action)
        count, amount = found.get(words, (0, Decimal(0)))
        found[words] = (count + row["count"], amount + Decimal(row["amount"]))
    rows = [[f"{count:,}", money(amount) if amount else "", words] for words, (count, amount) in found.items()]
    table((Column("Actions", right=True), Column("Amount", right=True), Column("What")), rows)
    line(f"{document['holds']:,} held for a person, {document['skips']:,} skipped by a rule.")
    for note in document["notes"]:
        line(note)


def _approve(document: Document) -> None:
    _began("Approve: the first run always asks", document)
    line(f"{document['approved']:,} actions approved.")


def _sync(document: Document) -> None:
    _began("Sync", document)
    _counts(document)


def _sync_again(document: Document) -> None:
    _began("Sync again, with nothing changed", document)
    _counts(document)


def _travel(document: Document) -> None:
    """Print how long a change took each way, and when a running service would have begun with it."""
    if not document:
        return
    practice, books = document["titles"]["practice"], document["titles"]["books"]
    ways = (
        ("to_books", f"An e-mail changed in {practice} was", f"in {books}", "looks every 30 seconds, or faster"),
        ("to_practice", f"A telephone number changed in {books} was", f"in {practice}", "is told at once by a webhook"),
    )
    heading("A change travels each way")
    for way, words, where, when in ways:
        told = document[way]
        arrived = where if told["arrived"] else f"NOT {where}"
        line(f"{words} {arrived} after {told['seconds']:.1f} seconds of work. A running service {when}.")


def _proof(document: Document) -> None:
    """Print the equation, what was broken on purpose, how it was found, and that it is mended."""
    totals = document["totals"]
    heading("The proof: everything compared, record by record")
    line(
        f"Practice {money(totals['source'])} = books {money(totals['books'])} + explained {money(totals['explained'])} "
        f"({count(document['explained_by'], 'difference')}, each with its reason)."
    )
    touched, titles, link = document["touched"], document["titles"], document["link"]
    if not all(touched.values()):
        return
    line(
        f"Then people touched {', '.join(touched['books'])} in {titles['books']} and {', '.join(touched['practice'])} "
        f"in {titles['practice']}. The next comparison found:"
    )
    for one in document["found"]:
        line(f"  {one['sentence']}")
    line(f"The plan that mends it waits for a yes. A message to {link['to']} has a link. {link['asked']}".rstrip())
    line(f"By that link: {count(link['approved'], 'change')} approved. Opened again: {link['again'] or 'NOTHING'}")
    line(
        f"{document['fixed']:,} of {len(document['found']):,} mended, "
        f"{document['left']:,} left: the sums close again, with the {document['waiting']:,} that wait as before."
    )
    revenue = document["revenue"]
    same = "as" if revenue["total"] == revenue["compared"] else "NOT as"
    line(f"The revenue report comes to {money(revenue['total'])}, {same} the reconciliation says.")


def _approval(document: Document) -> None:
    """Print what a rule held back, how it was approved, what another tool heard, and that it was taken back."""
    if not document:
        return
    number, rule, webhook = (document[name] for name in ("number", "rule", "webhook"))
    heading("A rule holds an invoice back, and another tool hears when it is posted")
    is_not = "was not posted" if rule["kept_back"] else "WAS posted"
    line(f'The rule "{rule["name"]}" was added. {number}, raised since then, {is_not}: {rule["sentence"]}')
    became = "it was posted" if rule["posted"] else "it was NOT posted"
    line(f"Somebody said yes, and {became}.")
    genuine = "its signature is right" if webhook["verified"] else "its signature is NOT right"
    line(f"Another tool received {count(webhook['arrived'], 'webhook')} ({webhook['type']}) of {number}: {genuine}.")
    found = [count(many, *_RECORDS[kind]) for kind, many in document["undo"]["taken_back"].items() if many]
    stays = f"{len(document['undo']['left'])} stay" if document["undo"]["left"] else "nothing stays"
    line(f"The run was undone: {', '.join(found)} taken back, {stays}. It waits until somebody wants it again.")


def _ending_equation(document: Document) -> None:
    """Print the equation once more, each reason with what it explains, and that nothing is left over."""
    totals = document["totals"]
    heading("Every cent: all compared once more")
    line(
        f"Practice {money(totals['source'])} = books {money(totals['books'])} + {money(totals['explained'])}, which is:"
    )
    rows = [
        [money(one["amount"]), f"{one['count']:,}", VARIANCE_TITLES.get(one["kind"], one["kind"])]
        for one in document["reasons"]
    ]
    rows.append([money(document["unexplained"]), "", "without a reason"])
    table((Column("Amount", right=True), Column("Differences", right=True), Column("Reason")), rows)
    known = document["acknowledged"]
    line(f"{count(known, 'of them waits', 'of them wait')} for somebody: acknowledged with a note, and listed.")
    line(
        "Balanced: nothing else differs."
        if document["balanced"]
        else "NOT balanced: something differs that nobody knows."
    )


def _old_books(document: Document) -> None:
    """Print what the audit of the second clinic found, and that taking over doubled nothing."""
    heading("A second clinic, whose books an older link kept for a year: audited while that link is on")
    share = f"{document['score']} %"
    line(f"{share} of what it invoiced is in the books as it should be; {money(document['at_stake'])} is at stake.")
    for one in document["findings"]:
        line(f"{one['count']:>4,}  {one['kind'].replace('_', ' ')}")
        line(f"      such as: {one['example']}")
    line(
        f"Taken over: {document['linked']:,} documents linked as they are, {document['created']:,} posted that were "
        f"missing, {document['new_doubles']:,} doubled. Now {document['score_after']} % are as they should be."
    )


def _counts(document: Document) -> None:
    rows = []
    for kind, (_, name) in KINDS.items():
        counts = [document[state].get(kind, 0) for state in _STATES]
        if any(counts):
            rows.append([*(f"{number:,}" for number in counts), name.capitalize()])
    table((*(Column(state.capitalize(), right=True) for state in _STATES), Column("Records")), rows)


def _summary(document: Document) -> None:
    heading("What waits for a person")
    for hold in document["holds"]:
        line(f"{hold['count']:>4,}  {CAUSES.get(hold['code'], hold['code'])}")
        line(f"      such as {hold['number']}: {hold['example']}")
    heading("What both hold of the posted documents, added up from their own records")
    totals = document["totals"]
    rows = [
        [f"{totals['documents']:,}", "documents posted"],
        [money(totals["practice"]), "in the practice"],
        [money(totals["books"]), "in the books"],
        [f"{totals['difference']:,}", "documents that differ"],
    ]
    table((Column("Total", right=True), Column("Of")), rows)
    _ending(document)


def _ending(document: Document) -> None:
    heading("The second run, by the servers' own logs")
    for role, number in document["sync_again"]["writes"].items():
        line(f"{number:>4,}  writes reached the {role}")
    seconds = sum((step["seconds"] for step in document["steps"]), Decimal(0))
    line()
    line(
        f"{sum(document['calls'].values()):,} calls took {seconds:.0f} seconds here, where the clock runs "
        f"{document['speed']} times as fast. Against the real servers, with their limits of calls per minute, they "
        f"take about {document['real_minutes']} minutes."
    )
    if document["as_promised"]:
        line("Done: every cent is matched or has its reason, what is doubtful waits, and the second run wrote nothing.")
    else:
        line("NOT as promised: something failed, differs, or was written a second time. See the counts above.")


_STEPS: Mapping[str, Callable[[Document], None]] = {
    "clinic": _clinic,
    "connect": _connect,
    "doctor": _doctor,
    "plan": _plan,
    "approve": _approve,
    "sync": _sync,
    "sync again": _sync_again,
    "travel": _travel,
    "proof": _proof,
    "approval": _approval,
    "ending": _ending_equation,
    "old books": _old_books,
    "summary": _summary,
}


def _began(text: str, document: Document) -> None:
    heading(f"{text} ({document['seconds']:.1f} s, {document['step_calls']:,} calls)")
