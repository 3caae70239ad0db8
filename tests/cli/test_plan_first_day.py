"""What a plan leaves out before the first day is told with number, day and key, on the screen and on the page."""

from __future__ import annotations

from pathlib import Path

from tests.cli.kit import Clinic


def test_what_lies_before_the_first_day_is_told_with_day_and_key(clinic: Clinic, tmp_path: Path) -> None:
    clinic.invoice()
    clinic.invoice()
    text = (clinic.home / "ligament.toml").read_text(encoding="utf-8")
    clinic.write(text.replace("start_on = 2026-07-01", "start_on = 2026-12-01"))
    page = tmp_path / "plan.html"
    told = clinic.run("plan", "--output", str(page)).out
    sentence = "Left out: 2 invoices and credit notes issued before 1 Dec 2026"
    assert f"{sentence} (`[invoices] start_on`)." in told
    assert "Skipped:" not in told
    shown = page.read_text(encoding="utf-8")
    assert sentence in shown
    assert shown.index("Checked and approved by") < shown.index("Signature") < shown.index("<footer>")
    found = clinic.run("plan", "--json").json["left_out"]
    assert (found["count"], found["first_day"], found["key"]) == (2, "2026-12-01", "[invoices] start_on")


def test_without_a_first_day_the_one_of_the_first_connection_is_told(clinic: Clinic) -> None:
    text = (clinic.home / "ligament.toml").read_text(encoding="utf-8")
    clinic.write(text.replace("start_on = 2026-07-01\n", ""))
    clinic.invoice()
    told = clinic.run("plan").out
    assert "1 invoice or credit note issued before 22 Nov 2026 (the day of the first connection; " in told
