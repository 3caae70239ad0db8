"""Token vault: sign-ins as they are kept, and their text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from ligament.core.private import NOTHING, Private

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager


EARLY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTokens:
    """What the vault keeps: the access token with its end, the refresh token, and the one before it until it is proven.

    `scope` is the granted one, as the system wrote it; `former_at` is when `former_refresh` was replaced.
    """

    access: Private[str]
    expires_at: datetime
    scope: str = ""
    refresh: Private[str] = NOTHING
    former_refresh: Private[str] = NOTHING
    former_at: datetime | None = None

    def is_good(self, now: datetime) -> bool:
        """Say whether the access token can still be used for a while."""
        return bool(self.access) and now + EARLY < self.expires_at


class TokenVault(Protocol):
    """Where one grant's tokens live, shared by all processes of an installation."""

    def load(self) -> StoredTokens | None: ...

    def save(self, tokens: StoredTokens) -> None:
        """Keep the tokens durably before returning."""
        ...

    def exclusively(self) -> AbstractContextManager[None]:
        """Let one holder in at a time, across threads and processes."""
        ...


class TextVault:
    """A token vault over a place that keeps one secret text: reading it, writing it durably, and its lock."""

    def __init__(
        self,
        read: Callable[[], str | None],
        write: Callable[[str], None],
        lock: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._read = read
        self._write = write
        self._lock = lock

    def load(self) -> StoredTokens | None:
        text = self._read()
        return tokens_from_text(text) if text else None

    def save(self, tokens: StoredTokens) -> None:
        """Keep the tokens durably before returning."""
        self._write(tokens_to_text(tokens))

    def exclusively(self) -> AbstractContextManager[None]:
        """Let one holder in at a time."""
        return self._lock()


def tokens_to_text(tokens: StoredTokens) -> str:
    """Return the tokens in clear as one text, for a vault that encrypts it."""
    former_at = tokens.former_at
    kept = {
        "access": tokens.access.reveal(),
        "expires_at": tokens.expires_at.isoformat(),
        "scope": tokens.scope,
        "refresh": tokens.refresh.reveal(),
        "former_refresh": tokens.former_refresh.reveal(),
        "former_at": former_at.isoformat() if former_at else "",
    }
    return json.dumps(kept)


def tokens_from_text(text: str) -> StoredTokens:
    """Return the tokens of a text that `tokens_to_text` made."""
    kept = json.loads(text)
    return StoredTokens(
        access=Private(kept["access"]),
        expires_at=datetime.fromisoformat(kept["expires_at"]),
        scope=kept["scope"],
        refresh=Private(kept["refresh"]),
        former_refresh=Private(kept["former_refresh"]),
        former_at=datetime.fromisoformat(kept["former_at"]) if kept["former_at"] else None,
    )
