"""Amounts in sentences are written as everywhere else on the screen: 1,120.00."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from ligament.core.comparisons import Judging, TaxLabels
from ligament.core.explanations import amounts, taxes
from ligament.core.rules.model import Rulebook

DAY = date(2026, 11, 2)
HOW = Judging(
    rulebook=Rulebook(), labels=TaxLabels(), title="Cliniko", books="Xero", first=DAY, last=DAY, local=lambda _: DAY
)


@pytest.mark.parametrize("say", [amounts, taxes])
def test_the_sentence_of_a_difference_writes_thousands_as_the_tables_do(say: object) -> None:
    assert callable(say)
    said = say("CLK-7", Decimal(1120), Decimal("12500.5"), "somebody changed it", HOW)
    assert "1,120.00" in said
    assert "12,500.50" in said
