"""The first start: the first clinic where there is none yet, then the owner, the authenticator, the recovery codes."""

from __future__ import annotations

from urllib.parse import quote

from ligament.app.access import starting
from ligament.app.access.answers import Entered, Gone, Refused, Slow
from ligament.app.access.sessions import Recognised
from ligament.app.setup.first_clinic import FIELDS, ZONES, add_first_clinic
from ligament.web.frame import slow_down
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Values, Visit
from ligament.web.qr import qr_svg
from ligament.wiring.setup_key import drop_setup_key, setup_key

COUNTRIES = (("AU", "Australia"), ("NZ", "New Zealand"), ("UK", "United Kingdom"))


def show(visit: Visit) -> Answer:
    """Show the step that is next."""
    key = _must_be_open(visit, visit.query)
    if not visit.house.settings.clinics:
        return _clinic_form(key)
    found = _starting(visit)
    if found is not None and "again" not in dict(visit.query.pairs):
        return code_form(visit, found, key)
    return Shown(template="setup_owner", values={"key": key, "action": "/setup"})


def take(visit: Visit) -> Answer:
    """Take a step: what the form says tells which."""
    key = _must_be_open(visit, visit.form)
    if not visit.house.settings.clinics:
        return _take_clinic(visit, key)
    found = _starting(visit)
    if visit.form.get("step") == "code" and found is not None:
        return _take_code(visit, found, key)
    return _take_owner(visit, key)


def _must_be_open(visit: Visit, values: Values) -> str:
    """Return the key of the link; raises NotThere when it is wrong or its time is over."""
    key = values.get("key")
    if not starting.is_open(visit.access, key, setup_key(visit.house.settings.home)):
        raise NotThere
    return key


def _starting(visit: Visit) -> Recognised | None:
    found = visit.found
    return found if found is not None and found.is_starting else None


# --- the first clinic -------------------------------------------------------------------------------------------------


def _clinic_form(key: str, typed: Values | None = None, refused: Refused | None = None) -> Shown:
    values = {
        "key": key,
        "typed": typed or Values(),
        "errors": refused.errors if refused else {},
        "countries": COUNTRIES,
        "zones": [(zone, zone.replace("_", " ")) for zone in ZONES],
    }
    return Shown(template="setup_clinic", status=422 if refused else 200, values=values)


def _take_clinic(visit: Visit, key: str) -> Answer:
    told = {name: visit.form.get(name) for name in FIELDS}
    refused = add_first_clinic(visit.house.settings.home, told)
    if refused is not None:
        return _clinic_form(key, visit.form, refused)
    visit.house.door.place.take_in_clinics()
    return Moved(to=f"/setup?key={quote(key)}")


# --- the owner --------------------------------------------------------------------------------------------------------


def _take_owner(visit: Visit, key: str) -> Answer:
    form = visit.form
    outcome = starting.begin_owner(
        visit.access,
        name=form.get("name"),
        email=form.get("email"),
        password=form.get("password"),
        password_again=form.get("password_again"),
        visitor=visit.visitor,
    )
    match outcome:
        case Refused():
            values = {"key": key, "action": "/setup", "errors": outcome.errors, "typed": form}
            return Shown(template="setup_owner", status=422, values=values)
        case Entered():
            return Moved(to=f"/setup?key={quote(key)}", secret=outcome.secret)


def code_form(visit: Visit, found: Recognised, key: str, refused: Refused | None = None) -> Answer:
    """Show the secret of the authenticator, and ask for the code that it shows."""
    enrolment = starting.enrolment(visit.access, found)
    if enrolment is None:
        return Moved(to="/sign-in", ends=True)
    values = {
        "key": key,
        "action": visit.path,
        "enrolment": enrolment,
        "qr": qr_svg(enrolment.address),
        "errors": refused.errors if refused else {},
        "typed": visit.form if refused else Values(),
    }
    return Shown(template="setup_code", status=422 if refused else 200, values=values)


def _take_code(visit: Visit, found: Recognised, key: str) -> Answer:
    return after_code(
        visit, found, key, starting.finish_owner(visit.access, found, visit.form.get("code"), visit.visitor)
    )


def after_code(visit: Visit, found: Recognised, key: str, outcome: Entered | Refused | Slow | Gone) -> Answer:
    """Go on with what came of a code that a new authenticator showed; the link of set-up ends with the first owner."""
    match outcome:
        case Slow():
            return slow_down(outcome.seconds)
        case Refused():
            return code_form(visit, found, key, outcome)
        case Gone():
            return Moved(to="/sign-in", ends=True)
        case Entered():
            if visit.access.users.has_owner():
                drop_setup_key(visit.house.settings.home)
            return Shown(template="recovery", secret=outcome.secret, values={"codes": outcome.recovery})


PAGES = (
    Page(path="/setup", name="first start", answer=show, is_open=True),
    Page(path="/setup", name="first start", method="POST", answer=take, is_open=True),
)
