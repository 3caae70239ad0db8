"""One request, one world, one response and the world after it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ligament.connectors.mailchimp.simulator.render import audience_row, batch_row, chosen, member_row, segment_row
from ligament.connectors.mailchimp.simulator.world import Audience, Batch, Member, World, hash_of
from ligament.simkit.messages import Request, Response, json_response, request_from_target

_ROOT = "/3.0"
_MOST_COUNT, _USUAL_COUNT, _MOST_OPERATIONS, _MOST_TAGGED = 1000, 10, 1000, 500
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TITLES = {
    400: "Invalid Resource",
    401: "API Key Invalid",
    404: "Resource Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
}
Answer = tuple[World, Response]


class Refused(Exception):
    """The account refuses: a status and a title."""

    def __init__(self, status: int, title: str = "", detail: str = "") -> None:
        super().__init__(title)
        self.status = status
        self.title = title or _TITLES.get(status, "Error")
        self.detail = detail or self.title


def handle(world: World, request: Request) -> Answer:
    try:
        _authorised(world, request)
        return _routed(world, request)
    except Refused as refused:
        return world, problem(refused)


def problem(refused: Refused) -> Response:
    """Return a refusal in the form of all refusals."""
    document = {
        "type": "https://mailchimp.com/developer/marketing/docs/errors/",
        "title": refused.title,
        "status": refused.status,
        "detail": refused.detail,
        "instance": "00000000-0000-4000-8000-000000000000",
    }
    answer = json_response(refused.status, document)
    return replace(answer, headers=(("Content-Type", "application/problem+json; charset=utf-8"),))


def _authorised(world: World, request: Request) -> None:
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            given = base64.b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:
            given = ""
    if given != world.key:
        raise Refused(401, detail="Your API key may be invalid, or you've attempted to access the wrong datacenter.")


def _routed(world: World, request: Request) -> Answer:
    path = request.path.removeprefix(_ROOT)
    for method, pattern, answer in _ROUTES:
        found = re.fullmatch(pattern, path)
        if found and request.path.startswith(_ROOT) and method == request.method:
            return answer(world, request, found.groupdict())
    known = any(re.fullmatch(pattern, path) for _, pattern, _ in _ROUTES)
    raise Refused(405 if known else 404)


def _audience(world: World, parts: Mapping[str, str]) -> Audience:
    found = world.audiences.get(parts["list"])
    if found is None:
        raise Refused(404)
    return found


def _paged(request: Request, rows: list[Any]) -> list[Any]:
    count, offset = int(request.first("count") or _USUAL_COUNT), int(request.first("offset") or 0)
    if not 0 <= count <= _MOST_COUNT:
        raise Refused(400, detail="count must be at most 1000")
    return rows[offset : offset + count]


def _told(request: Request, document: dict[str, Any]) -> Response:
    return json_response(200, chosen(document, request.first("fields")))


# --- reading ----------------------------------------------------------------------------------------------------------


def _ping(world: World, request: Request, _: Mapping[str, str]) -> Answer:
    return world, _told(request, {"health_status": "Everything's Chimpy!"})


def _lists(world: World, request: Request, _: Mapping[str, str]) -> Answer:
    rows = [audience_row(one) for one in world.audiences.values()]
    return world, _told(request, {"lists": _paged(request, rows), "total_items": len(rows)})


def _members(world: World, request: Request, parts: Mapping[str, str]) -> Answer:
    audience = _audience(world, parts)
    there = [member for member in audience.members.values() if not member.forgotten]
    if request.first("status"):
        there = [member for member in there if member.status == request.first("status")]
    if request.first("since_last_changed"):
        since = datetime.fromisoformat(request.first("since_last_changed"))
        there = [member for member in there if member.changed_at >= since]
    rows = [member_row(audience, member) for member in sorted(there, key=lambda one: one.changed_at)]
    document = {"members": _paged(request, rows), "list_id": audience.id, "total_items": len(rows)}
    return world, _told(request, document)


def _member(world: World, request: Request, parts: Mapping[str, str]) -> Answer:
    audience = _audience(world, parts)
    member = audience.members.get(parts["hash"])
    if member is None or member.forgotten:
        raise Refused(404)
    return world, _told(request, member_row(audience, member))


def _merge_fields(world: World, request: Request, parts: Mapping[str, str]) -> Answer:
    audience = _audience(world, parts)
    rows = [
        {"merge_id": place, "tag": tag, "name": tag.title(), "type": "text", "list_id": audience.id}
        for place, tag in enumerate(audience.merge_fields, 1)
    ]
    document = {"merge_fields": _paged(request, rows), "list_id": audience.id, "total_items": len(rows)}
    return world, _told(request, document)


def _tag_search(world: World, request: Request, parts: Mapping[str, str]) -> Answer:
    audience = _audience(world, parts)
    begins = request.first("name")
    found = [{"id": audience.tag_ids[name], "name": name} for name in audience.tags if name.startswith(begins)]
    return world, _told(request, {"tags": found, "total_items": len(found)})


# --- writing ----------------------------------------------------------------------------------------------------------


def _document(request: Request) -> dict[str, Any]:
    try:
        found = json.loads(request.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refused(400, detail="The request body did not contain valid JSON.")
    return found


def _put_member(world: World, request: Request, parts: Mapping[str, str]) -> Answer:
    audience, given = _audience(world, parts), _document(request)
    email = str(given.get("email_address", ""))
    if hash_of(email) != parts["hash"] or not _EMAIL.fullmatch(email):
        raise Refused(400, detail=f"{email} looks fake or invalid, please enter a real email address.")
    known = audience.members.get(parts["hash"])
    if known is not None and known.forgotten:
        detail = f"{email} was permanently deleted and cannot be re-imported."
        raise Refused(400, "Forgotten Email Not Subscribed", detail)
    if known is None:
        _must_have(audience, given, request)
        asked = given.get("status") or given.get("status_if_new")
        if not asked:
            raise Refused(400, detail="status_if_new is needed for a new member")
        status = world.switches.new_members_become if asked == "subscribed" else str(asked)
        member = Member(email=email, status=status, changed_at=request.at)
    else:
        member = _restated(world, known, given, request.at)
    fields = {**member.merge_fields, **dict(given.get("merge_fields") or {})}
    member = replace(member, merge_fields={key: fields[key] for key in fields if key in audience.merge_fields})
    audience = audience.with_member(member)
    return world.with_audience(audience), _told(request, member_row(audience, member))


def _must_have(audience: Audience, given: Mapping[str, Any], request: Request) -> None:
    lacking = [tag for tag in audience.required if not (given.get("merge_fields") or {}).get(tag)]
    if lacking and request.first("skip_merge_validation") != "true":
        raise Refused(400, detail="Your merge fields were invalid.")


def _restated(world: World, known: Member, given: Mapping[str, Any], at: datetime) -> Member:
    """Only `status` moves who is there, and not everybody may be moved; `status_if_new` does not."""
    wanted = str(given.get("status") or known.status)
    if known.status == "archived" and not given.get("status") and world.switches.put_revives_archived:
        wanted = str(given.get("status_if_new") or known.status)
    if wanted == "subscribed" and known.status in {"unsubscribed", "cleaned"}:
        detail = f"{known.email} is in a compliance state due to unsubscribe, bounce, or compliance review."
        raise Refused(400, "Member In Compliance State", f"{detail} It cannot be subscribed.")
    return replace(known, status=wanted, changed_at=at)


def _make_segment(world: World, request: Request, parts: Mapping[str, str]) -> Answer:
    audience, given = _audience(world, parts), _document(request)
    name = str(given.get("name", ""))
    if not name or not isinstance(given.get("static_segment"), list):
        raise Refused(400, detail="name and static_segment are needed")
    if any(_same(world, name, other) for other in audience.tags):
        raise Refused(400, detail="A tag with that name exists already.")
    bearers = frozenset(hash_of(email) for email in given["static_segment"]) & set(audience.members)
    audience = audience.with_tag(name, bearers)
    return world.with_audience(audience), json_response(200, segment_row(audience, name))


def _same(world: World, one: str, other: str) -> bool:
    return one.casefold() == other.casefold() if world.switches.tag_names_fold_case else one == other


def _change_segment(world: World, request: Request, parts: Mapping[str, str]) -> Answer:
    audience, given = _audience(world, parts), _document(request)
    name = next((name for name, key in audience.tag_ids.items() if str(key) == parts["segment"]), None)
    if name is None:
        raise Refused(404)
    put, take = given.get("members_to_add") or [], given.get("members_to_remove") or []
    if len(put) > _MOST_TAGGED or len(take) > _MOST_TAGGED:
        raise Refused(400, detail="at most 500 members at once")
    added = [email for email in put if _may_bear(world, audience, email)]
    removed = [email for email in take if hash_of(email) in audience.tags[name]]
    bearers = (audience.tags[name] | {hash_of(email) for email in added}) - {hash_of(email) for email in removed}
    audience = audience.with_tag(name, frozenset(bearers))
    if world.switches.tag_moves_last_changed:
        for email in (*added, *removed):
            member = audience.members[hash_of(email)]
            audience = audience.with_member(replace(member, changed_at=request.at))
    lost = [email for email in put if email not in added]
    document = {
        "members_added": [member_row(audience, audience.members[hash_of(email)]) for email in added],
        "members_removed": [member_row(audience, audience.members[hash_of(email)]) for email in removed],
        "errors": [{"email_addresses": lost, "error": "Email addresses are not on the list"}] if lost else [],
        "total_added": len(added),
        "total_removed": len(removed),
        "error_count": len(lost),
    }
    return world.with_audience(audience), json_response(200, document)


def _may_bear(world: World, audience: Audience, email: str) -> bool:
    member = audience.members.get(hash_of(email))
    if member is None or member.forgotten:
        return False
    return member.status == "subscribed" or world.switches.tags_on_unsubscribed


# --- many at once -----------------------------------------------------------------------------------------------------


def _start_batch(world: World, request: Request, _: Mapping[str, str]) -> Answer:
    operations = _document(request).get("operations")
    if not isinstance(operations, list) or not 0 < len(operations) <= _MOST_OPERATIONS:
        raise Refused(400, detail="between 1 and 1,000 operations are taken")
    results = []
    for one in operations:
        query = "&".join(f"{name}={value}" for name, value in (one.get("params") or {}).items())
        target = f"{_ROOT}/{one['path'].lstrip('/')}" + (f"?{query}" if query else "")
        body = str(one.get("body") or "").encode()
        world, answer = handle(world, request_from_target(one["method"], target, request.headers, body, request.at))
        results.append(answer.status)
    batch = Batch(
        id=f"b{len(world.batches) + 1:09}",
        submitted_at=request.at,
        ready_at=request.at + timedelta(seconds=world.switches.batch_s),
        results=tuple(results),
    )
    world = replace(world, batches={**world.batches, batch.id: batch})
    return world, json_response(200, batch_row(batch, request.at))


def _show_batch(world: World, request: Request, parts: Mapping[str, str]) -> Answer:
    batch = world.batches.get(parts["batch"])
    if batch is None:
        raise Refused(404)
    return world, _told(request, batch_row(batch, request.at))


_LIST = r"/lists/(?P<list>[^/]+)"
_ROUTES: tuple[tuple[str, str, Callable[[World, Request, Mapping[str, str]], Answer]], ...] = (
    ("GET", r"/ping", _ping),
    ("GET", r"/lists", _lists),
    ("GET", _LIST + r"/members", _members),
    ("GET", _LIST + r"/members/(?P<hash>[0-9a-f]{32})", _member),
    ("PUT", _LIST + r"/members/(?P<hash>[0-9a-f]{32})", _put_member),
    ("GET", _LIST + r"/merge-fields", _merge_fields),
    ("GET", _LIST + r"/tag-search", _tag_search),
    ("POST", _LIST + r"/segments", _make_segment),
    ("POST", _LIST + r"/segments/(?P<segment>\d+)", _change_segment),
    ("POST", r"/batches", _start_batch),
    ("GET", r"/batches/(?P<batch>[^/]+)", _show_batch),
)
