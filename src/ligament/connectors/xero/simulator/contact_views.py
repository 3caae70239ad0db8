"""The contacts endpoint: reading, and how contacts look in the various answers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import contacts, history
from ligament.connectors.xero.simulator.envelope import Call, answer, run_batch, run_elements
from ligament.connectors.xero.simulator.errors import NotFound
from ligament.connectors.xero.simulator.query import Listing, is_true, paginate, select, values
from ligament.connectors.xero.simulator.records import Contact
from ligament.connectors.xero.simulator.where import fold
from ligament.connectors.xero.simulator.wire import Json, iso_instant, number2, wire_instant
from ligament.simkit.messages import Response

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.desk import Desk

LISTING: Listing[Contact] = Listing(
    fields={
        "contactid": lambda it: it.contact_id,
        "name": lambda it: it.name,
        "emailaddress": lambda it: it.email,
        "accountnumber": lambda it: it.account_number,
        "contactnumber": lambda it: it.number,
        "contactstatus": lambda it: it.status,
        "firstname": lambda it: it.first_name,
        "lastname": lambda it: it.last_name,
        "iscustomer": lambda it: it.is_customer,
        "issupplier": lambda it: it.is_supplier,
        "updateddateutc": lambda it: it.updated_at,
    },
    key=lambda it: it.contact_id,
    updated_at=lambda it: it.updated_at,
    created_at=lambda it: it.created_at,
)
_PHONE_ORDER_ON_READ = ("DDI", "DEFAULT", "FAX", "MOBILE")


def serve(desk: Desk, call: Call) -> Response:
    """Serve /Contacts and what lies below it."""
    match (call.method, call.segments):
        case ("GET", ()):
            return _list(desk, call)
        case ("GET", (key,)):
            found = _by_key(desk, key)
            return answer(desk, call, "Contacts", [{**full(desk, found), "Attachments": []}])
        case ("PUT", ()):
            return run_batch(desk, call, "Contacts", "ContactID", lambda it: written(contacts.create_only(desk, it)))
        case ("POST", ()):
            return run_batch(desk, call, "Contacts", "ContactID", lambda it: written(contacts.upsert(desk, it)))
        case ("POST", (key,)):
            target = _by_key(desk, key)
            elements = call.elements("Contacts")[:1]
            return run_elements(
                desk, call, "Contacts", "ContactID", elements,
                lambda it: written(contacts.update(desk, target, it)), summarises=True,
            )  # fmt: skip
        case (_, (key, "History")):
            return history.serve(desk, call, _by_key(desk, key).contact_id)
        case _:
            raise NotFound


def written(contact: Contact) -> Json:
    """Return a contact as a write answers it: all slots, in the recorded order."""
    return {
        **_core(contact),
        "ContactPersons": list(contact.persons),
        **_slots(contact, contacts.PHONE_TYPES, bare=False),
        **_stamp(contact),
        **contact.extra,
        "ContactGroups": [],
        "IsSupplier": contact.is_supplier,
        "IsCustomer": contact.is_customer,
        "HasValidationErrors": False,
    }


def full(desk: Desk, contact: Contact) -> Json:
    """Return a contact as single and paged reads show it."""
    shown = {
        **thin(contact),
        "ContactPersons": list(contact.persons),
        "ContactGroups": [
            {"ContactGroupID": it.group_id, "Name": it.name, "Status": it.status}
            for it in desk.groups.rows.values()
            if it.status == "ACTIVE" and contact.contact_id in it.members
        ],
        **contact.extra,
    }
    if contact.merged_to:
        shown["MergedToContactID"] = contact.merged_to
    return shown


def thin(contact: Contact) -> Json:
    """Return a contact as an unpaged list shows it."""
    return {
        **_core(contact),
        **_slots(contact, _PHONE_ORDER_ON_READ, bare=not contact.touched_by_api),
        **_stamp(contact),
        "ContactGroups": [],
        "IsSupplier": contact.is_supplier,
        "IsCustomer": contact.is_customer,
        "ContactPersons": [],
        "HasAttachments": False,
        "HasValidationErrors": False,
    }


def nested(contact: Contact) -> Json:
    """Return a contact as documents in full lists carry it."""
    return {
        "ContactID": contact.contact_id,
        "Name": contact.name,
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }


def short(contact: Contact) -> Json:
    """Return a contact reduced to id and name."""
    return {"ContactID": contact.contact_id, "Name": contact.name}


def _list(desk: Desk, call: Call) -> Response:
    rows = desk.contacts.rows.values()
    ids, term = values(call, "IDs"), fold(call.request.first("searchTerm"))
    kept = [
        it
        for it in rows
        if (not ids or it.contact_id in ids)
        and (it.status == "ACTIVE" or is_true(call, "includeArchived"))
        and (not term or term in _searched(it))
    ]
    summary = is_true(call, "summaryOnly")
    chosen = select(call, kept, LISTING, lag_s=desk.switches.read_lag_s)
    page = paginate(call, chosen, forced=summary)
    if summary:
        shown = [_summary(it) for it in page.rows]
    elif page.pagination is not None:
        owed = _balances(desk) if page.rows else {}
        shown = [{**full(desk, it), **_balance(owed, it)} for it in page.rows]
    else:
        shown = [thin(it) for it in page.rows]
    return answer(desk, call, "Contacts", shown, page.pagination)


def _by_key(desk: Desk, key: str) -> Contact:
    found = desk.contacts.get(key.lower())
    if found is None and (by_number := desk.contact_by_number.get(key.casefold())) is not None:
        found = desk.contacts[by_number]
    if found is None:
        raise NotFound
    return found


def _searched(contact: Contact) -> str:
    texts = (contact.name, contact.first_name, contact.last_name, contact.number, contact.email)
    return fold("\n".join([*texts, str(contact.extra.get("CompanyNumber", ""))]))


def _summary(contact: Contact) -> Json:
    dropped = {"Addresses", "ContactGroups", "ContactPersons", "IsCustomer", "IsSupplier"}
    return {key: value for key, value in thin(contact).items() if key not in dropped}


def _balances(desk: Desk) -> dict[str, tuple[Decimal, Decimal]]:
    owed: dict[str, tuple[Decimal, Decimal]] = {}
    today = desk.today
    for it in desk.invoices.rows.values():
        if it.type == "ACCREC" and it.status == "AUTHORISED":
            all_due, late = owed.get(it.contact_id, (Decimal(0), Decimal(0)))
            overdue = it.outstanding if it.due_on is not None and it.due_on < today else Decimal(0)
            owed[it.contact_id] = (all_due + it.outstanding, late + overdue)
    return owed


def _balance(owed: dict[str, tuple[Decimal, Decimal]], contact: Contact) -> Json:
    if contact.contact_id not in owed:
        return {}
    all_due, late = owed[contact.contact_id]
    nothing = number2(Decimal(0))
    return {
        "Balances": {
            "AccountsReceivable": {"Outstanding": number2(all_due), "Overdue": number2(late)},
            "AccountsPayable": {"Outstanding": nothing, "Overdue": nothing},
        }
    }


def _core(contact: Contact) -> Json:
    shown: Json = {"ContactID": contact.contact_id}
    if contact.number:
        shown["ContactNumber"] = contact.number
    if contact.account_number:
        shown["AccountNumber"] = contact.account_number
    return {
        **shown,
        "ContactStatus": contact.status,
        "Name": contact.name,
        "FirstName": contact.first_name,
        "LastName": contact.last_name,
        "EmailAddress": contact.email,
        "BankAccountDetails": "",
    }


def _slots(contact: Contact, phone_order: tuple[str, ...], *, bare: bool) -> Json:
    if bare:
        # What a person entered in the user interface comes without the empty texts.
        return {
            "Addresses": [{"AddressType": kind, **contact.addresses.get(kind, {})} for kind in contacts.ADDRESS_TYPES],
            "Phones": [{"PhoneType": kind, **contact.phones.get(kind, {})} for kind in phone_order],
        }
    empty_address = {"City": "", "Region": "", "PostalCode": "", "Country": "", "AttentionTo": ""}
    empty_phone = {"PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
    return {
        "Addresses": [
            {"AddressType": kind, **empty_address, **contact.addresses.get(kind, {})} for kind in contacts.ADDRESS_TYPES
        ],
        "Phones": [{"PhoneType": kind, **empty_phone, **contact.phones.get(kind, {})} for kind in phone_order],
    }


def _stamp(contact: Contact) -> Json:
    return {
        "UpdatedDateUTC": wire_instant(contact.updated_at),
        "UpdatedDateUTCString": iso_instant(contact.updated_at),
    }
