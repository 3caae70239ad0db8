"""Guards: what stands between a visit and its page; what is not allowed by name is refused."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

from ligament.app.access.sessions import is_confirmed
from ligament.web.page import Forbidden, Moved, NotThere, Page, Visit
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import ClinicSettings


def admit(page: Page, visit: Visit) -> Moved | None:
    """Let a visit through, or say where to go first; raises NotThere and Forbidden."""
    if page.is_open:
        return None
    if visit.found is None or not visit.found.is_signed_in:
        return Moved(to=f"/sign-in?next={quote(_seen(page, visit))}")
    if page.is_of_clinic:
        clinic = visit.access.clinics().get(visit.values["clinic"])
        if clinic is None or not visit.caller.sees(visit.values["clinic"]):
            raise NotThere
        visit.clinic_id, visit.the_clinic = visit.values["clinic"], _as_it_is(visit, clinic)
    if page.right is not None and not visit.caller.may(page.right):
        raise Forbidden
    if page.confirms and not is_confirmed(visit.access, visit.found):
        return Moved(to=f"/confirm?next={quote(_seen(page, visit))}")
    return None


def _as_it_is(visit: Visit, clinic: ClinicSettings) -> ClinicSettings:
    """Return a clinic with its rulebook as it is now; while somebody's change breaks it, as it was."""
    with suppress(ConfigurationError, OSError):
        return visit.house.door.place.runner.clinic(clinic.name)
    return clinic


def _seen(page: Page, visit: Visit) -> str:
    """Return the page to come back to; what was sent by a form has a page that shows it."""
    if page.method == "GET":
        query = "&".join(f"{quote(name)}={quote(value)}" for name, value in visit.query.pairs)
        return f"{visit.path}?{query}" if query else visit.path
    return page_behind(visit.path, visit.form.get("back"))


_SHOWN_ON = {"approvals": "waiting", "holds": "waiting", "variances": "reconciliation"}
"""Forms that stand on a page of another name."""


def page_behind(path: str, back: str = "") -> str:
    """Return the page on which a form stands, or the nearest above its address; `back` is what the form itself says."""
    parts = path.strip("/").split("/")
    if parts[0] == "sign-out":
        return "/"
    if parts[0] != "c":
        return f"/{parts[0]}"
    if len(parts) <= 2:  # noqa: PLR2004 - c, clinic
        return f"/{'/'.join(parts)}/"
    noun = _SHOWN_ON.get(parts[2], parts[2])
    return "/".join(["", *parts[:2], back if noun == "waiting" and back == "plan" else noun])
