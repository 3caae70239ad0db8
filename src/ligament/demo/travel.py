"""Part of the demo: a change made in one system is seen to arrive in the other, with the seconds it took."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any, Protocol

from ligament.app.documents import Document
from ligament.app.sync import sync
from ligament.connectors.registry import part_of
from ligament.core.contacts import CONTACT_PREFIX
from ligament.net.manifest import Manifest
from ligament.wiring.clinic import Clinic
from ligament.wiring.clocks import FastClock

EMAIL, MOBILE = "moved.house@example.org", "0491 570 110"


class Served(Protocol):
    """A simulated server of the demo."""

    @property
    def host(self) -> Any:  # noqa: ANN401 - the simulator's own world
        """Return what serves its world."""

    @property
    def manifest(self) -> Manifest:
        """Return what names its connector."""


def show_travel(
    opened: Callable[[], AbstractContextManager[Clinic]], servers: Mapping[str, Served], clock: FastClock
) -> Document:
    """Change an e-mail in the practice and then a telephone number in the books, each followed by a cycle.

    The seconds are those of this machine from the change to its arrival: the work alone, without the pause that a
    running service makes between two looks.
    """
    practice, books = servers["practice"], servers["books"]
    desk = part_of(practice.manifest, "simulator.demo_people")
    keeper = part_of(books.manifest, "simulator.demo_people")
    found = _somebody(desk, keeper, practice, books)
    if found is None:
        return {}
    patient, number = found
    began = clock.monotonic_ms()
    practice.host.change(lambda world: desk.change_email(world, patient, EMAIL, clock.now()))
    _cycle(opened)
    there = _told(began, clock, arrived=keeper.email(books.host.world, number) == EMAIL)
    began = clock.monotonic_ms()
    books.host.change(lambda world: keeper.change_mobile(world, number, MOBILE, clock.now()))
    _cycle(opened)
    back = _told(began, clock, arrived=desk.mobile(practice.host.world, patient) == MOBILE)
    titles = {role: server.manifest.title for role, server in servers.items()}
    return {"number": number, "titles": titles, "to_books": there, "to_practice": back}


def _somebody(desk: Any, keeper: Any, practice: Served, books: Served) -> tuple[str, str] | None:  # noqa: ANN401 - modules
    """Return a patient, by id and contact number, who is in both systems with the same e-mail."""
    for patient, email in desk.people(practice.host.world):
        number = f"{CONTACT_PREFIX}{patient}"
        if keeper.email(books.host.world, number).casefold() == email.casefold():
            return patient, number
    return None


def _cycle(opened: Callable[[], AbstractContextManager[Clinic]]) -> None:
    with opened() as clinic:
        sync(clinic)


def _told(began: int, clock: FastClock, *, arrived: bool) -> Document:
    return {"seconds": Decimal((clock.monotonic_ms() - began) // clock.speed) / 1000, "arrived": arrived}


def changed(server: Served, change: Callable[[Any], tuple[Any, Any]]) -> Any:  # noqa: ANN401 - what the change tells
    """Let people change something on a server, and return what the change tells."""
    told: list[Any] = []

    def act(world: Any) -> Any:  # noqa: ANN401 - the simulator's own world
        world, made = change(world)
        told.append(made)
        return world

    server.host.change(act)
    return told[-1]
