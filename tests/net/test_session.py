"""A session sends at most once, to the right host, within limits of time and size."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from ligament.net.governor import Governor
from ligament.net.hosts import HostRule, WrongAddress
from ligament.net.limit import Limit
from ligament.net.meter import CallMeter
from ligament.net.session import NotSent, Session, Unanswered, path_template
from tests.net.clocks import Stopwatch
from tests.net.loopback import Wire, answer, serving
from tests.support.windows import InMemoryWindows

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

RULE = HostRule(r"api\.example\.com")
OPENED: list[Session] = []
SECRET = {"Authorization": "Basic c2VjcmV0"}


def session(url: str, meter: CallMeter | None = None, **more: object) -> Session:
    made = _session(url, meter, **more)
    OPENED.append(made)
    return made


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


def _session(url: str, meter: CallMeter | None, **more: object) -> Session:
    options: dict[str, object] = {"connect_s": 2, "read_s": 2, "clock": Stopwatch(), "governor": None, **more}
    return Session(
        base_url=url,
        host_rule=RULE,
        user_agent="Ligament (a@b.example)",
        meter=meter or CallMeter(),
        system="acme",
        **options,  # type: ignore[arg-type]
    )


def always(response: bytes) -> Callable[[Wire, socket.socket], None]:
    def serve(wire: Wire, connection: socket.socket) -> None:
        while wire.read_request(connection):
            connection.sendall(response)

    return serve


def test_a_call_brings_status_lower_case_headers_and_body_and_keeps_the_connection() -> None:
    with serving(always(answer(b"[1]", headers="X-Left: 7\r\n"))) as wire:
        meter = CallMeter()
        one = session(wire.url + "/v1", meter)
        replies = [one.call("GET", "/things?page=2", headers=SECRET) for _ in range(3)]
        one.close()
    assert [(reply.status, reply.headers["x-left"], reply.body) for reply in replies] == [(200, "7", b"[1]")] * 3
    assert wire.requests[0].startswith(b"GET /v1/things?page=2 HTTP/1.1\r\n")
    assert b"User-Agent: Ligament (a@b.example)" in wire.requests[0]
    assert (meter.as_dict(), meter.volume()) == ({"acme": {"GET": 3}}, {"acme": 9})


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_dropped_connection_is_never_sent_again_silently(method: str, after: int) -> None:
    def serve(wire: Wire, connection: socket.socket) -> None:
        for _ in range(after):
            if not wire.read_request(connection):
                return
            connection.sendall(answer())
        wire.read_request(connection)

    with serving(serve) as wire:
        meter = CallMeter()
        one = session(wire.url, meter)
        for _ in range(after):
            one.call("GET", "/a", headers={})
        with pytest.raises(Unanswered):
            one.call(method, "/a", headers={}, body=b"" if method == "GET" else b"{}")
        one.close()
    assert len(wire.requests) == meter.total() == after + 1


def test_a_kept_connection_that_the_server_closed_meanwhile_is_either_new_or_unanswered_never_doubled() -> None:
    def serve(wire: Wire, connection: socket.socket) -> None:
        if wire.read_request(connection):
            connection.sendall(answer())

    with serving(serve) as wire:
        meter = CallMeter()
        one = session(wire.url, meter)
        unanswered = 0
        for _ in range(20):
            try:
                one.call("PUT", "/a", headers={}, body=b"{}")
            except Unanswered:
                unanswered += 1
        one.close()
    # A write on a connection that the server was closing may have been read or not: that is why it is not repeated.
    assert 20 - unanswered <= len(wire.requests) <= meter.total() == 20


def test_a_refused_connection_was_certainly_not_sent_and_not_counted() -> None:
    with serving(always(answer())) as wire:
        url = wire.url
    meter = CallMeter()
    with pytest.raises(NotSent):
        session(url, meter).call("POST", "/a", headers={}, body=b"{}")
    assert meter.total() == 0


def test_an_answer_cut_in_the_middle_is_unanswered() -> None:
    cut = answer(b"x" * 100)[:-50]

    def serve(wire: Wire, connection: socket.socket) -> None:
        wire.read_request(connection)
        connection.sendall(cut)

    with serving(serve) as wire, pytest.raises(Unanswered):
        session(wire.url).call("POST", "/a", headers={}, body=b"{}")
    assert len(wire.requests) == 1


def test_a_redirect_is_returned_and_not_followed_with_the_key() -> None:
    with serving(always(answer())) as other:
        moved = answer(status="301 Moved Permanently", headers=f"Location: {other.url}/a\r\n")
        with serving(always(moved)) as wire:
            reply = session(wire.url).call("GET", "/a", headers=SECRET)
        assert reply.status == 301
        assert other.requests == []


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/other", "https://evil.example/a", "//evil.example/a", "http://user@127.0.0.1/a",
        "ftp://127.0.0.1/", "\\\\evil.example\\a", "/a\r\nHost: evil", "http://localhost.evil.example/", "relative",
    ],
)  # fmt: skip
def test_targets_outside_the_base_never_leave(target: str) -> None:
    with serving(always(answer())) as wire:
        meter = CallMeter()
        with pytest.raises(WrongAddress):
            session(wire.url, meter).call("GET", target, headers=SECRET)
        assert meter.total() == 0
        assert wire.requests == []


def test_a_full_address_with_the_same_origin_is_followed() -> None:
    with serving(always(answer())) as wire:
        assert session(wire.url + "/v1").call("GET", wire.url + "/v1/a?page=2", headers={}).status == 200


def test_an_answer_larger_than_the_cap_is_cut_off() -> None:
    with serving(always(answer(b"x" * 5000))) as wire, pytest.raises(Unanswered, match="larger"):
        session(wire.url, max_bytes=4999).call("GET", "/a", headers={})


def test_a_gzip_bomb_is_cut_off_at_the_cap() -> None:
    bomb = gzip.compress(b"\0" * 20_000_000, mtime=0)
    assert len(bomb) < 50_000
    with serving(always(answer(bomb, headers="Content-Encoding: gzip\r\n"))) as wire:
        with pytest.raises(Unanswered, match="larger"):
            session(wire.url, max_bytes=1_000_000).call("GET", "/a", headers={})
        assert session(wire.url).call("GET", "/a", headers={}).body == b"\0" * 20_000_000


@pytest.mark.parametrize("broken", [gzip.compress(b"abc" * 50, mtime=0)[:-12], b"no gzip at all"])
def test_a_packed_answer_that_cannot_be_unpacked_is_unanswered(broken: bytes) -> None:
    with serving(always(answer(broken, headers="Content-Encoding: gzip\r\n"))) as wire, pytest.raises(Unanswered):
        session(wire.url).call("GET", "/a", headers={})


def test_silence_ends_with_the_read_timeout() -> None:
    def serve(wire: Wire, connection: socket.socket) -> None:
        wire.read_request(connection)
        wire.done.wait(5)

    with serving(serve) as wire:
        with pytest.raises(Unanswered):
            session(wire.url, read_s=0.05).call("POST", "/a", headers={}, body=b"{}")
        wire.done.set()
    assert len(wire.requests) == 1


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n"])
def test_an_answer_that_drips_byte_by_byte_ends_with_the_deadline(start: bytes) -> None:
    def serve(wire: Wire, connection: socket.socket) -> None:
        wire.read_request(connection)
        connection.sendall(start)
        while not wire.done.wait(0.01):
            connection.sendall(b"x")

    with serving(serve) as wire, pytest.raises(Unanswered, match=r"Deadline|ReadTimeout"):
        session(wire.url, read_s=1, total_s=0.15).call("GET", "/a", headers={})


def test_observers_hear_no_ids_no_query_and_no_body() -> None:
    heard: list[dict[str, object]] = []
    with serving(always(answer())) as wire:
        one = session(wire.url + "/v1", observer=lambda **what: heard.append(what))
        one.call("GET", "/patients/1410000000000000007?q%5B%5D=last_name%3A%3DSample", headers=SECRET)
    assert [(entry["system"], entry["method"], entry["path"], entry["status"]) for entry in heard] == [
        ("acme", "GET", "/v1/patients/{id}", 200)
    ]


def test_path_templates_keep_words_and_versions() -> None:
    assert path_template("/api.xy/2.0/Things/3f2c-44/Parts") == "/api.xy/2.0/Things/{id}/Parts"
    assert path_template("/v1/invoice_items") == "/v1/invoice_items"


# --- may it still leave? ----------------------------------------------------------------------------------------------


class TakenOver(Exception):
    """Somebody else does this work now."""


def test_a_write_is_asked_about_each_time_it_leaves_and_a_read_never() -> None:
    asked: list[str] = []
    with serving(always(answer())) as wire:
        one = session(wire.url, may_write=lambda: asked.append("asked"))
        for method in ("GET", "PUT", "GET", "PATCH"):
            one.call(method, "/a", headers={}, body=b"" if method == "GET" else b"{}")
    assert asked == ["asked", "asked"]
    assert len(wire.requests) == 4


def test_of_a_write_that_is_forbidden_no_byte_leaves_and_its_place_is_given_back() -> None:
    def forbid() -> None:
        raise TakenOver

    governor = Governor("acme/1", [Limit("at once", 1, 0)], InMemoryWindows(), Stopwatch())
    with serving(always(answer())) as wire:
        one = session(wire.url, may_write=forbid, governor=governor)
        for _ in range(3):
            with pytest.raises(TakenOver):
                one.call("PUT", "/a", headers={}, body=b"{}")
        assert one.call("GET", "/a", headers={}).status == 200
    assert [request.partition(b" ")[0] for request in wire.requests] == [b"GET"]


class Slow(Stopwatch):
    """Every look at this stopwatch costs a second, as on a machine that is suspended again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = 0

    def monotonic_ms(self) -> int:
        self.looks += 1
        return self.looks * 1000


def test_after_a_slow_step_it_is_asked_again_and_a_request_that_breaks_off_is_none() -> None:
    asked: list[str] = []

    def forbid_the_second_time() -> None:
        asked.append("asked")
        if len(asked) > 1:
            raise TakenOver

    with serving(always(answer())) as wire:
        one = session(wire.url, may_write=forbid_the_second_time, clock=Slow(), total_s=900)
        with pytest.raises(TakenOver):
            one.call("PUT", "/a", headers={}, body=b"{}")
    assert wire.requests == []
