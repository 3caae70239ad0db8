"""Users: who has a place here, what they are, invitations."""

from __future__ import annotations

from ligament.app.access import users
from ligament.app.access.answers import Refused
from ligament.app.access.sessions import end_all_of
from ligament.core.access import Right, Role
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Values, Visit

ROLES = (
    (Role.VIEWER.value, "Viewer: looks and downloads"),
    (Role.BOOKKEEPER.value, "Bookkeeper: decides, runs, maps"),
    (Role.OWNER.value, "Owner: everything"),
)
_CONFLICT = 409


def show(visit: Visit) -> Answer:
    """List the users."""
    return _page(visit)


def invite(visit: Visit) -> Answer:
    """Invite somebody, and show the link once."""
    form = visit.form
    outcome = users.invite(
        visit.access, visit.acting, email=form.get("email"), role=form.get("role"), only=form.all("only")
    )
    if isinstance(outcome, Refused):
        return _page(visit, refused=outcome)
    link = visit.access.link("/invitation", outcome.key)
    return _page(visit, invited=outcome, link=link)


def change(visit: Visit) -> Answer:
    email, form = visit.values["email"], visit.form
    outcome = users.change(visit.access, visit.acting, email, role=form.get("role"), only=form.all("only"))
    if outcome is None:
        raise NotThere
    if isinstance(outcome, Refused):
        return _page(visit, refused=outcome)
    return Moved(to="/users", flash=f"{outcome.email} is now {outcome.role.value}.")


def sign_out(visit: Visit) -> Answer:
    """End every session of somebody."""
    email = visit.values["email"]
    if email not in {user.email for user in users.listed(visit.access, visit.acting)}:
        raise NotThere
    end_all_of(visit.access, email, actor=visit.acting.actor, source=visit.acting.source)
    return Moved(to="/users", flash=f"{email} was signed out everywhere.")


def remove(visit: Visit) -> Answer:
    outcome = users.remove(visit.access, visit.acting, visit.values["email"])
    if outcome is None:
        raise NotThere
    if isinstance(outcome, Refused):
        return _page(visit, refused=outcome)
    return Moved(to="/users", flash=f"{outcome.email} was removed and signed out everywhere.")


def _page(
    visit: Visit, *, refused: Refused | None = None, invited: users.Invited | None = None, link: str = ""
) -> Shown:
    errors = refused.errors if refused else {}
    rows = users.listed(visit.access, visit.acting)
    values = {
        "rows": rows,
        "roles": ROLES,
        "errors": errors,
        "typed": visit.typed if visit.typed.all("email") and not invited else Values(),
        "changing": visit.typed if visit.typed.get("whom") else Values(),
        "over": {user.email for user in rows if users.is_over(visit.access, user)},
        "invited": invited,
        "link": link,
    }
    status = _CONFLICT if "last_owner" in errors else 422 if errors else 200
    return Shown(template="users", status=status, values=values)


PAGES = (
    Page(path="/users", name="users", answer=show, right=Right.USERS),
    Page(path="/users", name="users", method="POST", answer=invite, right=Right.USERS, confirms=True),
    Page(path="/users/{email}", name="change user", method="POST", answer=change, right=Right.USERS, confirms=True),
    Page(
        path="/users/{email}/sign-out",
        name="sign out user",
        method="POST",
        answer=sign_out,
        right=Right.USERS,
        confirms=True,
    ),
    Page(
        path="/users/{email}/remove", name="remove user", method="POST", answer=remove, right=Right.USERS, confirms=True
    ),
)
