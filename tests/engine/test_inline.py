"""The engine inside one process: one turn at a time for each clinic, and one clinic's trouble stays its own."""

from __future__ import annotations

import threading

from ligament.engine.durable import JsonText, unfit
from ligament.engine.inline import InlineEngine, guarded

PATIENCE_S = 60


def test_a_clinic_has_one_turn_at_a_time_and_others_go_on_meanwhile() -> None:
    engine, gate, ended = InlineEngine(threads=2), threading.Event(), threading.Event()
    done: list[str] = []

    def work(clinic: str) -> None:
        if clinic == "slow":
            gate.wait(PATIENCE_S)
        done.append(clinic)
        if clinic == "quick":
            ended.set()

    engine.start(work)
    assert engine.submit("slow")
    assert not engine.submit("slow")
    assert engine.submit("quick")
    assert ended.wait(PATIENCE_S)
    assert done == ["quick"]
    gate.set()
    assert engine.stop(PATIENCE_S)
    assert done == ["quick", "slow"]
    assert not engine.submit("slow")


def test_stopping_leaves_what_waits_and_tells_when_something_does_not_end() -> None:
    engine, began, gate = InlineEngine(), threading.Event(), threading.Event()
    done: list[str] = []

    def work(clinic: str) -> None:
        began.set()
        gate.wait(PATIENCE_S)
        done.append(clinic)

    engine.start(work)
    engine.submit("a")
    engine.submit("b")
    assert began.wait(PATIENCE_S)
    assert not engine.stop(0)
    gate.set()
    assert engine.stop(PATIENCE_S)
    assert done == ["a"]


def test_an_unexpected_error_is_told_and_the_next_turn_runs() -> None:
    engine, told, ended = InlineEngine(), list[tuple[str, str]](), threading.Event()

    def work(clinic: str) -> None:
        if clinic == "bad":
            raise ZeroDivisionError
        ended.set()

    engine.start(guarded(work, lambda clinic, error: told.append((clinic, type(error).__name__))))
    engine.submit("bad")
    engine.submit("good")
    assert ended.wait(PATIENCE_S)
    assert told == [("bad", "ZeroDivisionError")]
    assert engine.stop(PATIENCE_S)


def test_the_durable_engine_says_clearly_where_it_cannot_run() -> None:
    assert "SQLite 3.40" in unfit("sqlite:///x", (3, 12), (3, 40, 1))
    assert "sync --watch" in unfit("sqlite:///x", (3, 13), (3, 41, 0))
    for fine in (
        ("sqlite:///x", (3, 11), (3, 40, 1)),
        ("sqlite:///x", (3, 12), (3, 42, 0)),
        ("postgresql://x", (3, 13), (3, 40, 1)),
    ):
        assert not unfit(*fine)


def test_the_queue_keeps_json_only_and_of_an_error_no_words() -> None:
    text = JsonText().serialize({"clinic": "a", "error": ValueError("Jane Doe")})
    assert "Jane" not in text
    assert JsonText().deserialize(text) == {"clinic": "a", "error": {"kind": "ValueError"}}
