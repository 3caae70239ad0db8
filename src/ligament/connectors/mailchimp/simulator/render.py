"""How the simulated account writes its records, and how `fields` cuts them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ligament.connectors.mailchimp.simulator.world import hash_of

if TYPE_CHECKING:
    from ligament.connectors.mailchimp.simulator.world import Audience, Batch, Member


def instant(at: datetime) -> str:
    """Return an instant as Mailchimp writes it."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def audience_row(audience: Audience) -> dict[str, Any]:
    return {"id": audience.id, "name": audience.name, "stats": {"member_count": len(audience.members)}}


def member_row(audience: Audience, member: Member) -> dict[str, Any]:
    """Return a member with the tags they bear."""
    mark = hash_of(member.email)
    tags = [{"id": audience.tag_ids[name], "name": name} for name, held in audience.tags.items() if mark in held]
    return {
        "id": mark,
        "email_address": member.email,
        "status": member.status,
        "merge_fields": {tag: member.merge_fields.get(tag, "") for tag in audience.merge_fields},
        "last_changed": instant(member.changed_at),
        "tags_count": len(tags),
        "tags": tags,
        "list_id": audience.id,
    }


def segment_row(audience: Audience, name: str) -> dict[str, Any]:
    """Return a tag as the static segment that it is."""
    return {
        "id": audience.tag_ids[name],
        "name": name,
        "member_count": len(audience.tags[name]),
        "type": "static",
        "list_id": audience.id,
    }


def batch_row(batch: Batch, now: datetime) -> dict[str, Any]:
    """Return a batch as it stands at an instant."""
    is_over = now >= batch.ready_at
    failed = sum(status >= 400 for status in batch.results)  # noqa: PLR2004 - as HTTP counts them
    return {
        "id": batch.id,
        "status": "finished" if is_over else "started",
        "total_operations": len(batch.results),
        "finished_operations": len(batch.results) if is_over else 0,
        "errored_operations": failed if is_over else 0,
        "submitted_at": instant(batch.submitted_at),
        "completed_at": instant(batch.ready_at) if is_over else "",
        "response_body_url": "https://results.example/batch.tar.gz" if is_over else "",
    }


def chosen(document: dict[str, Any], fields: str) -> dict[str, Any]:
    """Return only the named parts of a document; dots lead into parts and through lists."""
    if not fields:
        return document
    tree: dict[str, Any] = {}
    for name in fields.split(","):
        branch = tree
        for part in name.split("."):
            branch = branch.setdefault(part, {})
    return _cut(document, tree)  # type: ignore[no-any-return]


def _cut(value: Any, tree: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
    if not tree:
        return value
    if isinstance(value, list):
        return [_cut(one, tree) for one in value]
    if isinstance(value, dict):
        return {name: _cut(value[name], branch) for name, branch in tree.items() if name in value}
    return value
