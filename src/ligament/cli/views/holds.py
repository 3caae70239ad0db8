"""Hold views: what waits for a person, on the screen."""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from ligament.cli.views.actions import list_actions, summary
from ligament.cli.views.paper import Column, count, heading, line, listed, moment, money, table
from ligament.cli.views.types import SHOWN_HOLDS, Command, Document
from ligament.cli.views.words import next_commands
from ligament.core.causes import CASES, CAUSES
from ligament.core.hold_case import DISMISS

_SIDES = {"practice": "In the practice", "books": "In the books", "agreed": "Last agreed"}


def waiting(document: Document, command: Command) -> None:
    """Tell what waits for approval in the newest plan."""
    actions = document["actions"]
    line(f"{count(len(actions), 'action waits', 'actions wait')} for approval (plan {document['plan']}).", style="bold")
    summary(actions)
    list_actions(actions, command("plan --output plan.json"))


def approved(document: Document, command: Command) -> None:
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
    second = document.get("second", 0)
    if second:
        named = "It wants" if second == actions + len(holds) == 1 else f"{second:,} of them want"
        line(f"{named} a second person: nothing happens before somebody else approves too.", style="yellow")
    if second < actions + len(holds):
        line(f"The next run does {'it' if not second else 'the rest'}: {command('sync --once')}")


def holds(document: Document, command: Command) -> None:
    """Tell everything that waits, grouped by cause."""
    found = document["holds"]
    if not found:
        line("Nothing waits for you.", style="bold")
        return
    line(f"{count(len(found), 'thing waits', 'things wait')} for you.", style="bold")
    grouped(found, command, title=False)


def all_holds(document: Document, command: Command) -> None:
    """Tell everything that waits, clinic by clinic."""
    if not document["holds"]:
        line("Nothing waits for you in any clinic.", style="bold")
    for clinic in dict.fromkeys(str(one["clinic"]) for one in document["holds"]):
        mine = [one for one in document["holds"] if one["clinic"] == clinic]
        heading(f"{clinic}: {count(len(mine), 'thing waits', 'things wait')} for you")
        grouped(mine, partial(_of_clinic, command, clinic), title=False)


def _with_answer(one: Document) -> str:
    """Return why a record waits, and what was answered already."""
    answer = one.get("answered")
    if answer is None:
        return str(one["sentence"])
    words = str(answer["decision"]).replace("_", " ")
    return f"Answered ({words}, by {answer['by']}): the next run acts on it. {one['sentence']}"


def _of_clinic(command: Command, clinic: str, words: str) -> str:
    return f"{command(words)} --clinic {shlex.quote(clinic)}"


def grouped(found: Sequence[Document], command: Command, *, title: bool = True) -> None:
    """Print holds by cause, each cause with what to do."""
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
            [str(one["id"]), str(one["kind"]).replace("_", " "), str(one["number"]), _with_answer(one)]
            for one in members[:SHOWN_HOLDS]
        ]
        table((Column("Id"), Column("Kind"), Column("Number"), Column("Why")), rows)
        if len(members) > SHOWN_HOLDS:
            line(f"And {len(members) - SHOWN_HOLDS:,} more: {command('holds --json')}")
        for typed, meaning in next_commands(members[0]):
            line(f"  {command(typed)}    {meaning}")


_PARTS_OF_A_NAME = {"first", "last", "postal"}


_TOLD_BESIDE = {"practice_changed_at", "books_changed_at"}
"""Times of a conflict, which stand beside the two values."""


def hold(document: Document, command: Command) -> None:
    """Tell one hold, or all of one record, with the detail and the proposal."""
    for one in document["holds"]:
        line(f"{CAUSES.get(one['code'], one['code'])}: {_with_answer(one)}", style="bold")
        state = f"until {moment(one['closed_at'])}" if one.get("closed_at") else "and still does"
        kind = str(one["kind"]).replace("_", " ")
        named = f"{kind.capitalize()} {one['number']}".rstrip()
        # What a person refused waits for nobody, and has no beginning.
        since = f" waits since {moment(one['waiting_since'])}, {state}" if "waiting_since" in one else ""
        line(f"{named} (id {one['id']}){since}.")
        if one["todo"]:
            line(one["todo"])
        values = one.get("values") or {}
        _detail("Detail", {key: held for key, held in one["detail"].items() if not values or key not in _TOLD_BESIDE})
        _detail("Proposed", one.get("proposed") or {})
        for side, held in values.items():
            when = f", changed {moment(held['changed_at'])}" if held.get("changed_at") else ""
            who = f" ({held['changed_by']})" if held.get("changed_by") else ""
            line(f"  {_SIDES.get(side, side)}: {held['value'] or '(nothing)'}{when}{who}")
        for edit in one.get("differences") or ():
            line(f"  {edit['field']}: we wrote {edit['wrote'] or '(nothing)'}, now {edit['books'] or '(nothing)'}")
        for person in one.get("people") or ():
            said = ", ".join(held for name, held in person["fields"].items() if name not in _PARTS_OF_A_NAME)
            line(f"  {_SIDES[person['side']]}: {said or '(nothing)'} ({person['number']})")
        among = [person for person in one.get("people") or () if person["side"] == "books"]
        for person in among if len(among) > 1 else ():
            typed = f"approve {one['id']} --contact {person['number']}"
            line(f"  {command(typed)}    when it is this one")
        leave = ("holds dismiss " + one["id"], "to leave it as it is until it changes")
        offered = [held for held in next_commands(one) if held[0] != "holds show " + one["id"]]
        if DISMISS in CASES[one["code"]].answers and leave[0] not in dict(offered):
            offered.append(leave)
        for typed, meaning in offered:
            line(f"  {command(typed)}    {meaning}")
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
