"""Secrets at rest: encrypted under a key that the database never sees."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from operator import gt, lt
from typing import Any

from sqlalchemy import Connection, Executable, Row, and_, bindparam, delete, select, union_all, update

from ligament.store.database.bulk import all_of_clinic, of_clinic, upsert
from ligament.store.database.connection import Database
from ligament.store.database.errors import WrongKey
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import data_keys, journal_heads, secrets
from ligament.store.shared.leases import Leases
from ligament.store.shared.liveness import has_died, holder_mark
from ligament.store.vault.cipher import KEY_BYTES, Cipher, RandomBytes

LEASE_S = 120
_PAUSE_MS = 50
_TURN_KEY = "vault"
_NAMED = all_of_clinic(secrets).where(secrets.c.name.in_(bindparam("names", expanding=True)))
# Each side of our own key by itself: so an index is asked, and not every person's row, whenever a clinic is opened.
_OTHER_KEY = union_all(
    *(
        of_clinic(column).where(side(column, bindparam("mine")))
        for column in (secrets.c.key_id, data_keys.c.key_id)
        for side in (lt, gt)
    )
).limit(1)
# The key is one for the whole database. A clinic that keeps nothing yet learns it from the others, whose people have
# their keys under that of the vault as soon as their journal has a head.
_OTHER_KEY_ANYWHERE = union_all(
    select(secrets.c.key_id).where(secrets.c.key_id != bindparam("mine")),
    *(
        select(data_keys.c.key_id).join_from(
            journal_heads,
            data_keys,
            and_(data_keys.c.clinic == journal_heads.c.clinic, side(data_keys.c.key_id, bindparam("mine"))),
        )
        for side in (lt, gt)
    ),
).limit(1)


INSTALLATION = "*"
"""Stands in the place of a clinic in vault and journal for what concerns the whole installation."""


class Vault:
    """The secrets and data keys of one clinic, under the key of the home."""

    def __init__(
        self, database: Database, clinic: str, key: bytes, random_bytes: RandomBytes, now: Callable[[], datetime]
    ) -> None:
        """Take the key (32 bytes), a source of randomness and the calendar."""
        self._database = database
        self.clinic = clinic
        self._random_bytes = random_bytes
        self._now = now
        self._cipher = Cipher(key, random_bytes)

    # --- secrets ------------------------------------------------------------------------------------------------------
    def put(self, name: str, value: str) -> None:
        """Keep a secret under a name, in place of the one kept before; raises WrongKey when ours was turned."""
        with self._database.writing(_TURN_KEY) as connection:
            # Whoever has the key of before it was turned would keep what nobody opens again.
            self._refuse_another(connection, _OTHER_KEY_ANYWHERE)
            upsert(connection, secrets, [self._sealed(name, value)])

    def made(self, name: str, fresh: str) -> str:
        """Return the secret under a name; where there is none, `fresh` is kept. Whoever comes second gets the first."""
        held = self.get(name)
        if held is not None:
            return held
        with self._database.writing(_TURN_KEY) as connection:
            self._refuse_another(connection, _OTHER_KEY_ANYWHERE)
            rows = list(connection.execute(_NAMED, {"clinic": self.clinic, "names": [name]}))
            if not rows:
                upsert(connection, secrets, [self._sealed(name, fresh)])
        return self._opened(rows).get(name, fresh)

    def _sealed(self, name: str, value: str) -> dict[str, Any]:
        return {
            "clinic": self.clinic,
            "name": name,
            "key_id": self._cipher.key_id,
            "sealed": self._cipher.close(value.encode(), _secret_place(self.clinic, name)),
            "kept_at": stamp(self._now()),
        }

    def get(self, name: str) -> str | None:
        return self.several([name]).get(name)

    def several(self, names: Collection[str]) -> dict[str, str]:
        """Return those of some secrets that are kept, by name, with one question."""
        with self._database.reading() as connection:
            rows = list(connection.execute(_NAMED, {"clinic": self.clinic, "names": list(names)}))
        return self._opened(rows)

    def _opened(self, rows: Iterable[Row[Any]]) -> dict[str, str]:
        found = {}
        for row in rows:
            self._must_fit(row.key_id)
            found[row.name] = self._cipher.open(row.sealed, _secret_place(self.clinic, row.name)).decode()
        return found

    def delete(self, name: str) -> None:
        """Forget a secret; unknown names are no trouble."""
        with self._database.writing(_TURN_KEY) as connection:
            connection.execute(delete(secrets).where(secrets.c.clinic == self.clinic, secrets.c.name == name))
        self._database.scrub()

    def check(self) -> None:
        """Raise WrongKey when anything kept for the clinic was kept with another key."""
        with self._database.reading() as connection:
            self._refuse_another(connection, _OTHER_KEY, clinic=self.clinic)

    def rotate(self, new_key: bytes) -> None:
        """Encrypt everything of every clinic in the database under a new key, all or nothing."""
        fresh = Cipher(new_key, self._random_bytes)
        with self._database.writing(_TURN_KEY) as connection:
            for row in connection.execute(select(secrets)).all():
                self._must_fit(row.key_id)
                place = _secret_place(row.clinic, row.name)
                sealed = fresh.close(self._cipher.open(row.sealed, place), place)
                where = (secrets.c.clinic == row.clinic, secrets.c.name == row.name)
                connection.execute(update(secrets).where(*where).values(sealed=sealed, key_id=fresh.key_id))
            for row in connection.execute(select(data_keys)).all():
                self._must_fit(row.key_id)
                place = _data_place(row.clinic, row.owner)
                wrapped = fresh.close(self._cipher.open(row.wrapped, place), place)
                where = (data_keys.c.clinic == row.clinic, data_keys.c.owner == row.owner)
                connection.execute(update(data_keys).where(*where).values(wrapped=wrapped, key_id=fresh.key_id))
        self._cipher = fresh
        self._database.scrub()

    @contextmanager
    def exclusively(self, name: str, pause_ms: Callable[[int], None]) -> Iterator[None]:
        """Hold a name alone among all threads and processes, for two minutes at most; waits with `pause_ms`."""
        holder = f"{holder_mark()}/{threading.get_ident():x}-{self._random_bytes(8).hex()}"
        leases = Leases(self._database, self.clinic, self._now)
        lease = leases.take(f"vault|{name}", holder, LEASE_S, _is_gone)
        while lease is None:
            pause_ms(_PAUSE_MS)
            lease = leases.take(f"vault|{name}", holder, LEASE_S, _is_gone)
        try:
            yield
        finally:
            leases.release(lease)

    # --- data keys, one for each person -------------------------------------------------------------------------------
    def new_data_key(self) -> bytes:
        """Return a fresh key for one person's entries."""
        return self._random_bytes(KEY_BYTES)

    def cipher_for(self, data_key: bytes) -> Cipher:
        return Cipher(data_key, self._random_bytes)

    def wrap(self, owner: str, data_key: bytes) -> tuple[str, bytes]:
        """Return the id of the vault key and the data key encrypted under it."""
        return self._cipher.key_id, self._cipher.close(data_key, _data_place(self.clinic, owner))

    def unwrap(self, owner: str, key_id: str, wrapped: bytes) -> bytes:
        """Return a data key in clear."""
        self._must_fit(key_id)
        return self._cipher.open(wrapped, _data_place(self.clinic, owner))

    def same_turn(self, connection: Connection) -> None:
        """Wait until nobody turns the key, so that nothing new is wrapped under the old one."""
        self._database.hold_lock(connection, _TURN_KEY)

    def _refuse_another(self, connection: Connection, question: Executable, **about: str) -> None:
        other = connection.execute(question, {**about, "mine": self._cipher.key_id}).scalar()
        if other is not None:
            self._must_fit(other)

    def _must_fit(self, key_id: str) -> None:
        if key_id != self._cipher.key_id:
            raise WrongKey(
                "The vault key is not the one this was kept with. Give the former key back, "
                "or rotate from the former key to this one.",
                f"kept with key {key_id}, given key {self._cipher.key_id}",
            )


def _is_gone(holder: str) -> bool:
    return has_died(holder.partition("/")[0])


def _secret_place(clinic: str, name: str) -> str:
    return f"secret|{clinic}|{name}"


def _data_place(clinic: str, owner: str) -> str:
    return f"data key|{clinic}|{owner}"
