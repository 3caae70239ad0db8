"""Contacts: how a sent contact is matched, checked and merged into what Xero has."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.errors import ARCHIVED_CONTACT, CONTACT_NUMBER_TAKEN, NO_CONTACT_KEY, Refused
from ligament.connectors.xero.simulator.history import record
from ligament.connectors.xero.simulator.records import Contact
from ligament.connectors.xero.simulator.refusals import Proof
from ligament.connectors.xero.simulator.wire import Json, read_guid, read_object, read_objects, read_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ligament.connectors.xero.simulator.desk import Desk

ADDRESS_TYPES = ("STREET", "POBOX")
PHONE_TYPES = ("DEFAULT", "DDI", "FAX", "MOBILE")
EXTRA_TEXTS = {
    "CompanyNumber": 50,
    "TaxNumber": 50,
    "BankAccountDetails": 255,
    "AccountsReceivableTaxType": 50,
    "AccountsPayableTaxType": 50,
    "SalesDefaultAccountCode": 10,
    "PurchasesDefaultAccountCode": 10,
    "SalesDefaultLineAmountType": 20,
    "PurchasesDefaultLineAmountType": 20,
    "DefaultCurrency": 3,
    "TaxNumberType": 10,
}
_EXTRA_OTHERS = ("PaymentTerms", "SalesTrackingCategories", "PurchasesTrackingCategories", "BatchPayments")
_ADDRESS_KEYS = (
    "AddressLine1", "AddressLine2", "AddressLine3", "AddressLine4",
    "City", "Region", "PostalCode", "Country", "AttentionTo",
)  # fmt: skip
_PHONE_LENGTHS = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
_TEXT_LENGTHS = {
    "Name": 255,
    "FirstName": 255,
    "LastName": 255,
    "EmailAddress": 255,
    "ContactNumber": 50,
    "AccountNumber": 50,
}
_MAX_PERSONS = 5
_EMAIL = re.compile(r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)+$")
_CONTENT_KEYS = {*_TEXT_LENGTHS, *EXTRA_TEXTS, *_EXTRA_OTHERS, "Addresses", "Phones", "ContactPersons", "ContactStatus"}


def create_only(desk: Desk, element: Json) -> Contact:
    """Serve one element of PUT: refuse when number or name is already in use."""
    contact_id = read_guid(element, "ContactID")
    if contact_id and desk.contacts.get(contact_id) is not None:
        raise Refused("A contact with this ContactID already exists.")
    return _create(desk, element, is_put=True)


def upsert(desk: Desk, element: Json) -> Contact:
    """Serve one element of POST, or a contact nested in a document: match by id, number, then name."""
    found = match(desk, element)
    if found is None:
        if read_guid(element, "ContactID"):
            raise Refused("The contact with the specified ContactID could not be found.")
        return _create(desk, element, is_put=False)
    return update(desk, found, element)


def match(desk: Desk, element: Json) -> Contact | None:
    """Return the contact that the sent id, number or name points at."""
    contact_id = read_guid(element, "ContactID")
    number, name = read_text(element, "ContactNumber") or "", read_text(element, "Name") or ""
    if not (contact_id or number or name):
        raise Refused(NO_CONTACT_KEY)
    if contact_id:
        return desk.contacts.get(contact_id)
    if number and (found := desk.contact_by_number.get(number.casefold())) is not None:
        return desk.contacts[found]
    if name and (found := desk.contact_by_name.get(name.casefold())) is not None:
        return desk.contacts[found]
    if name and desk.switches.archived_name_holds:
        return _archived_namesake(desk, name)
    return None


def for_document(desk: Desk, element: Json) -> Contact:
    """Return the contact of a document; nested fields beyond the identification update it, as Xero does."""
    nested = read_object(element, "Contact")
    found = match(desk, nested)
    content = _CONTENT_KEYS & nested.keys()
    if found is None or (content - {"Name", "ContactNumber"}) or _differs(found, nested):
        return upsert(desk, nested)
    if found.status != "ACTIVE" and desk.switches.refuses_archived_contacts:
        raise Refused(ARCHIVED_CONTACT)
    return found


def update(desk: Desk, contact: Contact, element: Json) -> Contact:
    """Merge the sent fields into a contact: absent stays, persons are replaced, slots are merged by type."""
    revived = read_text(element, "ContactStatus") == "ACTIVE" and desk.switches.unarchive_by_api
    if contact.status != "ACTIVE" and not revived and desk.switches.refuses_archived_contacts:
        raise Refused(ARCHIVED_CONTACT)
    changed = replace(_merged(desk, contact, element), updated_at=desk.at)
    if contact.status != "ACTIVE" and not revived:
        changed = replace(changed, status=contact.status)
    _refuse_clashes(desk, changed)
    record(desk, changed.contact_id, "Edited", "The contact was changed.")
    return save(desk, changed, contact)


def save(desk: Desk, contact: Contact, former: Contact | None = None) -> Contact:
    """Write a contact and keep the name and number indexes in step."""
    if former is not None:
        if desk.contact_by_name.get(former.name.casefold()) == former.contact_id:
            desk.contact_by_name.drop(former.name.casefold())
        if desk.contact_by_number.get(former.number.casefold()) == former.contact_id:
            desk.contact_by_number.drop(former.number.casefold())
    if contact.status == "ACTIVE":
        desk.contact_by_name.put(contact.name.casefold(), contact.contact_id)
    if contact.number:
        desk.contact_by_number.put(contact.number.casefold(), contact.contact_id)
    desk.contacts.put(contact.contact_id, contact)
    return contact


def blank(desk: Desk, name: str) -> Contact:
    """Return a new contact with that name, not yet written."""
    return Contact(
        contact_id=desk.new_id(),
        name=name,
        addresses={},
        phones={},
        extra={},
        touched_by_api=bool(desk.client_id),
        created_at=desk.at,
        updated_at=desk.at,
    )


def _create(desk: Desk, element: Json, *, is_put: bool) -> Contact:
    name = read_text(element, "Name") or ""
    if not name:
        if not read_text(element, "ContactNumber"):
            raise Refused(NO_CONTACT_KEY)
        raise Refused("The Contact Name is required.")
    contact = _merged(desk, blank(desk, name), element)
    _refuse_clashes(desk, contact, is_put=is_put)
    record(desk, contact.contact_id, "Created", "The contact was made.")
    return save(desk, contact)


def _refuse_clashes(desk: Desk, contact: Contact, *, is_put: bool = False) -> None:
    messages = []
    named = desk.contact_by_name.get(contact.name.casefold())
    if contact.status == "ACTIVE" and named not in {None, contact.contact_id}:
        messages.append(
            f"The contact name {contact.name} is already assigned to another contact. "
            "The contact name must be unique across all active contacts."
        )
    elif contact.status == "ACTIVE" and named is None and desk.switches.archived_name_holds:
        namesake = _archived_namesake(desk, contact.name)
        if namesake is not None and namesake.contact_id != contact.contact_id:
            messages.append(ARCHIVED_CONTACT)
    numbered = desk.contact_by_number.get(contact.number.casefold()) if contact.number else None
    if numbered is not None and numbered != contact.contact_id:
        rule = desk.switches.archived_number_on_put
        archived = is_put and desk.contacts[numbered].status != "ACTIVE"
        if not archived or rule == "clash":
            messages.append(CONTACT_NUMBER_TAKEN)
        elif rule == "archived":
            messages.append(ARCHIVED_CONTACT)
    if desk.switches.account_number_unique and _account_number_taken(desk, contact):
        messages.append("The Account Number already exists.")
    if messages:
        raise Refused(*messages)


def _account_number_taken(desk: Desk, contact: Contact) -> bool:
    wanted = contact.account_number.casefold()
    return bool(wanted) and any(
        it.account_number.casefold() == wanted and it.contact_id != contact.contact_id
        for it in desk.contacts.rows.values()
    )


def _archived_namesake(desk: Desk, name: str) -> Contact | None:
    wanted = name.casefold()
    return next((it for it in desk.contacts.rows.values() if it.name.casefold() == wanted), None)


def _differs(contact: Contact, nested: Json) -> bool:
    name, number = read_text(nested, "Name"), read_text(nested, "ContactNumber")
    return (name is not None and name != contact.name) or (number is not None and number != contact.number)


def _merged(desk: Desk, contact: Contact, element: Json) -> Contact:
    proof = Proof(desk.switches)
    texts = {key: proof.text(key, read_text(element, key), longest) for key, longest in _TEXT_LENGTHS.items()}
    _check_signs(texts, proof)
    persons = read_objects(element, "ContactPersons")
    if persons is not None and len(persons) > _MAX_PERSONS:
        proof.messages.append(f"A contact can have at most {_MAX_PERSONS} contact persons.")
    shown_persons = contact.persons if persons is None else tuple(_person(it, proof) for it in persons)
    addresses = _slots(contact.addresses, read_objects(element, "Addresses"), "AddressType", ADDRESS_TYPES, proof)
    phones = _slots(contact.phones, read_objects(element, "Phones"), "PhoneType", PHONE_TYPES, proof)
    extra = _extras(contact.extra, element, proof)
    status = read_text(element, "ContactStatus") or contact.status
    if status not in {"ACTIVE", "ARCHIVED", "GDPRREQUEST"}:
        proof.messages.append("The ContactStatus is not valid.")
    proof.refuse()

    def kept(key: str, former: str) -> str:
        sent = texts[key]
        return former if sent is None else sent

    return replace(
        contact,
        name=kept("Name", contact.name) or contact.name,
        number=kept("ContactNumber", contact.number),
        account_number=kept("AccountNumber", contact.account_number),
        first_name=kept("FirstName", contact.first_name),
        last_name=kept("LastName", contact.last_name),
        email=kept("EmailAddress", contact.email),
        persons=shown_persons,
        addresses=addresses,
        phones=phones,
        extra=extra,
        status=status,
        touched_by_api=contact.touched_by_api or bool(desk.client_id),
    )


def _check_signs(texts: Mapping[str, str | None], proof: Proof) -> None:
    name = texts["Name"]
    if name is not None and (name != " ".join(name.split(" ")).strip() or "  " in name or "<" in name or ">" in name):
        proof.messages.append("The contact name must not contain < or >, nor leading, trailing or repeated spaces.")
    _check_email(texts["EmailAddress"], proof)


def _check_email(email: str | None, proof: Proof) -> None:
    if email and proof.switches.refuses_odd_emails and not _EMAIL.match(email):
        proof.messages.append("Email address must be valid.")


def _extras(former: Mapping[str, object], element: Json, proof: Proof) -> Mapping[str, object]:
    sent: dict[str, object] = {
        key: proof.text(key, read_text(element, key), longest)
        for key, longest in EXTRA_TEXTS.items()
        if element.get(key) is not None
    }
    sent.update({key: element[key] for key in _EXTRA_OTHERS if element.get(key) is not None})
    return {**former, **sent} if sent else former


def _person(sent: Json, proof: Proof) -> Json:
    texts = {key: proof.text(key, read_text(sent, key), 255) or "" for key in ("FirstName", "LastName", "EmailAddress")}
    _check_email(texts["EmailAddress"], proof)
    return {**texts, "IncludeInEmails": sent.get("IncludeInEmails") is True}


def _slots(
    former: Mapping[str, Mapping[str, str]],
    sent: list[Json] | None,
    type_key: str,
    types: tuple[str, ...],
    proof: Proof,
) -> Mapping[str, Mapping[str, str]]:
    if not sent:
        return former
    slots = dict(former)
    lengths = _PHONE_LENGTHS if type_key == "PhoneType" else {key: _address_length(key) for key in _ADDRESS_KEYS}
    for item in sent:
        kind = read_text(item, type_key) or types[0]
        if kind not in types:
            proof.messages.append(f"{type_key} {kind} is not valid.")
            continue
        texts = {
            key: text
            for key, longest in lengths.items()
            if (text := proof.text(key, read_text(item, key), longest)) is not None
        }
        if proof.switches.refuses_odd_countries and any(letter.isdigit() for letter in texts.get("Country", "")):
            proof.messages.append("Country may have letters only.")
        slots[kind] = {**slots.get(kind, {}), **texts}
    return slots


def _address_length(key: str) -> int:
    if key.startswith("AddressLine"):
        return 500
    return 50 if key in {"PostalCode", "Country"} else 255
