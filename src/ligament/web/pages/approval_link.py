"""Approval by link: shows what a link from a message would answer, and takes the answer; looking changes nothing."""

from __future__ import annotations

from urllib.parse import quote

from ligament.app.access.answers import Refused, Slow
from ligament.app.approval_links import (
    PATH,
    Answered,
    Offer,
    Over,
    answer_by_link,
    is_somebody_else,
    look,
    must_sign_in,
)
from ligament.web.frame import slow_down
from ligament.web.page import Answer, Forbidden, NotThere, Page, Shown, Visit

_SOMEBODY_ELSE = "This link was made for somebody else than the person who is signed in here. Nothing was changed."
_CHOICES = frozenset({"approve", "refuse"})


def show(visit: Visit) -> Answer:
    """Show what the link would answer."""
    key = visit.query.get("key")
    offer = _offer(visit, key)
    return _page(visit, offer, key) if isinstance(offer, Offer) else offer


def take(visit: Visit) -> Answer:
    key, choice = visit.form.get("key"), visit.form.get("choice")
    offer = _offer(visit, key)
    if not isinstance(offer, Offer):
        return offer
    if choice not in _CHOICES:
        raise NotThere
    if must_sign_in(offer, visit.found):
        raise Forbidden(offer.sign_in)
    reason, names = visit.form.get("reason"), visit.form.all("names")
    done = answer_by_link(visit.access, offer, choice=choice, reason=reason, names=names, visitor=visit.visitor)
    match done:
        case Refused():
            return _page(visit, offer, key, done)
        case Over():
            return _over(done)
        case Answered():
            return Shown(template="approval_link_done", values={"done": done})


def _offer(visit: Visit, key: str) -> Offer | Shown:
    found = look(visit.access, key, visit.visitor)
    match found:
        case None:
            raise NotThere
        case Slow():
            return slow_down(found.seconds)
        case Over():
            return _over(found)
        case Offer():
            if is_somebody_else(found, visit.found):
                raise Forbidden(_SOMEBODY_ELSE)
            return found


def _over(over: Over) -> Shown:
    return Shown(template="approval_link_over", values={"over": over}, status=410)


def _page(visit: Visit, offer: Offer, key: str, refused: Refused | None = None) -> Shown:
    values = {
        "offer": offer,
        "key": key,
        "must_sign_in": must_sign_in(offer, visit.found),
        "sign_in_path": f"/sign-in?next={quote(f'{PATH}?key={quote(key)}', safe='')}",
        "zone": offer.clinic.rulebook.clinic.time_zone,
        "errors": refused.errors if refused else {},
        "chosen": visit.form.all("names") if refused else tuple(one["mark"] for one in offer.open_),
    }
    return Shown(template="approval_link", values=values, status=422 if refused else 200)


PAGES = (
    Page(path=PATH, name="approval link", answer=show, is_open=True),
    Page(path=PATH, name="approval link", method="POST", answer=take, is_open=True),
)
