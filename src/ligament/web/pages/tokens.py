"""Tokens of the interface: made, shown once, ended."""

from __future__ import annotations

from ligament.app.access import tokens
from ligament.app.access.answers import Refused
from ligament.core.access import Right, Scope
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Values, Visit

SCOPES = (
    (Scope.READ.value, "Read: look at everything"),
    (Scope.DECIDE.value, "Decide: answer holds and approvals"),
    (Scope.RUN.value, "Run: start runs and comparisons"),
    (Scope.ADMIN.value, "Admin: everything, webhooks too"),
)


def show(visit: Visit) -> Answer:
    """List the tokens."""
    return _page(visit)


def add(visit: Visit) -> Answer:
    """Make a token, and show it once."""
    form = visit.form
    outcome = tokens.add(
        visit.access,
        visit.acting,
        name=form.get("name"),
        scopes=form.all("scope"),
        only=form.get("only"),
        until=form.get("until").strip(),
    )
    if isinstance(outcome, Refused):
        return _page(visit, refused=outcome)
    return _page(visit, made=outcome)


def remove(visit: Visit) -> Answer:
    """Let a token end."""
    gone = tokens.remove(visit.access, visit.acting, visit.form.get("name"))
    if gone is None:
        raise NotThere
    return Moved(to="/tokens", flash=f"The token {gone.name} has ended.")


def _page(visit: Visit, *, refused: Refused | None = None, made: tokens.NewToken | None = None) -> Shown:
    values = {
        "rows": tokens.listed(visit.access, visit.acting),
        "scopes": SCOPES,
        "errors": refused.errors if refused else {},
        "typed": Values() if made else visit.typed,
        "made": made,
    }
    return Shown(template="tokens", status=422 if refused else 200, values=values)


PAGES = (
    Page(path="/tokens", name="tokens", answer=show, right=Right.TOKENS),
    Page(path="/tokens", name="tokens", method="POST", answer=add, right=Right.TOKENS, confirms=True),
    Page(path="/tokens/remove", name="end token", method="POST", answer=remove, right=Right.TOKENS, confirms=True),
)
