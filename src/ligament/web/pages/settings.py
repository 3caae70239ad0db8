"""Settings of a clinic: every key of the rulebook as a field, seen before it is saved; alerts, and a backup now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ligament.app.notices.alerts import list_alerts, test_alerts
from ligament.app.safety.backup import back_up
from ligament.app.setup.settings_fields import ELSEWHERE, Group, groups, look, save
from ligament.core.access import Right
from ligament.core.periods import local_date
from ligament.service.errands import set_going
from ligament.web.forms import sent, told, was
from ligament.web.page import Answer, Moved, Page, Shown, Visit
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import looked_over

_NOTHING_NEW = "Nothing was changed: it stands like that already."


def show(visit: Visit) -> Answer:
    """Show how the clinic is set."""
    return _page(visit)


def _page(visit: Visit, *, wrong: Mapping[str, str] | None = None, tested: Sequence[object] = ()) -> Shown:
    fresh, mistakes = looked_over(visit.clinic.file)
    found = groups(fresh) if fresh is not None else ()
    with visit.opened() as clinic:
        alerts = list_alerts(clinic).document
    values = {
        "groups": found,
        "sent": sent(visit.typed, {one.name: one.current for group in found for one in group.fields}),
        "mistakes": mistakes,
        "file": visit.clinic.file.name,
        "privacy": (fresh or visit.clinic).rulebook.contacts,
        "addresses": alerts["addresses"],
        "open": alerts["open"],
        "tested": tested,
        "wrong": wrong or {},
        "may_set": visit.may(Right.SETTINGS),
        "may_connect": visit.may(Right.CONNECT),
        "may_back_up": visit.may(Right.BACKUP),
    }
    return Shown(template="settings", values=values, status=422 if wrong else 200)


def take(visit: Visit) -> Answer:
    """Show what would change, or save it; nothing of what was typed is lost on the way."""
    choice, typed, seen = visit.form.get("choice", "look"), told(visit.form), was(visit.form)
    if choice == "edit":
        return _page(visit)
    fresh, mistakes = looked_over(visit.clinic.file)
    if fresh is None:
        return _page(visit, wrong={"": mistakes[0].told()})
    allowed = _names(groups(fresh))
    if choice != "save":
        looked = look(fresh, typed, seen, allowed)
        if looked.wrong:
            return _page(visit, wrong=looked.wrong)
        if looked.changes:
            kept = [(one.name, typed[one.name], seen.get(one.name, "")) for one in looked.changes]
            values = {"looked": looked, "kept": kept, "file": fresh.file.name}
            return Shown(template="settings_changes", values=values)
        return Moved(to=f"{visit.clinic_path}/settings", flash=_NOTHING_NEW)
    with visit.opened() as clinic:
        saved = save(clinic, typed, seen, allowed)
    if saved.wrong:
        return _page(visit, wrong=saved.wrong)
    visit.house.door.place.wake.now()
    names = ", ".join(one.label for one in saved.changes)
    return Moved(to=f"{visit.clinic_path}/settings", flash=f"Saved: {names}." if names else _NOTHING_NEW)


def _names(found: Sequence[Group]) -> frozenset[str]:
    return frozenset(one.name for group in found for one in group.fields) - ELSEWHERE


# --- alerts and backup ------------------------------------------------------------------------------------------------


def test(visit: Visit) -> Answer:
    """Send a test message to each address, and show which took it."""

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return dict(test_alerts(clinic).document)

    errand = set_going(visit.clinic.name, "test the alerts", work)
    if not errand.is_over:
        return _page(visit, wrong={"": "The addresses take long to answer. Try again in a moment."})
    if errand.document is None:
        return _page(visit, wrong={"": errand.trouble})
    return _page(visit, tested=errand.document["addresses"])


def back_up_now(visit: Visit) -> Answer:
    """Write a backup of the whole home beside it, under a name of its own."""
    settings = visit.house.settings
    now = visit.access.now()
    folder = settings.home / "backups"
    name = f"ligament-{local_date(now, visit.clinic.rulebook.clinic.time_zone).isoformat()}-{now:%H%M%S}.zip"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        document = back_up(folder / name, settings.home, now=visit.access.now).document
    except (ConfigurationError, OSError) as trouble:
        return _page(visit, wrong={"": str(trouble)})
    visit.access.note("backup", name, actor=visit.caller.name, source=visit.visitor.source)
    said = f"The backup {name} is in the folder backups of the home. {document['key']}"
    return Moved(to=f"{visit.clinic_path}/settings", flash=said)


PAGES = (
    Page(path="/c/{clinic}/settings", name="settings", answer=show, right=Right.LOOK, menu="Settings"),
    Page(path="/c/{clinic}/settings", name="set", method="POST", answer=take, right=Right.SETTINGS, confirms=True),
    Page(
        path="/c/{clinic}/settings/alerts",
        name="test alerts",
        method="POST",
        answer=test,
        right=Right.SETTINGS,
        confirms=True,
    ),
    Page(
        path="/c/{clinic}/settings/backup",
        name="back up now",
        method="POST",
        answer=back_up_now,
        right=Right.BACKUP,
        confirms=True,
    ),
)
