"""Streams: what is told when, so that many who look on cost the work that they look at next to nothing."""

from __future__ import annotations

from ligament.service.progress import HowFar
from ligament.web.live import Beat

LOOK_S = 2


def told(looks: int, streams: int) -> tuple[int, int]:
    """Return how often a page hears that it changed, and how far the work is, while everything always changes."""
    beat = Beat(seen="0")
    heard = [
        event
        for look in range(looks)
        for event in beat.events(str(look), HowFar(words="Posting", done=look, total=looks), streams)
    ]
    changed = [event for event in heard if event.startswith(b"event: changed")]
    return len(changed), len(heard) - len(changed)


def test_while_work_goes_on_pages_are_asked_for_the_less_often_the_more_people_look() -> None:
    minutes = 10
    looks = minutes * 60 // LOOK_S
    few, progress = told(looks, streams=3)
    assert few == minutes * 6
    assert progress == looks, "how far it is comes by itself"
    many, _ = told(looks, streams=50)
    assert many * 50 <= minutes * 60, "all of them together ask for at most one page a second"


def test_the_end_of_the_work_and_every_change_without_work_are_told_at_once() -> None:
    beat = Beat(seen="0")
    list(beat.events("1", HowFar(words="Posting", done=1, total=9), 50))
    over = list(beat.events("1", None, 50))
    assert [one.partition(b"\n")[0] for one in over] == [b"event: progress", b"event: changed"]
    assert list(beat.events("1", None, 50)) == []
    assert [one.partition(b"\n")[0] for one in beat.events("2", None, 50)] == [b"event: changed"]
