"""Part of the demo: the proof. All is compared, three things are broken in the books, found, explained and mended."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from ligament.app.approvals import approve
from ligament.app.documents import Document
from ligament.app.reconcile import reconcile
from ligament.app.sync import sync
from ligament.app.variances import fix
from ligament.connectors.registry import part_of
from ligament.demo.travel import Served
from ligament.wiring.clinic import Clinic
from ligament.wiring.clocks import FastClock

Opened = Callable[[], AbstractContextManager[Clinic]]


def show_proof(opened: Opened, books: Served, prefix: str, clock: FastClock) -> Document:
    """Compare, break, compare, mend and compare again; tells each comparison's sums and what was found."""
    first = _compared(opened)
    keeper = part_of(books.manifest, "simulator.demo_people")
    touched: tuple[str, ...] = ()

    def spoil(world: object) -> object:
        nonlocal touched
        world, touched = keeper.spoil(world, prefix, clock.now())
        return world

    books.host.change(spoil)
    before = {one["id"] for one in first["variances"]}
    broken = _compared(opened)
    found = [one for one in broken["variances"] if one["id"] not in before]
    with opened() as clinic:
        planned = fix(clinic, [one["id"] for one in found if one["fix"]]).document if touched else {"fixing": []}
        approve(clinic, by="demo")
    with opened() as clinic:
        sync(clinic)
    last = _compared(opened)
    left = {one["id"] for one in last["variances"]} - before
    return {
        "totals": first["totals"],
        "explained_by": len(first["variances"]),
        "touched": list(touched),
        "found": [{"number": one["number"], "sentence": one["sentence"]} for one in found],
        "fixed": len(planned["fixing"]),
        "left": len(left & {one["id"] for one in found}),
    }


def _compared(opened: Opened) -> Document:
    with opened() as clinic:
        return dict(reconcile(clinic, full=True).document)
