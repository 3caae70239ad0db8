"""A new version meets a database of the first one with a call under way: it settles, and makes nothing twice."""

from __future__ import annotations

import pytest

from ligament.store.database.schema import NEWEST
from tests.backup.kit import cut_off, links, twice, verified
from tests.backup.older import FIRST, age_to_first, revision
from tests.support.stage import Stage


@pytest.mark.parametrize("write", [1, 2, 3])
def test_work_in_flight_survives_an_upgrade(clinic: Stage, monkeypatch: pytest.MonkeyPatch, write: int) -> None:
    clinic.invoice(paid=True)
    clinic.sync()
    patient = clinic.patient(31, "Bram", "Quill")
    clinic.invoice(patient=patient, paid=True)
    cut_off(clinic, monkeypatch, write=write)
    url = clinic.settings().database_url
    age_to_first(url)
    assert revision(url) == FIRST
    clinic.pass_time(hours=1)
    clinic.clear_log()
    report = clinic.sync()
    assert revision(url) == NEWEST
    assert report["recovered"] == 1
    # What had been posted is found; only what had not begun is posted now.
    assert len(clinic.writes()) == 3 - write
    assert twice(clinic) == []
    people, papers, money = links(clinic)
    assert (len(people), len(papers), len(money)) == (2, 2, 2)
    assert verified(clinic)["holds"]
    clinic.clear_log()
    clinic.sync()
    assert clinic.writes() == []


def test_a_call_that_never_left_is_sent_once_after_an_upgrade(clinic: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.invoice(paid=True)

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ligament.flow.execute.sending._transmit", power_cut)
        with pytest.raises(KeyboardInterrupt):
            clinic.sync()
    assert clinic.writes() == []
    age_to_first(clinic.settings().database_url)
    clinic.pass_time(hours=1)
    report = clinic.sync()
    assert report["recovered"] == 1
    assert (report["created"]["contacts"], report["created"]["invoices"], report["created"]["payments"]) == (1, 1, 1)
    assert len(clinic.writes()) == 3
    assert twice(clinic) == []
