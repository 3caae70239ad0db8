"""Texts that name a person: wherever somebody may have written a name, it is gone once the person is deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from ligament.app.approvals import refuse
from ligament.app.holds import answer
from ligament.app.reconcile import reconcile
from ligament.app.undo import undo
from ligament.app.variances import acknowledge
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.connectors.xero.simulator import control as desk
from ligament.store.journal.audit import export, verify
from tests.contacts.kit import ANA, BEN, Clinic
from tests.contacts.test_lifecycle import files_with
from tests.support.practice import BUSINESS, PRACTITIONER

NAME = "Zarathustra Quillfeather"
TRACES = (b"Zarathustra", b"zarathustra", b"Quillfeather", b"quillfeather")
REPORT = {"name": f"Report about {NAME}", "unit_price": "95"}
REFERENCES = """
[[rules]]
name = "Claims"
when = "invoice.total > 0.0"
reference = '="Claim of " + patient.last_name'
line_text = '="Treatment of " + patient.first_name'
"""


@pytest.fixture
def named(clinic: Clinic) -> Clinic:
    """A patient whose name stands in the texts of lines; everything is posted."""
    clinic.edit_patient(ANA, first_name="Zarathustra", last_name="Quillfeather")
    clinic.sync()
    return clinic


def change(clinic: Clinic, change_world: Callable[..., Any], *given: Any, **more: Any) -> None:
    """Let somebody at the practice change something."""
    at = clinic.later()
    clinic.practice.change(lambda world: change_world(world, *given, **more, at=at))


def bill(clinic: Clinic, patient: str | None, *items: Mapping[str, Any], **fields: Any) -> str:
    """Issue an invoice with those lines and return its id."""
    at, made = clinic.later(), ""
    given = {"patient_id": patient, "business_id": BUSINESS, "practitioner_id": PRACTITIONER, **fields}

    def issue(world: Any) -> Any:
        nonlocal made
        world, made = control.create_invoice(world, given, items, at=at)
        return world

    clinic.practice.change(issue)
    return made


def delete(clinic: Clinic, patient: str, **how: Any) -> None:
    """Archive a patient and delete them for good."""
    change(clinic, control.archive_record, "patients", patient)
    change(clinic, control.delete_patient, patient, **how)
    clinic.later(24 * 3600)
    clinic.sync()


def traces(clinic: Clinic) -> list[str]:
    return files_with(clinic.home, TRACES)


def ours(clinic: Clinic) -> Any:
    """Return our newest invoice in the books."""
    return list(clinic.books.world.only().invoices.values())[-1]


@pytest.mark.parametrize("anonymise", [True, False])
def test_no_line_text_names_a_deleted_person_anywhere(named: Clinic, *, anonymise: bool) -> None:
    bill(named, ANA, REPORT, {"name": "Consult", "unit_price": "80"})
    named.sync()
    assert traces(named)
    delete(named, ANA, anonymise=anonymise)
    assert traces(named) == []
    assert NAME in str(ours(named).lines), "what stands in the books stays there"
    with named.heard() as said:
        named.sync()
        named.sync(full=True)
    assert said == []
    assert traces(named) == []
    with named.app() as app:
        assert verify(app.journal).holds
        assert NAME not in str(list(export(app.journal)))


def test_rules_references_and_a_bookkeepers_own_words_are_erased_too(named: Clinic) -> None:
    named.rulebook(REFERENCES)
    paid = bill(named, ANA, REPORT)
    named.sync()
    document = ours(named)
    assert document.reference == "Claim of Quillfeather"
    at = named.later()
    named.books.change(
        lambda world: desk.pay_invoice(world, document.document_id, at=at, reference=f"from {NAME}", amount=Decimal(5))[
            0
        ]
    )
    own = {
        "Type": "ACCREC", "Contact": {"ContactID": document.contact_id}, "Reference": f"Letter for {NAME}",
        "LineItems": [{"Description": f"Letter for {NAME}", "Quantity": 1, "UnitAmount": 30, "AccountCode": "200"}],
    }  # fmt: skip
    named.books.change(lambda world: desk.create_invoice(world, own, at=at)[0])
    named.sync()
    change(named, control.edit_invoice, paid, {}, [{**REPORT, "unit_price": "99"}])
    named.sync()
    assert traces(named)
    delete(named, ANA)
    assert traces(named) == []
    named.edit_contact(document.contact_id, Name=f"{NAME} and Sons")
    at = named.later()
    named.books.change(
        lambda world: desk.pay_invoice(world, document.document_id, at=at, reference=f"rest of {NAME}")[0]
    )
    named.sync()
    with named.app() as app:
        reconcile(app, full=True)
    assert traces(named) == []


def test_what_people_wrote_about_the_person_is_erased(named: Clinic) -> None:
    paid, voided = bill(named, ANA, REPORT), bill(named, ANA, REPORT)
    change(named, lambda world, at: control.pay_invoice(world, paid, at=at)[0])
    named.sync()
    change(named, control.edit_invoice, paid, {}, [{**REPORT, "unit_price": "99"}])
    change(named, control.archive_invoice, voided)
    named.sync()
    with named.app() as app:
        (hold,) = app.store.open_holds()
        answer(app, [hold.id], "dismiss", f"{NAME} rang about it")
        assert refuse(app, reason=f"{NAME} will pay after all").document
        found = reconcile(app).document["variances"]
        acknowledge(app, found[0]["id"], f"{NAME} knows")
        told = str([entry["personal"] for entry in export(app.journal)])
        assert all(words in told for words in ("rang about it", "after all", "knows"))
    delete(named, ANA)
    with named.app() as app:
        reconcile(app)
    assert traces(named) == []


def test_a_deleted_persons_invoice_that_changes_later_is_posted_without_the_text(named: Clinic) -> None:
    invoice = bill(named, ANA, REPORT)
    named.sync()
    delete(named, ANA)
    change(named, control.edit_invoice, invoice, {}, [{**REPORT, "unit_price": "120"}])
    named.sync()
    assert ours(named).total == Decimal(120)
    assert [line.description for line in ours(named).lines] == ["Health services"]
    assert traces(named) == []
    with named.heard() as said:
        named.sync()
    assert said == []


def test_texts_are_sealed_for_the_patient_also_where_somebody_else_pays(named: Clinic) -> None:
    bill(named, ANA, REPORT)
    bill(named, BEN, {"name": "Report about Ben", "unit_price": "70"})
    named.sync()
    with named.app() as app:
        entries: list[dict[str, Any]] = list(export(app.journal))
    assert NAME not in str([entry["public"] for entry in entries])
    assert "Report about Ben" not in str([entry["public"] for entry in entries])
    about = [entry for entry in entries if NAME in str(entry["personal"])]
    assert {entry["owner"] for entry in about} == {f"patient:{ANA}"}
    digests = {entry["public"]["texts"] for entry in entries if "texts" in entry["public"]}
    assert len(digests) >= 2, "two texts are told apart without being said"


def test_an_undo_puts_texts_back_that_only_the_sealed_part_knows(named: Clinic) -> None:
    invoice = bill(named, BEN, {"name": "First wording", "unit_price": "70"})
    named.sync()
    change(named, control.edit_invoice, invoice, {}, [{"name": "Second wording", "unit_price": "90"}])
    run = named.sync()["run_id"]
    assert ours(named).lines[0].description == "Second wording"
    with named.app() as app:
        undo(app, run)
    assert ours(named).lines[0].description == "First wording"


def test_people_whom_an_earlier_release_forgot_lose_their_texts_too(
    named: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ligament.store.journal import erasure  # noqa: PLC0415

    bill(named, ANA, REPORT)
    named.sync()
    with monkeypatch.context() as before:
        before.setattr(erasure, "erase_texts", lambda *_: None)
        delete(named, ANA)
    assert traces(named)
    named.later(24 * 3600)
    named.sync()
    assert traces(named) == []


def test_somebody_deleted_before_anything_here_knew_them_is_erased_by_what_the_books_show(named: Clinic) -> None:
    """The home is a new one: only contact and documents in the books name the person."""
    bill(named, ANA, REPORT)
    bill(named, BEN, {"name": "Report about Ben", "unit_price": "95"})
    named.sync()
    for kept in named.home.rglob("*"):
        if kept.is_file() and kept.name != "ligament.toml":
            kept.unlink()
    change(named, control.archive_record, "patients", ANA)
    change(named, control.delete_patient, ANA)
    named.sync()
    assert traces(named) == [], "the invoice bears their id, so that nobody waits a day"
    named.later(24 * 3600)
    named.sync()
    assert traces(named) == []
    assert files_with(named.home, (b"Report about Ben",))
    with named.app() as app:
        assert [entry["subject"] for entry in export(app.journal) if entry["kind"] == "erased"] == [f"patient:{ANA}"]
    with named.heard() as said:
        named.later(24 * 3600)
        named.sync()
    assert said == []


def deleted_before_anything_was_read(clinic: Clinic) -> None:
    """Bill somebody, and make the invoice anonymous as deleting them does, all before the first look."""
    clinic.edit_patient(ANA, first_name="Zarathustra", last_name="Quillfeather")
    bill(clinic, ANA, REPORT, {"name": "Consult", "unit_price": "80"}, invoice_to=NAME)
    change(clinic, control.archive_record, "patients", ANA)
    change(clinic, control.delete_patient, ANA, anonymise=True)


def test_an_invoice_that_was_anonymous_when_it_was_first_read_keeps_no_text_that_names_anybody(clinic: Clinic) -> None:
    deleted_before_anything_was_read(clinic)
    told = clinic.sync()
    assert [hold["code"] for hold in told["holds"]] == ["no_party"]
    assert traces(clinic) == []
    assert clinic.books.world.only().invoices == {}
    clinic.later(24 * 3600)
    assert clinic.sync(full=True)["holds"] == told["holds"]
    assert traces(clinic) == []


def test_a_copy_that_came_back_with_such_an_invoice_loses_its_text_within_a_day(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted_before_anything_was_read(clinic)
    with monkeypatch.context() as before:
        before.setattr("ligament.store.journal.erasure.erase_anonymised", lambda _: None)
        clinic.sync()
    assert traces(clinic)
    clinic.later(24 * 3600)
    clinic.sync()
    assert traces(clinic) == []


def test_where_patients_are_pooled_such_an_invoice_is_billed_as_its_lines_say(clinic: Clinic) -> None:
    clinic.rulebook('[contacts]\nprivacy = "pooled"\n')
    deleted_before_anything_was_read(clinic)
    assert clinic.sync()["holds"] == []
    assert [line.description for line in ours(clinic).lines] == [REPORT["name"], "Consult"]


def test_what_a_payer_is_billed_for_keeps_its_text_until_it_is_posted(clinic: Clinic) -> None:
    insurer = {"company_name": "Insurer Pty", "first_name": "", "last_name": "", "type": "3rd Party Payer"}
    at = clinic.later()
    payer = {"id": "1402000000000000001", **insurer, "type_code": 2, "created_at": at, "updated_at": at}
    clinic.practice.change(lambda world: cliniko.put(world, "contacts", payer))
    bill(clinic, None, REPORT, invoice_to="Insurer Pty")
    assert clinic.sync()["holds"] == []
    assert [line.description for line in ours(clinic).lines] == [REPORT["name"]]
    clinic.later(24 * 3600)
    clinic.sync()
    assert traces(clinic) == []
