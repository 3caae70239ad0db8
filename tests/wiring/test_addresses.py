"""The address of the database: read exactly as it was meant or refused, and no part of the password is ever shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from ligament.wiring.errors import ConfigurationError
from ligament.wiring.settings import database_url

HOME = Path("/srv/ligament")
CANARY = "Cnr7Kqz"
SIGNS = st.text(alphabet=st.sampled_from("@:/#?[]% \\&=\t\n\u202eé^|`{}<>\"'"), min_size=1, max_size=4)


def read(address: str) -> str:
    return database_url(HOME, {"LIGAMENT_DATABASE_URL": address})


def read_or_refused(address: str) -> tuple[str, str]:
    """Return the address, or what was said instead."""
    try:
        return read(address), ""
    except ConfigurationError as refused:
        return "", str(refused)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://user@db.example/ligament",
        "postgresql://us.er:p%40ss-w0rd!@db.example:5432/ligament?sslmode=require",
        "postgres://db.example/ligament",
        "postgresql+psycopg://user:pw@[::1]:5432/ligament",
        "postgresql:///ligament?host=/var/run/postgresql",
        "postgresql://user@/ligament?host=/tmp/a-b_c.d&port=5433",
        "sqlite:////var/lib/ligament/other.db",
        "sqlite:///C:/Our clinic/ligament.db",
    ],
)
def test_addresses_as_they_are_written_are_taken(address: str) -> None:
    assert read(address) == address


@given(
    before=SIGNS, between=SIGNS, after=SIGNS, scheme=st.sampled_from(["postgresql", "postgres", "sqlite", "mysql", ""])
)
@example(before="@", between=":", after="/", scheme="postgresql")
@example(before="12/", between="@", after="#", scheme="postgresql")
def test_a_password_with_any_sign_is_read_whole_or_never_shown(
    before: str, between: str, after: str, scheme: str
) -> None:
    password = f"{before}{CANARY}{between}{CANARY}{after}"
    address, said = read_or_refused(f"{scheme}://ligament:{password}@db.example:5432/books")
    assert CANARY not in said
    if not address:
        return
    found = make_url(address)
    assert found.host == "db.example"
    assert found.database == "books"
    assert CANARY in str(found.password)
    assert CANARY not in found.render_as_string(hide_password=True)


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql:/user:{CANARY}@db.example/books",
        f"postgresql//user:{CANARY}@db.example/books",
        f"user:{CANARY}@db.example/books",
        f"postgresql://user:{CANARY}@db.example:port/books",
        f"postgresql://user:{CANARY}@db.example:123456/books",
        f"postgresql://user:12/{CANARY}@db.example/books",
        f"postgresql://user:{CANARY}@one.example,two.example/books",
        f"sqlite://user:{CANARY}@db.example/books",
        f"postgresql://user {CANARY}@db.example/books",
    ],
)
def test_an_address_written_badly_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(address)
    assert CANARY not in str(refused.value)
    assert "LIGAMENT_DATABASE_URL" in str(refused.value)
