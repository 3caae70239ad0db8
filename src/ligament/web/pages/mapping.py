"""Mapping: which account, tax type and clearing account everything goes to, gaps first, suggestions with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.setup.mapping_fields import Field, fields, kept_survey, save
from ligament.core.access import Right
from ligament.service.errands import set_going
from ligament.web.page import Answer, Moved, Page, Shown, Visit

_GOES_ON = "Both systems are being read for the first time. Open this page again in a moment."
_GROUPS = (
    ("needed", "What everything needs", ("default", "clearing", "tax")),
    ("items", "Items with an account of their own", ("item", "product")),
    ("people", "Practitioners with an account of their own", ("practitioner",)),
    ("places", "Places with an account of their own", ("business",)),
)


def show(visit: Visit) -> Answer:
    """Show every choice."""
    return _page(visit)


def _page(visit: Visit, wrong: Mapping[str, str] | None = None) -> Shown:
    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return {"fields": fields(kept_survey(clinic)), "books": clinic.books_manifest.title}

    errand = set_going(visit.clinic.name, "look at the mapping", work)
    told = errand.document or {"fields": [], "books": visit.clinic.books.title}
    trouble = errand.trouble if errand.is_over else _GOES_ON
    every: list[Field] = told["fields"]
    groups = [
        (key, title, [one for one in every if one.name.partition(".")[0] in kinds]) for key, title, kinds in _GROUPS
    ]
    values = {
        "groups": [(key, title, found) for key, title, found in groups if found],
        "gaps": sum(1 for one in every if one.is_gap),
        "books": told["books"],
        "wrong": wrong or {},
        "trouble": trouble,
        "sent": dict(visit.typed.pairs) if wrong else {},
        "may_map": visit.may(Right.MAP),
    }
    return Shown(template="mapping", values=values, status=422 if wrong else 200)


def take(visit: Visit) -> Answer:
    """Write what was chosen; what is not in the books is refused beside its field, and nothing is written then."""
    told = {key: value for key, value in visit.form.pairs if key != "csrf_token" and not key.startswith("was.")}

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return {"wrong": save(clinic, kept_survey(clinic), told, visit.form.under("was."))}

    errand = set_going(visit.clinic.name, f"map {sorted(visit.form.pairs)}", work)
    if not errand.is_over:
        return Moved(to=f"{visit.clinic_path}/mapping", flash=_GOES_ON)
    if errand.document is None:
        return _page(visit, {"": errand.trouble})
    if errand.document["wrong"]:
        return _page(visit, errand.document["wrong"])
    visit.house.door.place.wake.now()
    return Moved(to=f"{visit.clinic_path}/mapping", flash="Saved. What was held for a gap goes on by itself.")


PAGES = (
    Page(path="/c/{clinic}/mapping", name="mapping", answer=show, right=Right.LOOK, menu="Mapping"),
    Page(path="/c/{clinic}/mapping", name="map", method="POST", answer=take, right=Right.MAP, confirms=True),
)
