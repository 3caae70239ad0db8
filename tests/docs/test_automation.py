"""The guide for other tools says what is so, and its workflows can be imported and check what we send."""

from __future__ import annotations

import base64
import hmac
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ligament.cli.commands.hooks import hooks_app
from ligament.core.events import KEYS, EventType
from ligament.core.recalls import LeftOut
from ligament.core.rules.model import HooksSection
from ligament.notifications.webhooks import secret_of, signed_headers
from ligament.ports.audience import Standing
from ligament.store.shared.deliveries import DEAD, KEPT

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "automation.md").read_text(encoding="utf-8")
WORKFLOWS = sorted((DOCS / "automation").glob("*.json"))
# Lowest versions that have the parameters used; an older n8n does not know newer ones.
ALLOWED = {
    ("n8n-nodes-base.webhook", 2): {"httpMethod", "path", "responseMode", "options"},
    ("n8n-nodes-base.crypto", 2): {"action", "type", "encoding", "dataPropertyName", "value"},
    ("n8n-nodes-base.if", 2.2): {"conditions", "options"},
    ("n8n-nodes-base.httpRequest", 4.2): {
        "method", "url", "authentication", "genericAuthType", "options", "sendHeaders", "headerParameters", "sendBody",
        "contentType", "specifyBody", "jsonBody",
    },
    ("n8n-nodes-base.noOp", 1): set(),
    ("n8n-nodes-base.manualTrigger", 1): set(),
    ("n8n-nodes-base.stickyNote", 1): {"content", "height", "width"},
}  # fmt: skip
TEXT = "Lig4mentExampleSecret0123456789x"
BODY = b'{"id":"evt_1","type":"hold.opened","timestamp":"2026-11-18T03:14:09Z","data":{"number":"CLK-1042"}}'


def workflow(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def node(path: Path, name: str) -> Any:
    return next(one for one in workflow(path)["nodes"] if one["name"] == name)


def test_every_event_stands_in_the_guide_with_its_keys_and_no_other() -> None:
    rows = dict(re.findall(r"^\| `([a-z.]+)` \| [^|]+ \| ([^|]+) \|$", GUIDE, re.MULTILINE))
    told = {name: tuple(re.findall(r"`([a-z_]+)`", keys)) for name, keys in rows.items()}
    assert told == {kind.value: KEYS[kind] for kind in EventType}


def test_every_command_of_the_guide_is_there() -> None:
    known = {command.name for command in hooks_app.registered_commands}
    named = set(re.findall(r"(?:ligament )?hooks (add|list|deliveries|replay|rotate|remove)\b", GUIDE))
    assert named <= known
    assert {"add", "replay", "rotate", "remove"} <= named


def test_the_pauses_of_the_guide_are_those_of_the_rulebook() -> None:
    pauses = HooksSection().retry_seconds
    assert "after 5 seconds, 30 seconds, 5 minutes" in GUIDE
    assert pauses[:3] == (5, 30, 300)
    assert "for three days" in GUIDE
    assert timedelta(days=2) < timedelta(seconds=sum(pauses)) < timedelta(days=4)
    assert KEPT[DEAD] == timedelta(days=30)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_has_the_form_that_the_importer_insists_on(path: Path) -> None:
    flow = workflow(path)
    assert {"name", "nodes", "connections", "active", "settings"} <= set(flow)
    assert flow["active"] is False
    names = [one["name"] for one in flow["nodes"]]
    assert len(names) == len(set(names))
    ends = [end["node"] for outputs in flow["connections"].values() for way in outputs["main"] for end in way]
    assert {*flow["connections"], *ends} <= set(names)
    for one in flow["nodes"]:
        assert set(one["parameters"]) <= ALLOWED[one["type"], one["typeVersion"]], one["name"]
        assert "credentials" not in one
    assert set(re.findall(r"https?://([^/\"]+)", json.dumps(flow))) == {"ligament.example"}


def test_the_workflow_signs_what_we_sign() -> None:
    """A stand-in for the expressions of the tool: what it would put into the text to be signed."""
    holds = DOCS / "automation" / "n8n-holds.json"
    headers = signed_headers([secret_of(TEXT)], "evt_1", 1795000449, BODY)
    text = node(holds, "Sign again")["parameters"]["value"].removeprefix("=")
    again = json.dumps(json.loads(BODY), separators=(",", ":"), ensure_ascii=False)
    found = re.sub(r"\{\{ \$json\.headers\['([a-z-]+)'\] \}\}", lambda name: headers[name[1]], text)
    found = found.replace("{{ JSON.stringify($json.body) }}", again)
    assert "{{" not in found
    expected = base64.b64encode(hmac.digest(TEXT.encode(), found.encode(), "sha256")).decode()
    assert f"v1,{expected}" in headers["webhook-signature"].split(" ")


@pytest.mark.parametrize("tool", ["n8n", "Zapier", "Make"])
def test_each_tool_has_a_section_that_says_how_to_add_an_address_and_how_to_ask_for_a_run(tool: str) -> None:
    section = re.split(r"^## ", GUIDE, flags=re.MULTILINE)
    (text,) = [part for part in section if part.startswith(tool)]
    assert "ligament hooks add" in text
    assert "/runs" in text or "n8n-sync-now.json" in text
    for linked in re.findall(r"\]\(([^)]+\.json)\)", text):
        assert (DOCS / linked).is_file()


def test_every_reason_for_leaving_somebody_out_stands_in_the_guide_to_recalls() -> None:
    told = set(re.findall(r"`([a-z_]+)`", (DOCS / "recalls.md").read_text(encoding="utf-8")))
    reasons = {reason.value for reason in LeftOut}
    standings = {standing.value for standing in Standing} - {Standing.SUBSCRIBED.value}
    assert reasons | standings <= told
