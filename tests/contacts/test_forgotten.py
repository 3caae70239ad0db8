"""Invoices of patients who are deleted: questions stay, and what is posted stays as it was posted (choice C26)."""

from __future__ import annotations

from typing import Any

import pytest

from ligament.app.holds import decide
from ligament.connectors.cliniko import simulator as cliniko
from ligament.connectors.cliniko.simulator import control
from ligament.core.links import DecisionKind
from tests.contacts.kit import ANA, LONG_AGO, Clinic

QUIET = "[contacts]\narchive_contacts = false\n"
ASK = QUIET + 'payer_unknown = "ask"\n'
CONCESSION = """\
[[rules]]
name = "concessions"
when = 'patient.first_name == "Ana"'
account = "260"
"""
SPARE = """\
[[rules]]
name = "dear ones"
when = "invoice.total > 150.0"
account = "210"
"""
PAYER = "1402000000000000001"


def forget_ana(clinic: Clinic, *, anonymise: bool = False) -> None:
    """Archive and delete her, and let the next look at archived patients notice."""
    at = clinic.later()
    clinic.practice.change(lambda world: control.archive_record(world, "patients", ANA, at=at))
    clinic.sync()
    at = clinic.later()
    clinic.practice.change(lambda world: control.delete_patient(world, ANA, at=at, anonymise=anonymise))
    clinic.later(1900)
    clinic.sync()


def add_payer(clinic: Clinic) -> None:
    fields = {"id": PAYER, "company_name": "Coastal Insurance", "type": "3rd Party Payer", "type_code": 2}
    stamps = {"created_at": LONG_AGO, "updated_at": LONG_AGO}
    clinic.practice.change(lambda world: cliniko.put(world, "contacts", {**fields, **stamps}))


def edit_payer(clinic: Clinic, **fields: object) -> None:
    at = clinic.later()
    clinic.practice.change(lambda world: control.edit_record(world, "contacts", PAYER, fields, at=at))


def reprice(clinic: Clinic, invoice: str, price: str) -> None:
    at, lines = clinic.later(), [{"name": "Consult", "unit_price": price}]
    clinic.practice.change(lambda world: control.edit_invoice(world, invoice, {}, lines, at=at))


def posted(clinic: Clinic) -> list[tuple[str, str, str]]:
    """Return account, amount and contact number of every document in the books."""
    books = clinic.books.world.only()
    return [
        (books.accounts[line.account_id].code, str(line.line_amount), books.contacts[document.contact_id].number)
        for document in books.invoices.values()
        for line in document.lines
    ]


def codes(document: dict[str, Any]) -> list[str]:
    return [hold["code"] for hold in document["holds"]]


def take(clinic: Clinic, hold: str, choice: DecisionKind = DecisionKind.APPROVED) -> None:
    with clinic.app() as app:
        assert decide(app, [hold], choice).document["holds"] == [hold]


def test_an_invoice_to_nobody_known_is_still_asked_about_when_its_patient_is_deleted(clinic: Clinic) -> None:
    clinic.rulebook(ASK)
    clinic.sync()
    clinic.invoice(ANA, invoice_to="Wanderers Football Club\n1 Elsewhere")
    (before,) = clinic.sync()["holds"]
    forget_ana(clinic)
    (after,) = clinic.sync(full=True)["holds"]
    assert (after["id"], after["code"]) == (before["id"], "payer_unknown")
    assert after["proposed"] == {"bill": "patient"}
    assert after["todo"]
    assert posted(clinic) == []
    take(clinic, after["id"])
    assert clinic.sync()["holds"] == []
    assert posted(clinic) == [("200", "95.00", f"CLK-{ANA}")]


def test_an_invoice_to_the_patient_is_not_asked_about_because_the_name_is_gone(clinic: Clinic) -> None:
    clinic.rulebook(ASK)
    clinic.sync()
    clinic.invoice(ANA, invoice_to="Ms Ana Silva\n1 Made-up Street")
    clinic.later()
    forget_ana(clinic)
    assert clinic.sync(full=True)["holds"] == []
    assert posted(clinic) == [("200", "95.00", f"CLK-{ANA}")]


def test_an_invoice_without_its_patient_ends_in_a_hold_of_its_own(clinic: Clinic) -> None:
    clinic.rulebook(ASK)
    clinic.sync()
    clinic.invoice(ANA, invoice_to="Wanderers Football Club")
    clinic.sync()
    forget_ana(clinic, anonymise=True)
    assert codes(clinic.sync(full=True)) == ["no_party"]
    assert posted(clinic) == []


@pytest.mark.parametrize("anonymise", [True, False])
@pytest.mark.parametrize("addressee", [None, "Ana Silva\n1 Made-up Street", "Wanderers Football Club"])
def test_a_posted_document_is_not_judged_again_because_its_patient_is_gone(
    clinic: Clinic, addressee: str | None, *, anonymise: bool
) -> None:
    clinic.rulebook(QUIET + CONCESSION)
    clinic.sync()
    clinic.invoice(ANA, invoice_to=addressee)
    clinic.sync()
    before = posted(clinic)
    assert before == [("260", "95.00", f"CLK-{ANA}")]
    with clinic.heard() as said:
        forget_ana(clinic, anonymise=anonymise)
        document = clinic.sync(full=True)
        clinic.sync(full=True)
    assert (posted(clinic), said, document["holds"]) == (before, [], [])


