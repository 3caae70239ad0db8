"""No secret and no address of a person gets into a log."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ligament.net.redact import MASK, Redactor

KEY = "MS0xCANARY/+CANARY=-au2"


@given(st.text(max_size=30), st.text(max_size=30))
def test_a_registered_secret_is_gone_in_every_form(before: str, after: str) -> None:
    redactor = Redactor()
    redactor.register(KEY)
    token = base64.b64encode(f"{KEY}:".encode()).decode()
    for form in (KEY, token, quote(KEY, safe=""), json.dumps({"key": KEY})):
        shown = redactor.text(before + form + after)
        assert "CANARY" not in shown
        assert token not in shown


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("Authorization: Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
        ("sent 'Bearer abc.def-ghi'", "abc.def-ghi"),
        ("token eyJhbGciOi.eyJzdWIi.c2ln", "eyJ"),
        ('{"refresh_token": "r3fr3sh", "a": 1}', "r3fr3sh"),
        ("client_secret=hush&x=1", "hush"),
        ("mail to ada.o'neil+x@mail.example.org now", "ada.o'neil"),
        ("GET /v1/patients?q%5B%5D=last_name%3A%3DSample&page=2", "Sample"),
        ("/x?email=ada%40example.org", "ada"),
    ],
)
def test_secrets_and_personal_values_are_masked(text: str, gone: str) -> None:
    shown = Redactor().text(text)
    assert gone not in shown
    assert MASK in shown


def test_ordinary_texts_stay_as_they_are() -> None:
    text = "Invoice 2087 was read: 3 lines, total 118.00, at 10:15 (HTTP 200)."
    assert Redactor().text(text) == text


def test_very_short_texts_are_no_secrets() -> None:
    redactor = Redactor()
    redactor.register("a")
    assert redactor.text("a cat") == "a cat"
