"""Contacts: matching, uniqueness, archived refusal, slots, validation and merging."""

from __future__ import annotations

import pytest

from ligament.connectors.xero.simulator import Switches, control
from ligament.connectors.xero.simulator.errors import ARCHIVED_CONTACT, CONTACT_NUMBER_TAKEN, NO_CONTACT_KEY
from ligament.connectors.xero.tests.simulated_books import ZERO_GUID, SimulatedBooks, invoice_element


def name_clash(name: str) -> str:
    return (
        f"The contact name {name} is already assigned to another contact. "
        "The contact name must be unique across all active contacts."
    )


def test_names_are_unique_among_active_contacts_whatever_the_case() -> None:
    books = SimulatedBooks()
    books.contact("Bo Reyes")
    answer = books.put("Contacts", {"Name": "BO REYES"})
    assert (answer.status, answer.json["ErrorNumber"], answer.messages()) == (400, 10, [name_clash("BO REYES")])


def test_numbers_are_unique_and_put_never_updates() -> None:
    books = SimulatedBooks()
    contact = books.contact("Bo Reyes", ContactNumber="P7")
    assert books.put("Contacts", {"Name": "Other", "ContactNumber": "p7"}).messages() == [CONTACT_NUMBER_TAKEN]
    assert books.put("Contacts", {"ContactID": contact, "Name": "Bo Again"}).status == 400
    assert books.world.only().contacts[contact].name == "Bo Reyes"


def test_post_matches_by_id_then_number_then_name() -> None:
    books = SimulatedBooks()
    by_id, by_number, by_name = books.contact("A"), books.contact("B", ContactNumber="N2"), books.contact("C")
    sent = [
        ({"ContactID": by_id, "ContactNumber": "N9", "Name": "A"}, by_id),
        ({"ContactNumber": "N2", "Name": "B two"}, by_number),
        ({"Name": "c", "EmailAddress": "c@clinic.test"}, by_name),
    ]
    for element, expected in sent:
        assert books.post("Contacts", element).rows("Contacts")[0]["ContactID"] == expected
    assert books.post("Contacts", {"Name": "D"}).rows("Contacts")[0]["ContactID"] not in {by_id, by_number, by_name}


def test_a_contact_without_any_key_is_refused() -> None:
    assert SimulatedBooks().post("Contacts", {"EmailAddress": "a@b.test"}).messages() == [NO_CONTACT_KEY]


def test_an_archived_contact_frees_its_name_and_cannot_be_edited() -> None:
    books = SimulatedBooks()
    contact = books.contact("Bo Reyes", ContactNumber="P7")
    assert books.post(f"Contacts/{contact}", {"ContactStatus": "ARCHIVED"}).status == 200
    for element in ({"ContactID": contact, "ContactStatus": "ACTIVE"}, {"ContactNumber": "P7", "Name": "X"}):
        assert books.post("Contacts", element).messages() == [ARCHIVED_CONTACT]
    for nested in ({"ContactID": contact}, {"ContactNumber": "P7"}):
        assert books.put("Invoices", invoice_element("", Contact=nested)).messages() == [ARCHIVED_CONTACT]
    assert books.contact("Bo Reyes") != contact


def test_an_archived_name_can_hold_when_switched() -> None:
    books = SimulatedBooks(switches=Switches(archived_name_holds=True))
    contact = books.contact("Bo Reyes")
    books.change(lambda world: control.archive_contact(world, contact, at=books.at))
    assert books.put("Contacts", {"Name": "Bo Reyes"}).messages() == [ARCHIVED_CONTACT]
    assert books.post("Contacts", {"Name": "Bo Reyes"}).messages() == [ARCHIVED_CONTACT]


