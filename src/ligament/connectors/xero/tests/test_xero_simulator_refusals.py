"""What the simulated Xero refuses, and what it does when the switch says that the live one takes it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import pytest

from ligament.connectors.xero.simulator import Switches, control
from ligament.connectors.xero.simulator.errors import ARCHIVED_CONTACT
from ligament.connectors.xero.tests.simulated_books import SimulatedBooks, invoice_element, line, note_element

if TYPE_CHECKING:
    from collections.abc import Callable

    from ligament.connectors.xero.tests.simulated_books import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One request, and the switch under which it is refused with this text, or served."""

    switch: str
    refused: object = True
    served: object = False
    says: str
    ask: Callable[[SimulatedBooks], Answer]


def invoiced(**item: object) -> Callable[[SimulatedBooks], Answer]:
    return lambda books: books.put("Invoices", invoice_element(books.some_contact(), LineItems=[line(), line(**item)]))


def invoice_with(**fields: object) -> Callable[[SimulatedBooks], Answer]:
    return lambda books: books.put("Invoices", invoice_element(books.some_contact(), **fields))


def contact_with(**fields: object) -> Callable[[SimulatedBooks], Answer]:
    return lambda books: books.put("Contacts", {"Name": "Bo Reyes", **fields})


def noted(**fields: object) -> Callable[[SimulatedBooks], Answer]:
    return lambda books: books.put("CreditNotes", note_element(books.some_contact(), **fields))


def paid(account: str, **fields: object) -> Callable[[SimulatedBooks], Answer]:
    return lambda books: books.pay(books.invoice()["InvoiceID"], "10.00", Account={"Code": account}, **fields)


def archived_contact(books: SimulatedBooks) -> Answer:
    contact = books.contact("Bo Reyes")
    books.post(f"Contacts/{contact}", {"ContactStatus": "ARCHIVED"})
    return books.put("Invoices", invoice_element(contact))


def archived_contact_edited(books: SimulatedBooks) -> Answer:
    contact = books.contact("Bo Reyes")
    books.post(f"Contacts/{contact}", {"ContactStatus": "ARCHIVED"})
    answer = books.post("Contacts", {"ContactID": contact, "FirstName": "Bo"})
    assert books.world.only().contacts[contact].status == "ARCHIVED"
    return answer


def archived_into_group(books: SimulatedBooks) -> Answer:
    contact = books.contact("Bo Reyes")
    books.post(f"Contacts/{contact}", {"ContactStatus": "ARCHIVED"})
    (group,) = books.put("ContactGroups", {"Name": "Veterans"}).rows("ContactGroups")
    return books.put(f"ContactGroups/{group['ContactGroupID']}/Contacts", {"ContactID": contact})


def archived_account(books: SimulatedBooks) -> Answer:
    books.change(lambda world: control.archive_account(world, "200", at=books.at))
    return invoice_with()(books)


def archived_payment_account(books: SimulatedBooks) -> Answer:
    invoice = books.invoice()
    books.change(lambda world: control.archive_account(world, "091", at=books.at))
    return books.pay(invoice["InvoiceID"], "10.00", Account={"Code": "091"})


def archived_option(books: SimulatedBooks) -> Answer:
    (category,) = [it for it in books.world.only().tracking.values() if it.name == "Location"]
    option = category.options[0].name
    books.change(lambda world: control.archive_option(world, "Location", option, at=books.at))
    return invoiced(Tracking=[{"Name": "Location", "Option": option}])(books)


def same_account_number(books: SimulatedBooks) -> Answer:
    books.contact("Ada Quill", AccountNumber="7")
    return contact_with(AccountNumber="7")(books)


def too_many(books: SimulatedBooks) -> Answer:
    return books.put("Contacts", *({"Name": f"Person {number}"} for number in range(501)))


