"""An invented clinic's books in the simulated Xero: a chart of accounts, a lock date and the contacts it had before."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator import control
from ligament.connectors.xero.simulator.charts import (
    CLIENT_SECRET,
    CUSTOM_CLIENT_ID,
    australian_tax_rates,
    books_of,
    custom_app,
    default_accounts,
    tracking_category,
)
from ligament.connectors.xero.simulator.handle import handle
from ligament.connectors.xero.simulator.records import Account, Organisation, User
from ligament.connectors.xero.simulator.world import World, guid

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from ligament.simkit.messages import Request
    from ligament.simkit.story import Acquaintance, ClinicStory

__all__ = ["environment", "handle", "is_write", "totals", "world_for"]


def world_for(story: ClinicStory) -> World:
    """Return the simulated books of an invented clinic, connected by a custom connection."""
    founded_at = datetime.combine(story.start_on - timedelta(days=400), time(0), UTC)
    organisation = Organisation(
        organisation_id=guid("tenant", story.name, story.seed), name=f"{story.name} Pty Ltd", created_at=founded_at
    )
    books = books_of(
        organisation,
        accounts=(*default_accounts("OUTPUT", "EXEMPTOUTPUT", "INPUT", "BASEXCLUDED", "AUD"), *_more_accounts()),
        tax_rates=australian_tax_rates(),
        tracking=(
            tracking_category("Location", *(place.name for place in story.places)),
            # The newest practitioner has no option yet; connecting makes one.
            tracking_category("Practitioner", *(one.name for one in story.practitioners[:-1])),
        ),
        users=_users(story),
    )
    world = World.new(books, apps=[custom_app(books)], seed=f"demo/{story.seed}")
    for known in story.acquaintances:
        world, _ = control.create_contact(world, _contact(known), at=founded_at)
    world = control.archive_account(world, "225", at=founded_at)
    return control.set_lock_dates(world, period=story.locked_to)


def environment(world: World, url: str) -> dict[str, str]:
    """Return the environment that reaches this world at an address."""
    assert CUSTOM_CLIENT_ID in world.apps
    return {
        "XERO_CLIENT_ID": CUSTOM_CLIENT_ID,
        "XERO_CLIENT_SECRET": CLIENT_SECRET,
        "LIGAMENT_XERO_API_URL": url,
        "LIGAMENT_XERO_IDENTITY_URL": url,
    }


def is_write(request: Request) -> bool:
    """Say whether a request would change the books; signing in does not."""
    return request.method != "GET" and not request.path.startswith("/connect/")


def totals(world: World) -> dict[str, Decimal]:
    """Return what each sales invoice that is not voided comes to, by its number; credit notes are negative."""
    books = world.only()
    invoices = {one.number: one.total for one in books.invoices.values() if one.status not in {"VOIDED", "DELETED"}}
    notes = {one.number: -one.total for one in books.credit_notes.values() if one.status not in {"VOIDED", "DELETED"}}
    return {**invoices, **notes}


def _more_accounts() -> tuple[Account, ...]:
    return (
        Account(code="225", name="Products, old range", type="REVENUE", tax_type="OUTPUT"),
        Account(code="240", name="Exercise Classes", type="REVENUE", tax_type="OUTPUT"),
    )


def _users(story: ClinicStory) -> tuple[User, ...]:
    owner = User(email="owner@clinic.example", first_name="Mina", last_name="Okafor", is_subscriber=True)
    some = (User(email=one.email, first_name=one.first, last_name=one.last) for one in story.practitioners[:3])
    return (owner, *some)


def _contact(known: Acquaintance) -> Mapping[str, object]:
    contact: dict[str, object] = {"Name": f"{known.first} {known.last}"}
    contact.update(FirstName=known.first, LastName=known.last)
    if known.email:
        contact["EmailAddress"] = known.email
    if known.mobile:
        contact["Phones"] = [{"PhoneType": "MOBILE", "PhoneNumber": known.mobile}]
    if known.home is not None:
        contact["Addresses"] = [_address(known)]
    return contact


def _address(known: Acquaintance) -> dict[str, str]:
    assert known.home is not None
    home = known.home
    return {
        "AddressType": "STREET",
        "AddressLine1": home.street,
        "City": home.suburb,
        "Region": home.state,
        "PostalCode": home.post_code,
        "Country": "Australia",
    }
