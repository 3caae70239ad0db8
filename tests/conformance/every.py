"""What every connector must do, whatever its role: a suite that the suites of the roles inherit."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from ligament.ports.connector import Access
from ligament.ports.errors import PortError, SignInAgain, TryLater
from ligament.simkit.faults import FaultKind
from tests.conformance.bench import CONTACT
from tests.conformance.quality import shows

if TYPE_CHECKING:
    from tests.conformance.bench import Bench

TROUBLES: list[tuple[str, FaultKind, dict[str, Any]]] = [
    ("unauthorised", FaultKind.ANSWER, {"status": 401}),
    ("forbidden", FaultKind.ANSWER, {"status": 403}),
    ("too many", FaultKind.ANSWER, {"status": 429, "headers": (("Retry-After", "7"),)}),
    ("broken server", FaultKind.ANSWER, {"status": 500, "body": b"Ada Quill"}),
    ("away", FaultKind.ANSWER, {"status": 503}),
    ("moved", FaultKind.ANSWER, {"status": 302, "headers": (("Location", "https://elsewhere.example/"),)}),
    ("dropped before", FaultKind.DROP_BEFORE, {}),
    ("dropped after", FaultKind.DROP_AFTER, {}),
    ("cut", FaultKind.CUT, {}),
    ("torn", FaultKind.TRUNCATE, {}),
    ("a page for people", FaultKind.HTML, {"status": 200}),
    ("nothing", FaultKind.EMPTY, {"status": 200}),
]


class EveryConnector:
    """The suite of all roles."""

    role = ""

    def who(self, port: Any) -> object:
        """Ask the system who it is, by the cheapest call of the role."""
        raise NotImplementedError

    @shows("signs-in")
    def test_a_person_signs_in_and_hears_who_answers(self, here: Bench) -> None:
        answered = here.connector.sign_in(here.opening, None)
        with here.port() as port:
            assert self.who(port) == answered

    @shows("signs-in")
    def test_nothing_is_lacking_after_signing_in(self, here: Bench) -> None:
        here.connector.sign_in(here.opening, None)
        assert here.connector.check(here.opening) == Access()
        assert here.writes() == []

    @shows("signs-in")
    @pytest.mark.parametrize("missing", [True, False], ids=["none at all", "an empty one"])
    def test_without_credentials_it_is_said_what_to_set(self, here: Bench, *, missing: bool) -> None:
        values = {name: held.reveal() for name, held in here.opening.values.items()}
        first = here.manifest.sign_in.asks[0]
        values = {name: value for name, value in values.items() if name != first}
        with pytest.raises(SignInAgain) as trouble:
            here.connector.open_port(here.with_values(**values, **({} if missing else {first: "  "})))
        assert here.manifest.environment[first] in str(trouble.value)
        assert here.manifest.title in str(trouble.value)
        assert here.host.log == []

    @shows("right-host-only")
    @pytest.mark.parametrize(
        "url", ["https://evil.example/v1", "http://10.0.0.1", "https://user@127.0.0.1:9", "ftp://127.0.0.1", "no url"]
    )
    def test_no_address_but_the_vendors_own_and_this_machine_is_spoken_to(self, here: Bench, url: str) -> None:
        for setting in here.manifest.environment:
            if setting not in here.manifest.secrets() and setting in here.opening.values:
                values = {name: held.reveal() for name, held in here.opening.values.items()}
                with pytest.raises(ValueError, match=r"address|host|system") as trouble:
                    here.connector.sign_in(here.with_values(**{**values, setting: url}), None)
                assert not any(secret in str(trouble.value) for secret in here.secrets())
        assert here.host.log == []

    @shows("right-host-only")
    def test_the_vendors_own_addresses_are_its_hosts(self, here: Bench) -> None:
        for url in here.manifest.addresses.values():
            assert urlsplit(url).scheme == "https"
            if "{" not in url:
                here.manifest.hosts.check(url)

    @shows("says-who-calls")
    def test_every_call_carries_a_contact_and_is_counted(self, here: Bench) -> None:
        with here.port() as port:
            self.who(port)
        assert here.meter.total(here.manifest.name) == here.meter.total() == len(here.host.log)
        assert all(CONTACT in one.request.headers.get("user-agent", "") for one in here.host.log)

    @shows("limits-kept")
    def test_every_limit_of_the_manifest_is_kept_before_a_call_leaves(self, here: Bench) -> None:
        with here.port() as port:
            self.who(port)
        kept = {(window.until_ms - window.since_ms, window.calls) for window in here.windows.kept}
        for limit in here.manifest.limits:
            length_ms = limit.per_s * 1000
            if length_ms:
                assert any(length >= length_ms and 0 < most <= limit.calls for length, most in kept), limit
            else:
                assert any(0 < slots <= limit.calls for slots in here.windows.slots), limit

    @shows("five-errors", "reads-are-patient")
    @pytest.mark.parametrize(("name", "kind", "fault"), TROUBLES, ids=[name for name, _, _ in TROUBLES])
    def test_whatever_goes_wrong_becomes_one_of_the_five_errors(
        self, here: Bench, name: str, kind: FaultKind, fault: dict[str, Any]
    ) -> None:
        with here.port() as port:
            self.who(port)
            here.fail(kind, method="GET", **fault)
            with pytest.raises(PortError) as trouble:
                self.who(port)
            told = f"{trouble.value!s} {trouble.value!r}"
            assert not any(secret in told for secret in here.secrets()), name
            assert "Ada" not in told
            assert "elsewhere.example" not in {one.request.headers.get("host") for one in here.host.log}
            again = pickle.loads(pickle.dumps(trouble.value))  # noqa: S301 - our own bytes
            assert (type(again), str(again)) == (type(trouble.value), str(trouble.value))
            here.heal()
            assert self.who(port)

    @shows("reads-are-patient")
    @pytest.mark.parametrize("kind", [FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER, FaultKind.TRUNCATE])
    def test_a_reading_that_fails_once_is_repeated(self, here: Bench, kind: FaultKind) -> None:
        with here.port() as port:
            before = self.who(port)
            here.fail(kind, method="GET", at_most=1)
            assert self.who(port) == before

    @shows("reads-are-patient")
    def test_the_wait_that_a_server_asks_for_is_kept_to_or_told(self, here: Bench) -> None:
        with here.port() as port:
            self.who(port)
            here.clock.pauses.clear()
            here.fail(FaultKind.ANSWER, method="GET", status=429, headers=(("Retry-After", "7"),))
            with pytest.raises(TryLater) as trouble:
                self.who(port)
            assert sum(here.clock.pauses) >= 7000 or trouble.value.wait_s >= 7

    @shows("secrets-hidden")
    def test_no_secret_is_in_an_address_or_in_what_is_shown_of_the_port(self, here: Bench) -> None:
        with here.port() as port:
            self.who(port)
            shown = [repr(port), str(port), repr(here.opening), repr(here.manifest)]
        asked = [one.request.path + repr(one.request.query) for one in here.host.log]
        assert not [text for text in (*shown, *asked) for secret in here.secrets() if secret in text]

    @shows("quiet-runs")
    def test_reading_again_finds_nothing_and_asks_little(self, here: Bench) -> None:
        with here.port() as port:
            first = here.read(port)
            assert sum(len(records(page)) for page in first) > 0
            here.read(port)
            here.host.clear_log()
            known = dict(here.memory.rows)
            here.read(port)
        assert here.memory.rows == known
        assert 0 < len(here.host.log) <= 10
        assert here.writes() == []

    @shows("closes")
    def test_closing_twice_does_no_harm(self, here: Bench) -> None:
        port = here.connector.open_port(here.opening)
        port.close()
        port.close()


def records(page: Any) -> list[Any]:
    """Return what a page holds, whatever the role."""
    return [*getattr(page, "rows", ()), *getattr(page, "contacts", ()), *getattr(page, "documents", ())]
