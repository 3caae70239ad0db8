"""People at Ligament itself: they approve some of what waits and refuse some; what nobody approved is never written."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from ligament.app.approvals import approve_exactly, refuse
from ligament.core.plans import ActionKind
from tests.faults.comparing import DOCUMENT_FIELDS, GONE, agrees, moved
from tests.faults.findings import Violation

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.world import Books
    from ligament.wiring.clinic import Clinic
    from tests.faults.checker import Checker
    from tests.faults.expected import Expected

PERSON = "Kim"
_UPDATE, _VOID = ActionKind.UPDATE_DOCUMENT.value, ActionKind.VOID.value
_PAY, _PAY_FIRST = ActionKind.PAY.value, ActionKind.PAY_FIRST.value


@dataclass(slots=True)
class Answers:
    """What was approved and refused: by invoice and kind of action, how many versions of it there were by then."""

    checker: Checker
    yes: dict[tuple[str, str], int] = field(default_factory=dict)
    no: dict[tuple[str, str], int] = field(default_factory=dict)
    asked: frozenset[tuple[str, str]] = frozenset()
    """What waited for an answer when the run began."""

    def begin(self, app: Clinic) -> None:
        """Remember what waits for an answer, before a run."""
        places = ((str(one.document["source_id"]), str(one.document["action"])) for one in app.approvals.asked())
        self.asked = frozenset(places)

    @property
    def asks_at_all(self) -> bool:
        """Say whether the rulebook wants anything to be answered."""
        approval = tomllib.loads(self.checker.sim.rulebook)["approval"]
        return "max_existing_changes" in approval or "ask" in approval.values()

    def _answered(self, source_id: str, action: str) -> None:
        """What was asked and not answered waits, whatever else changed meanwhile."""
        if (source_id, action) in self.asked and (source_id, action) not in self.yes:
            raise Violation("unanswered", f"{action} of {source_id} waited for an answer, and was done without one")

    def contact_changed(self, former: Any, contact: Any) -> None:
        """One of our writes changed a contact."""
        kind = ActionKind.UPDATE_CONTACT if contact.status == former.status else ActionKind.ARCHIVE_CONTACT
        self._answered(contact.number.removeprefix("CLK-"), kind.value)

    def give(self, app: Clinic, pick: int) -> int:
        """Let a person answer about a part of what waits; returns how many answers there were."""
        rng = Random(pick)
        waiting = {one.mark: one for one in app.approvals.asked() if not one.voices}
        lots = {mark: rng.random() for mark in waiting}
        approve_exactly(app, [mark for mark, lot in lots.items() if lot < 0.5], by=PERSON)
        for mark in [mark for mark, lot in lots.items() if lot > 0.7]:
            # What was refused takes along what cannot be without it.
            if any(one.mark == mark for one in app.approvals.asked()):
                refuse(app, [mark], reason="not this one", by=PERSON)
        left = {one.mark: one for one in app.approvals.asked()}
        for mark, one in waiting.items():
            place = (str(one.document["source_id"]), str(one.document["action"]))
            known = len(self.checker.versions.get(place[0], ()))
            if mark not in left:
                self.no[place] = known
            elif left[mark].voices:
                self.yes[place] = known
        return sum(1 for mark in waiting if mark not in left or left[mark].voices)

    def _asks(self, policy: str) -> bool:
        """Say whether the rulebook wants a person's yes."""
        return bool(tomllib.loads(self.checker.sim.rulebook)["approval"].get(policy, "auto") == "ask")

    def _approved(self, source_id: str, action: str) -> list[Expected]:
        """Return the versions that a person may have said yes to; raises Violation where nobody did."""
        known = self.yes.get((source_id, action))
        if known is None:
            refused = " and somebody refused it" if (source_id, action) in self.no else ""
            raise Violation("unapproved", f"{action} of invoice {source_id}: nobody approved it{refused}")
        return self.checker.versions[source_id][:known]

    # --- what we wrote ------------------------------------------------------------------------------------------------
    def changed(self, former: Any, document: Any, books: Books) -> None:
        """One of our writes changed a document, which a person may have had to approve."""
        source_id = _source(document)
        if not source_id or source_id not in self.checker.versions:
            return
        voided = document.status in GONE and former.status not in GONE
        if voided or moved(former, document, DOCUMENT_FIELDS):
            self._answered(source_id, _VOID if voided else _UPDATE)
        if voided:
            if self._asks("void"):
                self._approved(source_id, _VOID)
        elif moved(former, document, DOCUMENT_FIELDS) and self._asks("update") and "-A" not in document.number:
            approved = self._approved(source_id, _UPDATE)
            if not any(agrees(document, one, books) for one in approved):
                raise Violation("unapproved", f"{document.number} says what nobody approved")

    def paid(self, document: Any) -> None:
        """One of our writes paid a document."""
        source_id = _source(document)
        # One that is needed before credit is used has a name of its own, and was asked about under it.
        kind = _PAY_FIRST if (source_id, _PAY_FIRST) in {*self.yes, *self.asked} else _PAY
        self._answered(source_id, kind)
        if self._asks("payment"):
            self._approved(source_id, kind)


def _source(document: Any) -> str:
    """Return the id of the practice's invoice that a document of ours is about."""
    reference = str(document.reference)
    return reference.removeprefix("cliniko:") if reference.startswith("cliniko:") else ""
