"""A running service delivers what happens, to every hook, without being asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.stage import SOON_S, Stage, staged
from tests.notifications.receiver import receiving

pytestmark = [pytest.mark.process, pytest.mark.slow]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as made:
        yield made


@pytest.mark.parametrize("command", [("sync", "--watch"), ("serve", "--port", "0")])
def test_what_a_service_posts_arrives_while_it_goes_on(stage: Stage, command: tuple[str, ...]) -> None:
    rulebook = stage.home / "ligament.toml"
    rulebook.write_text(f'{rulebook.read_text()}\n[hooks]\nallow_private = ["127.0.0.1"]\n')
    with receiving() as receiver:
        stage.once("hooks", "add", receiver.url, "--event", "record.posted", "run.completed")
        running = stage.run(*command)
        running.hear(lambda line: line.get("outcome") == "done")
        stage.wait_for(
            lambda: any(json.loads(one.body)["type"] == "run.completed" for one in list(receiver.got)),
            "the end of the first run at the receiver",
        )
        assert running.ask_to_stop() < SOON_S
    kinds = [json.loads(one.body)["data"]["kind"] for one in receiver.got]
    assert {"contact", "invoice", "sync"} <= set(kinds)