@pytest.mark.parametrize(
    ("rule", "messages"), [("clash", [CONTACT_NUMBER_TAKEN]), ("archived", [ARCHIVED_CONTACT]), ("free", [])]
)
def test_an_archived_number_holds_against_put_unless_switched(rule: str, messages: list[str]) -> None:
    books = SimulatedBooks(switches=Switches(archived_number_on_put=rule))
    contact = books.contact("Bo Reyes", ContactNumber="P7")
    books.change(lambda world: control.archive_contact(world, contact, at=books.at))
    answer = books.put("Contacts", {"Name": "Bo Two", "ContactNumber": "P7"})
    assert (answer.status, answer.messages() if messages else []) == (400 if messages else 200, messages)


def test_unarchiving_works_only_when_switched() -> None:
    books = SimulatedBooks(switches=Switches(unarchive_by_api=True))
    contact = books.contact("Bo Reyes")
    books.post(f"Contacts/{contact}", {"ContactStatus": "ARCHIVED"})
    assert books.post(f"Contacts/{contact}", {"ContactStatus": "ACTIVE"}).status == 200


@pytest.mark.parametrize("email", ["bo", "bo@clinic", "bö@clinic.test", "bo @clinic.test"])
def test_a_bad_email_address_is_refused(email: str) -> None:
    answer = SimulatedBooks().put("Contacts", {"Name": "Bo", "EmailAddress": email})
    assert answer.messages() == ["Email address must be valid."]
    assert answer.json["Elements"][0]["ContactID"] == ZERO_GUID


@pytest.mark.parametrize("name", ["Bo <b>", "Bo  Reyes", " Bo", "Bo ", "x" * 256])
def test_a_bad_name_is_refused(name: str) -> None:
    assert SimulatedBooks().put("Contacts", {"Name": name}).status == 400


def test_updates_are_partial_persons_are_replaced_and_slots_are_merged() -> None:
    books = SimulatedBooks()
    contact = books.contact(
        "Bo Reyes",
        FirstName="Bo",
        ContactPersons=[{"FirstName": "One"}],
        Addresses=[{"AddressType": "POBOX", "City": "Hobart"}],
    )
    change = {
        "ContactPersons": [{"FirstName": "Two"}],
        "Addresses": [{"AddressType": "POBOX", "PostalCode": "7000"}],
        "Phones": [{"PhoneType": "MOBILE", "PhoneNumber": "0400000000"}],
    }
    shown = books.post(f"Contacts/{contact}", change).rows("Contacts")[0]
    assert (shown["Name"], shown["FirstName"]) == ("Bo Reyes", "Bo")
    assert [it["FirstName"] for it in shown["ContactPersons"]] == ["Two"]
    assert (shown["Addresses"][1]["City"], shown["Addresses"][1]["PostalCode"]) == ("Hobart", "7000")
    assert shown["Phones"][3]["PhoneNumber"] == "0400000000"
    assert shown["Phones"][0]["PhoneNumber"] == ""


def test_at_most_five_persons() -> None:
    books = SimulatedBooks()
    assert books.put("Contacts", {"Name": "A", "ContactPersons": [{"FirstName": "x"}] * 6}).status == 400
    assert books.put("Contacts", {"Name": "A", "ContactPersons": [{"FirstName": "x"}] * 5}).status == 200


def test_written_and_read_contacts_have_the_recorded_shapes() -> None:
    books = SimulatedBooks()
    written = books.put("Contacts", {"Name": "A", "ContactNumber": "N1"}).rows("Contacts")[0]
    assert [it["AddressType"] for it in written["Addresses"]] == ["STREET", "POBOX"]
    assert [it["PhoneType"] for it in written["Phones"]] == ["DEFAULT", "DDI", "FAX", "MOBILE"]
    assert written["Addresses"][0] == {
        "AddressType": "STREET", "City": "", "Region": "", "PostalCode": "", "Country": "", "AttentionTo": "",
    }  # fmt: skip
    read = books.get("Contacts/N1").rows("Contacts")[0]
    assert [it["PhoneType"] for it in read["Phones"]] == ["DDI", "DEFAULT", "FAX", "MOBILE"]
    assert read["Attachments"] == []


