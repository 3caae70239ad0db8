"""Organisation, chart, tax rates, tracking, and what people do in the user interface."""

from __future__ import annotations

from datetime import date

import pytest

from ligament.connectors.xero.simulator import (
    Books,
    Refused,
    australian_books,
    british_books,
    control,
    new_zealand_books,
)
from ligament.connectors.xero.tests.simulated_books import ZERO_GUID, SimulatedBooks, invoice_element, line


def test_the_organisation_tells_its_settings_and_lock_dates() -> None:
    books = SimulatedBooks()
    books.change(lambda world: control.set_lock_dates(world, period=date(2026, 2, 28)))
    (shown,) = books.get("Organisation").rows("Organisations")
    assert shown["OrganisationID"] == books.world.tenant_id
    assert (shown["BaseCurrency"], shown["Timezone"], shown["PaysTax"]) == ("AUD", "AUSEASTERNSTANDARDTIME", True)
    assert shown["PeriodLockDate"] == "/Date(1772236800000+0000)/"
    assert "EndOfYearLockDate" not in shown


def test_actions_are_allowed_or_not() -> None:
    actions = {it["Name"]: it["Status"] for it in SimulatedBooks().get("Organisation/Actions").rows("Actions")}
    assert actions["CreateApprovedInvoice"] == "ALLOWED"
    assert actions["UseMulticurrency"] == "NOT-ALLOWED"


def test_the_chart_has_what_a_clinic_needs() -> None:
    rows = {it["Code"]: it for it in SimulatedBooks().get("Accounts").rows("Accounts")}
    assert (rows["090"]["Type"], rows["091"]["EnablePaymentsToAccount"]) == ("BANK", True)
    assert (rows["610"]["SystemAccount"], rows["860"]["SystemAccount"]) == ("DEBTORS", "ROUNDING")
    assert (rows["200"]["Class"], rows["404"]["Class"]) == ("REVENUE", "EXPENSE")
    found = SimulatedBooks().get("Accounts", {"where": 'Type=="BANK"'}).rows("Accounts")
    assert {it["Name"] for it in found} == {"Clearing Account", "Savings"}


@pytest.mark.parametrize(
    ("books", "tax_type", "rate"),
    [(australian_books(), "OUTPUT", "10"), (new_zealand_books(), "OUTPUT2", "15"), (british_books(), "OUTPUT2", "20")],
)
def test_each_country_has_its_rates(books: Books, tax_type: str, rate: str) -> None:
    rows = {it["TaxType"]: it for it in SimulatedBooks(books).get("TaxRates").rows("TaxRates")}
    assert rows[tax_type]["EffectiveRate"] == int(rate)
    assert (rows[tax_type]["CanApplyToRevenue"], rows[tax_type]["CanApplyToExpenses"]) == (True, False)
    made = SimulatedBooks(books).invoice(LineAmountTypes="Exclusive", LineItems=[line(UnitAmount="100")])
    assert made["TotalTax"] == int(rate)


def test_the_dead_rates_of_new_zealand_are_refused() -> None:
    books = SimulatedBooks(new_zealand_books())
    element = invoice_element(books.contact(), LineItems=[line(TaxType="OUTPUT")])
    assert books.put("Invoices", element).status == 400


def test_tracking_options_are_added_once_each() -> None:
    books = SimulatedBooks()
    category = next(it for it in books.get("TrackingCategories").rows("TrackingCategories") if it["Name"] == "Location")
    path = f"TrackingCategories/{category['TrackingCategoryID']}"
    body = {"Options": [{"Name": "Hill St"}]}
    (option,) = books.call("PUT", f"{path}/Options", body).rows("Options")
    assert option["IsActive"]
    assert books.call("PUT", f"{path}/Options", body).status == 400
    assert [it["Name"] for it in books.get(path).rows("TrackingCategories")[0]["Options"]] == ["Quay St", "Hill St"]
    assert books.put("TrackingCategories", {"Name": "Third"}).status == 400


def test_users_themes_currencies_and_groups_are_readable() -> None:
    books = SimulatedBooks()
    contact = books.contact()
    (group,) = books.put("ContactGroups", {"Name": "Payers"}).rows("ContactGroups")
    path = f"ContactGroups/{group['ContactGroupID']}"
    books.call("PUT", f"{path}/Contacts", {"Contacts": [{"ContactID": contact}]})
    assert [it["ContactID"] for it in books.get(path).rows("ContactGroups")[0]["Contacts"]] == [contact]
    assert books.get("Users").rows("Users")[0]["OrganisationRole"] == "ADMIN"
    assert books.get("BrandingThemes").rows("BrandingThemes")[0]["SortOrder"] == 0
    assert books.get("Currencies").rows("Currencies") == [{"Code": "AUD", "Description": "AUD"}]


def group_of(books: SimulatedBooks, name: str = "Veterans") -> str:
    """Make a group and return its path."""
    return f"ContactGroups/{books.put('ContactGroups', {'Name': name}).rows('ContactGroups')[0]['ContactGroupID']}"


