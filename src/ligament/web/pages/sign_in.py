"""Signing in, out, and the code once more."""

from __future__ import annotations

from urllib.parse import quote

from ligament.app.access import demo, sessions, sign_in
from ligament.app.access.answers import Entered, Refused, Slow
from ligament.web.frame import slow_down
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Visit, own_path

_HOME = "/clinics"


def front(visit: Visit) -> Answer:
    """Lead to where the work is: the only clinic, or the list of them."""
    if visit.found is None or not visit.found.is_signed_in:
        return Moved(to="/sign-in")
    seen = list(visit.clinics())
    return Moved(to=f"/c/{seen[0]}/" if len(seen) == 1 else _HOME)


def enter_demo(visit: Visit) -> Answer:
    """Sign in to the demo with its own link; where there is no demo, there is no such page."""
    secret = demo.enter(visit.access, visit.query.get("key"), visit.visitor)
    if secret is None:
        raise NotThere
    return Moved(to="/", secret=secret)


def show(visit: Visit) -> Answer:
    """Ask for name and password."""
    onward = own_path(visit.query.get("next"), "")
    if visit.found is not None and visit.found.is_signed_in:
        return Moved(to=onward or "/")
    return Shown(template="sign_in", values={"next": onward, "is_new": not visit.access.users.has_owner()})


def enter(visit: Visit) -> Answer:
    """Look at name and password."""
    onward = own_path(visit.form.get("next"), "")
    before = visit.found.session.id if visit.found is not None else ""
    outcome = sign_in.enter_password(
        visit.access,
        visit.form.get("email"),
        visit.form.get("password"),
        visit.visitor,
        instead_of=before,
        is_here=_is_here_already(visit),
    )
    match outcome:
        case Slow():
            return slow_down(outcome.seconds)
        case Refused():
            values = {"next": onward, "errors": outcome.errors, "typed": visit.form, "is_new": False}
            return Shown(template="sign_in", status=422, values=values)
        case Entered() if not outcome.secret:
            return Moved(to=onward or "/")
        case Entered():
            return Moved(to=f"/sign-in/code?next={quote(onward)}" if onward else "/sign-in/code", secret=outcome.secret)


def _is_here_already(visit: Visit) -> bool:
    """Say whether the same person signed in in another tab since the form was opened."""
    found = visit.found
    return found is not None and found.is_signed_in and sign_in.folded(visit.form.get("email")) == found.user.email


def _anew(visit: Visit, onward: str) -> Moved:
    """Lead on who is signed in already, and everybody else to the password once more."""
    if visit.found is not None and visit.found.is_signed_in:
        return Moved(to=onward or "/")
    return Moved(to=f"/sign-in?next={quote(onward)}" if onward else "/sign-in")


def show_code(visit: Visit) -> Answer:
    """Ask for the one-time code."""
    onward = own_path(visit.query.get("next"), "")
    if visit.found is None or not visit.found.waits_for_code:
        return _anew(visit, onward)
    return Shown(template="sign_in_code", values={"next": onward})


def enter_code(visit: Visit) -> Answer:
    """Look at the one-time code, or at a recovery code."""
    onward = own_path(visit.form.get("next"), "")
    if visit.found is None or not visit.found.waits_for_code:
        return _anew(visit, onward)
    outcome = sign_in.enter_code(visit.access, visit.found, visit.form.get("code"), visit.visitor)
    match outcome:
        case Slow():
            return slow_down(outcome.seconds)
        case Refused():
            return Shown(template="sign_in_code", status=422, values={"next": onward, "errors": outcome.errors})
        case Entered():
            return Moved(to=onward or "/", secret=outcome.secret)


def leave(visit: Visit) -> Answer:
    """Sign out."""
    if visit.found is not None:
        sessions.sign_out(visit.access, visit.found, visit.visitor)
    return Moved(to="/sign-in", ends=True)


def show_confirm(visit: Visit) -> Answer:
    """Ask for the code once more."""
    return Shown(template="confirm", values={"next": own_path(visit.query.get("next"))})


def confirm(visit: Visit) -> Answer:
    """Look at the code once more."""
    onward = own_path(visit.form.get("next"))
    outcome = sign_in.confirm(visit.access, visit.signed_in, visit.form.get("code"), visit.visitor)
    match outcome:
        case Slow():
            return slow_down(outcome.seconds)
        case Refused():
            return Shown(template="confirm", status=422, values={"next": onward, "errors": outcome.errors})
        case Entered():
            return Moved(to=onward, secret=outcome.secret)


PAGES = (
    Page(path="/", name="front", answer=front, is_open=True),
    Page(path="/demo", name="demo", answer=enter_demo, is_open=True),
    Page(path="/sign-in", name="sign in", answer=show, is_open=True),
    Page(path="/sign-in", name="sign in", method="POST", answer=enter, is_open=True),
    Page(path="/sign-in/code", name="code", answer=show_code, is_open=True),
    Page(path="/sign-in/code", name="code", method="POST", answer=enter_code, is_open=True),
    Page(path="/sign-out", name="sign out", method="POST", answer=leave),
    Page(path="/confirm", name="confirm", answer=show_confirm),
    Page(path="/confirm", name="confirm", method="POST", answer=confirm),
)
