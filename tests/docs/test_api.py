"""The guide of the interface says what is so: its calls exist, its bodies are read, its statuses are described."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from ligament.web.api import openapi
from ligament.web.api.desk import decoder
from tests.web.calling import called

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
LINES = [line for line in GUIDE.splitlines() if line.startswith("curl")]


@pytest.mark.parametrize("line", LINES)
def test_every_call_of_the_walk_is_one(line: str) -> None:
    method = "POST" if "-X POST" in line else "GET"
    found = re.search(r"\$API(/[^\s\"?]*)(?:\?([^\"\s]*))?", line)
    assert found
    call = called(method, f"/api/v1{found.group(1)}")
    assert call is not None
    told = openapi.document()["paths"][call.path][method.lower()]
    asked = {part.partition("=")[0] for part in (found.group(2) or "").split("&") if part}
    assert asked <= {one["name"] for one in told["parameters"] if one["in"] == "query"}
    body = re.search(r"-d '([^']*)'", line)
    if body:
        assert call.takes is not None
        assert isinstance(decoder(call.takes).decode(body.group(1)), msgspec.Struct)


def test_every_status_of_the_guide_is_one_that_the_description_knows() -> None:
    told = {
        status
        for methods in openapi.document()["paths"].values()
        for one in methods.values()
        for status in one["responses"]
    }
    statuses = re.findall(r"^\| (\d{3}) \|", GUIDE, re.MULTILINE)
    assert len(statuses) >= 8
    assert set(statuses) <= told
