"""Questions that are asked for every call: put into words once, and from then on said to the driver itself.

What SQLAlchemy does around a question costs more than a small question. Only columns of text, numbers and bytes may be
asked for, which the driver gives as they are, and the question must be the same object each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]


def quickly(connection: Connection, question: Select[Any], values: Mapping[str, object]) -> list[Row]:
    dialect = connection.dialect
    words, places, fixed = _in_words(question, dialect)
    driver = connection.connection.dbapi_connection
    assert driver is not None
    full = {**fixed, **values}
    given: Any = [full[name] for name in places] if places is not None else full
    cursor = driver.cursor()
    try:
        cursor.execute(words, given)
        return cast("list[Row]", cursor.fetchall())
    except dialect.loaded_dbapi.Error as error:
        # As SQLAlchemy itself would tell it, but without the values, which may be personal.
        raise DBAPIError.instance(words, None, error, dialect.loaded_dbapi.Error) from error
    finally:
        cursor.close()


@lru_cache(maxsize=50)
def _in_words(question: Select[Any], dialect: Dialect) -> tuple[str, list[str] | None, dict[str, Any]]:
    """Return a question as the driver takes it, the names of its values if these have places, and those it fixes."""
    made: SQLCompiler = question.compile(dialect=dialect)
    places = list(made.positiontup) if made.positiontup is not None else None
    return str(made), places, dict(made.params)
