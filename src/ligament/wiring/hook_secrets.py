"""What outgoing webhooks are signed with: chosen at random here, kept in the vault, two at a time for a day."""

from __future__ import annotations

import json
import string
from dataclasses import dataclass
from datetime import datetime, timedelta

from ligament.core.private import NOTHING, Private
from ligament.store.vault.vault import Vault
from ligament.wiring.ambient import random_choice, random_hex

BOTH_SIGN = timedelta(hours=24)
"""How long the former secret signs beside the new one after a rotation."""
_ALPHABET = string.ascii_letters + string.digits
_LETTERS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSecrets:
    """The secrets of one hook, and the value of its fixed header; `former` signs until `until`."""

    secret: Private[str]
    former: Private[str] = NOTHING
    until: datetime | None = None
    header: Private[str] = NOTHING

    def signing(self, now: datetime) -> tuple[Private[str], ...]:
        """Return what signs now, the newest first."""
        if self.until is None or now >= self.until or not self.former.reveal():
            return (self.secret,)
        return (self.secret, self.former)

    def rotated(self, secret: str, now: datetime) -> HookSecrets:
        """Return the same with a new secret, beside which the present one signs for a day."""
        return HookSecrets(secret=Private(secret), former=self.secret, until=now + BOTH_SIGN, header=self.header)


def new_key_text() -> str:
    """Return 32 random letters and digits: a key that can be given as text too."""
    return "".join(random_choice(_ALPHABET) for _ in range(_LETTERS))


def new_hook_id() -> str:
    return f"hook_{random_hex(8)}"


def keep_secrets(vault: Vault, hook: str, held: HookSecrets) -> None:
    told = {
        "secret": held.secret.reveal(),
        "former": held.former.reveal(),
        "until": held.until.isoformat() if held.until else "",
        "header": held.header.reveal(),
    }
    vault.put(_name(hook), json.dumps(told))


def kept_secrets(vault: Vault, hook: str) -> HookSecrets | None:
    """Return the secrets of a hook, or nothing when it is not there any more."""
    text = vault.get(_name(hook))
    if text is None:
        return None
    held = json.loads(text)
    return HookSecrets(
        secret=Private(held["secret"]),
        former=Private(held["former"]),
        until=datetime.fromisoformat(held["until"]) if held["until"] else None,
        header=Private(held["header"]),
    )


def forget_secrets(vault: Vault, hook: str) -> None:
    vault.delete(_name(hook))


def _name(hook: str) -> str:
    return f"hooks/{hook}"
