"""Answers of the interface, kept for a day, so that a call that is repeated does nothing twice.

An answer may hold a secret or names, so it is closed under a key made from the token itself, of which nobody keeps more
than the digest: who reads the database reads none of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import delete, insert, select, update

from ligament.store.database.connection import Database
from ligament.store.database.search_keys import stamp
from ligament.store.database.tables import api_answers
from ligament.store.shared.liveness import has_died, holder_mark
from ligament.store.vault.cipher import Cipher, RandomBytes

KEPT = timedelta(hours=24)
_LOCK = "api_answers"


class UnderWay(Exception):
    """The same call is being answered at this moment."""


class AnotherCall(Exception):
    """The key was used for another call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer as it was sent the first time."""

    status: int
    media_type: str
    headers: tuple[tuple[str, str], ...]
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOfCall:
    """One key of one token, and a digest of the call that it stands for; `secret` is the token's text."""

    secret: str
    key: str
    call: str

    @property
    def token(self) -> str:
        """Return what is kept of the token here; it is not what tokens are found by."""
        return hashlib.sha256(f"answers|{self.secret}".encode()).hexdigest()

    def cipher(self, random_bytes: RandomBytes) -> Cipher:
        """Return what closes and opens the answer."""
        return Cipher(hashlib.sha256(f"answer|{self.secret}|{self.key}".encode()).digest(), random_bytes)


class Answers:
    """The answers kept for one installation."""

    def __init__(self, database: Database, now: Callable[[], datetime], random_bytes: RandomBytes) -> None:
        """Take the database, the machine's calendar and a source of randomness."""
        self._database = database
        self._now = now
        self._random_bytes = random_bytes

    def begin(self, call: KeyOfCall) -> KeptAnswer | None:
        """Return the answer given before, or note that the call is being answered now.

        Raises AnotherCall for a key that stands for something else, and UnderWay while it is being answered.
        """
        now, table = self._now(), api_answers.c
        mine = (table.token == call.token, table.key == call.key)
        with self._database.writing(_LOCK) as connection:
            connection.execute(delete(api_answers).where(table.made_at < stamp(now - KEPT)))
            row = connection.execute(select(api_answers).where(*mine)).one_or_none()
            if row is not None and row.call != call.call:
                raise AnotherCall
            if row is not None and row.sealed is not None:
                opened = call.cipher(self._random_bytes).open(row.sealed, call.key)
                return msgspec.convert(msgspec.json.decode(opened), KeptAnswer)
            if row is not None and not has_died(row.holder):
                raise UnderWay
            connection.execute(delete(api_answers).where(*mine))
            begun = {
                "token": call.token, "key": call.key, "call": call.call, "holder": holder_mark(),
                "made_at": stamp(now), "status": 0, "sealed": None,
            }  # fmt: skip
            connection.execute(insert(api_answers), [begun])
        return None

    def keep(self, call: KeyOfCall, answer: KeptAnswer) -> None:
        """Keep the answer for whoever repeats the call."""
        sealed = call.cipher(self._random_bytes).close(msgspec.json.encode(answer), call.key)
        self._end(call, {"status": answer.status, "sealed": sealed})

    def forget(self, call: KeyOfCall) -> None:
        """Let the call be tried again: nothing came of it."""
        self._end(call, None)

    def _end(self, call: KeyOfCall, values: dict[str, object] | None) -> None:
        mine = (api_answers.c.token == call.token, api_answers.c.key == call.key)
        with self._database.writing(_LOCK) as connection:
            if values is None:
                connection.execute(delete(api_answers).where(*mine))
            else:
                connection.execute(update(api_answers).where(*mine).values(**values))
