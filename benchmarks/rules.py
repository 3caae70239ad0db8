"""What the clinic's own rules cost: planning with twenty of them beside planning with none, and reading a hundred.

The aim: 150,000 invoices with twenty rules take at most 30 % more than without, and a hundred rules are checked and
made ready in at most 0.2 s.
"""

from __future__ import annotations

import json
import tomllib

from benchmarks.clinic import RULEBOOK, SMALL
from benchmarks.facts import MEDIUM
from benchmarks.figures import Figure
from benchmarks.measuring import child, timed
from ligament.core.rules.parse import rulebook
from ligament.wiring.expressions import Expressions
from ligament.wiring.rulebooks import system_names

SHARE = 0.3
READY_S = 0.2
CONDITIONS = (
    'lines.exists(l, l.code == "REPORT{0}")',
    "invoice.total > {0}000.00",
    'payer != null && payer.company_name.startsWith("Harbour {0}")',
    'patient != null && patient.concession == "DVA {0}"',
    'size(lines) > 0 && lines.all(l, l.code.startsWith("GIFT{0}"))',
)


def rules_text(count: int) -> str:
    """Return rules of the usual kinds; none of them applies, so that the same is planned with and without them."""
    return "".join(
        f"[[rules]]\nname = 'rule {place}'\nwhen = '{CONDITIONS[place % len(CONDITIONS)].format(place + 1)}'\n"
        "account = '260'\n"
        for place in range(count)
    )


def measure(*, small: bool = False) -> list[Figure]:
    """Plan a clinic with and without rules, and read many rules."""
    size = SMALL if small else MEDIUM
    given = (str(size.patients), str(size.invoices))
    without: float = child("benchmarks.planning", *given)["plan_s"]
    with_rules: float = child("benchmarks.planning", *given, "--rules")["plan_s"]
    ready: float = child("benchmarks.rules")["ready_s"]
    return [
        Figure(
            name=f"20 rules on {size.invoices:,} invoices: CPU",
            measured=with_rules - without,
            yardstick=without,
            unit="s",
            against="planning without rules",
            limit=None if small else SHARE,
        ),
        Figure(
            name="100 rules checked and ready: CPU",
            measured=ready,
            yardstick=READY_S,
            unit="s",
            against="the aim",
            limit=1.0,
        ),
    ]


def main() -> dict[str, float]:
    """Read a hundred rules in this process and tell what it took."""
    table = tomllib.loads(RULEBOOK + rules_text(100))
    book, problems = rulebook({**table, "rules": table["rules"][:1]}, system_names(), Expressions())
    assert not problems

    def read() -> None:
        nonlocal book
        book, found = rulebook(table, system_names(), Expressions())
        assert not found

    spent = timed(read)
    assert len(book.rules) == 100
    return {"ready_s": spent}


if __name__ == "__main__":
    print(json.dumps(main()))
