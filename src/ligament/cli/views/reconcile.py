"""What comparing tells, for people: the equation first, then every difference and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ligament.cli.views.paper import count, day, heading, line, moment
from ligament.cli.views.sync import calls_used
from ligament.core.variances import needs_somebody

Document = Mapping[str, Any]
Command = Callable[[str], str]
_SHOWN, _KILO = 40, 1000


def compared(document: Document, command: Command) -> None:
    """Tell whether both sides agree, the sums, and every difference."""
    period, totals = document["period"], document["totals"]
    found = document["variances"]
    waiting = [one for one in found if _needs_somebody(one)]
    span = f"{day(period['from'])} to {day(period['to'])}"
    if document["balanced"]:
        line(f"Balanced, {span}: every cent is matched or explained.", style="bold")
    else:
        wants = count(len(waiting), "difference needs", "differences need")
        line(f"{wants} somebody, {span}; every cent is listed with its reason.", style="bold")
    for name, sums in (("Totals", totals), ("Settled", totals["settled"]), ("Owed", totals["owed"])):
        line(
            f"  {name:<8} practice {sums['source']:>14} = books {sums['books']:>14} + explained {sums['explained']:>12}"
        )
    if document.get("parked"):
        line(document["parked"], style="yellow")
    for reason, held in document["left_out"].items():
        line(f"  left out ({reason.replace('_', ' ')}): {held['count']}, {held['amount']}")
    _list(found)
    for file in document.get("files", ()):
        line(f"Written to {file}.")
    sizes = ", ".join(f"{name} {size / _KILO:,.0f} kB" for name, size in sorted(document["bytes"].items()))
    line(f"{calls_used(document['calls'])}; read: {sizes or 'nothing'}; {document['seconds']:.1f} seconds.")
    if waiting:
        line(f"Next: {command(_answered_by(waiting[0]))}")


def variances(document: Document, command: Command) -> None:
    """Tell the differences that still stand."""
    found = document["variances"]
    if not found:
        line("No difference is known.")
        line(f"Next: {command('reconcile')}")
        return
    _list(found)


def variance(document: Document, command: Command) -> None:
    one = document["variance"]
    line(one["sentence"], style="bold")
    line(f"  {one['kind']}, {one['state']}, needs {one['needs']}; {one['amount']}, enters {one['enters']}")
    for part in one["parts"]:
        line(f"  {part['month']} {part['tax']}: {part['amount']}")
    first, last = moment(one["first_seen_at"]), moment(one["last_seen_at"])
    line(f"  seen first {first}, last {last}, {count(one['times'], 'time', 'times')}")
    if one["note"]:
        line(f"  note: {one['note']} ({one['noted_by']})")
    if one["hold"] and one["state"] != "gone":
        line(f"Next: {command('holds show ' + one['hold'])}")
    elif one["fix"] is not None and one["state"] != "gone":
        line(f"Next: {command('variances fix ' + one['id'])}")


def fixing(document: Document, command: Command) -> None:
    """Tell what was planned to mend differences."""
    if not document["actions"]:
        line("Nothing is to be mended.")
        return
    heading("To be mended")
    for action in document["actions"]:
        line(f"  {action['sentence']}")
    line(f"Next: {command('approve ' + document['plan'] if document['waiting'] else 'sync --once')}")


def removed(document: Document, command: Command) -> None:
    """Tell which invoices count as removed now, and what comes next."""
    told = document["accepted"]
    which = ", ".join(told["numbers"]) + (", ..." if told["count"] > len(told["numbers"]) else "")
    line(f"Kept: {count(told['count'], 'invoice was', 'invoices were')} removed ({which}).", style="bold")
    line("Nothing is voided by this. What stands in the books then is listed with its reason.")
    line(f"Next: {command('reconcile')}")


def _list(found: Sequence[Document]) -> None:
    first = [one for one in found if _needs_somebody(one)]
    others = [one for one in found if not _needs_somebody(one)]
    for title, ones in (("To be looked at", first), ("Explained", others)):
        if not ones:
            continue
        heading(title)
        for one in ones[:_SHOWN]:
            line(f"  {one['id']}  {one['amount']:>10}  {one['sentence']}")
        if len(ones) > _SHOWN:
            line(f"  ... and {len(ones) - _SHOWN} more; --json or --output has all of them.")


def _answered_by(one: Document) -> str:
    """Return where a difference is answered: what is a question already is answered there, and only there."""
    return f"holds show {one['hold']}" if one["hold"] else f"variances show {one['id']}"


def _needs_somebody(one: Document) -> bool:
    return needs_somebody(one["needs"], one["state"])
