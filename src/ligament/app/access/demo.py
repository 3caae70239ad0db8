"""The demo's way in: a link of its own, so that nobody has to set up an authenticator for a made-up clinic."""

from __future__ import annotations

import hmac

from ligament.app.access.answers import Visitor
from ligament.app.access.proofs import digest
from ligament.app.access.sessions import DEMO_USER, begin
from ligament.core.access import Role
from ligament.core.periods import iso_instant
from ligament.store.access.sessions import FULL
from ligament.store.access.users import ACTIVE, User
from ligament.wiring.access import Access

_KEPT = "demo/link"


def demo_link(access: Access) -> str:
    """Make the demo's owner, who has no password, and return the link that signs in as them; for the demo only."""
    key = access.secret(32)
    access.vault.put(_KEPT, digest(key))
    if access.users.by_id(DEMO_USER) is None:
        now = iso_instant(access.now())
        demo = User(
            id=DEMO_USER, email="demo@ligament.example", name="Demo", role=Role.OWNER, state=ACTIVE, made_at=now
        )
        access.users.add(demo)
    return access.link("/demo", key)


def enter(access: Access, key: str, visitor: Visitor) -> str | None:
    """Return the secret of a session for whoever has the demo's link; nothing anywhere else."""
    kept = access.vault.get(_KEPT) if key else None
    if kept is None or not hmac.compare_digest(digest(key), kept):
        return None
    return begin(access, DEMO_USER, FULL, visitor)


def is_demo(access: Access) -> bool:
    """Say whether this installation is the demo: only there somebody signs in with its link."""
    return access.users.by_id(DEMO_USER) is not None
