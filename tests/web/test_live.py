"""Streams: what is told when, so that many who look on cost the work that they look at next to nothing."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from ligament.engine.schedule import paused
from ligament.service.progress import HowFar
from ligament.web import live
from ligament.web.live import Beat
from tests.web.browsing import Person
from tests.web.conftest import Shop
from tests.web.test_hands import in_a_loop

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


def stop(shop: Shop) -> None:
    runner = shop.door.place.runner
    runner.statuses.keep(paused(runner.statuses.one("North"), runner.clock.now(), "Sign in to the books again."))


def listens_at(person: Person, path: str, **headers: str) -> str:
    """Return where the page listens."""
    found = re.search(r'data-live="([^"]+)"', person.get(path, **headers).text)
    assert found, path
    return found.group(1)


def first_words(shop: Shop, person: Person, address: str) -> list[str]:
    """Return what a stream says up to the first event, or up to its first heartbeat where nothing is told."""
    path, _, query = address.partition("?")
    secret = person.client.cookies["ligament_session"]
    headers = [(b"host", b"127.0.0.1:8321"), (b"cookie", f"ligament_session={secret}".encode())]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
    }
    scope |= {"headers": headers, "client": ("127.0.0.1", 4), "server": ("127.0.0.1", 8321), "scheme": "http"}
    scope |= {"http_version": "1.1", "asgi": {"version": "3.0"}, "root_path": ""}
    heard: list[str] = []

    async def listening() -> None:
        told, begun = asyncio.Event(), False

        async def receive() -> Any:
            nonlocal begun
            if not begun:
                begun = True
                return {"type": "http.request", "body": b"", "more_body": False}
            await told.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            words = message.get("body", b"").decode().partition("\n")[0]
            if words and not words.startswith("retry"):
                heard.append(words)
                told.set()

        await shop.app(scope, receive, send)

    in_a_loop(listening)
    return heard


PLACES = ("/c/north/", "/c/north/waiting", "/clinics")


@pytest.mark.parametrize("path", PLACES)
def test_what_changed_between_a_page_and_its_stream_is_told(
    shop: Shop, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_LOOK_S", 0.01)
    owner = shop.owner()
    address = listens_at(owner, path)
    assert first_words(shop, owner, address) == [": here"], "nothing changed"
    stop(shop)
    shop.restart()
    owner = shop.returns(owner)
    assert first_words(shop, owner, address)[0] == "event: changed"
    assert first_words(shop, owner, listens_at(owner, path, ligament_fragment="1")) == [": here"]


def test_what_is_said_once_is_not_lost_on_a_tab_that_refreshes_itself(shop: Shop) -> None:
    owner = shop.owner()
    (found,) = shop.access.users.all()
    (session,) = shop.access.sessions.of_user(found.id)
    shop.access.sessions.tell(session.id, "It was posted.")
    assert "It was posted." not in owner.get("/c/north/", ligament_fragment="1").text
    assert "It was posted." in owner.get("/c/north/waiting").text
    assert "It was posted." not in owner.get("/c/north/").text
