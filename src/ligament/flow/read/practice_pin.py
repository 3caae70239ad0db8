"""Practice pin: whose practice a clinic reads, kept at the first connection and checked at every reading."""

from __future__ import annotations

import json

from ligament.core.notes import PRACTICE_NOTE
from ligament.core.records import PracticeSettings
from ligament.ports.errors import SignInAgain
from ligament.ports.memory import Memory


def check_practice(settings: PracticeSettings, memory: Memory) -> None:
    """Keep whose practice it is the first time; raises SignInAgain when it is another one.

    The account's id decides; the subdomain only where the settings give no id. A new name or subdomain of the same
    account is kept and journalled.
    """
    found = {"id": settings.account_id, "subdomain": settings.subdomain, "name": settings.name}
    kept = json.loads(memory.note(PRACTICE_NOTE) or "{}")
    if kept and not is_same(kept, found):
        raise SignInAgain(
            f"The key belongs to another practice ({_named(found)}) than this clinic was connected with "
            f"({_named(kept)}). Nothing was read or posted. Put the right key back; to move this clinic to another "
            "practice on purpose, connect it with --another-practice.",
            f"account {found['id'] or '?'}, pinned {kept.get('id') or '?'}",
        )
    if found != kept and (found["id"] or found["subdomain"]):
        memory.keep_note(PRACTICE_NOTE, json.dumps(found, sort_keys=True))


def is_same(kept: dict[str, str], found: dict[str, str]) -> bool:
    """Say whether two identities are of one practice; one that says nothing of itself is not."""
    if kept.get("id") and found.get("id"):
        return kept["id"] == found["id"]
    return bool(found.get("subdomain")) and kept.get("subdomain") == found.get("subdomain")


def _named(identity: dict[str, str]) -> str:
    return identity.get("name") or identity.get("subdomain") or "it does not say which"
