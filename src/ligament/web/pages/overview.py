"""A clinic at a glance: one sentence, one sign, the month's money, what was posted, and the one thing to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.overview import overview_of
from ligament.app.setup.gaps import gaps
from ligament.core.access import Right
from ligament.service.glances import Glance, glance_and_pulse
from ligament.web.day_charts import day_chart
from ligament.web.live import stream_since
from ligament.web.page import Answer, Page, Shown, Visit

_SPANS: Mapping[str, str] = {"today": "Today", "month": "This month", "all": "In all"}


def show(visit: Visit) -> Answer:
    found, pulse = glance_and_pulse(visit.access.database, visit.clinic)
    with visit.opened() as clinic:
        told = overview_of(clinic)
    is_set_up = all(one["connected"] or one["paused"] for one in told["connections"]) and not _gaps(visit)
    step = _next_step(visit.clinic_path, found, told) if is_set_up else _set_up(visit)
    charts = {"posted": day_chart(told["days"], "posted", "failed"), "delay": day_chart(told["days"], "delay")}
    last_run_at = found.last_run_at or told["last_run_at"]
    values = {"glance": found, "last_run_at": last_run_at, "spans": _SPANS, "next_step": step, "charts": charts, **told}
    values["stream"] = stream_since(visit, pulse)
    return Shown(template="overview", values=values)


def _gaps(visit: Visit) -> bool:
    return any(gap.blocks for gap in gaps(visit.clinic))


def _set_up(visit: Visit) -> tuple[str, str]:
    if visit.may(Right.CONNECT):
        return f"{visit.clinic_path}/connect", "Set up this clinic"
    return f"{visit.clinic_path}/mapping", "Look at the mapping"


def _next_step(path: str, found: Glance, told: Mapping[str, Any]) -> tuple[str, str]:
    """Return the address and the words of the one thing to do next."""
    if found.waits:
        return f"{path}/waiting", "See what waits for you"
    money = told["money"]
    if money is None:
        return f"{path}/reconciliation", "Compare both systems"
    if money["to_decide"]:
        return f"{path}/reconciliation", "Look at the differences"
    return f"{path}/runs", "See what the last runs did"


PAGES = (Page(path="/c/{clinic}/", name="overview", answer=show, right=Right.LOOK, menu="Overview", reads_pulse=True),)
