"""After an older backup: payments of ours that a person took off before it was put back are remembered as such."""

from __future__ import annotations

from collections.abc import Iterable

from ligament.core.facts import Facts
from ligament.core.plans import Action
from ligament.core.writes import ElementResult, ElementVerdict
from ligament.flow.context import RunContext
from ligament.flow.execute.record import effect_of
from ligament.flow.execute.working_state import WorkingState


def recall_removed(payments: Iterable[Action], facts: Facts, world: RunContext) -> bool:
    """Ask the books about each document that a payment is planned on; says whether ours had been taken off one.

    The backup may be older than the payment. A document names only those that stand, and to post it again would undo
    what a person decided: they are asked about it (choice C35).
    """
    ledger, recalled = WorkingState(facts), []
    for action in payments:
        step = action.payment
        if step is None or step.document.id is None:
            continue
        known = {link.payment_id for link in facts.payments.get(action.subject.key, ())}
        for payment in world.books.payments_on(step.document.id):
            if payment.deleted and payment.reference == step.reference and payment.id not in known:
                result = ElementResult(verdict=ElementVerdict.TAKEN_OFF, result=payment)
                recalled.append(effect_of(action, result, ledger, found=True))
                break
    if recalled:
        world.memory.keep_effects(world.run_id, recalled, world.clock.now())
    return bool(recalled)
