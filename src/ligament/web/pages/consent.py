"""Consent in the browser: the way to the books' own page where a person says yes, and the way back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from ligament.app.setup import consents
from ligament.app.setup.consents import UnderWay
from ligament.core.access import Right
from ligament.service.errands import set_going
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Visit
from ligament.web.setting_up import GOES_ON, errand_name, redirect_uri

_ON_THIS_MACHINE = "127.0.0.1"


def go(visit: Visit) -> Answer:
    """Lead to the consent page, by a link: a form may not lead to another host."""
    found = visit.signed_in
    kept = consents.under_way(visit.access, found, visit.clinic_id) or UnderWay(clinic=visit.clinic_id)
    begun = replace(kept, host=visit.host)
    with visit.opened() as clinic:
        address, trouble = consents.lead(visit.access, found, clinic, begun, redirect_uri(visit))
    return Moved(to=address) if address else Moved(to=_step(visit), flash=trouble)


def back(visit: Visit) -> Answer:
    """Take the answer of the consent page: once, for the session that asked, and only for a short time."""
    found = visit.found if visit.found is not None and visit.found.is_signed_in else None
    kept = consents.take(visit.access, found, visit.query.get("state")) if found is not None else None
    if kept is None:
        return _elsewhere(visit)
    clinic = visit.clinics().get(kept.clinic)
    if clinic is None or clinic.books.name != visit.values["system"] or not visit.may(Right.CONNECT):
        raise NotThere
    visit.clinic_id, visit.the_clinic = kept.clinic, clinic
    return _taken(visit, kept)


def _taken(visit: Visit, kept: UnderWay) -> Answer:
    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            consents.finish(visit.access, visit.signed_in, clinic, kept, urlencode(list(visit.query.pairs)))
        return {}

    errand = set_going(visit.clinic.name, errand_name(visit, "take the consent"), work)
    if not errand.is_over:
        return Moved(to=_step(visit), flash=GOES_ON)
    if errand.document is None:
        # Said on the step itself, where one can begin again; the address with the code in it is left behind.
        consents.keep(visit.access, visit.signed_in, replace(kept, callback=None, trouble=errand.trouble))
    return Moved(to=_step(visit))


def _elsewhere(visit: Visit) -> Answer:
    """Go on under the name where the sign-in began: books lead back to `localhost`, and its cookies are others."""
    split = urlsplit(f"//{visit.host}")
    if split.hostname == "localhost" and not visit.house.settings.public_url:
        port = f":{split.port}" if split.port else ""
        return Moved(to=f"http://{_ON_THIS_MACHINE}{port}{visit.path}?{urlencode(list(visit.query.pairs))}")
    return Shown(template="consent_lost", values={"is_signed_in": visit.may(Right.LOOK)}, status=422)


def _step(visit: Visit) -> str:
    return f"{visit.clinic_path}/connect?step={visit.clinic.books.name}"


PAGES = (
    Page(path="/c/{clinic}/connect/consent", name="consent", answer=go, right=Right.CONNECT, confirms=True),
    Page(path="/oauth/{system}", name="consent given", answer=back, is_open=True),
)
