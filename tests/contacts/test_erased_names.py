"""What an item was called decides accounts and rules, also where the name went with a person who was deleted."""

from __future__ import annotations

import pytest

from ligament.app.approvals import approve
from ligament.app.doctor.doctor import examine
from ligament.app.holds import answer
from ligament.app.setup.mapping_fields import fields, kept_survey
from ligament.connectors.cliniko.simulator import control
from tests.contacts.kit import ANA, BEN, Clinic
from tests.contacts.test_erased_texts import bill, change, delete
from tests.support.practice import RULEBOOK

BY_NAME = """\
[accounts.items]
"Report" = "260"
[accounts.write_off_items]
items = ["Write off"]
"""
BY_LINE_NAME = """\
[[rules]]
name = "reports"
when = 'lines.exists(l, l.name == "Report")'
account = "260"
"""
BY_LINE_CODE = """\
[[rules]]
name = "reports"
when = 'lines.exists(l, l.code in ["RPT"])'
account = "260"
"""
CONSULT, REPORT = {"name": "Consult", "unit_price": "95"}, {"name": "Report", "unit_price": "60"}
CODED = {**REPORT, "code": "RPT"}
GIVEN_UP = {"name": "Write off", "unit_price": "-30"}


def rulebook(clinic: Clinic, more: str = BY_NAME, approval: str = "") -> None:
    text = RULEBOOK.replace('default = "200"\n', f'default = "200"\nbad_debt = "290"\n{more}') + approval
    (clinic.home / "ligament.toml").write_text(text, encoding="utf-8")


def posted(clinic: Clinic) -> list[tuple[str, str]]:
    """Return account and amount of every line of our documents."""
    books = clinic.books.world.only()
    return [
        (books.accounts[line.account_id].code, f"{line.line_amount:.0f}")
        for document in books.invoices.values()
        for line in document.lines
    ]


def approve_all(clinic: Clinic) -> None:
    with clinic.app() as app:
        approve(app)
    clinic.sync()


def held(clinic: Clinic) -> list[tuple[str, str]]:
    with clinic.app() as app:
        return [(str(hold.code), hold.sentence) for hold in app.store.open_holds()]


@pytest.mark.parametrize("anonymise", [True, False])
def test_a_line_that_is_added_after_the_patient_was_deleted_goes_where_its_name_says(
    clinic: Clinic, *, anonymise: bool
) -> None:
    rulebook(clinic)
    invoice = bill(clinic, ANA, CONSULT, REPORT)
    clinic.sync()
    assert posted(clinic) == [("200", "95"), ("260", "60")]
    delete(clinic, ANA, anonymise=anonymise)
    change(clinic, control.edit_invoice, invoice, {}, [CONSULT, REPORT, GIVEN_UP])
    clinic.sync()
    assert held(clinic) == []
    assert posted(clinic) == [("200", "95"), ("260", "60"), ("290", "-30")]
    with clinic.heard() as said:
        clinic.sync(full=True)
    assert said == []


def test_what_waited_when_the_patient_was_deleted_goes_where_the_names_of_its_lines_say(clinic: Clinic) -> None:
    rulebook(clinic, approval='create = "ask"\n')
    bill(clinic, ANA, CONSULT, REPORT)
    clinic.sync()
    delete(clinic, ANA)
    assert posted(clinic) == []
    rulebook(clinic)
    approve_all(clinic)
    assert posted(clinic) == [("200", "95"), ("260", "60")]


def test_names_that_the_rulebook_lists_only_later_are_known_again_too(clinic: Clinic) -> None:
    rulebook(clinic, more="", approval='create = "ask"\n')
    bill(clinic, ANA, CONSULT, REPORT)
    clinic.sync()
    delete(clinic, ANA)
    rulebook(clinic)
    clinic.sync()
    approve_all(clinic)
    assert posted(clinic) == [("200", "95"), ("260", "60")]


def test_names_that_an_earlier_release_erased_without_a_trace_are_asked_about(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    rulebook(clinic, approval='create = "ask"\n')
    bill(clinic, ANA, CONSULT, CODED)
    clinic.sync()
    with monkeypatch.context() as before:
        before.setattr("ligament.store.journal.journal.Writing.seal", lambda *_: "")
        delete(clinic, ANA)
    rulebook(clinic)
    approve_all(clinic)
    assert posted(clinic) == []
    ((code, sentence),) = held(clinic)
    assert (code, "nobody can tell" in sentence) == ("unmapped_item", True)
    rulebook(clinic, more="[accounts.write_off_items]\nitems = []\n")
    clinic.sync()
    assert posted(clinic) == [("200", "95"), ("200", "60")], "no name decides anything any more"


@pytest.mark.parametrize("rule", [BY_LINE_NAME, BY_LINE_NAME.replace("l.name", 'l["name"]')])
def test_a_rule_that_looks_at_what_lines_are_called_is_asked_about(clinic: Clinic, rule: str) -> None:
    rulebook(clinic, more="", approval=rule)
    invoice = bill(clinic, ANA, REPORT)
    clinic.sync()
    assert posted(clinic) == [("260", "60")]
    delete(clinic, ANA)
    assert held(clinic) == [], "what is posted stays as it is"
    change(clinic, control.edit_invoice, invoice, {}, [CONSULT, REPORT])
    clinic.sync()
    assert posted(clinic) == [("260", "60")]
    with clinic.app() as app:
        (hold,) = app.store.open_holds()
        assert (str(hold.code), "what lines are called" in hold.sentence) == ("rule", True)
        answer(app, [hold.id], "approve", "no report any more")
    clinic.sync()
    assert posted(clinic) == [("200", "95"), ("200", "60")]


def test_doctor_has_nothing_to_say_of_what_was_posted_before_its_names_went(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    rulebook(clinic)
    bill(clinic, ANA, REPORT)
    clinic.sync()
    with monkeypatch.context() as before:
        before.setattr("ligament.store.journal.journal.Writing.seal", lambda *_: "")
        delete(clinic, ANA)
    with clinic.app() as app:
        told = str(examine(app).document)
    assert "nobody can tell" not in told


def test_a_rule_that_looks_at_codes_goes_on_without_names(clinic: Clinic) -> None:
    rulebook(clinic, more="", approval=BY_LINE_CODE)
    invoice = bill(clinic, ANA, CODED)
    clinic.sync()
    delete(clinic, ANA)
    change(clinic, control.edit_invoice, invoice, {}, [CONSULT, CODED])
    clinic.sync()
    assert held(clinic) == []
    assert posted(clinic) == [("260", "95"), ("260", "60")]


def test_nobody_is_asked_for_the_account_of_an_erased_name(clinic: Clinic) -> None:
    rulebook(clinic, more="")
    bill(clinic, ANA, REPORT)
    bill(clinic, BEN, CONSULT)
    clinic.sync()
    delete(clinic, ANA)
    with clinic.app() as app:
        asked = [field.asks for field in fields(kept_survey(app))]
    assert any("Consult" in one for one in asked)
    assert not any("erased" in one for one in asked)
