"""The fixtures of conftest keep their promises."""

from __future__ import annotations

import pytest
import sqlalchemy


@pytest.mark.postgres
@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_gets_an_empty_database_of_its_own(postgres_url: str, turn: int) -> None:
    engine = sqlalchemy.create_engine(postgres_url)
    with engine.begin() as connection:
        assert sqlalchemy.inspect(connection).get_table_names() == []
        connection.execute(sqlalchemy.text(f"CREATE TABLE turn_{turn} (id integer)"))
        assert sqlalchemy.inspect(connection).get_table_names() == [f"turn_{turn}"]
    engine.dispose()
