"""Hooks: where events go, their secrets shown once, and what is on its way, arrived or died."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.notices import subscriptions
from ligament.app.notices.subscriptions import NewHook, UnknownHook
from ligament.core.access import Right
from ligament.core.events import EventType
from ligament.core.private import NOTHING, Private
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Visit
from ligament.wiring.clinic import Overrides, open_clinic
from ligament.wiring.errors import ConfigurationError

EVENTS: Mapping[EventType, str] = {
    EventType.RUN_COMPLETED: "A run ended",
    EventType.RUN_FAILED: "A run failed",
    EventType.RUN_HEALED: "A run worked again after failures",
    EventType.RECORD_POSTED: "A contact, document or payment was posted",
    EventType.HOLD_OPENED: "Something waits for a person",
    EventType.HOLD_CLEARED: "It does not wait any more",
    EventType.APPROVAL_WANTED: "An approval is wanted",
    EventType.RECONCILIATION_COMPLETED: "A comparison ended",
    EventType.VARIANCE_OPENED: "A difference was found",
}
STATES = (("", "All"), ("waiting", "On their way"), ("delivered", "Arrived"), ("dead", "Given up"))
MOST_SHOWN = 200
_FIELDS = ("url", "header", "event")


def show_all(visit: Visit) -> Answer:
    """List the hooks of every clinic that the person sees."""
    rows = []
    for key, one in visit.clinics().items():
        outside = Overrides(actor=visit.caller.name, source=visit.visitor.source)
        with open_clinic(visit.house.settings, one.name, outside, visit.access.database) as clinic:
            rows.append((key, one.title, subscriptions.list_hooks(clinic).document["hooks"]))
    if len(rows) == 1:
        return Moved(to=f"/c/{rows[0][0]}/hooks")
    rows.sort(key=lambda row: (-sum(hook["dead"] for hook in row[2]), row[1].casefold()))
    return Shown(template="hooks_all", values={"rows": rows})


def show(visit: Visit) -> Answer:
    """List the hooks of a clinic."""
    return _page(visit)


def _page(visit: Visit, errors: Mapping[str, str] | None = None) -> Shown:
    with visit.opened() as clinic:
        hooks = subscriptions.list_hooks(clinic).document["hooks"]
    values = {
        "hooks": hooks,
        "events": [(kind.value, words) for kind, words in EVENTS.items()],
        "errors": errors or {},
    }
    return Shown(template="hooks", values=values, status=422 if errors else 200)


def add(visit: Visit) -> Answer:
    """Add a hook, and show its secret once."""
    form = visit.form
    url, events = form.get("url").strip(), form.all("event")
    name, colon, value = form.get("header").partition(":")
    errors = {}
    if not url:
        errors["url"] = "Give the address that is to be told, such as https://example.com/ligament."
    if not events:
        errors["event"] = "Tick at least one event."
    if name.strip() and not (colon and value.strip()):
        errors["header"] = "Write the header as Name: value."
    if errors:
        return _page(visit, errors)
    header = name.strip()
    wanted = NewHook(url=url, events=events, header=header, value=Private(value.strip()) if header else NOTHING)
    try:
        with visit.opened() as clinic:
            there = subscriptions.list_hooks(clinic).document["hooks"]
            if any(one["url"] == url and set(one["events"]) == set(events) for one in there):
                return _page(visit, {"url": "There is a hook to this address with these events already."})
            made = subscriptions.add(clinic, wanted).document
    except ConfigurationError as trouble:
        return _page(visit, _beside(str(trouble)))
    return _told(made, "The hook is added.")


def _beside(sentence: str) -> dict[str, str]:
    field, colon, rest = sentence.partition(": ")
    return {field: rest[:1].upper() + rest[1:]} if colon and field in _FIELDS else {"": sentence}


def _told(secret: Mapping[str, Any], said: str) -> Shown:
    return Shown(template="hook_secret", values={"secret": secret, "said": said})


# --- one hook ---------------------------------------------------------------------------------------------------------


def show_one(visit: Visit) -> Answer:
    """Show a hook with what is on its way to it, what arrived and what was given up."""
    return _one(visit)


def _one(visit: Visit, error: str = "") -> Shown:
    state = visit.query.get("state")
    wanted = visit.values["hook"]
    try:
        with visit.opened() as clinic:
            hook = subscriptions.show_hook(clinic, wanted).document
            known = dict(STATES)
            found = subscriptions.deliveries(clinic, wanted, state if state in known else "").document["deliveries"]
            delivery = visit.query.get("delivery")
            looked = subscriptions.show_delivery(clinic, wanted, delivery).document if delivery else None
            mark = subscriptions.rotation_mark(clinic, wanted)
    except UnknownHook:
        raise NotThere from None
    values = {
        "hook": hook,
        "deliveries": found[:MOST_SHOWN],
        "many": len(found),
        "most": MOST_SHOWN,
        "states": STATES,
        "state": state,
        "looked": looked,
        "mark": mark,
        "error": error,
        "words": {kind.value: words for kind, words in EVENTS.items()},
    }
    return Shown(template="hook", values=values, status=422 if error else 200)


def rotate(visit: Visit) -> Answer:
    """Give a hook a new secret and show it once; a form that was sent twice does it once."""
    wanted = visit.values["hook"]
    try:
        with visit.opened() as clinic:
            if visit.form.get("seen") != subscriptions.rotation_mark(clinic, wanted):
                sentence = "The secret was changed already since this page was opened. It was not changed again."
                return _one(visit, sentence)
            made = subscriptions.rotate(clinic, wanted).document
    except UnknownHook:
        raise NotThere from None
    return _told(made, "The hook has a new secret.")


def remove(visit: Visit) -> Answer:
    """Let a hook end, with what was on its way to it."""
    try:
        with visit.opened() as clinic:
            subscriptions.remove(clinic, visit.values["hook"])
    except UnknownHook:
        raise NotThere from None
    return Moved(to=f"{visit.clinic_path}/hooks", flash="The hook has ended. Nothing is sent there any more.")


def replay(visit: Visit) -> Answer:
    """Send one delivery once more, or every one that was given up."""
    wanted, delivery = visit.values["hook"], visit.form.get("delivery") or None
    try:
        with visit.opened() as clinic:
            many = subscriptions.replay(clinic, wanted, delivery).document["replayed"]
    except UnknownHook:
        raise NotThere from None
    said = f"{many} on the way again, each under its first id." if many else "There was nothing to send again."
    return Moved(to=f"{visit.clinic_path}/hooks/{wanted}", flash=said)


_ONE = "/c/{clinic}/hooks/{hook}"
PAGES = (
    Page(path="/hooks", name="all hooks", answer=show_all, right=Right.HOOKS),
    Page(path="/c/{clinic}/hooks", name="hooks", answer=show, right=Right.HOOKS),
    Page(path="/c/{clinic}/hooks", name="add a hook", method="POST", answer=add, right=Right.HOOKS, confirms=True),
    Page(path=_ONE, name="hook", answer=show_one, right=Right.HOOKS),
    Page(path=f"{_ONE}/rotate", name="rotate", method="POST", answer=rotate, right=Right.HOOKS, confirms=True),
    Page(path=f"{_ONE}/remove", name="end a hook", method="POST", answer=remove, right=Right.HOOKS, confirms=True),
    Page(path=f"{_ONE}/replay", name="send again", method="POST", answer=replay, right=Right.HOOKS, confirms=True),
)
