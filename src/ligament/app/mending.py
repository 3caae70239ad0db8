"""Mending: a word to mend a variance, a person's or policy's, is kept as a decision, and its record planned again."""

from __future__ import annotations

from collections.abc import Sequence

from ligament.core.intents import subject_from_key
from ligament.core.links import Decision, DecisionKind
from ligament.core.variances import KeptVariance, fix_code
from ligament.wiring.clinic import Clinic


def ask_to_mend(clinic: Clinic, chosen: Sequence[KeptVariance], *, by: str) -> dict[str, KeptVariance]:
    """Keep that these are to be mended as they are shown, and return them as they stand; the next plan does it."""
    if not chosen:
        return {}
    for held in chosen:
        clinic.store.decide(_word(clinic, held, by))
    clinic.store.look_again({subject_from_key(held.variance.subject) for held in chosen})
    return {held.variance.id: held for held in clinic.variances.heal(chosen, by)}


def _word(clinic: Clinic, held: KeptVariance, by: str) -> Decision:
    """Return a person's word to mend exactly what the variance shows."""
    variance = held.variance
    assert variance.fix is not None
    return Decision(
        subject=subject_from_key(variance.subject),
        code=fix_code(variance.fix),
        decision=DecisionKind.FIX,
        fingerprint=variance.target,
        by=by,
        at=clinic.clock.now(),
    )
