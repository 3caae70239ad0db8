"""Compression: only where nobody from outside has a word in what is compressed, and with tokens that never repeat."""

from __future__ import annotations

import re

from ligament.web.security.cookies import csrf_of, is_right_token, masked
from tests.web.conftest import Shop


def test_a_page_is_compressed_unless_its_address_says_something(shop: Shop) -> None:
    owner = shop.owner()
    for path, is_packed in (("/c/north/", True), ("/c/north/contacts?q=ana", False), ("/c/north/nothing", False)):
        answer = owner.client.get(path, headers={"accept-encoding": "gzip"})
        assert ("content-encoding" in answer.headers) == is_packed, path
    assert "content-encoding" not in owner.client.get("/c/north/", headers={"accept-encoding": "gzip;q=0"}).headers
    assert "content-encoding" not in owner.client.get("/c/north/", headers={"accept-encoding": "identity"}).headers


def test_our_own_files_are_compressed_and_kept_for_long(shop: Shop) -> None:
    person = shop.person()
    (style,) = set(re.findall(r'href="(/static/[^"]+\.css)"', person.get("/sign-in").text))
    answer = person.client.get(style, headers={"accept-encoding": "br, gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert ":root" in answer.text


def test_a_token_looks_different_on_every_answer_and_each_of_them_counts(shop: Shop) -> None:
    owner = shop.owner()
    tokens = {owner.csrf() for _ in range(3)}
    assert len(tokens) == 3
    for token in tokens:
        assert owner.post("/account/sessions", {"csrf_token": token}).status != 403
    flipped = f"{min(tokens)[:-1]}{'0' if min(tokens)[-1] != '0' else '1'}"
    for wrong in ("", "x", "00" * 64, csrf_of("another"), flipped):
        assert owner.post("/account/sessions", {"csrf_token": wrong}).status == 403, wrong


def test_a_mask_hides_the_token_and_comes_off_again() -> None:
    token = csrf_of("secret")
    shown = masked(token, bytes(range(32)))
    assert token not in shown
    assert is_right_token(shown, token)
    assert not is_right_token(shown, csrf_of("other"))
    assert not is_right_token(shown, "")
    assert masked("", bytes(32)) == ""
