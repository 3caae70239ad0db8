"""The units of systemd: accepted by its own check, and each command that they start does its work."""

from __future__ import annotations

import re
import shlex
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.cli.kit import served
from tests.deploy.kit import DEPLOY, Installed, asked_to_stop, heard, started

pytestmark = pytest.mark.process
UNITS = DEPLOY / "systemd"
COMMAND = "/opt/ligament/bin/ligament"
HARDENED = ("NoNewPrivileges=yes", "ProtectSystem=strict", "PrivateTmp=yes", "ProtectHome=yes", "UMask=0077")


def settings(name: str) -> list[tuple[str, str]]:
    """Return what a unit says, in its order."""
    text = (UNITS / name).read_text(encoding="utf-8")
    return [(found[1], found[2]) for found in re.finditer(r"^(\w+)=(.*)$", text, re.MULTILINE)]


def exec_start(name: str, installed: Installed) -> list[str]:
    """Return what a unit starts, as systemd understands it."""
    (text,) = [value for key, value in settings(name) if key == "ExecStart"]
    plain = text.replace("$$", "$").replace("%%", "%")
    return [word.replace(COMMAND, str(installed.commands / "ligament")) for word in shlex.split(plain)]


def test_systemd_finds_nothing_to_complain_about(installed: Installed, tmp_path: Path) -> None:
    checker = shutil.which("systemd-analyze")
    here = [tmp_path / path.name for path in sorted(UNITS.iterdir())]
    for path in here:
        text = (UNITS / path.name).read_text(encoding="utf-8")
        path.write_text(text.replace(COMMAND, str(installed.commands / "ligament")), encoding="utf-8")
    for path in here:
        sections = re.findall(r"^\[(\w+)\]$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert sections[0] == "Unit"
        assert ("Service" in sections) == (path.suffix == ".service")
    if checker is not None:
        told = subprocess.run([checker, "verify", "--man=no", *here], capture_output=True, text=True, check=False)
        assert (told.returncode, told.stdout + told.stderr) == (0, "")


def test_every_timer_has_its_service_and_every_service_is_hardened() -> None:
    for timer in UNITS.glob("*.timer"):
        assert timer.with_suffix(".service").is_file()
    services = list(UNITS.glob("*.service"))
    assert len(services) == 3
    for service in services:
        said = {f"{key}={value}" for key, value in settings(service.name)}
        assert set(HARDENED) <= said, service.name
        assert {"User=ligament", "Environment=LIGAMENT_HOME=/var/lib/ligament"} <= said


def test_the_service_starts_says_so_and_stops(installed: Installed, tmp_path: Path) -> None:
    words = exec_start("ligament.service", installed)
    environ = installed.environ({"LIGAMENT_HOME": str(tmp_path / "home")})
    with started([*words, "--port", "0"], environ, tmp_path) as process:
        heard(process, "Serving no clinic yet on http://127.0.0.1")
        heard(process, "/setup")
        assert asked_to_stop(process) == 0


def test_the_timer_runs_and_the_backup_is_written(installed: Installed, tmp_path: Path) -> None:
    backups = tmp_path / "home" / "backups"
    with served(tmp_path / "home") as clinic:
        clinic.invoice()
        environ = {**clinic.environ, "LIGAMENT_BACKUPS": str(backups)}
        done = installed.run(*exec_start("ligament-sync.service", installed), environ=environ)
        (accepted,) = [value for key, value in settings("ligament-sync.service") if key == "SuccessExitStatus"]
        assert str(done.returncode) in {"0", accepted}, done.stderr
        assert '"invoices": 1' in done.stdout
        backups.mkdir()
        kept = installed.run(*exec_start("ligament-backup.service", installed), environ=environ)
        assert kept.returncode == 0, kept.stderr
    (file,) = backups.iterdir()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d-\d{6}\.ligament", file.name)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