def test_a_contact_is_in_a_group_once_and_shows_it() -> None:
    books = SimulatedBooks()
    contact, path = books.contact(), group_of(books)
    body = {"Contacts": [{"ContactID": contact}]}
    assert [books.call("PUT", f"{path}/Contacts", body).status for _ in range(2)] == [200, 200]
    assert len(books.get(path).rows("ContactGroups")[0]["Contacts"]) == 1
    assert [it["Name"] for it in books.get("Contacts?page=1").rows("Contacts")[0]["ContactGroups"]] == ["Veterans"]
    assert books.get("Contacts").rows("Contacts")[0]["ContactGroups"] == []
    assert books.call("DELETE", f"{path}/Contacts/{contact}").status == 204
    assert books.call("DELETE", f"{path}/Contacts/{contact}").status == 404
    assert books.get(path).rows("ContactGroups")[0]["Contacts"] == []


def test_an_archived_or_unknown_contact_spoils_the_whole_call() -> None:
    books = SimulatedBooks()
    good, gone, path = books.contact(), books.contact("Gone"), group_of(books)
    books.change(lambda world: control.archive_contact(world, gone, at=books.at))
    for bad in (gone, ZERO_GUID):
        answer = books.call("PUT", f"{path}/Contacts", {"Contacts": [{"ContactID": good}, {"ContactID": bad}]})
        assert answer.status == 400
    assert books.get(path).rows("ContactGroups")[0]["Contacts"] == []


def test_a_group_name_is_there_once_a_deleted_one_is_gone_and_a_hundred_is_all() -> None:
    books = SimulatedBooks()
    path = group_of(books)
    assert books.put("ContactGroups", {"Name": "veterans"}).status == 400
    renamed = books.call("POST", path, {"ContactGroups": [{"Name": "Others"}]})
    assert renamed.rows("ContactGroups")[0]["Name"] == "Others"
    assert books.call("POST", path, {"ContactGroups": [{"Status": "DELETED"}]}).status == 200
    assert (books.get(path).status, books.get("ContactGroups").rows("ContactGroups")) == (404, [])
    for number in range(100):
        group_of(books, f"Group {number}")
    assert "limit of 100" in books.put("ContactGroups", {"Name": "One more"}).messages()[0]


def test_the_history_of_a_contact_names_who_changed_it() -> None:
    books = SimulatedBooks()
    contact = books.contact()
    books.change(lambda world: control.edit_contact(world, contact, {"Name": "By hand"}, at=books.at, by="Jo Park"))
    told = books.get(f"Contacts/{contact}/History").rows("HistoryRecords")
    assert [(it["Changes"], it["User"]) for it in told] == [("Created", "System Generated"), ("Edited", "Jo Park")]


def test_people_edit_approve_pay_and_void_in_the_user_interface() -> None:
    books = SimulatedBooks()
    at = books.at
    element = invoice_element(books.contact(), Status="DRAFT")
    books.world, invoice_id = control.create_invoice(books.world, element, at=at)
    books.change(lambda world: control.edit_invoice(world, invoice_id, {"Reference": "by hand"}, at=at))
    books.change(lambda world: control.approve_invoice(world, invoice_id, at=at))
    books.world, payment_id = control.pay_invoice(books.world, invoice_id, at=at)
    assert (books.read(invoice_id)["Status"], books.read(invoice_id)["Reference"]) == ("PAID", "by hand")
    with pytest.raises(Refused):
        control.void_invoice(books.world, invoice_id, at=at)
    books.change(lambda world: control.reconcile_payment(world, payment_id, at=at))
    books.change(lambda world: control.delete_payment(world, payment_id, at=at))
    books.change(lambda world: control.void_invoice(world, invoice_id, at=at))
    assert books.read(invoice_id)["Status"] == "VOIDED"


def test_a_person_cannot_change_the_contact_number() -> None:
    books = SimulatedBooks()
    contact = books.contact(ContactNumber="P1")
    with pytest.raises(Refused):
        control.edit_contact(books.world, contact, {"ContactNumber": "P2"}, at=books.at)
    books.change(lambda world: control.edit_contact(world, contact, {"Name": "Renamed"}, at=books.at))
    assert books.get("Contacts/P1").rows("Contacts")[0]["Name"] == "Renamed"


def test_a_person_can_restore_an_archived_contact_unless_the_name_is_taken() -> None:
    books = SimulatedBooks()
    contact = books.contact("Bo")
    books.change(lambda world: control.archive_contact(world, contact, at=books.at))
    archived = books.world
    books.change(lambda world: control.restore_contact(world, contact, at=books.at))
    assert books.get("Contacts").rows("Contacts")[0]["ContactID"] == contact
    books.world = archived
    books.contact("Bo")
    with pytest.raises(Refused):
        control.restore_contact(books.world, contact, at=books.at)


def test_a_renamed_account_keeps_its_id() -> None:
    books = SimulatedBooks()
    made = books.invoice()
    account_id = made["LineItems"][0]["AccountID"]
    books.change(lambda world: control.rename_account(world, "200", new_code="2000", at=books.at))
    assert books.read(made["InvoiceID"])["LineItems"][0]["AccountCode"] == "2000"
    element = invoice_element(books.some_contact(), LineItems=[line(AccountCode=None, AccountID=account_id)])
    assert books.put("Invoices", element).status == 200


def test_a_demo_reset_empties_the_books_ends_the_connection_and_changes_ids() -> None:
    books = SimulatedBooks()
    former = books.contact("Bo")
    books.change(lambda world: control.reset_demo(world, australian_books()))
    assert books.get("Contacts").status == 403
    fresh = SimulatedBooks()
    fresh.world = books.world
    assert not books.world.only().contacts
    books.world, again = control.create_contact(books.world, {"Name": "Bo"}, at=books.at)
    assert again != former
