"""What must never leave the practice: canaries planted in every forbidden field, and looked for wherever we write."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ligament.app.contacts.duplicates import find_duplicates
from ligament.app.contacts.find import find
from ligament.app.contacts.privacy import preview
from ligament.app.doctor.doctor import examine
from ligament.app.output import to_json
from ligament.app.plans import whole
from ligament.connectors.cliniko import simulator as cliniko
from ligament.ports.errors import PortError
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.store.journal.audit import export
from tests.alerts.receiver import receiving
from tests.contacts.kit import ANA, LONG_AGO, Clinic
from tests.contacts.test_references import TOKENS, custom
from tests.support.practice import RULEBOOK

PATIENT_FIELDS = (
    "notes", "date_of_birth", "medicare", "medicare_reference_number", "dva_card_number", "invoice_extra_information",
    "referral_source", "occupation", "emergency_contact", "appointment_notes", "sex", "time_zone", "gender",
    "pronouns", "health_fund_number", "medical_alerts", "photo",
)  # fmt: skip
INVOICE_FIELDS = ("notes", "patient_extra_information", "practitioner_extra_information", "claim_number")
MODES = ("full", "name", "initials", "code")


def canary(place: str, number: int) -> str:
    return f"canary{number}zq{place.replace('_', '')}"


def plant(clinic: Clinic, number: int) -> None:
    """Write a text of its own into every field that is nobody's business but the practice's."""
    planted: dict[str, Any] = {name: canary(name, number) for name in PATIENT_FIELDS}
    fields = {**planted, **custom(fund="F-100", diagnosis=canary("customfield", number))}
    # Straight into the tables: the practice's own forms would check some of them.
    clinic.practice.change(
        lambda world: cliniko.put(world, "patients", {**(cliniko.get(world, "patients", ANA) or {}), **fields})
    )
    note = {"patient_id": ANA, "content": canary("treatment", number), "created_at": LONG_AGO, "updated_at": LONG_AGO}
    for kind in ("treatment_notes", "medical_alerts"):
        try:
            clinic.practice.change(lambda world, kind=kind: cliniko.put(world, kind, {"id": "9", **note}))  # type: ignore[misc]
        except KeyError:
            # The simulator serves nothing of that kind, so nothing of it can be asked for.
            continue
    clinic.invoice(ANA, **{name: canary(name, number) for name in INVOICE_FIELDS})


@settings(
    max_examples=3,
    deadline=None,
    # Each example is a whole clinic: making a failing one smaller tells nothing more.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(number=st.integers(10, 99), mode=st.sampled_from(MODES))
def test_no_forbidden_field_ever_leaves_the_practice(
    tmp_path_factory: pytest.TempPathFactory,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    number: int,
    mode: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    clinic = Clinic(tmp_path_factory.mktemp("leaks") / "home")
    clinic.rulebook(f'{TOKENS}[contacts]\nprivacy = "{mode}"\n')
    plant(clinic, number)
    documents = [clinic.sync(), clinic.sync()]
    with clinic.app() as app:
        documents += [whole(app).document, examine(app).document, find(app, ANA).document]
        documents += [find_duplicates(app).document, preview(app, "full").document]
        documents += list(export(app.journal))
    told = [to_json(one) for one in documents]
    said = [f"{one.request.path} {one.request.query} {one.request.body!r}" for one in clinic.books.log]
    asked = [f"{one.request.path} {one.request.query} {one.request.body!r}" for one in clinic.practice.log]
    printed = capfd.readouterr()
    for text in (*told, *said, *asked, caplog.text, printed.out, printed.err):
        assert f"canary{number}zq" not in text
    assert files_with_canaries(clinic.home, number) == []
    assert len(clinic.books.world.only().invoices) == 1


def files_with_canaries(home: Path, number: int) -> list[str]:
    needle = f"canary{number}zq".encode()
    return [path.name for path in home.rglob("*") if path.is_file() and needle in path.read_bytes()]


PERSONAL = {
    "first_name": "canaryzq-first", "last_name": "canaryzq-depression", "preferred_first_name": "canaryzq-called",
    "address_1": "1 canaryzq-street", "city": "canaryzq-city", "state": "canaryzq-state", "post_code": "canaryzq-3121",
    "invoice_default_to": "canaryzq-payer", "invoice_email": "canaryzq-bills@example.org",
    "old_reference_id": "canaryzq-medicare 2123 45670 1", "title": "canaryzq-title",
    "patient_phone_numbers": [{"number": "0491 570 156 canaryzq-mum", "phone_type": "Mobile"}],
}  # fmt: skip
AWAY = Fault(kind=FaultKind.ANSWER, status=503)
GARBLED = Fault(kind=FaultKind.ANSWER, status=400, body=b'{"Type": "ValidationException", "Message": "canaryzq"}')


@pytest.mark.parametrize("email", ["canaryzq@example.org", "canaryzq born 1 April 1980"])
@pytest.mark.parametrize("fault", [None, AWAY, GARBLED])
@pytest.mark.parametrize("default", ['default = "200"', 'default = ""'])
def test_what_is_typed_where_it_does_not_belong_stays_among_the_clinics_own_screens(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    email: str,
    fault: Fault | None,
    default: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    clinic = Clinic(tmp_path / "home")
    errors = []
    with receiving() as receiver:
        book = RULEBOOK.replace('default = "200"', default)
        alerts = f"[alerts]\nurls = {json.dumps([receiver.address])}\n"
        (clinic.home / "ligament.toml").write_text(book + alerts, encoding="utf-8")
        clinic.edit_patient(ANA, **PERSONAL, email=email)
        clinic.invoice(ANA, invoice_to="canaryzq-sister\nborn 1 April 1980, canaryzq", notes="canaryzq-notes")
        for given in (fault, fault, None, None):
            rules = (Rule(fault=given, path="/(Contacts|Invoices)$"),) if given else ()
            clinic.books.faults = FaultScript(rules=rules)
            try:
                clinic.sync(full=given is None)
            except PortError as error:
                errors.append(f"{error!r} {error} {error.__cause__!r}")
    with clinic.app() as app:
        public = to_json([{**entry, "personal": None} for entry in export(app.journal)])
    printed = capfd.readouterr()
    for text in (public, *errors, to_json(receiver.got), caplog.text, printed.out, printed.err):
        assert "canaryzq" not in text
    # It was there to be told: in the books, under the full dial, and sealed in the journal.
    assert "canaryzq-depression" in str([held.name for held in clinic.contacts()])


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "full"])
def test_with_the_dial_down_the_books_never_hear_of_the_person(clinic: Clinic, mode: str) -> None:
    clinic.rulebook(f'[contacts]\nprivacy = "{mode}"\n')
    clinic.sync()
    clinic.invoice(ANA, invoice_to="Ana Silva\n1 Made-up Street")
    clinic.sync()
    said = " ".join(f"{one.request.path} {one.request.query} {one.request.body!r}" for one in clinic.books.log)
    secret = ["ana@example.org", "0491", "Made-up", "Richmond"] + ([] if mode == "name" else ["Silva", "Ana"])
    assert [word for word in secret if word in said] == []


def test_the_public_part_of_the_journal_names_nobody(clinic: Clinic) -> None:
    clinic.sync()
    clinic.invoice(ANA, invoice_to="Ana Silva\n1 Made-up Street")
    clinic.edit_contact(clinic.contact(f"CLK-{ANA}").contact_id, EmailAddress="silva.new@example.org")
    clinic.sync()
    with clinic.app() as app:
        entries = list(export(app.journal))
    public = json.dumps([{**entry, "personal": None} for entry in entries], default=str)
    assert [
        word
        for word in ("Silva", "silva", "Ana ", "example.org", "Made-up", "0491 570", "0491570", "91570156")
        if word in public
    ] == []
