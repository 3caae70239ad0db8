"""The shape of a story; ours may say a few things more than the golden ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import jsonschema_rs

from tests.stories.loading import SCHEMA, Shape, Story, read

MORE_HOLDS = (
    "contact_archived", "payer_unknown", "no_party", "unmapped_contact", "number_taken", "voided_in_xero",
    "unknown_status", "bad_record", "rejected", "waits_for",
)  # fmt: skip


def golden_schema() -> Shape:
    """Return the shape that came with the golden stories."""
    loaded: Shape = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return loaded


def own_schema() -> Shape:
    """Return the same shape with what our own stories add."""
    schema = deepcopy(golden_schema())
    shapes = schema["$defs"]
    shapes["expect"]["properties"]["holds"]["items"]["properties"]["code"]["enum"].extend(MORE_HOLDS)
    shapes["practice"]["properties"]["payers"]["items"]["properties"]["archived_at"] = {"$ref": "#/$defs/instant0"}
    shapes["books"]["properties"]["payments"]["items"]["properties"]["status"] = {"enum": ["DELETED"]}
    shapes["books"]["properties"]["accounts_archived"] = {"type": "array", "items": {"type": "string"}}
    shapes["books"]["properties"]["invoices"]["items"]["properties"]["reference"] = {"type": "string"}
    shapes["invoice"]["properties"]["status"] = {"type": "integer"}
    shapes["practice"]["properties"]["items"] = {"type": "array", "items": {"type": "object", "required": ["id"]}}
    shapes["practice"]["properties"]["appointment_types"] = {
        "type": "array",
        "items": {"type": "object", "required": ["id"]},
    }
    return schema


def complaints(story: Story) -> Iterator[str]:
    """Yield what is wrong with the shape of a story."""
    schema = own_schema() if story.is_own else golden_schema()
    checker = jsonschema_rs.validator_for(schema)
    for problem in checker.iter_errors(_plain(read(story.path))):
        yield f"{story.name}, {'/'.join(str(part) for part in problem.instance_path)}: {problem.message}"


def _plain(value: Any) -> Any:
    loaded: Any = json.loads(json.dumps(value, default=float))
    return loaded
