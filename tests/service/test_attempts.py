"""What becomes of one attempt to deliver an event, and how long the next one waits."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ligament.notifications.webhooks import Answer
from ligament.service.deliveries import judged
from ligament.store.shared.deliveries import DEAD, DELIVERED, WAITING
from ligament.store.shared.delivery_records import Consequence
from tests.service.test_deliveries import NOW, PAUSES


@pytest.mark.parametrize(
    ("answer", "attempts", "failures", "expected"),
    [
        (Answer(status=204), 3, 2, Consequence(state=DELIVERED)),
        (Answer(status=500), 1, 0, Consequence(state=WAITING, due_at=NOW + timedelta(seconds=5), failures=1)),
        (Answer(status=302), 2, 1, Consequence(state=WAITING, due_at=NOW + timedelta(seconds=30), failures=2)),
        (Answer(status=500), 4, 0, Consequence(state=DEAD, failures=1)),
        (Answer(status=410), 1, 0, Consequence(state=DEAD, failures=1, ends_hook=True)),
    ],
)
def test_each_answer_has_its_consequence(answer: Answer, attempts: int, failures: int, expected: Consequence) -> None:
    assert judged(answer, attempts, failures, PAUSES, NOW) == expected


def test_a_wish_to_be_left_alone_holds_for_the_whole_hook() -> None:
    found = judged(Answer(status=429, retry_after_s=600), 1, 0, PAUSES, NOW)
    assert found.due_at == found.pause_until == NOW + timedelta(seconds=600)


def test_failures_in_a_row_rest_longer_and_longer_but_five_minutes_at_most() -> None:
    rests = [judged(Answer(), 1, failures, (5, 30, 86400), NOW).pause_until for failures in range(1, 7)]
    assert rests == [
        None, NOW + timedelta(seconds=5), NOW + timedelta(seconds=30), *[NOW + timedelta(minutes=5)] * 3
    ]  # fmt: skip
