"""Only the vendor's own hosts and this machine are spoken to."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligament.net.hosts import HostRule, WrongAddress, is_loopback, origin_of
from ligament.net.session import trust


def test_connections_that_leave_ask_for_a_certificate_and_for_tls_of_today() -> None:
    context = trust()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


RULE = HostRule(r"api\.[a-z]{2}\d{1,2}\.example\.com")


@pytest.mark.parametrize(
    "url", ["https://api.au2.example.com/v1", "https://API.AU2.EXAMPLE.com:443/v1", "http://127.0.0.1:8080/v1",
            "http://127.9.9.9/", "http://localhost:5/", "http://[::1]:5/v1"],
)  # fmt: skip
def test_the_vendors_hosts_and_loopback_are_accepted(url: str) -> None:
    assert RULE.check(url) == origin_of(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.au2.example.com/v1", "https://api.au2.example.com:8443/", "https://api.au2.example.com.evil.org/",
        "https://evil.org/api.au2.example.com", "https://api.au2.example.com@evil.org/", "https://api.au2.example.com\\@evil.org/",
        "https://u:p@api.au2.example.com/", "https://xapi.au2.example.com/", "https://api.au2.example.com\n.evil.org/",
        "https://api.au2.example.com./", "https://api.a\u0075\u0661.example.com/", "https://127.0.0.1.evil.org/", "http://127.1/",
        "http://0x7f.0.0.1/", "http://2130706433/", "http://10.0.0.1/", "http://169.254.169.254/", "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0/", "https:///", "file:///etc/passwd", "", "api.au2.example.com", "https://[bad", "http://127.0.0.1:x/",
        "http://127.0.0.999/",
    ],
)  # fmt: skip
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(WrongAddress):
        RULE.check(url)


@given(
    st.text(st.sampled_from("api.u2exmplcovgh:/@\\#?[]%0-\t\n\r 1270\u0660"), max_size=60).map(
        lambda text: "https://" + text
    )
    | st.from_regex(r"https?://[a-z0-9.@:\\#?\[\]-]{0,40}(example\.com|127\.0\.0\.1)[a-z0-9.@:\\#?/\[\]-]{0,20}")
)
def test_no_text_gets_past_the_rule_to_another_host(url: str) -> None:
    try:
        origin = RULE.check(url)
    except WrongAddress:
        return
    assert is_loopback(origin.host) or (
        origin.scheme == "https"
        and origin.port == 443
        and origin.host.endswith(".example.com")
        and origin.host.startswith("api.")
        and len(origin.host.split(".")) == 4
    )


@given(st.ip_addresses())
def test_only_loopback_addresses_are_loopback(address: object) -> None:
    text = str(address)
    assert is_loopback(text) == (text.startswith("127.") or text == "::1")
