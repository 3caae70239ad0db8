"""An invitation: a password is chosen, an authenticator is set up, and somebody has a place."""

from __future__ import annotations

from urllib.parse import quote

from ligament.app.access import starting
from ligament.app.access.answers import Entered, Refused
from ligament.app.access.sessions import Recognised
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Values, Visit
from ligament.web.pages.setup import after_code, code_form


def show(visit: Visit) -> Answer:
    """Show the step that is next."""
    key, user = _invited(visit, visit.query)
    found = _starting(visit, user)
    if found is not None and "again" not in dict(visit.query.pairs):
        return code_form(visit, found, key)
    return Shown(template="invitation", values={"key": key, "user": user})


def take(visit: Visit) -> Answer:
    """Take a step: what the form says tells which."""
    key, user = _invited(visit, visit.form)
    found = _starting(visit, user)
    if visit.form.get("step") == "code" and found is not None:
        finished = starting.finish_invited(visit.access, found, visit.form.get("code"), visit.visitor)
        return after_code(visit, found, key, finished)
    password, again = visit.form.get("password"), visit.form.get("password_again")
    outcome = starting.begin_invited(visit.access, user, password=password, password_again=again, visitor=visit.visitor)
    match outcome:
        case Refused():
            values = {"key": key, "user": user, "errors": outcome.errors}
            return Shown(template="invitation", status=422, values=values)
        case Entered():
            return Moved(to=f"/invitation?key={quote(key)}", secret=outcome.secret)


def _invited(visit: Visit, values: Values) -> tuple[str, starting.User]:
    key = values.get("key")
    user = starting.invited(visit.access, key)
    if user is None:
        raise NotThere
    return key, user


def _starting(visit: Visit, user: starting.User) -> Recognised | None:
    found = visit.found
    return found if found is not None and found.is_starting and found.user.id == user.id else None


PAGES = (
    Page(path="/invitation", name="invitation", answer=show, is_open=True),
    Page(path="/invitation", name="invitation", method="POST", answer=take, is_open=True),
)
