"""Hooks: where events go, their secrets, and what is on its way to them."""

from __future__ import annotations

from typing import Any

from ligament.app.known_words import not_known
from ligament.app.notices import subscriptions
from ligament.app.notices.subscriptions import NewHook, UnknownHook
from ligament.core.access import Right
from ligament.core.events import EventType
from ligament.core.private import NOTHING, Private
from ligament.web.api.answers import DeliveryRow, HookRow, NewHookAnswer, ReplayedAnswer, RotatedAnswer, SampleRow
from ligament.web.api.call import CLINIC, Asking, Call, Told
from ligament.web.api.problems import nothing_there, wrong
from ligament.web.api.shapes import DeliveryFilter, HookHeader, HookWish, NothingMore
from ligament.wiring.clinic import Clinic


def listed(asking: Asking) -> Told:
    """List the hooks, oldest first."""
    with asking.opened() as clinic:
        found = subscriptions.list_hooks(clinic).document["hooks"]
    return Told(document=asking.pages.sorted_page(found, lambda row: (row["created_at"], row["id"]), dict))


def add(asking: Asking) -> Told:
    """Add a hook; its secret is told this once."""
    word = asking.body_as(HookWish)
    name, value = _header(word.header)
    known = sorted(kind.value for kind in EventType)
    for place, event in enumerate(word.events):
        if trouble := not_known(event, known):
            raise wrong(f"events[{place}]", trouble)
    wanted = NewHook(url=word.url, events=tuple(word.events), header=name, value=Private(value) if name else NOTHING)
    with asking.opened() as clinic:
        made = subscriptions.add(clinic, wanted).document
    return Told(document=made, status=201, location=f"{asking.path}/hooks/{made['id']}")


def _header(given: str | HookHeader | None) -> tuple[str, str]:
    if isinstance(given, HookHeader):
        return given.name, given.value
    if not given:
        return "", ""
    name, colon, value = given.partition(":")
    if not colon or not name.strip():
        raise wrong("header", "Write the header as `Name: value`.")
    return name.strip(), value.strip()


def show(asking: Asking) -> Told:
    """Tell one hook."""
    with asking.opened() as clinic:
        return Told(document=subscriptions.show_hook(clinic, _known(clinic, asking)).document)


def remove(asking: Asking) -> Told:
    """Remove a hook with what was on its way to it."""
    with asking.opened() as clinic:
        subscriptions.remove(clinic, _known(clinic, asking))
    return Told(status=204)


def rotate(asking: Asking) -> Told:
    """Give a hook a new secret; the former one signs too for a day."""
    with asking.opened() as clinic:
        return Told(document=subscriptions.rotate(clinic, _known(clinic, asking)).document)


def deliveries(asking: Asking) -> Told:
    """List what is on its way to a hook, and what was, the newest first."""
    with asking.opened() as clinic:
        hook = _known(clinic, asking)
        rows = subscriptions.deliveries_in_order(clinic, hook, asking.query_as(DeliveryFilter).state)
    return Told(document=asking.pages.sorted_page(rows, lambda row: (row["place"], row["id"]), _row, newest_first=True))


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "place"}


def delivery(asking: Asking) -> Told:
    """Tell one delivery with each attempt."""
    with asking.opened() as clinic:
        return Told(document=_delivery(clinic, asking))


def replay(asking: Asking) -> Told:
    """Let a delivery leave once more under its first id."""
    with asking.opened() as clinic:
        hook, name = _known(clinic, asking), str(_delivery(clinic, asking)["id"])
        done = subscriptions.replay(clinic, hook, name).document
    location = f"{asking.path}/hooks/{hook}/deliveries/{name}"
    return Told(document={"id": name, "replayed": done["replayed"]}, status=202, location=location)


def samples(asking: Asking) -> Told:
    """List the newest events of a type, or an invented one."""
    kind = asking.values["type"]
    if kind not in {one.value for one in EventType}:
        raise nothing_there()
    with asking.opened() as clinic:
        found = subscriptions.samples(clinic, kind).document["samples"]
    return Told(document=asking.pages.sorted_page(found, lambda row: (row["timestamp"], row["id"]), dict))


def _known(clinic: Clinic, asking: Asking) -> str:
    try:
        subscriptions.show_hook(clinic, asking.values["id"])
    except UnknownHook:
        raise nothing_there() from None
    return asking.values["id"]


def _delivery(clinic: Clinic, asking: Asking) -> dict[str, Any]:
    try:
        return subscriptions.show_delivery(clinic, asking.values["id"], asking.values["delivery"]).document
    except UnknownHook:
        raise nothing_there() from None


_HOOKS = f"{CLINIC}/hooks"
_ONE = f"{_HOOKS}/{{id}}"
_SENT = f"{_ONE}/deliveries"
CALLS = (
    Call(
        path=_HOOKS,
        answer=listed,
        does="Where events go.",
        gives=HookRow,
        is_list=True,
        right=Right.HOOKS,
    ),
    Call(
        path=_HOOKS,
        method="POST",
        answer=add,
        does="Let events go to an address; the secret is told this once.",
        gives=NewHookAnswer,
        takes=HookWish,
        right=Right.HOOKS,
        status=201,
    ),
    Call(
        path=f"{_HOOKS}/samples/{{type}}",
        answer=samples,
        does="The newest events of a type as they arrive, or an invented one.",
        gives=SampleRow,
        is_list=True,
        right=Right.HOOKS,
    ),
    Call(path=_ONE, answer=show, does="One hook, without its secret.", gives=HookRow, right=Right.HOOKS),
    Call(
        path=_ONE,
        method="DELETE",
        answer=remove,
        does="Remove a hook, with what was on its way to it.",
        gives=None,
        right=Right.HOOKS,
        status=204,
    ),
    Call(
        path=f"{_ONE}/rotate",
        method="POST",
        answer=rotate,
        does="Give a hook a new secret; both sign for 24 hours.",
        gives=RotatedAnswer,
        takes=NothingMore,
        right=Right.HOOKS,
    ),
    Call(
        path=_SENT,
        answer=deliveries,
        does="What is on its way to a hook, and what was, newest first.",
        gives=DeliveryRow,
        query=DeliveryFilter,
        is_list=True,
        right=Right.HOOKS,
    ),
    Call(
        path=f"{_SENT}/{{delivery}}",
        answer=delivery,
        does="One delivery with each attempt.",
        gives=DeliveryRow,
        right=Right.HOOKS,
    ),
    Call(
        path=f"{_SENT}/{{delivery}}/replay",
        method="POST",
        answer=replay,
        does="Let a delivery leave once more under its first id.",
        gives=ReplayedAnswer,
        takes=NothingMore,
        right=Right.HOOKS,
        status=202,
    ),
)
