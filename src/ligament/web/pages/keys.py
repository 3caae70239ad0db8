"""Keys of the connected systems: which there are and since when, and replacing one; none is ever shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.setup.keys import kept_keys, replace_key
from ligament.core.access import Right
from ligament.service.errands import set_going
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Visit

_GOES_ON = "The system takes long to answer. The new key counts as soon as it has; look again in a moment."


def show(visit: Visit) -> Answer:
    return _page(visit)


def _page(visit: Visit, system: str = "", error: str = "") -> Shown:
    with visit.opened() as clinic:
        systems = kept_keys(clinic)
    values = {"systems": systems, "wrong": system, "error": error}
    return Shown(template="keys", values=values, status=422 if error else 200)


def take(visit: Visit) -> Answer:
    """Check new keys with the system and keep them."""
    system = visit.form.get("system")
    with visit.opened() as clinic:
        known = [one["system"] for one in kept_keys(clinic)]
    if system not in known:
        raise NotThere

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return replace_key(clinic, system, visit.form.under(f"new_key.{system}."))

    errand = set_going(visit.clinic.name, f"replace the key of {system}", work)
    to = f"{visit.clinic_path}/keys"
    if not errand.is_over:
        return Moved(to=to, flash=_GOES_ON)
    if errand.document is None:
        return _page(visit, system, errand.trouble)
    account = f" {errand.document['account']} is connected." if errand.document["account"] else ""
    warnings = " ".join(errand.document["warnings"])
    return Moved(to=to, flash=f"{errand.document['title']}: the new key counts.{account} {warnings}".strip())


PAGES = (
    Page(path="/c/{clinic}/keys", name="keys", answer=show, right=Right.CONNECT),
    Page(path="/c/{clinic}/keys", name="replace a key", method="POST", answer=take, right=Right.CONNECT, confirms=True),
)
