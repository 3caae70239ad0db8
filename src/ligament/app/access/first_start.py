"""The link of the first start: made while nobody owns the place, gone once somebody does."""

from __future__ import annotations

from ligament.store.database.connection import Database
from ligament.wiring.access import open_access
from ligament.wiring.settings import Settings
from ligament.wiring.setup_key import drop_setup_key, make_setup_key


def start_link(settings: Settings, database: Database, address: str) -> str:
    """Keep where `serve` listens, and return the link of the first start, or nothing when somebody owns the place."""
    access = open_access(lambda: settings, database)
    access.serves_at(address)
    if access.users.has_owner():
        drop_setup_key(settings.home)
        return ""
    return access.link("/setup", make_setup_key(settings.home))
