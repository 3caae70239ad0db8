"""Contact groups: named sets of contacts, made, renamed and deleted, with members put in and taken out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.envelope import Call, answer, invalid
from ligament.connectors.xero.simulator.errors import ARCHIVED_CONTACT, NotFound
from ligament.connectors.xero.simulator.records import ContactGroup
from ligament.connectors.xero.simulator.wire import Json, read_guid, read_text
from ligament.simkit.messages import Response

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.desk import Desk

MAX_GROUPS = 100
LIMIT_REACHED = "You've reached the limit of 100 contact groups."


def serve(desk: Desk, call: Call) -> Response:
    """Serve /ContactGroups and what lies below it."""
    match (call.method, call.segments):
        case ("GET", ()):
            return answer(desk, call, "ContactGroups", [_shown(it) for it in _live(desk)])
        case ("GET", (key,)):
            return answer(desk, call, "ContactGroups", [_with_members(desk, _by_key(desk, key))])
        case ("PUT", ()):
            return _make(desk, call)
        case ("POST", (key,)):
            return _change(desk, call, _by_key(desk, key))
        case ("PUT", (key, "Contacts")):
            return _add(desk, call, _by_key(desk, key))
        case ("DELETE", (key, "Contacts")):
            return _keep_only(desk, _by_key(desk, key), frozenset())
        case ("DELETE", (key, "Contacts", contact_id)):
            return _remove(desk, _by_key(desk, key), contact_id.lower())
        case _:
            raise NotFound


def _live(desk: Desk) -> list[ContactGroup]:
    return [it for it in desk.groups.rows.values() if it.status == "ACTIVE"]


def _by_key(desk: Desk, key: str) -> ContactGroup:
    found = desk.groups.get(key.lower())
    if found is None or found.status != "ACTIVE":
        raise NotFound
    return found


def _make(desk: Desk, call: Call) -> Response:
    made: list[ContactGroup] = []
    for element in call.elements("ContactGroups"):
        name = (read_text(element, "Name") or "").strip()
        there = {it.name.casefold() for it in (*_live(desk), *made)}
        if not name:
            return _refused(name, "The Name of the contact group is required.")
        if desk.switches.group_name_unique and name.casefold() in there:
            return _refused(name, "A contact group with this name already exists.")
        if len(there) >= MAX_GROUPS:
            return _refused(name, LIMIT_REACHED)
        made.append(ContactGroup(group_id=desk.new_id(), name=name))
    for group in made:
        desk.groups.put(group.group_id, group)
    return answer(desk, call, "ContactGroups", [_shown(it) for it in made])


def _refused(name: str, message: str) -> Response:
    return invalid([{"Name": name, "HasValidationErrors": True, "ValidationErrors": [{"Message": message}]}])


def _change(desk: Desk, call: Call, group: ContactGroup) -> Response:
    element = call.elements("ContactGroups")[0]
    name = (read_text(element, "Name") or group.name).strip()
    changed = replace(group, name=name, status=read_text(element, "Status") or group.status)
    desk.groups.put(group.group_id, changed)
    return answer(desk, call, "ContactGroups", [_shown(changed)])


def _add(desk: Desk, call: Call, group: ContactGroup) -> Response:
    """Put contacts into a group; one that is in it already stays in it."""
    added = [read_guid(element, "ContactID") for element in call.elements("Contacts")]
    bad = []
    for key in added:
        contact = desk.contacts.get(key)
        if contact is None:
            bad.append(_bad_member(key, "The contact with the specified ContactID could not be found."))
        elif contact.status != "ACTIVE" and desk.switches.refuses_archived_contacts:
            bad.append(_bad_member(key, ARCHIVED_CONTACT))
    if bad:
        return invalid(bad)
    members = tuple(dict.fromkeys([*group.members, *added]))
    _touch(desk, group, members)
    return answer(desk, call, "Contacts", [_member(key) for key in added])


def _remove(desk: Desk, group: ContactGroup, contact_id: str) -> Response:
    if contact_id not in group.members and desk.switches.leave_twice == "missing":
        raise NotFound
    return _keep_only(desk, group, frozenset(group.members) - {contact_id})


def _keep_only(desk: Desk, group: ContactGroup, kept: frozenset[str]) -> Response:
    _touch(desk, group, tuple(key for key in group.members if key in kept))
    return Response(status=204)


def _touch(desk: Desk, group: ContactGroup, members: tuple[str, ...]) -> None:
    desk.groups.put(group.group_id, replace(group, members=members))
    if desk.switches.membership_moves_contact:
        for key in sorted(set(group.members) ^ set(members)):
            desk.contacts.put(key, replace(desk.contacts[key], updated_at=desk.at))


def _bad_member(key: str, message: str) -> Json:
    return {**_member(key), "HasValidationErrors": True, "ValidationErrors": [{"Message": message}]}


def _member(key: str) -> Json:
    bare: Json = {"Addresses": [], "Phones": [], "ContactGroups": [], "ContactPersons": []}
    return {"ContactID": key, **bare, "HasValidationErrors": False, "ValidationErrors": []}


def _shown(it: ContactGroup) -> Json:
    """Return a group as a list shows it: without its members."""
    head: Json = {"ContactGroupID": it.group_id, "Name": it.name, "Status": it.status}
    return {**head, "Contacts": [], "HasValidationErrors": False}


def _with_members(desk: Desk, it: ContactGroup) -> Json:
    bare: Json = {
        "Addresses": [],
        "Phones": [],
        "ContactGroups": [],
        "ContactPersons": [],
        "HasValidationErrors": False,
    }
    return {
        **_shown(it),
        "Contacts": [{"ContactID": key, "Name": desk.contacts[key].name, **bare} for key in it.members],
    }
