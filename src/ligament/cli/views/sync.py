"""What the verbs tell, for people: the outcome first, then what waits and what to type next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from ligament.cli.views.actions import list_actions, summary
from ligament.cli.views.holds import grouped
from ligament.cli.views.paper import Column, count, day, heading, line, listed, money, table
from ligament.cli.views.types import Command, Document
from ligament.cli.views.words import KINDS

_RECORDS = ("contacts", "invoices", "credit_notes")


# --- setting up -------------------------------------------------------------------------------------------------------


# --- plan and sync ----------------------------------------------------------------------------------------------------


def plan(document: Document, command: Command) -> None:
    """Tell what would be posted: a summary, the first actions, and what is held."""
    actions, holds = document["actions"], document["holds"]
    since = f" dated from {day(document['since'])} on" if document.get("since") else ""
    name = f" (plan {document['plan']})" if document["plan"] else ""
    if actions:
        line(f"{count(len(actions), 'action')} would run{since}{name}. Nothing has been written.", style="bold")
    else:
        line(f"Nothing would be posted{since}: the books say what they should.", style="bold")
    summary(actions)
    list_actions(actions, command("plan --output plan.xlsx"))
    _totals(document["totals"])
    _left_out(document)
    grouped(holds, command)
    for note in document["notes"]:
        line()
        line(note)
    line()
    line(calls_used(document["calls"]) + ".")
    for file in document.get("files", ()):
        line(f"Written to {file}.")
    if document["asking"]:
        asks = count(document["asking"], "of these asks first", "of these ask first")
        line(f"{asks}. Next: {command('approve')}  (or {command('refuse')} --reason WHY)")
    elif actions:
        line(f"Next: {command('sync --once')}")


def _left_out(document: Document) -> None:
    """Print what no document is made of: what lies before the first day, and what a rule or setting skips."""
    told = document["left_out"]["sentence"]
    others = [skip for skip in document["skips"] if not told or skip["reason"] != "before_start"]
    reasons = Counter(str(skip["reason"]).replace("_", " ") for skip in others)
    skipped = listed([f"{number:,} {reason}" for reason, number in reasons.most_common()])
    for sentence in (told, f"Skipped: {skipped}." if others else ""):
        if sentence:
            line()
            line(sentence)


_TOTALS = {"by_account": "Account", "by_tax": "Tax type", "by_month": "Month"}


def _totals(totals: Document) -> None:
    """Print what new documents come to; gross, credit notes taken off."""
    if any(totals.values()):
        heading("What the new documents come to")
        rows = [[title, key, money(amount)] for name, title in _TOTALS.items() for key, amount in totals[name].items()]
        table((Column("By"), Column(""), Column("Amount", right=True)), rows)


def sync(document: Document, command: Command) -> None:
    """Tell what one run did, that nothing was lost, and what waits."""
    line(_outcome(document), style="bold")
    if document.get("parked"):
        line(f"{document['parked']} What is left goes on with the next run.", style="yellow")
    line(conservation(document))
    names = ("read", "planned", "created", "updated", "voided", "unchanged", "held", "skipped", "failed")
    rows = [[KINDS[kind][1].capitalize(), *(f"{document[name][kind]:,}" for name in names)] for kind in KINDS]
    line()
    titles = [Column(""), *(Column(name.capitalize(), right=True) for name in names)]
    table(titles, [row for row in rows if any(cell != "0" for cell in row[1:])])
    if document["recovered"]:
        line(f"{count(document['recovered'], 'call')} of an earlier run with an unknown outcome settled first.")
    waiting = document["waiting"]
    if waiting:
        heading(f"Waiting for approval: {count(len(waiting), 'action')}")
        summary(waiting)
        line(f"Next: {command('approve')}")
    grouped(document["holds"], command)
    line()
    line(f"{calls_used(document['calls'])}, {document['seconds']:.1f} seconds.")


def _outcome(document: Document) -> str:
    done = [
        f"{number:,} {verb}" for verb in ("created", "updated", "voided") if (number := sum(document[verb].values()))
    ]
    failed = sum(document["failed"].values())
    nothing = "Nothing was posted." if document.get("parked") else "Done: nothing had to be posted."
    text = f"Done: {listed(done)}." if done else nothing
    if failed:
        text += f" {count(failed, 'was', 'were')} refused."
    holds, waiting = len(document["holds"]), len(document["waiting"])
    if holds:
        text += f" {count(holds, 'thing waits', 'things wait')} for you."
    if waiting:
        text += f" {count(waiting, 'action waits', 'actions wait')} for approval."
    return text if holds or waiting or failed or document.get("parked") else f"{text} Nothing waits."


def conservation(document: Document) -> str:
    """Return the line that shows that every record read is accounted for."""
    sums = {
        name: sum(document[name].get(kind, 0) for kind in _RECORDS)
        for name in ("read", "planned", "unchanged", "held", "skipped")
    }
    parts = " + ".join(f"{name} {sums[name]:,}" for name in ("planned", "unchanged", "held", "skipped"))
    return f"Read {sums['read']:,} = {parts}"


def calls_used(calls: Mapping[str, Mapping[str, int]]) -> str:
    """Say how many calls each system got."""
    made = {system: sum(by.values()) for system, by in calls.items()}
    parts = [f"{system.capitalize()} {number:,}" for system, number in made.items() if number]
    return f"Calls used: {', '.join(parts)}" if parts else "Calls used: none"


def explained(document: Document, command: Command) -> None:
    """Tell what decided one record."""
    del command
    found = [*document["actions"], *document["holds"], *document["outcomes"], *document["refused"]]
    if not found:
        line("Nothing is known under that number or id.")
    for action in document["actions"]:
        line(f"Planned: {action['sentence']}", style="bold")
        for reason in action.get("because", ()):
            line(f"  - {reason}")
    for posted in document["posted"]:
        for entry in posted:
            line(f"In the books as {entry['number']}", style="bold")
            for reason in entry["because"]:
                line(f"  - {reason}")
    for hold_ in document["holds"]:
        line(f"Held: {hold_['sentence']}", style="bold")
        line(f"  {hold_['todo']}")
    for one in document["refused"]:
        line(one["sentence"], style="bold")
    for outcome in document["outcomes"]:
        reason = f" ({outcome['reason'].replace('_', ' ')})" if outcome["reason"] else ""
        line(f"Last run: {outcome['state']}{reason}")


# --- decisions --------------------------------------------------------------------------------------------------------
