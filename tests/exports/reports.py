"""A report with everything in it that could go wrong in a file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ligament.core.tables import (
    Figure,
    Point,
    Report,
    Row,
    Table,
    count_column,
    date_column,
    fixed,
    money_column,
    text_column,
)

HOSTILE = (
    "=1+1",
    "+61 400 000 000",
    "-rm -rf",
    "@SUM(A1)",
    "\t=2",
    "\r=3",
    "\uff1d4",
    "<script>alert(1)</script>",
    "a\u202ecod\x85\x00b\x1b[2J",
    "https://example.org/",
    "\ufffe\ud800x",
)
ROWS: tuple[Row, ...] = (
    *((text, date(2026, 11, 3), Decimal("-85.00"), 3) for text in HOSTILE),
    ("王 Ω é", None, None, None),
    ("-12.50", date(2026, 1, 2), Decimal("1234.5"), 1_000),
)
PEOPLE = Table(
    name="people",
    title="People: all [x]",
    columns=(
        text_column(name="who", title="Who", wide=True),
        date_column(name="on", title="Date"),
        money_column(name="total", title="Total"),
        count_column(name="number", title="Number"),
    ),
    rows=fixed(ROWS),
    totals={"total": Decimal("299.50"), "number": 1033},
)
MONEY = Figure(
    name="money",
    title="Money by month",
    caption="Both say the same, but in November.",
    points=tuple(
        Point(label=month, series=series, amount=Decimal(amount))
        for month, series, amount in (
            ("Oct 2026", "Practice", "4321.10"),
            ("Oct 2026", "Books", "4321.10"),
            ("Nov 2026", "Practice", "3000"),
            ("Nov 2026", "Books", "2900.05"),
        )
    ),
)
REPORT = Report(
    name="check",
    title="Money & <people>",
    subtitle="Riverside, 1 Oct 2026 to 30 Nov 2026",
    lead=("One thing waits.",),
    equation=(("Practice", "7,321.10"), ("Books", "7,221.15"), ("Explained", "99.95")),
    figures=(MONEY,),
    tables=(PEOPLE,),
    notes=("Payments are inferred.",),
    stamp=(("As of", "30 Nov 2026 02:05 UTC"),),
)
