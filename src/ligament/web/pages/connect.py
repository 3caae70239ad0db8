"""Setting up, step by step: both systems, what was found, the mapping, a month as it would be posted, the first yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.approvals import approve
from ligament.app.setup import consents
from ligament.app.setup.connect import connect_system
from ligament.app.setup.connections import field_name
from ligament.app.setup.consents import UnderWay
from ligament.app.setup.mapping_fields import kept_survey, save
from ligament.app.setup.organisations import pin
from ligament.app.setup.steps import passed
from ligament.core.access import Right
from ligament.core.notes import SETUP_CHECKED_NOTE, SETUP_PREVIEWED_NOTE
from ligament.service.errands import put_away, set_going
from ligament.web.page import Answer, Handler, Moved, NotThere, Page, Visit
from ligament.web.setting_up import GOES_ON, errand_name, page, planning


def show(visit: Visit) -> Answer:
    """Show the step that is asked for, else the one that is next, with the rail of all of them."""
    return page(visit)


def take(visit: Visit) -> Answer:
    """Do what a step's button says; nothing that worked before is lost when it does not."""
    choice, system = visit.form.get("choice"), visit.form.get("system")
    if choice in _CHOICES:
        return _CHOICES[choice](visit)
    if system == visit.clinic.practice.name or (system == visit.clinic.books.name and not _by_consent(visit)):
        return _connect(visit, system)
    if system == visit.clinic.books.name:
        return _sign_in(visit)
    raise NotThere


def _by_consent(visit: Visit) -> bool:
    return bool(visit.clinic.books.sign_in.browser_asks)


def _at(visit: Visit, step: str = "") -> str:
    return f"{visit.clinic_path}/connect{f'?step={step}' if step else ''}"


# --- the systems ------------------------------------------------------------------------------------------------------


def _connect(visit: Visit, system: str) -> Answer:
    """Check what was typed with the system itself, and keep it encrypted."""
    manifest = next(one for one in (visit.clinic.practice, visit.clinic.books) if one.name == system)

    def ask(text: str) -> str:
        words = text.rpartition("\n")[2].removeprefix(manifest.title).strip().casefold().replace(" ", "_")
        return visit.form.get(field_name(manifest.name, words))

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return connect_system(clinic, manifest.name, ask).document

    errand = set_going(visit.clinic.name, errand_name(visit, f"connect {manifest.name}"), work)
    if not errand.is_over:
        return Moved(to=_at(visit), flash=GOES_ON)
    if errand.document is None:
        return page(visit, step=manifest.name, error=errand.trouble)
    put_away(visit.clinic.name, errand_name(visit, "checks"))
    warnings = " ".join([*errand.document["warnings"], *errand.document["notes"]])
    account = errand.document["account"] or manifest.title
    return Moved(to=_at(visit), flash=f"{manifest.title} is connected. This is {account}. {warnings}".strip())


def _sign_in(visit: Visit) -> Answer:
    """Sign in to the books as an app that acts by itself, or make ready for the consent page; nothing is pinned yet."""
    typed = {
        name: visit.form.get(field_name(visit.clinic.books.name, name)) for name in visit.clinic.books.sign_in.asks
    }

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            begun = UnderWay(clinic=visit.clinic_id, host=visit.host)
            consents.start(visit.access, visit.signed_in, clinic, begun, typed)
        return {}

    step = visit.clinic.books.name
    errand = set_going(visit.clinic.name, errand_name(visit, f"sign in to {step}"), work)
    if not errand.is_over:
        return Moved(to=_at(visit, step), flash=GOES_ON)
    if errand.document is None:
        return page(visit, step=step, error=errand.trouble)
    return Moved(to=_at(visit, step))


