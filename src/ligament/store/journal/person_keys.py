"""A key of its own for each person in the journal: destroying it leaves the journal whole and the person unreadable."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete

from ligament.store.database.bulk import all_of_clinic, select_in, upsert
from ligament.store.database.codec import decode, encode
from ligament.store.database.tables import data_keys
from ligament.store.vault.vault import Vault

_MARK_BYTES = 8
NOBODY = "#clinic"
"""Whose key seals what belongs to no one person; never destroyed."""
SIGNING = "#journal"
"""Whose key signs the head of the journal."""


class Seals:
    """The data keys of one clinic."""

    def __init__(self, vault: Vault) -> None:
        self._clinic = vault.clinic
        self._vault = vault

    def keys(self, connection: Connection, owners: Collection[str]) -> dict[str, bytes]:
        """Return the keys of those owners that have one."""
        found = select_in(connection, all_of_clinic(data_keys), data_keys.c.owner, owners, clinic=self._clinic)
        return {row.owner: self._vault.unwrap(row.owner, row.key_id, row.wrapped) for row in found}

    def keys_or_new(self, connection: Connection, owners: Collection[str]) -> dict[str, bytes]:
        """Return the keys of all those owners, making the ones that are missing."""
        self._vault.same_turn(connection)
        keys = self.keys(connection, owners)
        fresh = {owner: self._vault.new_data_key() for owner in sorted(set(owners) - keys.keys())}
        rows = []
        for owner, key in fresh.items():
            key_id, wrapped = self._vault.wrap(owner, key)
            mark = mark_of(key).hex()
            rows.append(
                {"clinic": self._clinic, "owner": owner, "key_id": key_id, "fingerprint": mark, "wrapped": wrapped}
            )
        upsert(connection, data_keys, rows)
        return keys | fresh

    def destroy(self, connection: Connection, owner: str) -> None:
        """Destroy the key of one owner, and with it everything sealed for them."""
        connection.execute(delete(data_keys).where(data_keys.c.clinic == self._clinic, data_keys.c.owner == owner))

    def seal(self, key: bytes, owner: str, personal: object) -> bytes:
        """Encrypt personal detail for one owner; the mark in front tells which of their keys was used."""
        return mark_of(key) + self._vault.cipher_for(key).close(encode(personal), f"journal|{self._clinic}|{owner}")

    def open(self, key: bytes | None, owner: str, sealed: bytes) -> dict[str, object] | None:
        """Return the personal detail, or nothing when the key it was sealed with is destroyed."""
        if key is None or sealed[:_MARK_BYTES] != mark_of(key):
            return None
        plain = self._vault.cipher_for(key).open(sealed[_MARK_BYTES:], f"journal|{self._clinic}|{owner}")
        return decode(dict[str, Any], plain)


def mark_of(key: bytes) -> bytes:
    """Return a short mark that tells data keys apart."""
    return hashlib.blake2b(key, digest_size=_MARK_BYTES, person=b"ligament-dk-mark").digest()
