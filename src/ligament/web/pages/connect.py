"""Connecting, step by step: the practice's key, the books' app, the mapping, a preview, and then the first yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.plans import plan
from ligament.app.setup.connect import connect_system
from ligament.app.setup.connections import field_name, systems_asked
from ligament.app.setup.gaps import gaps
from ligament.core.access import Right
from ligament.service.errands import set_going
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Visit

_GOES_ON = "This takes longer than a page waits. It goes on; open this page again in a moment."


def show(visit: Visit) -> Answer:
    """Show the step that is next, with what is done above it; every system can be connected anew."""
    return _page(visit)


def _page(visit: Visit, *, error: str = "", wrong: str = "") -> Shown:
    with visit.opened() as clinic:
        systems = systems_asked(clinic)
        open_gaps = [gap for gap in gaps(clinic.settings) if gap.blocks]
    missing = next((one["name"] for one in systems if not one["connected"]), "")
    values = {
        "systems": systems,
        "step": wrong or missing or ("mapping" if open_gaps else "preview"),
        "gaps": len(open_gaps),
        "error": error,
        "wrong": wrong,
    }
    return Shown(template="connect", values=values, status=422 if error else 200)


def take(visit: Visit) -> Answer:
    """Check what was typed with the system itself and keep it encrypted; nothing that worked before is lost."""
    if visit.form.get("choice") == "preview":
        return _preview(visit)
    wanted = visit.form.get("system")
    manifest = next((one for one in (visit.clinic.practice, visit.clinic.books) if one.name == wanted), None)
    if manifest is None:
        raise NotThere

    def ask(text: str) -> str:
        words = text.rpartition("\n")[2].removeprefix(manifest.title).strip().casefold().replace(" ", "_")
        return visit.form.get(field_name(manifest.name, words))

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return connect_system(clinic, manifest.name, ask).document

    errand = set_going(visit.clinic.name, f"connect {manifest.name}", work)
    to = f"{visit.clinic_path}/connect"
    if not errand.is_over:
        return Moved(to=to, flash=_GOES_ON)
    if errand.document is None:
        return _page(visit, error=errand.trouble, wrong=manifest.name)
    warnings = " ".join(errand.document["warnings"])
    return Moved(to=to, flash=f"{manifest.title}: {errand.document['account']} is connected. {warnings}".strip())


def _preview(visit: Visit) -> Answer:
    """Read both systems and plan; what would be posted stands on the plan's page, with the first approval."""

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return plan(clinic).document

    errand = set_going(visit.clinic.name, "preview", work)
    if not errand.is_over:
        return Moved(to=f"{visit.clinic_path}/plan", flash=_GOES_ON)
    if errand.document is None:
        return _page(visit, error=errand.trouble)
    return Moved(to=f"{visit.clinic_path}/plan", flash="This is what would be posted. Nothing is, before you say yes.")


PAGES = (
    Page(path="/c/{clinic}/connect", name="connect", answer=show, right=Right.CONNECT, menu="Connect"),
    Page(
        path="/c/{clinic}/connect", name="connect now", method="POST", answer=take, right=Right.CONNECT, confirms=True
    ),
)
