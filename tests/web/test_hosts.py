"""Under which names we answer, and who may see how it stands."""

from __future__ import annotations

import pytest

from ligament.app.access.tokens import NewToken, add
from ligament.app.access.users import Acting
from tests.web.conftest import Shop

TERMINAL = Acting(actor="test", source="cli")


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost", "localhost:1", "[::1]:8321", "127.9.9.9"])
def test_without_a_public_address_loopback_names_are_answered(shop: Shop, host: str) -> None:
    assert shop.person().get("/healthz", host=host).status == 200
    assert shop.person().get("/sign-in", host=host).status == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "192.168.1.2", ""]
)
@pytest.mark.parametrize("path", ["/healthz", "/sign-in", "/metrics", "/c/north/", "/webhooks/x", "/nothing"])
def test_any_other_name_is_not_answered(shop: Shop, host: str, path: str) -> None:
    answer = shop.person().get(path, host=host)
    assert answer.status == 421
    assert "set-cookie" not in answer.headers


def test_with_a_public_address_only_that_one_is_answered_from_outside(shop: Shop) -> None:
    shop.environ["LIGAMENT_PUBLIC_URL"] = "https://ligament.example"
    shop.restart()
    outside = shop.person("203.0.113.9")
    assert outside.get("/sign-in", host="ligament.example").status == 200
    for host in ("127.0.0.1:8321", "evil.example", "ligament.example.evil.example", "ligament.example:99"):
        assert outside.get("/sign-in", host=host).status == 421
    assert shop.person().get("/healthz", host="127.0.0.1:8321").status == 200, "the machine itself may ask how it is"
    assert shop.access.link("/setup", "k") == "https://ligament.example/setup?key=k"


@pytest.mark.parametrize("wrong", ["ligament.example", "ftp://x.example", "https://x.example/path", "http://x.example"])
def test_a_public_address_that_is_none_is_refused_when_it_starts(shop: Shop, wrong: str) -> None:
    shop.environ["LIGAMENT_PUBLIC_URL"] = wrong
    with pytest.raises(Exception, match="LIGAMENT_PUBLIC_URL"):
        shop.restart()


def test_health_says_no_more_than_ok_or_down_to_anybody(shop: Shop) -> None:
    for address in ("127.0.0.1", "203.0.113.9"):
        answer = shop.person(address).get("/healthz")
        assert (answer.status, answer.text.split()) == (200, ["{", '"status":', '"ok"', "}"])


@pytest.mark.parametrize("path", ["/healthz?details", "/metrics"])
def test_details_are_for_the_machine_itself_or_for_a_token(shop: Shop, path: str) -> None:
    assert shop.person().get(path).status == 200
    assert shop.person("203.0.113.9").get(path).status == 401
    assert shop.person().get(path, x_forwarded_for="203.0.113.9").status == 401, "a proxy asks for somebody else"
    far = shop.person("203.0.113.9")
    one = add(shop.access, TERMINAL, name="all", scopes=["read"])
    limited = add(shop.access, TERMINAL, name="north", scopes=["read"], only="north")
    assert isinstance(one, NewToken)
    assert isinstance(limited, NewToken)
    assert far.get(path, authorization=f"Bearer {one.text}").status == 200
    assert far.get(path, authorization=f"Bearer {limited.text}").status == 401, "it would tell of other clinics"
    for wrong in ("Bearer lig_x", "Bearer", f"Basic {one.text}", one.text):
        assert far.get(path, authorization=wrong).status == 401


def test_a_browsers_cookie_opens_nothing_for_machines(shop: Shop) -> None:
    owner = shop.owner()
    session = owner.client.cookies["ligament_session"]
    far = shop.person("203.0.113.9")
    far.client.cookies.set("ligament_session", session)
    assert far.get("/clinics").status == 200
    assert far.get("/metrics").status == 401


def test_metrics_count_by_the_id_of_the_clinic(shop: Shop) -> None:
    text = shop.person().get("/metrics").text
    for name in ("ligament_open_holds", "ligament_waiting_approvals", "ligament_last_success_timestamp_seconds"):
        assert f'{name}{{clinic="north"}} 0.0' in text
    assert 'ligament_journal_head_info{clinic="south",hash="",sequence="0"} 1.0' in text
