"""Fault scripts: which requests they strike, and that every run can be repeated."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ligament.simkit.faults import (
    HTML_PAGE,
    Fault,
    FaultKind,
    FaultScript,
    FaultState,
    Rule,
    decide,
    disfigure,
    instead_of_handling,
    replay,
)
from ligament.simkit.messages import Request, Response

AT = datetime(2026, 11, 20, tzinfo=UTC)
DROP = Fault(kind=FaultKind.DROP_BEFORE)
BUSY = Fault(kind=FaultKind.ANSWER, status=503, body=b"busy")


def ask(method: str = "GET", path: str = "/v1/invoices") -> Request:
    return Request(method=method, path=path, at=AT)


def play(script: FaultScript, *requests: Request) -> list[Fault | None]:
    state, met = FaultState(), []
    for request in requests:
        state, fault = decide(script, state, request)
        met.append(fault)
    return met


def strikes_of(script: FaultScript, count: int) -> FaultState:
    state = FaultState()
    for _ in range(count):
        state, _ = decide(script, state, ask())
    return state


def test_a_rule_strikes_only_the_methods_and_paths_it_names() -> None:
    script = FaultScript(rules=(Rule(fault=DROP, method="POST|PUT", path="/invoices$"),))
    met = play(script, ask("POST"), ask("GET"), ask("PUT", "/v1/invoices/7"), ask("PUT"))
    assert met == [DROP, None, None, DROP]


def test_ordinals_count_matching_requests_only() -> None:
    script = FaultScript(rules=(Rule(fault=DROP, method="POST", ordinals=frozenset({2})),))
    assert play(script, ask("POST"), ask("GET"), ask("POST"), ask("POST")) == [None, None, DROP, None]


def test_every_third_match_is_struck() -> None:
    script = FaultScript(rules=(Rule(fault=DROP, every=3),))
    assert play(script, *[ask()] * 6) == [None, None, DROP] * 2


def test_a_bound_stops_a_rule() -> None:
    script = FaultScript(rules=(Rule(fault=DROP, at_most=2),))
    assert play(script, *[ask()] * 4) == [DROP, DROP, None, None]


def test_the_first_rule_that_strikes_wins() -> None:
    script = FaultScript(rules=(Rule(fault=BUSY, ordinals=frozenset({1})), Rule(fault=DROP)))
    assert play(script, ask(), ask()) == [BUSY, DROP]


def test_chance_is_repeatable_from_the_seed_and_differs_between_seeds() -> None:
    def strikes(seed: int) -> list[int]:
        return [
            one.count
            for one in strikes_of(FaultScript(rules=(Rule(fault=DROP, per_mille=300),), seed=seed), 200).strikes
        ]

    assert strikes(1) == strikes(1)
    assert strikes(1) != strikes(2)
    assert 30 < len(strikes(1)) < 90


def test_a_new_rule_does_not_change_the_lots_of_another() -> None:
    rule = Rule(fault=DROP, per_mille=300)
    alone = strikes_of(FaultScript(rules=(rule,)), 100).strikes
    joined = strikes_of(FaultScript(rules=(rule, Rule(fault=BUSY, per_mille=100))), 100).strikes
    assert [one.count for one in joined if one.rule == 0] == [one.count for one in alone]


def test_a_replay_strikes_the_same_requests_without_chance() -> None:
    rules = (Rule(fault=DROP, per_mille=200), Rule(fault=BUSY, per_mille=200), Rule(fault=DROP, path="^/never$"))
    first = strikes_of(FaultScript(rules=rules, seed=5), 50)
    repeated = replay(FaultScript(rules=rules, seed=5), first.strikes)
    assert strikes_of(repeated, 50).strikes == first.strikes
    assert all(rule.per_mille == 0 for rule in repeated.rules)


def test_only_an_answer_replaces_handling() -> None:
    answer = instead_of_handling(BUSY)
    assert answer is not None
    assert (answer.status, answer.body) == (503, b"busy")
    assert instead_of_handling(DROP) is None


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (Fault(kind=FaultKind.TRUNCATE), 200, b"[1,"),
        (Fault(kind=FaultKind.TRUNCATE, keep_bytes=1), 200, b"["),
        (Fault(kind=FaultKind.EMPTY), 200, b""),
        (Fault(kind=FaultKind.EMPTY, status=500), 500, b""),
        (Fault(kind=FaultKind.HTML), 200, HTML_PAGE),
        (Fault(kind=FaultKind.HTML, status=502, body=b"<p>"), 502, b"<p>"),
        (Fault(kind=FaultKind.DELAY_AFTER), 200, b"[1,2,3]"),
    ],
)
def test_a_body_arrives_as_the_fault_lets_it(fault: Fault, status: int, body: bytes) -> None:
    sent = Response(status=200, headers=(("Content-Type", "application/json"),), body=b"[1,2,3]")
    arrived = disfigure(fault, sent)
    assert (arrived.status, arrived.body) == (status, body)


def test_an_html_page_says_that_it_is_one() -> None:
    sent = Response(status=200, headers=(("Content-Type", "application/json"), ("X-Other", "1")), body=b"{}")
    arrived = disfigure(Fault(kind=FaultKind.HTML), sent)
    assert arrived.header("content-type") == "text/html; charset=utf-8"
    assert arrived.header("x-other") == "1"
