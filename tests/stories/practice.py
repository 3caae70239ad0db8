"""The practice of a story: its shorthand kept as merged records, and put into the simulated Cliniko."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from ligament.connectors.cliniko.simulator import World, control, find, put, remove
from tests.stories import clinic_records as make
from tests.stories.loading import CATALOGUE, ON_DEMAND, Shape, Story, over, practice_key, referred

START = "2025-02-01T00:00:00Z"
LISTS = (*CATALOGUE, *ON_DEMAND, "invoices", "appointments", "group_appointments")


class Practice:
    """What the practice says, record by record; `apply` changes it as people do and returns the new world."""

    def __init__(self, story: Story) -> None:
        self._base = story.practice
        self._records: dict[str, dict[object, Shape]] = {kind: {} for kind in LISTS}
        self._frozen: dict[object, str] = {}
        self._settings: Shape = dict(self._base.get("settings") or {})
        self._lines: dict[object, int] = {}

    def found(self, kind: str, key: object) -> Shape:
        """Return a merged record."""
        return self._records[kind][key]

    def all(self, kind: str) -> Iterable[Shape]:
        """Return the merged records of a kind."""
        return self._records[kind].values()

    def open(self, world: World, changes: Shape, now: str) -> World:
        """Fill an empty clinic with the catalogue and the story's first records."""
        for kind in CATALOGUE:
            self._records[kind] = {practice_key(one, kind): dict(one) for one in self._base.get(kind) or ()}
        listed = {kind: [one["id"] for one in changes.get(kind) or ()] for kind in CATALOGUE}
        self._merge(changes)
        for kind in CATALOGUE:
            for key in self._records[kind]:
                world = self._put(world, kind, key, None if key not in listed[kind] else now, first=True)
        return self._put_all(world, changes, now, first=True)

    def apply(self, world: World, changes: Shape, at: str) -> World:
        """Apply one step: what people changed, at that time unless a record says when."""
        self._merge(changes)
        for kind in CATALOGUE:
            for one in changes.get(kind) or ():
                world = self._put(world, kind, practice_key(one, kind), at, first=False)
        return self._put_all(world, changes, at, first=False)

    # --- merging ------------------------------------------------------------------------------------------------------

    def _merge(self, changes: Shape) -> None:
        self._settings = over(self._settings, changes.get("settings") or {})
        for kind in LISTS:
            for one in changes.get(kind) or ():
                self._lay(kind, one)
        for kind, key in referred(changes):
            if key not in self._records[kind]:
                self._lay(kind, {"id": key})

    def _lay(self, kind: str, one: Shape) -> None:
        key = practice_key(one, kind)
        held = self._records[kind].get(key) or self._of_base(kind, key)
        self._records[kind][key] = {**held, **{name: value for name, value in one.items() if name != "updated"}}

    def _of_base(self, kind: str, key: object) -> Shape:
        return next((one for one in self._base.get(kind) or () if practice_key(one, kind) == key), {})

    # --- into the world -------------------------------------------------------------------------------

    def _put_all(self, world: World, changes: Shape, at: str, *, first: bool) -> World:
        world = self._put_settings(world)
        touched = {kind: {practice_key(one, kind): one for one in changes.get(kind) or ()} for kind in LISTS}
        for kind, key in referred(changes):
            if find(world, make.PATHS[kind], make.identifier(kind, int(str(key)))) is None:
                touched[kind].setdefault(key, {})
        for kind in (*ON_DEMAND, "appointments", "group_appointments", "invoices"):
            for key, change in touched[kind].items():
                world = self._put(
                    world, kind, key, change.get("updated") or at, first=first and "updated" not in change
                )
        return world

    def _put_settings(self, world: World) -> World:
        code = self._settings.get("country_code", "AU")
        world = control.change_settings(
            world, "account", {"country_code": code, "country": make.COUNTRIES.get(code, code)}
        )
        return control.set_native_xero(world, enabled=bool(self._settings.get("xero_enabled")))

    def _put(self, world: World, kind: str, key: object, at: str | None, *, first: bool) -> World:
        record = self._records[kind][key]
        match kind:
            case "patients" | "payers":
                return self._put_person(world, kind, record, at, first=first)
            case "invoices":
                return self._put_invoice(world, record, at, first=first)
            case "appointments" | "group_appointments":
                return self._put_visit(world, kind, record, at, first=first)
            case _:
                for path, made in make.catalogue(kind, record, self):
                    stamps = {"created_at": START, "updated_at": START if first or at is None else at}
                    world = put(world, path, {**stamps, **made})
                return world

    def _put_person(self, world: World, kind: str, record: Shape, at: str | None, *, first: bool) -> World:
        made = make.person(kind, record, self, self._settings.get("country_code", "AU"))
        if record.get("gone"):
            return remove(world, make.PATHS[kind], str(made["id"]))
        created = stamp(instant(START) + timedelta(minutes=int(record["id"])))
        stamps = {"created_at": created, "updated_at": created if first or at is None else at}
        return put(world, make.PATHS[kind], {**stamps, **made})

    def _put_invoice(self, world: World, record: Shape, at: str | None, *, first: bool) -> World:
        number = record["number"]
        made, items = make.invoice(record, self)
        created = self._frozen.setdefault(number, make.invoice_created(record, made))
        marks = [created, record.get("closed_at"), record.get("archived_at")]
        updated = max(str(mark) for mark in marks if mark) if first or at is None else at
        stamps = {"created_at": created, "updated_at": updated}
        world = put(world, "invoices", {**stamps, **made})
        for item in items:
            world = put(world, "invoice_items", {**stamps, **item})
        for position in range(len(items) + 1, self._lines.get(number, 0) + 1):
            world = remove(world, "invoice_items", make.line_identifier(number, position))
        self._lines[number] = len(items)
        return world

    def _put_visit(self, world: World, kind: str, record: Shape, at: str | None, *, first: bool) -> World:
        booked = stamp(instant(record["starts"]) - timedelta(days=7))
        for path, made in make.visit(kind, record, self):
            stamps: dict[str, Any] = {"created_at": min(booked, at or booked)}
            happened = [stamps["created_at"], made.get("cancelled_at"), _seen(record, at)]
            stamps["updated_at"] = max(str(one) for one in happened if one) if first or at is None else at
            world = put(world, path, {**stamps, **made})
        return world


def _seen(record: Shape, at: str | None) -> str | None:
    """An arrival is marked when the visit ends, or as late as the story knows."""
    marked = record.get("arrived") is not None or any("arrived" in one for one in record.get("attendees") or ())
    return min(str(record["ends"]), at or str(record["ends"])) if marked else None


def instant(text: str) -> datetime:
    """Return the instant of a stamp."""
    return datetime.fromisoformat(text)


def stamp(at: datetime) -> str:
    """Return an instant as the stories write it."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
