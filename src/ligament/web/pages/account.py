"""One's own account: password, authenticator, and where one is signed in."""

from __future__ import annotations

from ligament.app.access import account, sessions
from ligament.app.access.answers import Refused, Slow
from ligament.web.frame import slow_down
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Visit
from ligament.web.qr import qr_svg


def show(visit: Visit) -> Answer:
    return _page(visit)


def change_password(visit: Visit) -> Answer:
    form = visit.form
    outcome = account.change_password(
        visit.access,
        visit.signed_in,
        old=form.get("old_password"),
        password=form.get("password"),
        password_again=form.get("password_again"),
        visitor=visit.visitor,
    )
    match outcome:
        case Slow():
            return slow_down(outcome.seconds)
        case Refused():
            return _page(visit, outcome)
        case _:
            return Moved(to="/account", flash="The password was changed. Everywhere else you were signed out.")


def show_authenticator(visit: Visit) -> Answer:
    """Show the secret of another authenticator."""
    return _authenticator(visit)


def change_authenticator(visit: Visit) -> Answer:
    """Take another authenticator in place of the present one."""
    outcome = account.change_authenticator(visit.access, visit.signed_in, visit.form.get("code"), visit.visitor)
    match outcome:
        case Slow():
            return slow_down(outcome.seconds)
        case Refused():
            return _authenticator(visit, outcome)
        case _:
            return Shown(template="recovery", values={"codes": outcome})


def end_session(visit: Visit) -> Answer:
    """End one session of one's own, or all others."""
    wanted = visit.form.get("session")
    if wanted == "others":
        sessions.end_others(visit.access, visit.signed_in, visit.visitor)
        return Moved(to="/account", flash="Everywhere else you were signed out.")
    if not sessions.end_one(visit.access, visit.signed_in, wanted, visit.visitor):
        raise NotThere
    return Moved(to="/account", flash="That session has ended.")


def _page(visit: Visit, refused: Refused | None = None) -> Shown:
    found = visit.signed_in
    values = {
        "sessions": visit.access.sessions.of_user(found.user.id),
        "here": found.session.id,
        "codes_left": len(found.user.recovery),
        "errors": refused.errors if refused else {},
    }
    return Shown(template="account", status=422 if refused else 200, values=values)


def _authenticator(visit: Visit, refused: Refused | None = None) -> Shown:
    enrolment = account.new_authenticator(visit.access, visit.signed_in)
    values = {
        "enrolment": enrolment,
        "qr": qr_svg(enrolment.address),
        "errors": refused.errors if refused else {},
    }
    return Shown(template="authenticator", status=422 if refused else 200, values=values)


PAGES = (
    Page(path="/account", name="account", answer=show),
    Page(path="/account/password", name="password", method="POST", answer=change_password, confirms=True),
    Page(path="/account/authenticator", name="authenticator", answer=show_authenticator, confirms=True),
    Page(
        path="/account/authenticator", name="authenticator", method="POST", answer=change_authenticator, confirms=True
    ),
    Page(path="/account/sessions", name="end session", method="POST", answer=end_session, confirms=True),
)
