"""The simulated clinic: tables of records that are never changed in place, so that an old world stays valid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from ligament.connectors.cliniko.simulator.kinds import Record
from ligament.connectors.cliniko.simulator.kinds_diary import KINDS
from ligament.connectors.cliniko.simulator.switches import Switches
from ligament.connectors.cliniko.simulator.values import instant, stamp, stored_record

EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)
FIRST_ID: Final = 1_400_000_000_000_000_001
DEFAULT_KEY: Final = "MS0xSIMULATEDKEY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One version of a record.

    `visible_from` delays its appearance (a lagging replica, a late commit); until then readers see `before`. `memo`
    holds the rendered text, which depends on nothing but the row and the key; it only saves time.
    """

    fields: Record
    visible_from: str = ""
    before: Row | None = None
    memo: dict[object, str] = field(default_factory=dict, compare=False, repr=False)

    def seen(self, now: str) -> Row | None:
        """Return the version that readers see at a stamp, or None when there is none yet."""
        row: Row | None = self
        while row is not None and row.visible_from > now:
            row = row.before
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The rows of one kind in order of creation; `cache` holds what is derived from them and only saves time."""

    rows: Mapping[str, Row] = field(default_factory=dict)
    pending_until: str = ""
    cache: dict[object, object] = field(default_factory=dict, compare=False, repr=False)

    def with_rows(self, added: Iterable[tuple[str, Row]]) -> Table:
        rows = dict(self.rows)
        pending = self.pending_until
        for key, row in added:
            rows[key] = row
            pending = max(pending, row.visible_from)
        return Table(rows=rows, pending_until=pending)

    def without(self, key: str) -> Table:
        return Table(
            rows={other: row for other, row in self.rows.items() if other != key}, pending_until=self.pending_until
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """All of a simulated Cliniko account: records, settings, keys, switches and the state of the rate limit.

    `keys` maps an API key without its shard suffix to the id of its user. `requests` keeps the arrival times (epoch
    seconds) of each user's requests in the current window. `silent` makes the next writes leave `updated_at` alone.
    """

    shard: str = "au2"
    switches: Switches = field(default_factory=Switches)
    tables: Mapping[str, Table] = field(default_factory=dict)
    settings: Record = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    requests: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    calculation_method: int = 2
    next_id: int = FIRST_ID
    next_number: int = 1
    next_credit_number: int = 900_001
    silent: bool = False
    started_at: datetime = EPOCH

    @classmethod
    def empty(
        cls,
        *,
        switches: Switches | None = None,
        shard: str = "au2",
        key: str = DEFAULT_KEY,
        role: str = "administrator",
        at: datetime = EPOCH,
    ) -> World:
        """Return a clinic with one user (who owns `key`), standard settings and nothing else."""
        bare = cls(shard=shard, switches=switches or Switches(), settings=standard_settings(), started_at=at)
        user = {"first_name": "Key", "last_name": "Holder", "email": "key.holder@clinic.example", "role": role}
        world, user_id = add(bare, "users", user)
        return replace(world, keys={key: user_id})

    def table(self, kind: str) -> Table:
        """Return the table of a kind, empty when nothing was put there."""
        return self.tables.get(kind) or Table()


def standard_settings() -> Record:
    """Return the settings of an invented Australian clinic without the native Xero integration."""
    return MappingProxyType(
        {
            "account": {
                "id": "9001",
                "name": "Harbour Street Clinic",
                "subdomain": "harbour-street",
                "country": "Australia",
                "country_code": "AU",
                "currency_symbol": "$",
                "time_zone_support": True,
                "has_time_travelers": False,
                "email_from": "desk@clinic.example",
                "first_name": "Account",
                "last_name": "Owner",
            },
            "integrations": {
                "xero": {"enabled": False},
                "mail_chimp": {"enabled": False},
                "medipass": {"enabled": False},
            },
            "online_payments": {"activated": False},
            "patient_custom_fields_definition": {"sections": []},
            "patient_privacy": {
                "anonymise_appointments_on_deletion": False,
                "anonymise_invoices_and_payments_on_deletion": False,
                "browser_title_name_format": "full_name",
                "ical_patient_name_option": "initials",
                "prevent_sending_financial_data_by_email": False,
                "requires_hipaa_compliance": False,
            },
            "reminders": {"default_reminder_type": "SMS & Email"},
            "terminology": {"patient": "patient", "titles": ["Mr", "Ms", "Dr"]},
            "wait_list": {"default_wait_list_expiry_period": 14},
        }
    )


def put(world: World, kind: str, record: Record, *, visible_from: datetime | None = None) -> World:
    """Return the world with a whole record stored, replacing one with the same id; see `put_many`."""
    return put_many(world, kind, (record,), visible_from=visible_from)


def add(world: World, kind: str, record: Record, *, visible_from: datetime | None = None) -> tuple[World, str]:
    """Store a record and return the world together with the record's id, a new one unless given."""
    record_id = str(record.get("id") or world.next_id)
    after = put(world, kind, {**record, "id": record_id}, visible_from=visible_from)
    return after, record_id


