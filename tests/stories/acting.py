"""Two ways to run Ligament for a story: opened in this process, or as the command a person types."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

from ligament.app.approvals import approve as approve_waiting
from ligament.app.sync import sync
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.xero.simulator.charts import CLIENT_SECRET, CUSTOM_CLIENT_ID
from ligament.simkit.hosting import Host
from tests.stories.clocks import StoryClock
from tests.stories.loading import Shape
from tests.stories.practice import stamp
from tests.support.mounting import LOOPBACK, mounted

COMMAND = Path(sys.executable).with_name("ligament")
PATIENCE_S = 120
DONE, WAITS = 0, 1
ENVIRONMENT = {
    "CLINIKO_API_KEY": f"{cliniko.DEFAULT_KEY}-au2",
    "XERO_CLIENT_ID": CUSTOM_CLIENT_ID,
    "XERO_CLIENT_SECRET": CLIENT_SECRET,
    "LIGAMENT_VAULT_KEY": base64.b64encode(bytes(range(32))).decode("ascii"),
}


class Way(Protocol):
    """How a story asks Ligament to do something; every call opens it anew, as a new process would."""

    def sync(self, approve: Sequence[str]) -> Shape:
        """Give the approvals, run once, and return the report as `--json` prints it."""

    def reconcile(self) -> Shape | None:
        """Return what reconciliation prints, or None where it does not exist yet."""


class InProcess:
    """Opens the application on mounted simulators; nothing leaves this process and nothing waits."""

    def __init__(self, home: Path, hosts: Mapping[str, Host[Any]], clock: StoryClock) -> None:
        self._home, self._hosts, self._clock = home, hosts, clock

    def sync(self, approve: Sequence[str]) -> Shape:
        """Open, approve, run, close."""
        with self._opened() as app:
            if approve:
                approve_waiting(app, [str(name) for name in approve])
            return as_printed(sync(app))

    def reconcile(self) -> Shape | None:
        """Open and reconcile."""
        from ligament.app.reconcile import reconcile  # noqa: PLC0415 - as below

        with self._opened() as app:
            return as_printed(reconcile(app))

    def _opened(self) -> Any:
        # A broken application fails its stories, not the collection of all tests.
        from ligament.wiring.clinic import Overrides, open_clinic  # noqa: PLC0415
        from ligament.wiring.settings import load_settings  # noqa: PLC0415

        settings = load_settings(home=self._home, environ=environment(f"{LOOPBACK}/v1", LOOPBACK))
        transports = {name: mounted(host) for name, host in self._hosts.items()}
        return open_clinic(settings, outside=Overrides(transports=transports, clock=self._clock))


class AsCommand:
    """Runs the installed `ligament` against served simulators, with its calendar set by LIGAMENT_NOW."""

    def __init__(self, home: Path, hosts: Mapping[str, Host[Any]], clock: StoryClock) -> None:
        self._home, self._hosts, self._clock = home, hosts, clock

    def sync(self, approve: Sequence[str]) -> Shape:
        """Type `ligament approve ...` and `ligament sync --once --json`; the exit code must fit what waits."""
        if approve:
            self._typed("approve", *approve)
        code, report = self._typed("sync", "--once", "--json")
        waits = bool(report["holds"]) or bool(report.get("waiting"))
        assert code == (WAITS if waits else DONE), (
            f"exit code {code}, though {'something' if waits else 'nothing'} waits"
        )
        return report

    def reconcile(self) -> Shape | None:
        """A few stories show that the command line does the same; reconciliation is compared in process."""
        return None

    def _typed(self, *words: str) -> tuple[int, Shape]:
        for host in self._hosts.values():
            host.start()
        clinic, books = self._hosts["cliniko"].url, self._hosts["xero"].url
        kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TMPDIR", "PYTHONPATH") if name in os.environ}
        own = {"LIGAMENT_NOW": stamp(self._clock.now()), "LIGAMENT_HOME": str(self._home), "HOME": str(self._home)}
        done = subprocess.run(
            [str(COMMAND), *words],
            env={**kept, **environment(f"{clinic}/v1", books), **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        for host in self._hosts.values():
            host.stop()
        complaint = done.stderr.decode("utf-8", "replace")
        assert done.returncode in {DONE, WAITS}, complaint
        assert done.stdout or "--json" not in words, complaint
        printed = json.loads(done.stdout, parse_float=Decimal) if "--json" in words else {}
        return done.returncode, printed


def environment(cliniko_url: str, xero_url: str) -> dict[str, str]:
    """Return the settings that point Ligament at these servers."""
    return {
        **ENVIRONMENT,
        "LIGAMENT_CLINIKO_URL": cliniko_url,
        "LIGAMENT_XERO_API_URL": xero_url,
        "LIGAMENT_XERO_IDENTITY_URL": xero_url,
        "LIGAMENT_XERO_LOGIN_URL": xero_url,
    }


def as_printed(verdict: Any) -> Shape:
    """Return a verb's document exactly as `--json` prints it."""
    from ligament.app.output import to_json  # noqa: PLC0415

    printed: Shape = json.loads(to_json(verdict.document), parse_float=Decimal)
    return printed
