"""Whether a system is connected: the interface, the overview and the set-up say the same, for one thing decides it."""

from __future__ import annotations

import re

import pytest

from ligament.app.setup.connections import systems_asked
from ligament.core.notes import PAUSED_NOTE
from tests.web.at_work import KEYS
from tests.web.calling import tool
from tests.web.conftest import Shop
from tests.web.test_waiting import opened


@pytest.mark.parametrize(
    ("kept", "is_chosen", "pause", "wanted"),
    [
        ((), False, "", ("not connected yet", "not connected yet")),
        (("cliniko/key",), False, "", ("connected", "not connected yet")),
        (tuple(KEYS), False, "", ("connected", "connected")),
        # In the browser: an app that nobody consented to yet, then one that leads to an organisation.
        (("cliniko/key", "xero/client_id"), False, "", ("connected", "not connected yet")),
        (("cliniko/key", "xero/client_id"), True, "", ("connected", "connected")),
        (("cliniko/key",), False, "Sign in again.", ("paused: it waits for a person", "not connected yet")),
        (tuple(KEYS), False, "Sign in again.", ("paused: it waits for a person",) * 2),
    ],
)
def test_interface_overview_and_set_up_agree(
    shop: Shop, kept: tuple[str, ...], is_chosen: bool, pause: str, wanted: tuple[str, str]
) -> None:
    clinic = opened(shop)
    for name in kept:
        clinic.vault.put(name, KEYS[name])
    if is_chosen:
        clinic.store.keep_note(clinic.books_manifest.webhooks["organisation_note"], "an-organisation")
    clinic.store.keep_note(PAUSED_NOTE, pause)
    told = tool(shop).get("").json["connections"]
    assert tuple(one["connected"] for one in told) == tuple(word == "connected" for word in wanted)
    assert tuple(one["paused"] for one in told) == tuple(word.startswith("paused") for word in wanted)
    page = shop.owner().get("/c/north/").text
    assert tuple(re.findall(r"</svg> ((?:not )?connected[^<]*|paused[^<]*)</span>", page)) == wanted
    assert [one["connected"] for one in systems_asked(clinic)] == [one["connected"] or one["paused"] for one in told]
    assert "Set up this clinic" in page or "not connected yet" not in wanted
