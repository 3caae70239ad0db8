"""Bringing the tables of a database up to date, all in the one transaction that it is handed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from ligament.store.database.errors import NewerStore

if TYPE_CHECKING:
    from sqlalchemy import Connection

NEWEST = "0015"
"""The newest revision in migrations/versions; a test compares."""

_FOLDER = Path(__file__).parent / "migrations"


def bring_up_to_date(connection: Connection, to: str = NEWEST) -> None:
    """Run the migrations that this database lacks, as far as `to`.

    When one fails, the transaction takes all of them back.
    """
    found = revision_of(connection)
    if found == to:
        return
    # Alembic is only needed now, and costs a start a quarter of a second.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, to)
    except CommandError as error:
        if found or to != NEWEST:
            raise NewerStore(
                "This database was written by a newer version. Install that version, or open a copy made before.",
                f"schema {found or to}, this program knows {NEWEST}",
            ) from error
        raise


def revision_of(connection: Connection) -> str:
    """Return the revision of the tables, or an empty text for a new database."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""
