"""What the simulator knows about each kind of record: fields, relations, filters, hidden scopes and verbs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Record = Mapping[str, object]


class Type(StrEnum):
    """The value types of fields and filters."""

    ID = "id"
    INTEGER = "integer"
    TEXT = "text"
    BOOLEAN = "boolean"
    DECIMAL = "decimal"
    DATE = "date"
    INSTANT = "instant"
    LIST = "list"
    OBJECT = "object"


class Verb(StrEnum):
    """What the API lets a client do to a kind besides reading it."""

    CREATE = "create"
    UPDATE = "update"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"
    DELETE = "delete"
    CANCEL = "cancel"


ARCHIVED = ("archived_at",)
REMOVED = ("archived_at", "deleted_at")
CANCELLABLE = ("archived_at", "deleted_at", "cancelled_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of record.

    `one` maps a relation to the path it points to (the record keeps it as `<relation>_id`); `many` maps a relation to
    a path template with `{id}`; `aliases` maps a filter to the record's field when the names differ; `hidden_by` are
    the instants that hide a record from the default scope; `writable` are the fields a client may send.
    """

    name: str
    singular: str
    fields: Mapping[str, Type]
    one: Mapping[str, str] = field(default_factory=dict)
    many: Mapping[str, str] = field(default_factory=dict)
    filters: Mapping[str, Type] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, object] = field(default_factory=dict)
    hidden_by: tuple[str, ...] = ()
    verbs: frozenset[Verb] = frozenset()
    writable: Mapping[str, Type] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    longest: Mapping[str, int] = field(default_factory=dict)
    choices: Mapping[str, tuple[object, ...]] = field(default_factory=dict)


def typed(**names: str) -> dict[str, Type]:
    """Return a field table from space-separated names per type, such as `text="name notes"`."""
    return {name: Type(kind) for kind, listed in names.items() for name in listed.split()}


STAMPS = {"created_at": Type.INSTANT, "updated_at": Type.INSTANT}
REMOVAL = {"archived_at": Type.INSTANT, "deleted_at": Type.INSTANT}
BASIC_FILTERS = {"id": Type.ID, **STAMPS}
