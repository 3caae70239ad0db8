"""Part of the demo: what waits for a yes is approved by the link that stands in the message about it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from urllib.parse import parse_qs, urlsplit

from ligament.app.access.answers import Visitor
from ligament.app.access.demo import demo_link, enter
from ligament.app.access.sessions import Recognised, recognise
from ligament.app.approval_links import Answered, Offer, Over, answer_by_link, link_words, look, must_sign_in
from ligament.app.documents import Document
from ligament.wiring.access import Access, open_access
from ligament.wiring.clinic import Clinic

_TELEPHONE = Visitor(address="127.0.0.1", agent="demo")
Opened = Callable[[], AbstractContextManager[Clinic]]


def approve_by_link(opened: Opened) -> Document:
    """Take the link out of the message that whoever approves gets, use it once, and try it once more.

    Something is voided by it as a rule, so it works only for whoever signs in: that is done here too.
    """
    with opened() as clinic:
        access = open_access(lambda: clinic.home_settings, clinic.database)
        session = enter(access, _key(demo_link(access)), _TELEPHONE)
        found = recognise(access, session or "")
        assert found is not None
        words = link_words(clinic.home_settings, clinic.settings, clinic.database, access.now, found.user.email)
        links = [line for line in words.splitlines() if line.startswith("http")]
        told = {"to": found.user.email, "asked": "", "approved": 0, "again": ""}
        if not links:
            return told
        offer = look(access, _key(links[0]), _TELEPHONE)
        if isinstance(offer, Offer):
            told |= {"asked": offer.sign_in, "approved": _used(access, offer, found)}
        again = look(access, _key(links[0]), _TELEPHONE)
    return {**told, "again": again.sentence if isinstance(again, Over) else ""}


def _used(access: Access, offer: Offer, found: Recognised) -> int:
    if must_sign_in(offer, found):
        return 0
    names = {str(one["mark"]) for one in offer.open_}
    said = answer_by_link(access, offer, choice="approve", reason="", names=names, visitor=_TELEPHONE)
    return said.count if isinstance(said, Answered) else 0


def _key(link: str) -> str:
    return parse_qs(urlsplit(link).query)["key"][0]
