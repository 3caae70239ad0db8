"""The plan: what would be posted and why, from what was read last."""

from __future__ import annotations

from ligament.app.plans import kept_plan
from ligament.web.api.answers import PlanAnswer
from ligament.web.api.call import CLINIC, Asking, Call, Told


def show(asking: Asking) -> Told:
    """Tell the plan."""
    with asking.opened() as clinic:
        document = kept_plan(clinic)
    return Told(document={"id": document["plan"], **document})


CALLS = (Call(path=f"{CLINIC}/plan", answer=show, does="What would be posted and why.", gives=PlanAnswer),)
