"""What tests of rules share: the facts of one document, and a rulebook in a folder."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from ligament.core.rules.lookups import LookupTable
from ligament.wiring.expressions import Expressions
from ligament.wiring.rulebooks import Mistake, looked_over

NEEDED = '[accounts]\ndefault = "200"\n[payments]\naccount = "090"\n'
CLAIMS = LookupTable(columns=("number", "claim"), rows={"12": ("12", "C7")})


def line(name: str = "Standard consultation", **given: Any) -> dict[str, Any]:
    amounts = {"quantity": "1", "unit_price": "90.00", "total": "90.00", "tax_rate": "0"}
    exact = {key: Decimal(str(given.get(key, value))) for key, value in amounts.items()}
    return {"name": name, "code": given.get("code", ""), "tax_name": given.get("tax_name", ""), **exact}


def facts(*lines: dict[str, Any], total: str = "90.00", number: object = 12, **records: Any) -> dict[str, Any]:
    invoice = {"number": number, "issue_date": "2026-07-01", "total": Decimal(total), "status": 10}
    around: dict[str, Any] = dict.fromkeys(("patient", "payer", "appointment", "practitioner", "business"))
    return {
        "invoice": invoice,
        "lines": list(lines) or [line()],
        **around,
        "clinic": {"name": "A", "country": "AU"},
        **records,
    }


def expressions() -> Expressions:
    return Expressions(tables={"claims": CLAIMS})


def mistakes(folder: Path, text: str) -> list[Mistake]:
    """Write a rulebook and return what is wrong in it."""
    file = folder / "ligament.toml"
    file.write_text(NEEDED + text, encoding="utf-8")
    return list(looked_over(file)[1])
