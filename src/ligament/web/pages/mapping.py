"""Mapping: which account, tax type and clearing account everything goes to, gaps first, suggestions with reasons.

What is typed can be tried on three real invoices, filled in for many at once, and is written only when it is saved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ligament.app.setup.mapping_fields import Field, fields, kept_survey, kept_survey_with_invoices, save
from ligament.app.setup.mapping_preview import preview
from ligament.core.access import Right
from ligament.service.errands import set_going
from ligament.web.beginning import Beginning, beginning
from ligament.web.forms import WAS, sent, told, was
from ligament.web.page import Answer, Moved, Page, Shown, Values, Visit

_GOES_ON = "Both systems are being read for the first time. Open this page again in a moment."
_GROUPS = (
    ("needed", "What everything needs", ("default", "clearing", "tax")),
    ("items", "Items with an account of their own", ("item", "product")),
    ("people", "Practitioners with an account of their own", ("practitioner",)),
    ("places", "Places with an account of their own", ("business",)),
)
_CONTROLS = {"csrf_token", "choice", "q", "pick", "bulk"}


def show(visit: Visit) -> Answer:
    """Show every choice, or those that are searched for."""
    return _page(visit, visit.draft)


def _page(
    visit: Visit, typed: Values, wrong: Mapping[str, str] | None = None, previewed: Sequence[Any] | None = None
) -> Shown:
    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            title = clinic.books_manifest.title
            return {"fields": fields(kept_survey(clinic), title), "books": title}

    errand = set_going(visit.clinic.name, "look at the mapping", work)
    told_of = errand.document or {"fields": [], "books": visit.clinic.books.title}
    every: list[Field] = told_of["fields"]
    sought = (visit.query.get("q") or typed.get("q")).strip()
    shown = [one for one in every if _is_sought(one, sought) or one.name in (wrong or {})]
    groups = [
        (key, title, [one for one in shown if one.name.partition(".")[0] in kinds]) for key, title, kinds in _GROUPS
    ]
    current = {one.name: one.current or (one.suggestion if one.is_gap else "") for one in shown}
    values = {
        "beginning": None if every else _begun(visit),
        "groups": [(key, title, found) for key, title, found in groups if found],
        "gaps": sum(1 for one in every if one.is_gap),
        "many": len(every),
        "offered": sum(1 for one in every if one.suggestion and one.is_own and not one.current),
        "books": told_of["books"],
        "wrong": wrong or {},
        "trouble": errand.trouble if errand.is_over else _GOES_ON,
        "sent": {**current, **_typed(typed, current)},
        "sought": sought,
        "picked": typed.all("pick"),
        "previewed": previewed,
        "may_map": visit.may(Right.MAP),
    }
    return Shown(template="mapping", values=values, status=422 if wrong else 200)


def _begun(visit: Visit) -> Beginning | None:
    with visit.opened() as clinic:
        return beginning(visit, clinic)


def _is_sought(one: Field, sought: str) -> bool:
    return all(word in f"{one.asks} {one.current} {one.name}".casefold() for word in sought.casefold().split())


def _typed(typed: Values, current: Mapping[str, str]) -> dict[str, str]:
    """Return what was typed; without what the page had shown, every value counts as typed."""
    seen = was(typed)
    plain = {name: typed.get(name) for name in current if name not in seen and typed.all(name)}
    return {**plain, **{name: value for name, value in sent(typed, current).items() if name in seen}}


# --- what the buttons do ----------------------------------------------------------------------------------------------


def take(visit: Visit) -> Answer:
    """Try what was typed, fill in for many at once, or write it; what is not in the books is refused, never written."""
    choice = visit.form.get("choice", "save")
    if choice == "preview":
        return _previewed(visit, visit.form)
    if choice == "bulk":
        return _filled(visit, dict.fromkeys(visit.form.all("pick"), visit.form.get("bulk")))
    if choice == "suggested":
        return _filled(visit, _suggested(visit))
    told_all = {key: value for key, value in visit.form.pairs if key not in _CONTROLS and not key.startswith(WAS)}

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return {"wrong": save(clinic, kept_survey(clinic), told_all, visit.form.under(WAS))}

    errand = set_going(visit.clinic.name, f"map {sorted(visit.form.pairs)}", work)
    if not errand.is_over:
        return Moved(to=f"{visit.clinic_path}/mapping", flash=_GOES_ON)
    if errand.document is None:
        return _page(visit, visit.form, {"": errand.trouble})
    if errand.document["wrong"]:
        return _page(visit, visit.form, errand.document["wrong"])
    visit.house.door.place.wake.now()
    return Moved(to=f"{visit.clinic_path}/mapping", flash="Saved. What was held for a gap goes on by itself.")


def _previewed(visit: Visit, typed: Values) -> Shown:
    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return preview(clinic, kept_survey_with_invoices(clinic), told(typed), was(typed))

    errand = set_going(visit.clinic.name, f"try the mapping {sorted(typed.pairs)}", work)
    if not errand.is_over:
        return _page(
            visit, typed, {"": "The preview takes long, because many records are kept. Try again in a moment."}
        )
    if errand.document is None:
        return _page(visit, typed, {"": errand.trouble})
    return _page(visit, typed, errand.document["wrong"], errand.document["invoices"])


def _suggested(visit: Visit) -> dict[str, str]:
    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return {"fields": fields(kept_survey(clinic), clinic.books_manifest.title)}

    errand = set_going(visit.clinic.name, "look for suggestions", work)
    found: list[Field] = errand.document["fields"] if errand.document is not None else []
    return {one.name: one.suggestion for one in found if one.suggestion and not visit.form.get(one.name)}


def _filled(visit: Visit, chosen: Mapping[str, str]) -> Answer:
    """Fill in fields of the form, and show what that makes of three invoices; nothing is written."""
    if not chosen:
        return _page(visit, visit.form, {"": "Tick what it is for first. Nothing was changed."})
    kept = [(name, value) for name, value in visit.form.pairs if name not in chosen and name != "pick"]
    return _previewed(visit, Values([*kept, *chosen.items()]))


PAGES = (
    Page(path="/c/{clinic}/mapping", name="mapping", answer=show, right=Right.LOOK, menu="Mapping"),
    Page(path="/c/{clinic}/mapping", name="map", method="POST", answer=take, right=Right.MAP, confirms=True),
)
