"""What an operator reads in the log holds no secret and no address, also where something unforeseen carries one."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.clinic import RULEBOOK
from ligament.core.oddities import Oddity
from ligament.net.redact import MASK
from ligament.wiring.clinic import credentials, open_clinic
from ligament.wiring.fault_log import log_fault
from ligament.wiring.logs import OddityLog
from ligament.wiring.settings import load_settings

KEY = "MS0xOTk5-CANARY-Zq8wPl2m-au2"


def test_a_key_that_the_clinic_works_with_is_masked_in_both_logs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ligament.toml").write_text(RULEBOOK, encoding="utf-8")
    with open_clinic(load_settings(home=tmp_path, environ={"CLINIKO_API_KEY": KEY})) as clinic:
        assert credentials(clinic, clinic.practice_manifest)["key"].reveal() == KEY
    OddityLog()(Oddity(reference="r1", record=f"patient:{KEY}", error="ValueError of ada@mail.example"))
    log_fault(ValueError("never told"), "r2", f"/c/north/contacts/{KEY}")
    lines = capsys.readouterr().err
    assert lines.count(MASK) == 3
    assert "CANARY" not in lines
    assert "ada@" not in lines
    assert "r1" in lines
    assert "r2" in lines
