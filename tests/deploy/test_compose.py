"""The compose file: our settings and commands, secrets as files, and the service and a worker that work together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.kit import DEPLOY, REPOSITORY, Installed, asked_to_stop, becomes_well, heard, started
from tests.deploy.test_image import health
from tests.support.postgres import running_postgres

FILE = DEPLOY / "compose.yaml"
OURS = ("service", "worker")
SECRETS = "/run/secrets/"


def composed() -> Any:
    return yaml.safe_load(FILE.read_text(encoding="utf-8"))


def known_settings() -> set[str]:
    """Return the names of the environment that the README explains."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8").partition("## Settings by environment")[2]
    return {name for row in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}


@pytest.mark.parametrize("name", OURS)
def test_a_service_of_ours_has_no_rights_and_no_secret_in_its_environment(name: str) -> None:
    one = composed()["services"][name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    settings = {variable.removesuffix("_FILE") for variable in one["environment"]}
    assert settings <= known_settings() | {"LIGAMENT_PUBLIC_URL"}
    for variable, value in one["environment"].items():
        if "KEY" in variable or "DATABASE_URL" in variable or "SECRET" in variable:
            assert variable.endswith("_FILE")
            assert value.removeprefix(SECRETS) in one["secrets"]
    assert one["depends_on"]["database"]["condition"] == "service_healthy"


def test_what_is_named_is_there() -> None:
    whole = composed()
    for one in whole["services"].values():
        assert set(one.get("secrets", ())) <= set(whole["secrets"])
        assert {mount.partition(":")[0] for mount in one["volumes"]} <= set(whole["volumes"])
        assert one["healthcheck"]["test"][0] == "CMD"
        assert one["restart"] == "unless-stopped"
    build = whole["services"]["service"]["build"]
    assert (FILE.parent / build["context"] / build["dockerfile"]).is_file()
    made = (REPOSITORY / "docs" / "installing.md").read_text(encoding="utf-8")
    for secret in whole["secrets"].values():
        assert f"> deploy/{secret['file'].removeprefix('./')}" in made


def test_nothing_listens_to_the_network_but_through_a_proxy() -> None:
    whole = composed()
    assert [port for one in whole["services"].values() for port in one.get("ports", ())] == ["127.0.0.1:8321:8321"]
    assert "ports" not in whole["services"]["database"]
    assert whole["services"]["service"]["healthcheck"]["test"][1:] == health()


@pytest.mark.process
@pytest.mark.postgres
def test_the_service_and_the_worker_start_get_well_and_stop(installed: Installed, tmp_path: Path) -> None:
    services = composed()["services"]
    with running_postgres() as address:
        secrets = {"database_url": address, "vault_key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}
        for name, text in secrets.items():
            (tmp_path / name).write_text(text + "\n", encoding="utf-8")
        environ = installed.environ({"LIGAMENT_HOME": str(tmp_path / "home")})
        for variable, value in services["worker"]["environment"].items():
            environ[variable] = value.replace(SECRETS, f"{tmp_path}/")
        served = ["ligament", *services["service"]["command"][:-1], "0"]
        with (
            started(served, environ, tmp_path) as service,
            started(["ligament", *services["worker"]["command"]], environ, tmp_path) as worker,
        ):
            port = heard(service, r"on http://\S+:(\d+)")[1]
            heard(worker, "Working as")
            for name in OURS:
                check = services[name]["healthcheck"]["test"][1:]
                becomes_well([word.replace(":8321", f":{port}") for word in check], installed, environ)
            assert [asked_to_stop(process) for process in (worker, service)] == [0, 0]
    assert not (tmp_path / "home" / "vault.key").exists()
    assert not list((tmp_path / "home").glob("*.db"))
