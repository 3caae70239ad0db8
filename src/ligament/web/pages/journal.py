"""The journal: who did what, when and from where; chosen by days, kind and record, and taken along as a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from ligament.app.contacts.listing import called_by_name
from ligament.app.journal import JournalFilter
from ligament.app.lists import entries
from ligament.app.reports.reports import period_of
from ligament.core.access import Right
from ligament.core.notes import note_words
from ligament.core.periods import Period
from ligament.web.page import Answer, Page, Shown, Visit
from ligament.web.rendering import money
from ligament.wiring.errors import ConfigurationError

PAGE_SIZE = 200
KINDS: Mapping[str, str] = {
    "receipt": "Written",
    "intent": "About to be written",
    "link": "Linked",
    "approval": "Approved or refused",
    "decision": "Decided",
    "hold_opened": "Began to wait",
    "hold_closed": "Waits no more",
    "refusal": "Refused by the books",
    "variance": "Difference",
    "comparison": "Comparison",
    "run_started": "Run began",
    "run_finished": "Run ended",
    "erased": "Erased",
    "archived": "Older ones left in a file",
    "note": "Kept",
}
"""What each kind of entry is called; what is not here is shown by its own name."""
_TOLD = ("number", "amount", "decision", "reason", "code", "after", "file")
_PEOPLE = ("patient:", "payer:")
_LONGEST = 80
_FIELDS = ("from", "to", "kind", "record")


def show(visit: Visit) -> Answer:
    """Show a page of the journal."""
    typed = {name: visit.query.get(name).strip() for name in _FIELDS}
    before = visit.query.get("before")
    errors: dict[str, str] = {}
    try:
        period = period_of(typed["from"] or None, typed["to"] or None)
    except ConfigurationError as trouble:
        text = str(trouble)
        errors["to" if text.startswith("--to") else "from"] = text.partition(": ")[2]
        period = Period()
    wanted = JournalFilter(period=period, kind=typed["kind"], record=typed["record"])
    start = int(before) if before.isdecimal() and len(before) < len("1000000000000000000") else 0
    with visit.opened() as clinic:
        found = [] if errors else entries(clinic, wanted, before=start, limit=PAGE_SIZE + 1)
        shown = found[:PAGE_SIZE]
        people = {str(one["subject"]) for one in shown if str(one["subject"]).startswith(_PEOPLE)}
        named = called_by_name(clinic, people)
    chosen = {name: value for name, value in typed.items() if value}
    values = {
        "entries": [{**entry, "told": told(entry)} for entry in shown],
        "wanted": typed,
        "errors": errors,
        "kinds": [("", "Everything"), *KINDS.items()],
        "names": KINDS,
        "people_named": named,
        "query": urlencode(chosen),
        "after": urlencode({**chosen, "before": shown[-1]["sequence"]}) if len(found) > PAGE_SIZE else "",
        "is_later": bool(start),
    }
    return Shown(template="journal", values=values, status=422 if errors else 200)


def told(entry: Mapping[str, Any]) -> str:
    """Say in a few words what an entry tells, without anything personal."""
    public: Mapping[str, Any] = entry["public"] or {}
    if entry["kind"] == "note":
        # What is kept under a name is for machines; that it was kept, and what for, is what people want to know.
        return note_words(str(public.get("name") or ""))
    # What somebody gave as a reason is sealed with what is personal, and gone when that is.
    said = {"reason": (entry["personal"] or {}).get("reason") or public.get("reason")}
    told_of = {name: public.get(name) for name in _TOLD} | {"amount": _amount(public.get("amount"))} | said
    values = [str(value) for value in told_of.values() if isinstance(value, str | int) and value not in {"", "0"}]
    words = [word.replace("_", " ") for word in values if len(word) <= _LONGEST]
    action = str(public.get("action") or "").replace("_", " ")
    return ", ".join([action, *words] if action else words or [str(public.get("name") or "").replace("_", " ")])


def _amount(value: object) -> object:
    """Return an amount as people read it; what is none as it is."""
    try:
        return money(str(value)) if value is not None else None
    except ArithmeticError:
        return value


PAGES = (Page(path="/c/{clinic}/journal", name="journal", answer=show, right=Right.LOOK, menu="Journal"),)
