"""Questions in a row: over one connection, about one moment, and as the library itself would have put them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import bindparam, select, text
from sqlalchemy.exc import DBAPIError

from ligament.core.holds import HoldCode
from ligament.core.ids import RunId
from ligament.core.plans import Plan, State
from ligament.store.database.errors import StoreError
from ligament.store.database.quick import quickly
from ligament.store.database.tables import holds
from ligament.store.queries.lists import open_holds
from ligament.store.shared.values import SharedValues
from tests.store.makers import hold, outcome, subjects

if TYPE_CHECKING:
    from tests.store.homes import Home, Opened


def test_what_is_read_within_one_moment_is_of_that_moment_and_what_is_written_is_not_lost(home: Home) -> None:
    mine, other = home.open().database, home.open().database
    shared = SharedValues(mine)
    shared.keep("a", "place", "1")
    with mine.one_moment():
        assert shared.one("a", "place") == "1"
        SharedValues(other).keep("a", "place", "2")
        with mine.one_moment():
            assert shared.one("a", "place") == "1"
        assert shared.one("a", "place") == "1"
        shared.keep("a", "place", "3")
        assert SharedValues(other).one("a", "place") == "3"
    assert shared.one("a", "place") == "3"


def test_a_moment_that_fails_ends_too(home: Home) -> None:
    mine, other = home.open().database, home.open().database
    shared = SharedValues(mine)
    with suppress(LookupError), mine.one_moment():
        assert shared.one("a", "place") == ""
        raise LookupError
    SharedValues(other).keep("a", "place", "2")
    assert shared.one("a", "place") == "2"


def test_a_quick_question_gets_what_the_library_gets(opened: Opened) -> None:
    told = tuple(outcome(f"invoice:{number}", State.HELD, reason="rule") for number in range(3))
    waiting = tuple(hold(f"invoice:{number}", HoldCode.RULE) for number in range(3))
    keys = subjects(*(f"invoice:{number}" for number in range(3)))
    opened.store.keep_outcomes(RunId("r"), Plan(outcomes=told, holds=waiting), keys)
    statement = select(holds).where(holds.c.clinic == bindparam("clinic")).order_by(holds.c.id).limit(2)
    with opened.database.reading() as connection:
        wanted = [tuple(row) for row in connection.execute(statement, {"clinic": "clinic"})]
        assert len(wanted) == 2
        assert [tuple(row) for row in quickly(connection, statement, {"clinic": "clinic"})] == wanted
        assert quickly(connection, statement, {"clinic": "nobody"}) == []
    entries = open_holds(opened.database, "clinic", code="", kind="", after=None, limit=50)
    assert {name for name, _, _ in entries} == {one.id for one in opened.queries.holds()}
    assert all(isinstance(body, bytes) for _, _, body in entries)


def test_a_quick_question_that_fails_complains_as_the_library_does(opened: Opened) -> None:
    gone = select(text("nothing")).select_from(text("no_such_table"))
    complaints = []
    for ask in (quickly, lambda connection, question, values: connection.execute(question, values)):
        # The store's own error on one database, the library's on the other.
        with pytest.raises((StoreError, DBAPIError)) as told, opened.database.reading() as connection:
            ask(connection, gone, {})
        complaints.append(type(told.value))
    assert complaints[0] is complaints[1]
