"""A clinic at a glance: one sentence, one sign, and the one thing to do next."""

from __future__ import annotations

from ligament.core.access import Right
from ligament.service.glances import glance
from ligament.web.page import Answer, Page, Shown, Visit


def show(visit: Visit) -> Answer:
    """Show the clinic."""
    found = glance(visit.access.database, [visit.clinic])[visit.clinic.name]
    return Shown(template="overview", values={"glance": found})


PAGES = (Page(path="/c/{clinic}/", name="overview", answer=show, right=Right.LOOK, menu="Overview"),)