def test_a_contact_entered_by_a_person_comes_with_bare_slots() -> None:
    books = SimulatedBooks()
    books.world, contact = control.create_contact(books.world, {"Name": "By hand"}, at=books.at)
    assert books.get(f"Contacts/{contact}").rows("Contacts")[0]["Addresses"][0] == {"AddressType": "STREET"}


def test_fields_nested_in_an_invoice_update_the_contact() -> None:
    books = SimulatedBooks()
    contact = books.contact("Bo", ContactPersons=[{"FirstName": "One"}], EmailAddress="bo@clinic.test")
    books.put("Invoices", invoice_element("", Contact={"ContactID": contact, "HasAttachments": False}))
    assert books.world.only().contacts[contact].persons
    books.put("Invoices", invoice_element("", Contact={"ContactID": contact, "ContactPersons": []}))
    assert not books.world.only().contacts[contact].persons
    books.put("Invoices", invoice_element("", Contact={"Name": "Brand New"}))
    assert "brand new" in books.world.only().contact_by_name


def test_a_refused_invoice_leaves_no_trace_of_its_nested_contact() -> None:
    books = SimulatedBooks()
    answer = books.put(
        "Invoices", invoice_element("", Contact={"Name": "Brand New"}, Status="AUTHORISED", DueDate=None)
    )
    assert answer.status == 400
    assert not books.world.only().contacts
    assert "brand new" not in books.world.only().contact_by_name


def test_a_merged_contact_points_at_the_winner_and_its_documents_move() -> None:
    books = SimulatedBooks()
    loser, winner = books.contact("Bo", ContactNumber="P1"), books.contact("Bo Reyes")
    invoice = books.invoice(loser)
    books.change(lambda world: control.merge_contacts(world, loser_id=loser, winner_id=winner, at=books.at))
    read = books.get("Contacts/P1").rows("Contacts")[0]
    assert (read["ContactStatus"], read["MergedToContactID"]) == ("ARCHIVED", winner)
    assert books.read(invoice["InvoiceID"])["Contact"]["ContactID"] == winner
    assert "ContactNumber" not in books.get(f"Contacts/{winner}").rows("Contacts")[0]


def test_a_contact_under_erasure_takes_no_documents() -> None:
    books = SimulatedBooks()
    contact = books.contact("Bo")
    books.change(lambda world: control.request_erasure(world, contact, at=books.at))
    assert books.put("Invoices", invoice_element(contact)).status == 400


def test_archived_contacts_are_listed_only_on_request() -> None:
    books = SimulatedBooks()
    contact = books.contact("Bo")
    books.change(lambda world: control.archive_contact(world, contact, at=books.at))
    assert books.get("Contacts").rows("Contacts") == []
    assert len(books.get("Contacts", {"includeArchived": "true"}).rows("Contacts")) == 1


def test_contacts_are_found_by_search_term_and_filter_without_regard_to_case_and_accents() -> None:
    books = SimulatedBooks()
    books.contact("Zoë Marsh", EmailAddress="zoe@clinic.test")
    books.contact("Bo")
    assert len(books.get("Contacts", {"searchTerm": "zoe M"}).rows("Contacts")) == 1
    assert len(books.get("Contacts", {"where": 'Name=="ZOE MARSH"'}).rows("Contacts")) == 1


def test_the_unpaged_list_is_thinner_than_pages_and_single_reads() -> None:
    books = SimulatedBooks()
    contact = books.contact("Bo", ContactPersons=[{"FirstName": "One"}], SalesDefaultAccountCode="200")
    books.invoice(contact)
    (thin,) = books.get("Contacts").rows("Contacts")
    (paged,) = books.get("Contacts", {"page": "1"}).rows("Contacts")
    (summary,) = books.get("Contacts", {"summaryOnly": "true"}).rows("Contacts")
    assert (thin["ContactPersons"], "SalesDefaultAccountCode" in thin) == ([], False)
    assert (len(paged["ContactPersons"]), paged["SalesDefaultAccountCode"]) == (1, "200")
    assert str(paged["Balances"]["AccountsReceivable"]["Outstanding"]) == "110.00"
    assert "Addresses" not in summary
    assert paged["IsCustomer"]
