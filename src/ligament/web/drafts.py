"""Drafts: what somebody had typed when the session ended comes back once they have signed in again."""

from __future__ import annotations

import json
import re

from ligament.app.access.proofs import digest
from ligament.app.access.sessions import Recognised
from ligament.web.page import Values
from ligament.wiring.access import Access

COOKIE = "ligament_draft"
_NEVER_KEPT = re.compile(r"password|code|key|secret|token", re.IGNORECASE)
_LONGEST = 200_000


def keep(access: Access, user_id: str, path: str, form: Values) -> str:
    """Keep a form for its page and person, encrypted; returns what the browser shows to have it back, or nothing."""
    pairs = [pair for pair in form.pairs if not _NEVER_KEPT.search(pair[0])]
    text = json.dumps({"user": user_id, "path": path, "pairs": pairs})
    if not user_id or not pairs or len(text) > _LONGEST:
        return ""
    secret = access.secret(24)
    access.vault.put(_name(secret), text)
    return secret


def take(access: Access, secret: str, found: Recognised, path: str) -> Values | None:
    """Give a form back to the person and page that it is of, once; nothing when it is of another."""
    text = access.vault.get(_name(secret)) if secret else None
    if text is None:
        return None
    kept = json.loads(text)
    if kept["user"] != found.user.id:
        access.vault.delete(_name(secret))
        return Values()
    if kept["path"] != path:
        return None
    access.vault.delete(_name(secret))
    return Values([(str(name), str(value)) for name, value in kept["pairs"]])


def _name(secret: str) -> str:
    return f"draft/{digest(secret)[:32]}"
