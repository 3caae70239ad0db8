"""Part of the demo: the proof. All is compared, three things are broken on each side, found, explained and mended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from ligament.app.documents import Document
from ligament.app.reconcile import reconcile
from ligament.app.reports.reports import report, wish
from ligament.app.sync import sync
from ligament.app.variances import fix
from ligament.connectors.registry import part_of
from ligament.demo.link import approve_by_link
from ligament.demo.travel import Served, changed
from ligament.wiring.clinic import Clinic
from ligament.wiring.clocks import FastClock

Opened = Callable[[], AbstractContextManager[Clinic]]


def show_proof(opened: Opened, servers: Mapping[str, Served], prefix: str, clock: FastClock) -> Document:
    """Compare, break, compare, mend and compare again; tells each comparison's sums and what was found."""
    first = _compared(opened)
    touched = _break(servers, prefix, clock)
    before = {one["id"] for one in first["variances"]}
    found = [one for one in _compared(opened)["variances"] if one["id"] not in before]
    # What was changed in the practice follows with the next run; what was changed in the books is mended on request.
    wanted = [one["id"] for one in found if one["fix"]]
    with opened() as clinic:
        if wanted:
            fix(clinic, wanted)
    link = approve_by_link(opened)
    with opened() as clinic:
        sync(clinic)
    last = _compared(opened)
    left = {one["id"] for one in last["variances"]} - before
    titles = {role: server.manifest.title for role, server in servers.items()}
    return {
        "totals": first["totals"],
        "explained_by": len(first["variances"]),
        "titles": titles,
        "touched": touched,
        "found": [{"number": one["number"], "sentence": one["sentence"]} for one in found],
        "fixed": len({one["id"] for one in found} - left),
        "left": len(left & {one["id"] for one in found}),
        "waiting": len(before),
        "link": link,
        "revenue": _revenue(opened, last),
    }


def _break(servers: Mapping[str, Served], prefix: str, clock: FastClock) -> dict[str, list[str]]:
    """Let people touch three documents in the books and three invoices in the practice; returns their numbers."""
    practice, books = servers["practice"], servers["books"]
    keeper, desk = (part_of(one.manifest, "simulator.demo_people") for one in (books, practice))
    in_books = changed(books, lambda world: keeper.spoil(world, prefix, clock.now()))
    left = [one for one in keeper.untouched(books.host.world, prefix) if one not in in_books]
    numbers = [one.removeprefix(prefix) for one in left]
    in_practice = changed(practice, lambda world: desk.spoil(world, numbers, clock.now()))
    return {"books": list(in_books), "practice": [f"{prefix}{number}" for number in in_practice]}


def _revenue(opened: Opened, compared: Document) -> Document:
    """Show that the revenue of the compared days is the reconciliation's own sum."""
    period = compared["period"]
    with opened() as clinic:
        made = report(clinic, wish("revenue", first=period["from"], last=period["to"])).document
    return {"total": made["totals"]["total"], "compared": compared["totals"]["source"]}


def _compared(opened: Opened) -> Document:
    with opened() as clinic:
        return dict(reconcile(clinic, full=True).document)


def is_proved(proof: Document) -> bool:
    """Say whether all that was broken is mended, by a link that worked once, and the report ties."""
    by_link = proof["link"]["again"] or not proof["found"]
    return bool(by_link) and not proof["left"] and proof["revenue"]["total"] == proof["revenue"]["compared"]