def _pin(visit: Visit) -> Answer:
    """Pin the organisation that was said to be the right one."""
    under_way = consents.under_way(visit.access, visit.signed_in, visit.clinic_id)
    books, wanted = visit.clinic.books, visit.form.get("organisation")
    if under_way is None or under_way.trial is None:
        return Moved(to=_at(visit, books.name), flash="That took too long, so nothing was changed. Please begin again.")
    trial = under_way.trial
    if not wanted:
        return page(visit, step=books.name, error="Say which organisation is meant.")

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return pin(clinic, trial, wanted)

    errand = set_going(visit.clinic.name, errand_name(visit, f"pin {books.name}"), work)
    if not errand.is_over:
        return Moved(to=_at(visit), flash=GOES_ON)
    if errand.document is None:
        return page(visit, step=books.name, error=errand.trouble)
    consents.forget(visit.access, visit.signed_in)
    put_away(visit.clinic.name, errand_name(visit, "checks"))
    account, warnings = errand.document["account"], " ".join(errand.document["warnings"])
    said = f"{books.title} is connected. This is {account}; no other organisation is ever touched. {warnings}"
    return Moved(to=_at(visit), flash=said.strip())


def _again(visit: Visit) -> Answer:
    """Forget a sign-in that reached the wrong organisation."""
    consents.forget(visit.access, visit.signed_in)
    return Moved(to=_at(visit, visit.clinic.books.name), flash="Nothing was changed.")


# --- from the checks to the first yes ---------------------------------------------------------------------------------


def _check(visit: Visit) -> Answer:
    put_away(visit.clinic.name, errand_name(visit, "checks"))
    return Moved(to=_at(visit, "checks"))


def _checked(visit: Visit) -> Answer:
    with visit.opened() as clinic:
        passed(clinic, SETUP_CHECKED_NOTE)
    return Moved(to=_at(visit))


def _map(visit: Visit) -> Answer:
    """Write what was chosen; what is not in the books is refused beside its field, and nothing is written then."""
    left_out = {"csrf_token", "choice"}
    told = {key: text for key, text in visit.form.pairs if key not in left_out and not key.startswith("was.")}

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return {"wrong": save(clinic, kept_survey(clinic), told, visit.form.under("was."))}

    errand = set_going(visit.clinic.name, errand_name(visit, "save the mapping"), work)
    if not errand.is_over:
        return Moved(to=_at(visit, "mapping"), flash=GOES_ON)
    if errand.document is None:
        return page(visit, step="mapping", error=errand.trouble)
    if errand.document["wrong"]:
        return page(visit, step="mapping", wrong=errand.document["wrong"])
    visit.house.door.place.wake.now()
    put_away(visit.clinic.name, errand_name(visit, "plan"))
    return Moved(to=_at(visit), flash="Saved. It can be changed under Mapping at any time.")


def _preview(visit: Visit) -> Answer:
    """Read both systems and plan; nothing is written to either."""
    put_away(visit.clinic.name, errand_name(visit, "plan"))
    errand = planning(visit)
    if errand.is_over and errand.document is None:
        return page(visit, step="preview", error=errand.trouble)
    return Moved(to=_at(visit, "preview"))


def _previewed(visit: Visit) -> Answer:
    with visit.opened() as clinic:
        passed(clinic, SETUP_PREVIEWED_NOTE)
    return Moved(to=_at(visit, "approval"))


def _approve(visit: Visit) -> Answer:
    """Say yes to the plan that was shown; one that changed meanwhile is shown again."""
    with visit.opened() as clinic:
        done = approve(clinic, visit.form.all("names")).document if visit.form.get("names") else {"approved": 0}
    if not done["approved"]:
        return page(visit, step="approval", error="The plan changed meanwhile, so nothing was approved. Look again.")
    visit.house.door.place.wake.now()
    said = f"{done['approved']} approved. The first posting begins now and goes on when you leave this page."
    return Moved(to=f"{visit.clinic_path}/", flash=said)


_CHOICES: Mapping[str, Handler] = {
    "organisation": _pin,
    "again": _again,
    "check": _check,
    "checked": _checked,
    "mapping": _map,
    "preview": _preview,
    "previewed": _previewed,
    "approve": _approve,
}

PAGES = (
    Page(path="/c/{clinic}/connect", name="connect", answer=show, right=Right.CONNECT, menu="Connect"),
    Page(
        path="/c/{clinic}/connect", name="connect now", method="POST", answer=take, right=Right.CONNECT, confirms=True
    ),
)
