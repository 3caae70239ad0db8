"""Conservation: what was read is planned, held or left out, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal

from ligament.core.money import ZERO
from ligament.core.plans import Plan


class ConservationError(AssertionError):
    """Records read and records accounted for do not agree; the run must stop before anything is written."""


def assert_conserved(read: Mapping[str, Decimal], plan: Plan) -> None:
    """Check that every record read (its amount by subject key) has exactly one outcome, by count and by amount."""
    keys = [outcome.subject.key for outcome in plan.outcomes]
    given = Counter(keys)
    missing = [key for key in read if given[key] != 1]
    if missing:
        message = f"{len(missing)} records are not accounted for exactly once, the first is {missing[0]}"
        raise ConservationError(message)
    total = sum(read.values(), ZERO)
    explained = sum([o.amount for o, key in zip(plan.outcomes, keys, strict=True) if key in read], ZERO)
    if total != explained:
        message = f"the records read come to {total}, those accounted for to {explained}"
        raise ConservationError(message)
