"""How long the demo takes on the wall, beside the minute it may take after set-up."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time

from benchmarks.figures import Figure

LIMIT_S = 60
NAME = "demo"


def measure(*, small: bool = False) -> list[Figure]:
    """Run the demo once as a person would, with its data printed."""
    if importlib.util.find_spec("ligament.cli.commands.demo") is None:
        return [Figure(name=NAME, skipped="the demo is not built yet")]
    size = "small" if small else "medium"
    command = [sys.executable, "-m", "ligament.cli.main", "demo", "--once", "--json", "--size", size]
    with tempfile.TemporaryDirectory() as home:
        began = time.perf_counter()
        done = subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=600,
            env={**os.environ, "LIGAMENT_HOME": home},
        )
        wall_s = time.perf_counter() - began
    if done.returncode not in (0, 1) or not _is_document(done.stdout):
        last = (done.stderr.strip().splitlines() or ["nothing was printed"])[-1]
        return [Figure(name=NAME, skipped=f"the demo does not run yet: {last[:120]}")]
    return [Figure(name=NAME, measured=wall_s, yardstick=LIMIT_S, unit="s", against="a minute", limit=1.0)]


def _is_document(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False