def put_many(world: World, kind: str, records: Iterable[Record], *, visible_from: datetime | None = None) -> World:
    """Return the world with records stored under Cliniko's own field names, relations as `<relation>_id`.

    Values may be decimals, instants and dates or their texts. A missing id is the next free one, a missing
    `created_at` the start of the world, a missing `updated_at` equals `created_at`. Records become visible at
    `visible_from`, or `replica_lag_s` after their `updated_at`.
    """
    known, table, next_id = KINDS.get(kind), world.table(kind), world.next_id
    fresh: dict[str, Row] = {}
    for record in records:
        fields = stored_record(known, record)
        if not fields.get("id"):
            fields["id"], next_id = str(next_id), next_id + 1
        fields.setdefault("created_at", stamp(world.started_at))
        fields.setdefault("updated_at", fields["created_at"])
        key = str(fields["id"])
        if key.isdecimal():
            next_id = max(next_id, int(key) + 1)
        fresh[key] = _row(world, fields, fresh.get(key) or table.rows.get(key), visible_from)
    tables = {**world.tables, kind: table.with_rows(fresh.items())}
    return replace(world, tables=tables, next_id=next_id)


def _row(world: World, fields: Record, before: Row | None, visible_from: datetime | None) -> Row:
    lag = world.switches.replica_lag_s
    if visible_from is None and not lag:
        return Row(fields=fields)
    seen_at = visible_from or instant(str(fields["updated_at"])) + timedelta(seconds=lag)
    if before is not None and before.visible_from <= stamp(seen_at - timedelta(seconds=lag)):
        before = replace(before, before=None)  # already seen when this version is written, so older ones are done with
    return Row(fields=fields, visible_from=stamp(seen_at), before=before)


def get(world: World, kind: str, record_id: str) -> Record:
    """Return the newest version of a stored record, hidden or not; raise `KeyError` when there is none."""
    return world.table(kind).rows[record_id].fields


def find(world: World, kind: str, record_id: object) -> Record | None:
    """Return the newest version of a stored record, or None."""
    row = world.table(kind).rows.get(str(record_id))
    return None if row is None else row.fields


def records(world: World, kind: str) -> list[Record]:
    """Return the newest versions of all stored records of a kind in order of creation."""
    return [row.fields for row in world.table(kind).rows.values()]


def amend(world: World, kind: str, record_id: str, changes: Record, *, at: datetime, bump: bool = True) -> World:
    """Return the world with some fields of a record changed; `updated_at` moves to `at` unless `bump` is False."""
    fields = {**get(world, kind, record_id), **changes}
    if bump and not world.silent:
        fields["updated_at"] = stamp(at)
    lag = timedelta(seconds=world.switches.replica_lag_s)
    # A change that leaves updated_at alone still travels to the replica from the moment it was made.
    return put(world, kind, fields, visible_from=at + lag if lag else None)


def remove(world: World, kind: str, record_id: str) -> World:
    """Return the world without a record, as if it had never been."""
    return replace(world, tables={**world.tables, kind: world.table(kind).without(record_id)})


def table_index(table: Table, name: str) -> Mapping[str, list[Row]]:
    """Return the newest rows by the value of a field, in order of creation; built once per version of the table."""
    known = table.cache.get(("index", name))
    if isinstance(known, dict):
        return known
    index: dict[str, list[Row]] = {}
    for row in table.rows.values():
        value = row.fields.get(name)
        if value is not None:
            index.setdefault(str(value), []).append(row)
    table.cache[("index", name)] = index
    return index


def grant_key(world: World, key: str, user_id: str) -> World:
    """Return the world in which a key (given without shard suffix) belongs to a user."""
    return replace(world, keys={**world.keys, key: user_id})


def revoke_key(world: World, key: str) -> World:
    """Return the world in which a key is no longer valid."""
    return replace(world, keys={other: user for other, user in world.keys.items() if other != key})


def with_switches(world: World, switches: Switches) -> World:
    """Return the same clinic under other switches."""
    return replace(world, switches=switches)