UNKNOWN = "The description of this request has no "
TOO_LONG = "exceeds the maximum length of "
LONG: dict[str, Any] = {"switch": "long_texts", "refused": "refused", "served": "cut"}
CASES = [
    Case(
        switch="refuses_quantity_below_zero",
        says="The quantity value -1 is invalid",
        ask=invoiced(Quantity=-1, UnitAmount="10.00"),
    ),
    Case(
        switch="refuses_price_without_quantity",
        says="The quantity value 0 is invalid",
        ask=invoiced(Quantity=0, UnitAmount="95.00"),
    ),
    Case(
        switch="refuses_price_without_quantity",
        says="The quantity value 0 is invalid",
        ask=noted(LineItems=[line(), line(Quantity="0.00", UnitAmount="95.00", LineAmount="0.00")]),
    ),
    Case(switch="refuses_wrong_accounts", says="'610' is not a valid code", ask=invoiced(AccountCode="610")),
    Case(switch="refuses_wrong_accounts", says="'090' is not a valid code", ask=invoiced(AccountCode="090")),
    Case(switch="refuses_wrong_accounts", says="Account type is invalid for a payment", ask=paid("200")),
    Case(
        switch="refuses_wrong_tax_types",
        says="The TaxType code 'INPUT' cannot be used with account code '200'.",
        ask=invoiced(TaxType="INPUT"),
    ),
    Case(switch="refuses_archived_accounts", says="has been archived, or deleted.", ask=archived_account),
    Case(switch="refuses_archived_accounts", says="has been archived, or deleted.", ask=archived_payment_account),
    Case(switch="refuses_archived_options", says="is not valid.", ask=archived_option),
    Case(switch="refuses_archived_contacts", says=ARCHIVED_CONTACT, ask=archived_contact),
    Case(switch="refuses_archived_contacts", says=ARCHIVED_CONTACT, ask=archived_contact_edited),
    Case(switch="refuses_archived_contacts", says=ARCHIVED_CONTACT, ask=archived_into_group),
    Case(
        switch="refuses_odd_emails",
        says="Email address must be valid.",
        ask=contact_with(EmailAddress="jürgen@clinic.test"),
    ),
    Case(
        switch="refuses_odd_emails",
        says="Email address must be valid.",
        ask=contact_with(ContactPersons=[{"FirstName": "Bo", "EmailAddress": "none"}]),
    ),
    Case(
        switch="refuses_odd_countries",
        says="Country may have letters only.",
        ask=contact_with(Addresses=[{"AddressType": "STREET", "Country": "Area 51"}]),
    ),
    Case(switch="refuses_odd_numbers", says="printable ASCII", ask=invoice_with(InvoiceNumber="CLK-№7")),
    Case(switch="refuses_odd_numbers", says="printable ASCII", ask=noted(CreditNoteNumber="CLK-é7")),
    Case(**LONG, says=f"{TOO_LONG}4000.", ask=invoiced(Description="x" * 4001)),
    Case(**LONG, says=f"{TOO_LONG}255.", ask=invoice_with(Reference="x" * 256)),
    Case(**LONG, says=f"{TOO_LONG}255.", ask=noted(CreditNoteNumber="7" * 256)),
    Case(**LONG, says=f"{TOO_LONG}255.", ask=paid("090", Reference="x" * 256)),
    Case(**LONG, says=f"{TOO_LONG}255.", ask=contact_with(FirstName="x" * 256)),
    Case(**LONG, says=f"{TOO_LONG}50.", ask=contact_with(TaxNumber="1" * 51)),
    Case(**LONG, says=f"{TOO_LONG}50.", ask=contact_with(CompanyNumber="1" * 51)),
    Case(
        **LONG,
        says=f"{TOO_LONG}50.",
        ask=contact_with(Phones=[{"PhoneType": "MOBILE", "PhoneNumber": "0" * 51}]),
    ),
    Case(
        **LONG,
        says=f"{TOO_LONG}500.",
        ask=contact_with(Addresses=[{"AddressType": "STREET", "AddressLine1": "x" * 501}]),
    ),
    Case(**LONG, says=f"{TOO_LONG}255.", ask=contact_with(ContactPersons=[{"FirstName": "x" * 256}])),
    Case(switch="account_number_unique", says="The Account Number already exists.", ask=same_account_number),
    Case(switch="largest_batch", refused=500, served=1000, says="At most 500 elements", ask=too_many),
    Case(
        switch="swallows_unknown_fields",
        refused=False,
        served=True,
        says=f"{UNKNOWN}CreditNote.Url.",
        ask=noted(Url="https://clinic.test/7"),
    ),
    Case(
        switch="swallows_unknown_fields",
        refused=False,
        served=True,
        says=f"{UNKNOWN}LineItem.Note.",
        ask=invoiced(Note="left knee"),
    ),
    Case(
        switch="swallows_unknown_fields",
        refused=False,
        served=True,
        says=f"{UNKNOWN}query summarizeError.",
        ask=lambda books: books.put("Contacts", {"Name": "Bo"}, summarizeError="false"),
    ),
    Case(
        switch="swallows_unknown_fields",
        refused=False,
        served=True,
        says=f"{UNKNOWN}query modifiedSince.",
        ask=lambda books: books.get("Invoices", {"modifiedSince": "2026-03-01"}),
    ),
    Case(
        switch="swallows_unknown_fields",
        refused=False,
        served=True,
        says=f"{UNKNOWN}Extra.",
        ask=lambda books: books.call("PUT", "Contacts", {"Contacts": [{"Name": "Bo"}], "Extra": 1}),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.switch}: {case.says[:40]}")
def test_what_is_refused_is_served_when_the_switch_says_so(case: Case) -> None:
    refusing = case.ask(SimulatedBooks(switches=Switches(**{case.switch: case.refused})))  # type: ignore[arg-type]
    assert refusing.status == 400
    assert case.says in "\n".join([*refusing.messages(), refusing.json.get("Message", "")])
    serving = case.ask(SimulatedBooks(switches=Switches(**{case.switch: case.served})))  # type: ignore[arg-type]
    assert serving.status == 200, serving.messages()


def test_refusing_is_what_is_taken_for_true() -> None:
    defaults = Switches()
    assert {(case.switch, getattr(defaults, case.switch)) for case in CASES} == {
        (case.switch, case.refused) for case in CASES
    }


def test_every_refusal_that_can_be_switched_is_tried_both_ways() -> None:
    named = {it.name for it in fields(Switches) if it.name.startswith("refuses_")}
    assert named <= {case.switch for case in CASES}


def test_a_text_that_is_cut_keeps_its_beginning() -> None:
    books = SimulatedBooks(switches=Switches(long_texts="cut"))
    invoice = books.invoice(Reference="y" + "x" * 300)
    assert invoice["Reference"] == "y" + "x" * 254


def test_a_field_that_is_swallowed_leaves_no_trace() -> None:
    books = SimulatedBooks(switches=Switches(swallows_unknown_fields=True))
    (note,) = noted(Url="https://clinic.test/7")(books).rows("CreditNotes")
    assert "clinic.test" not in str(note)
