"""The little that a plan needs beside records: an organisation, its chart, and a rulebook that maps everything."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

from ligament.core.facts import PlanContext
from ligament.core.ids import BooksId
from ligament.core.ledgers import Account, Chart, Organisation, TaxRate
from ligament.core.oddities import Heed
from ligament.core.rules.model import Rulebook
from ligament.wiring.rulebooks import read_clinic
from tests.contacts import pairs
from tests.support.practice import RULEBOOK

CHART = Chart(
    accounts=(
        Account(id=BooksId("a"), code="200", name="Sales", account_class="revenue", tax_type="OUTPUT"),
        Account(id=BooksId("b"), code="090", name="Bank", account_class="asset", is_bank=True, takes_payments=True),
    ),
    tax_rates=(
        TaxRate(tax_type="OUTPUT", name="GST", rate=Decimal(10), active=True, applies_to=frozenset({"revenue"})),
        TaxRate(tax_type="EXEMPTOUTPUT", name="None", rate=Decimal(0), active=True, applies_to=frozenset({"revenue"})),
    ),
)


def around(heed: Heed) -> PlanContext:
    return replace(pairs.around(), heed=heed)


def organisation() -> Organisation:
    return Organisation(id=BooksId("o"), name="Made-up")


@cache
def rulebook() -> Rulebook:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "ligament.toml"
        file.write_text(RULEBOOK, encoding="utf-8")
        return read_clinic(file).rulebook