def test_an_edit_after_the_deletion_is_asked_about_where_a_rule_looks_at_the_patient(clinic: Clinic) -> None:
    clinic.rulebook(QUIET + CONCESSION + SPARE)
    clinic.sync()
    invoice = clinic.invoice(ANA, invoice_to="Ana Silva")
    clinic.sync()
    forget_ana(clinic)
    reprice(clinic, invoice, "160")
    (hold,) = clinic.sync()["holds"]
    assert (hold["code"], hold["sentence"]) == (
        "rule",
        'The rule "concessions" looks at the patient, of whom nothing is known any more.',
    )
    assert posted(clinic) == [("260", "95.00", f"CLK-{ANA}")]
    take(clinic, hold["id"])
    assert clinic.sync()["holds"] == []
    # The rules that can be judged without the patient still count.
    assert posted(clinic) == [("210", "160.00", f"CLK-{ANA}")]


def test_an_edit_after_the_deletion_is_followed_where_no_rule_looks_at_the_patient(clinic: Clinic) -> None:
    clinic.rulebook(QUIET + SPARE)
    clinic.sync()
    invoice = clinic.invoice(ANA, invoice_to="Ana Silva")
    clinic.sync()
    forget_ana(clinic)
    reprice(clinic, invoice, "110")
    assert clinic.sync()["holds"] == []
    assert posted(clinic) == [("200", "110.00", f"CLK-{ANA}")]


def test_an_unposted_invoice_of_a_deleted_patient_is_never_judged_by_what_is_left_of_them(clinic: Clinic) -> None:
    hold_it = '[[rules]]\nname = "wait"\nwhen = "invoice.total < 100.0"\nhold = "Wait."\n'
    clinic.rulebook(QUIET + hold_it)
    clinic.sync()
    clinic.invoice(ANA, invoice_to="Ana Silva")
    assert codes(clinic.sync()) == ["rule"]
    forget_ana(clinic)
    clinic.rulebook(QUIET + CONCESSION)
    (hold,) = clinic.sync()["holds"]
    assert "concessions" in hold["sentence"]
    assert posted(clinic) == []
    take(clinic, hold["id"], DecisionKind.DISMISSED)
    document = clinic.sync()
    assert (document["holds"], [skip["reason"] for skip in document["skips"]]) == ([], ["dismissed"])


@pytest.mark.parametrize("anonymise", [True, False])
def test_a_payers_document_stays_with_the_payer(clinic: Clinic, *, anonymise: bool) -> None:
    clinic.rulebook(QUIET)
    add_payer(clinic)
    clinic.sync()
    invoice = clinic.invoice(ANA, invoice_to="Coastal Insurance\nClaims")
    clinic.sync()
    forget_ana(clinic, anonymise=anonymise)
    edit_payer(clinic, company_name="Coastal Mutual")
    with clinic.heard() as said:
        clinic.sync(full=True)
    assert said == ["POST /api.xro/2.0/Contacts"]  # the payer's new name, and nothing else
    reprice(clinic, invoice, "110")
    assert clinic.sync()["holds"] == []
    assert posted(clinic) == [("200", "110.00", f"CLK-C-{PAYER}")]


def test_a_document_does_not_move_to_the_patient_because_its_payer_is_archived(clinic: Clinic) -> None:
    clinic.rulebook(QUIET)
    add_payer(clinic)
    clinic.sync()
    invoice = clinic.invoice(ANA, invoice_to="Coastal Insurance")
    clinic.sync()
    at = clinic.later()
    clinic.practice.change(lambda world: control.archive_record(world, "contacts", PAYER, at=at))
    clinic.sync()
    reprice(clinic, invoice, "110")
    assert clinic.sync()["holds"] == []
    assert posted(clinic) == [("200", "110.00", f"CLK-C-{PAYER}")]


@pytest.mark.parametrize(("mode", "held"), [("full", ["no_party"]), ("initials", ["no_party"]), ("code", [])])
def test_nobody_without_a_name_is_made_for_a_patient_who_was_deleted_before(
    clinic: Clinic, mode: str, held: list[str]
) -> None:
    later = f'[contacts]\ncreate = "on_document"\nprivacy = "{mode}"\n'
    clinic.rulebook(later + '[[rules]]\nname = "not yet"\nwhen = "invoice.total < 100.0"\nskip = "Not yet."\n')
    clinic.sync()
    clinic.invoice(ANA, invoice_to="Ana Silva")
    clinic.sync()
    forget_ana(clinic)
    clinic.rulebook(later)
    assert codes(clinic.sync()) == held
    assert [one.number for one in clinic.contacts()] == ([] if held else [f"CLK-{ANA}"])
    assert len(posted(clinic)) == (0 if held else 1)
