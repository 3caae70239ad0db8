"""The walk of the guide, line by line, with curl itself against the served interface."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.browser.serving import listening
from tests.web.crowd import hold
from tests.web.ground import Ground, opened_ground

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
LINES = [line for line in GUIDE.splitlines() if line.startswith("curl")]


def told_for(ground: Ground, line: str) -> str:
    """Return a line of the guide with the names of what is really there, in place of its examples."""
    clinic = ground.known["clinic"][0]
    rows = ground.tool().get(f"/api/v1/clinics/{clinic}/approvals").json["data"]
    number = next((row["number"] for row in rows if row["number"]), "CLK-1042")
    examples = {
        r"clinics/riverside": f"clinics/{clinic}",
        r"holds/h\w+": f"holds/{hold(ground.shop, 2041)[0] if 'decision' in line else 'h'}",
        r"CLK-1042": number,
        r"1412000000000001042": ground.known["documents"][0],
        r"runs/2026\w+-\w+": f"runs/{ground.known['runs'][0]}",
    }
    for example, real in examples.items():
        line = re.sub(example, real, line)
    return line


def test_every_line_of_the_walk_works_as_it_is_written(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed here")
    with opened_ground(tmp_path / "home") as ground, listening(ground.shop.app) as url:
        token = ground.tool("admin").token
        environ = {**os.environ, "TOKEN": token, "API": f"{url}/api/v1"}
        ended: dict[str, str] = {}
        for line in LINES:
            told = told_for(ground, line)
            command = f"{told} --silent --show-error --max-time 60 --write-out '\\n%{{http_code}}'"
            done = subprocess.run(
                ["sh", "-c", command], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False
            )
            ended[line] = done.stdout.rsplit("\n", 1)[-1] if not done.returncode else done.stderr
            if not ended[line].startswith("2"):
                ended[line] += done.stdout
            ground.work()
        assert {line: said for line, said in ended.items() if said not in {"200", "201", "202"}} == {}
        assert len(ended) >= 12
    assert (tmp_path / "debtors.xlsx").read_bytes().startswith(b"PK")
