"""The page of the set-up: the rail of steps, and what the step that is open needs to be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ligament.app.doctor.copies import NO_COPY_YET
from ligament.app.doctor.doctor import examine
from ligament.app.plans import plan
from ligament.app.previews import preview
from ligament.app.setup import consents
from ligament.app.setup.gaps import gaps
from ligament.app.setup.mapping_fields import fields, kept_survey
from ligament.app.setup.steps import SetUp, StepState, set_up
from ligament.service.errands import Errand, newest, set_going
from ligament.service.progress import BOARD
from ligament.web.page import Shown, Visit

GOES_ON = "This takes longer than a page waits. It goes on; this page shows how far it is, and you may leave it."
_MAPPED_LATER = {"Accounts", "Taxes", "Tracking", "Mapping"}
"""Checks of what is chosen only in the step after them."""


def errand_name(visit: Visit, what: str) -> str:
    """Return what a piece of work is called, apart from that of other homes in this process."""
    return f"{what} of {visit.clinic.file}"


def redirect_uri(visit: Visit) -> str:
    """Return where the consent page leads back to: the public address, else this machine by the name that is allowed.

    Without https only `localhost` may be registered with an app, not its number.
    """
    way = f"/oauth/{visit.clinic.books.name}"
    if visit.house.settings.public_url:
        return f"{visit.house.settings.public_url}{way}"
    port = urlsplit(f"//{visit.host}").port
    return f"http://localhost{f':{port}' if port else ''}{way}"


def page(visit: Visit, *, step: str = "", error: str = "", wrong: Mapping[str, str] | None = None) -> Shown:
    """Return the page at a step: the one that is named, else the one that is asked for, else the next."""
    with visit.opened() as clinic:
        found = set_up(clinic)
    wanted = step or visit.query.get("step")
    open_step = found.one(wanted) or found.one(found.now)
    name = open_step.name if open_step is not None else ""
    errors = dict(wrong or {}) | ({"": error} if error else {})
    values = {
        "setup": found,
        "step": name,
        "number": next((place for place, one in enumerate(found.steps, 1) if one.name == name), 0),
        "errors": errors,
        "is_open": open_step is None or open_step.state is not StepState.LATER,
        "working": None,
        "sent": dict(visit.typed.pairs) if wrong else {},
        "redirect_uri": redirect_uri(visit),
        **_of_step(visit, found, name, is_open=open_step is not None and open_step.state is not StepState.LATER),
    }
    return Shown(template="connect", values=values, status=422 if errors else 200)


def planning(visit: Visit) -> Errand:
    """Read both systems and plan, unless that is under way or done already."""

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return {"plan": plan(clinic).document["plan"]}

    return _once(visit, "plan", work)


def _of_step(visit: Visit, found: SetUp, name: str, *, is_open: bool) -> dict[str, Any]:
    if name in {one["name"] for one in found.systems}:
        system = next(one for one in found.systems if one["name"] == name)
        return {"system": system, "under_way": _under_way(visit) if system["by_consent"] else None}
    if not is_open:
        return {}
    match name:
        case "checks":
            return _checks(visit)
        case "mapping":
            return _mapping(visit)
        case "preview" | "approval":
            return _preview(visit, name)
        case _:
            return {}


def _under_way(visit: Visit) -> consents.UnderWay | None:
    return consents.under_way(visit.access, visit.signed_in, visit.clinic_id)


def _checks(visit: Visit) -> dict[str, Any]:
    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return examine(clinic).document

    errand = _once(visit, "checks", work)
    # There is nothing yet that a backup would keep.
    chosen_next = (NO_COPY_YET, *(gap.sentence for gap in gaps(visit.clinic) if gap.blocks))
    every = (errand.document or {"checks": []})["checks"]
    checks = [one for one in every if one["area"] not in _MAPPED_LATER and not one["sentence"].startswith(chosen_next)]
    wrong = [one for one in checks if one["state"] != "ok"]
    return {
        "working": _working(visit, errand),
        "trouble": errand.trouble,
        "wrong_checks": sorted(wrong, key=lambda one: one["state"] != "bad"),
        "well_checks": [one for one in checks if one["state"] == "ok"],
    }


def _mapping(visit: Visit) -> dict[str, Any]:
    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return {"fields": fields(kept_survey(clinic))}

    errand = set_going(visit.clinic.name, errand_name(visit, "look at the mapping"), work)
    every = (errand.document or {"fields": []})["fields"]
    asked = [one for one in every if not one.is_own]
    return {
        "working": _working(visit, errand),
        "trouble": errand.trouble,
        "fields": asked,
        "own_count": len(every) - len(asked),
        "gaps": sum(1 for one in asked if one.is_gap),
    }


def _preview(visit: Visit, name: str) -> dict[str, Any]:
    with visit.opened() as clinic:
        told = preview(clinic)
    errand = newest(visit.clinic.name, errand_name(visit, "plan"))
    if not told["count"] and errand is None and name == "preview":
        errand = planning(visit)
        with visit.opened() as clinic:
            told = preview(clinic)
    return {
        "working": _working(visit, errand) if errand is not None else None,
        "trouble": errand.trouble if errand is not None else "",
        "preview": told,
    }


def _once(visit: Visit, what: str, work: Callable[[], Mapping[str, Any]]) -> Errand:
    """Return the newest piece of work of that name, begun now where there is none."""
    name = errand_name(visit, what)
    found = newest(visit.clinic.name, name)
    return found if found is not None and not found.trouble else set_going(visit.clinic.name, name, work)


def _working(visit: Visit, errand: Errand) -> Any:  # noqa: ANN401 - what the template shows of it
    """Return how far the work is, or nothing once it is over."""
    return None if errand.is_over else BOARD.of(visit.clinic.name)
