"""What the verbs tell, for people: the outcome first, then what waits and what to type next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ligament.cli.paper import Column, count, day, heading, line, listed, moment, money, table
from ligament.cli.words import ACTIONS, KINDS, WITH_AMOUNT, next_commands
from ligament.core.causes import CAUSES

Document = Mapping[str, Any]
Command = Callable[[str], str]
"""Completes a command to what is typed exactly, with the home and the clinic that were given."""
_SIDES = {"practice": "In the practice", "books": "In the books", "agreed": "Last agreed"}

_SHOWN, _SHOWN_HOLDS = 20, 10
_RECORDS = ("contacts", "invoices", "credit_notes")
# The day of a payment is in its sentence; the action's own day is that of the invoice.
_MONEY = {"payments", "allocations"}
_MARKS = {"ok": ("ok", "green"), "warn": ("look", "yellow"), "bad": ("wrong", "red")}


# --- setting up -------------------------------------------------------------------------------------------------------


def init(document: Document, command: Command) -> None:
    """Tell where the rulebook is and what comes next."""
    del command
    line(f"The rulebook is written: {document['rulebook']}")
    if document["key_file"]:
        line(f"The vault key is in {document['key_file']}. Back it up, apart from the database: without it the")
        line("stored credentials cannot be opened.")
    heading("Next")
    for place, step in enumerate(document["next"], 1):
        line(f"{place}. {step}")


def connected(document: Document, command: Command) -> None:
    """Tell what was connected, and what to mind."""
    role = f", with the key of a user who is {document['role']}" if document.get("role") else ""
    account = document["account"] or "the account"
    line(f"{document['title']} is connected: {account}{role}. The credentials are stored encrypted.")
    for warning in document["warnings"]:
        line(f"Mind: {warning}", style="yellow")
    for note in document["notes"]:
        line(note)
    line(f"Next: {command('doctor')}")


def doctor(document: Document, command: Command) -> None:
    """Tell every check by area, the troubled ones with what to do."""
    wrong, look = document["bad"], document["warn"]
    if wrong or look:
        parts = ([count(wrong, "thing is wrong", "things are wrong")] if wrong else []) + (
            [count(look, "thing to look at", "things to look at")] if look else []
        )
        line(f"{listed(parts).capitalize()}; {document['ok']} are well.", style="bold")
    else:
        line(f"All is well: {count(document['ok'], 'check')}.", style="bold")
    for area in dict.fromkeys(check["area"] for check in document["checks"]):
        heading(area)
        for check in (one for one in document["checks"] if one["area"] == area):
            word, style = _MARKS[check["state"]]
            line(f"  {word:<6} {check['sentence']}", style="" if check["state"] == "ok" else style)
            if check["todo"]:
                line(f"         {check['todo']}")
    line()
    line(_calls(document["calls"]) + ".")
    line(f"Next: {command('plan' if not wrong else 'doctor')}")


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
    _summary(actions)
    _actions(actions, command("plan --output plan.json"))
    if document["skips"]:
        reasons = Counter(str(skip["reason"]).replace("_", " ") for skip in document["skips"])
        line()
        line(f"Skipped: {listed([f'{number:,} {reason}' for reason, number in reasons.most_common()])}.")
    _grouped(holds, command)
    for note in document["notes"]:
        line()
        line(note)
    line()
    line(_calls(document["calls"]) + ".")
    if actions:
        line(f"Next: {command('sync --once')}")


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
        _summary(waiting)
        line(f"Next: {command('approve')}")
    _grouped(document["holds"], command)
    line()
    line(f"{_calls(document['calls'])}, {document['seconds']:.1f} seconds.")


def _outcome(document: Document) -> str:
    done = [
        f"{number:,} {verb}" for verb in ("created", "updated", "voided") if (number := sum(document[verb].values()))
    ]
    failed = sum(document["failed"].values())
    text = f"Done: {listed(done)}." if done else "Done: nothing had to be posted."
    if failed:
        text += f" {count(failed, 'was', 'were')} refused."
    holds, waiting = len(document["holds"]), len(document["waiting"])
    if holds:
        text += f" {count(holds, 'thing waits', 'things wait')} for you."
    if waiting:
        text += f" {count(waiting, 'action waits', 'actions wait')} for approval."
    return text if holds or waiting or failed else f"{text} Nothing waits."


def conservation(document: Document) -> str:
    """Return the line that shows that every record read is accounted for."""
    sums = {
        name: sum(document[name].get(kind, 0) for kind in _RECORDS)
        for name in ("read", "planned", "unchanged", "held", "skipped")
    }
    parts = " + ".join(f"{name} {sums[name]:,}" for name in ("planned", "unchanged", "held", "skipped"))
    return f"Read {sums['read']:,} = {parts}"


def _calls(calls: Mapping[str, Mapping[str, int]]) -> str:
    made = {system: sum(by.values()) for system, by in calls.items()}
    parts = [f"{system.capitalize()} {number:,}" for system, number in made.items() if number]
    return f"Calls used: {', '.join(parts)}" if parts else "Calls used: none"


def _summary(actions: Sequence[Document]) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for action in actions:
        key = (action["action"], action["kind"])
        counts[key] += 1
        sums[key] += Decimal(str(action["amount"]))
    order = list(ACTIONS)
    rows = [
        [_action_words(*key), f"{counts[key]:,}", money(sums[key]) if key[0] in WITH_AMOUNT else ""]
        for key in sorted(counts, key=lambda key: (order.index(key[0]) if key[0] in order else len(order), key[1]))
    ]
    if rows:
        line()
        table((Column("What"), Column("Number", right=True), Column("Amount", right=True)), rows)


def _action_words(action: str, kind: str) -> str:
    words = ACTIONS.get(action, action.replace("_", " ").capitalize())
    if action in {"create_document", "update_document", "void", "pay", "pay_first"}:
        kind = "invoices" if action.startswith("pay") else kind
        return f"{words} {KINDS.get(kind, (kind, kind))[1]}"
    return words


def _actions(actions: Sequence[Document], see_all: str) -> None:
    if not actions:
        return
    heading("The first of them" if len(actions) > _SHOWN else "In order")
    rows = [
        [
            str(action["number"]),
            "" if action["kind"] in _MONEY else day(action.get("on")),
            money(action["amount"]) if action["action"] in WITH_AMOUNT else "",
            str(action["sentence"]) or _action_words(action["action"], action["kind"]),
        ]
        for action in actions[:_SHOWN]
    ]
    table((Column("Number"), Column("Date"), Column("Amount", right=True), Column("What")), rows)
    if len(actions) > _SHOWN:
        line(f"And {len(actions) - _SHOWN:,} more. All of them: {see_all} (or --json).")


def explained(document: Document, command: Command) -> None:
    """Tell what decided one record."""
    del command
    found = [*document["actions"], *document["holds"], *document["outcomes"]]
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
    for outcome in document["outcomes"]:
        reason = f" ({outcome['reason'].replace('_', ' ')})" if outcome["reason"] else ""
        line(f"Last run: {outcome['state']}{reason}")


# --- decisions --------------------------------------------------------------------------------------------------------


def waiting(document: Document, command: Command) -> None:
    """Tell what waits for approval in the newest plan."""
    actions = document["actions"]
    line(f"{count(len(actions), 'action waits', 'actions wait')} for approval (plan {document['plan']}).", style="bold")
    _summary(actions)
    _actions(actions, command("plan --output plan.json"))


def approved(document: Document, command: Command) -> None:
    """Tell what was approved."""
    if document.get("sentence"):
        line(document["sentence"], style="bold")
    actions, holds = document["approved"], document["holds"]
    verb = {"approved": "Approved"}.get(document.get("decision", "approved"), "Decided")
    parts = ([count(actions, "planned action")] if actions else []) + (
        [count(len(holds), "held record")] if holds else []
    )
    if parts:
        line(f"{verb}: {listed(parts)}.", style="bold")
    for name in document["unknown"]:
        line(f'Nothing called "{name}" waits. `{command("holds")}` lists what does.', style="yellow")
    if parts:
        line(f"The next run does it: {command('sync --once')}")


def holds(document: Document, command: Command) -> None:
    """Tell everything that waits, grouped by cause."""
    found = document["holds"]
    if not found:
        line("Nothing waits for you.", style="bold")
        return
    line(f"{count(len(found), 'thing waits', 'things wait')} for you.", style="bold")
    _grouped(found, command, title=False)


def _grouped(found: Sequence[Document], command: Command, *, title: bool = True) -> None:
    groups: defaultdict[tuple[str, str], list[Document]] = defaultdict(list)
    for hold_ in found:
        groups[hold_["code"], hold_["todo"]].append(hold_)
    if groups and title:
        heading(f"Held: {count(len(found), 'record')}")
    for (code, todo), members in sorted(groups.items(), key=lambda group: -len(group[1])):
        heading(f"{CAUSES.get(code, code)} ({len(members)})")
        if todo:
            line(todo)
        rows = [
            [str(one["id"]), str(one["kind"]).replace("_", " "), str(one["number"]), str(one["sentence"])]
            for one in members[:_SHOWN_HOLDS]
        ]
        table((Column("Id"), Column("Kind"), Column("Number"), Column("Why")), rows)
        if len(members) > _SHOWN_HOLDS:
            line(f"And {len(members) - _SHOWN_HOLDS:,} more: {command('holds --json')}")
        for typed, meaning in next_commands(members[0]):
            line(f"  {command(typed)}    {meaning}")


_PARTS_OF_A_NAME = {"first", "last", "postal"}
_TOLD_BESIDE = {"practice_changed_at", "books_changed_at"}
"""Times of a conflict, which stand beside the two values."""


def hold(document: Document, command: Command) -> None:
    """Tell one hold, or all of one record, with the detail and the proposal."""
    for one in document["holds"]:
        line(f"{CAUSES.get(one['code'], one['code'])}: {one['sentence']}", style="bold")
        state = f"until {moment(one['closed_at'])}" if one.get("closed_at") else "and still does"
        kind = str(one["kind"]).replace("_", " ")
        named = f"{kind.capitalize()} {one['number']}".rstrip()
        line(f"{named} (id {one['id']}) waits since {moment(one['waiting_since'])}, {state}.")
        if one["todo"]:
            line(one["todo"])
        values = one.get("values") or {}
        _detail("Detail", {key: held for key, held in one["detail"].items() if not values or key not in _TOLD_BESIDE})
        _detail("Proposed", one.get("proposed") or {})
        for side, held in values.items():
            when = f", changed {moment(held['changed_at'])}" if held.get("changed_at") else ""
            who = f" ({held['changed_by']})" if held.get("changed_by") else ""
            line(f"  {_SIDES.get(side, side)}: {held['value'] or '(nothing)'}{when}{who}")
        for person in one.get("people") or ():
            said = ", ".join(held for name, held in person["fields"].items() if name not in _PARTS_OF_A_NAME)
            line(f"  {_SIDES[person['side']]}: {said or '(nothing)'} ({person['number']})")
        for typed, meaning in next_commands(one):
            if not typed.startswith("holds show"):
                line(f"  {command(typed)}    {meaning}")
        line(f"  {command('holds dismiss ' + one['id'])}    to leave it as it is until it changes")
        line()


def _detail(title: str, detail: Mapping[str, Any]) -> None:
    if not detail:
        return
    heading(title)
    for key, value in detail.items():
        line(f"  {key.replace('_', ' ')}: {_value(value)}")


def _value(value: object) -> str:
    if isinstance(value, Decimal):
        return money(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_value(held)}" for key, held in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_value(held) for held in value)
    return str(value)


def plain(document: Document, command: Command) -> None:
    """Tell one sentence."""
    del command
    line(document["sentence"])


# --- journal ----------------------------------------------------------------------------------------------------------


def journal(document: Document, command: Command) -> None:
    """Tell the newest entries, without anybody's personal detail."""
    entries = document["entries"]
    if not entries:
        line("The journal is empty.")
        return
    rows = [
        [
            f"{entry['sequence']:,}",
            moment(entry["at"]),
            str(entry["actor"]),
            str(entry["kind"]).replace("_", " "),
            str(entry["subject"] or entry["public"].get("name", "")),
        ]
        for entry in entries
    ]
    table((Column("Entry", right=True), Column("When"), Column("Who"), Column("What"), Column("About")), rows)
    line(f"Every entry, with its detail: {command('journal export --output journal.jsonl')}")
    line(f"Proof that none was changed: {command('journal verify')}")


def verified(document: Document, command: Command) -> None:
    """Tell whether the journal holds, or the first entry that does not."""
    del command
    if document["holds"]:
        line(f"The journal is whole: {count(document['entries'], 'entry', 'entries')}, none changed and none missing.")
        for gap in document["gaps"]:
            line(gap["sentence"], style="yellow")
        return
    line(f"The journal is broken at entry {document['broken_at']:,}.", style="bold red")
    line(document["reason"])
    line("Keep a copy of the database as it is, and compare it with your last backup.")


def exported(document: Document, command: Command) -> None:
    """Tell where the entries are; on standard output they speak for themselves."""
    del command
    if document["file"]:
        line(f"{count(document['entries'], 'entry', 'entries')} written to {document['file']}.")
