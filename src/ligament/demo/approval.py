"""Part of the demo: a rule holds an invoice back, somebody says yes, another tool hears of it; it is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ligament.app.documents import Document
from ligament.app.holds import answer
from ligament.app.notices.subscriptions import NewHook, add, remove
from ligament.app.sync import sync
from ligament.app.undo import undo
from ligament.connectors.registry import part_of
from ligament.core.events import EventType
from ligament.demo.receiver import Receiver, receiving
from ligament.demo.travel import Served, changed
from ligament.wiring.clinic import Clinic
from ligament.wiring.clocks import FastClock
from ligament.wiring.settings import Settings, load_settings

RULE = "New invoices are read first"
SENTENCE = "A new invoice: somebody reads it before it is posted."
Deliver = Callable[[Clinic], None]
"""Sends what waits for other tools; whoever starts the demo hands it in, for it belongs to the running service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What this part of the demo works with: the clinic as it is opened now, both servers and the clock."""

    opened: Callable[[], AbstractContextManager[Clinic]]
    servers: Mapping[str, Served]
    clock: FastClock
    deliver: Deliver


@contextmanager
def with_rule(settings: Settings) -> Iterator[Settings]:
    """Write a rule and the address of the other tool into the rulebook, and read it again as every command does.

    Afterwards the rulebook is as it was: what the clinic's own troubles hold back would wait for the rule instead.
    """
    file = settings.clinic().file
    before = file.read_text(encoding="utf-8")
    text = f'\n[hooks]\nallow_private = ["127.0.0.1"]\n\n[[rules]]\nname = "{RULE}"\nwhen = "invoice.total > 0.00"\n'
    file.write_text(f'{before}{text}ask = "{SENTENCE}"\n', encoding="utf-8")
    environ = {name: value.reveal() for name, value in settings.values.items()}
    try:
        yield load_settings(home=settings.home, environ=environ)
    finally:
        file.write_text(before, encoding="utf-8")


def show_approval(means: Means, prefix: str) -> Document:
    """Raise one more invoice, which the rule holds back; say yes, hear of it, and take the run back."""
    practice, books = means.servers["practice"], means.servers["books"]
    keeper, desk = (part_of(one.manifest, "simulator.demo_people") for one in (books, practice))
    like = [one.removeprefix(prefix) for one in keeper.untouched(books.host.world, prefix)]
    if not like:
        return {}
    number = changed(practice, lambda world: desk.raise_one(world, like[0], means.clock.now()))
    name = f"{prefix}{number}"
    with receiving() as receiver:
        secret, hook = _hooked(means, receiver)
        with means.opened() as clinic:
            sync(clinic)
        kept_back = name not in _in_books(means)
        answered = _said_yes(means, number)
        with means.opened() as clinic:
            run = str(sync(clinic).document["run_id"])
            means.deliver(clinic)
        posted = name in _in_books(means)
        told = _webhook(receiver, secret, name)
        with means.opened() as clinic:
            remove(clinic, hook)
    with means.opened() as clinic:
        back = undo(clinic, run).document
    return {
        "number": name,
        "rule": {"name": RULE, "sentence": SENTENCE, "kept_back": kept_back, "answered": answered, "posted": posted},
        "webhook": told,
        "undo": {"taken_back": back["taken_back"], "left": back["left"]},
    }


def _said_yes(means: Means, number: str) -> int:
    """Say yes to what the rule holds back; returns to how many."""
    with means.opened() as clinic:
        waits = [str(one.id) for one in clinic.store.open_holds() if one.rule == RULE and one.number == number]
        answer(clinic, waits, "approve", "")
    return len(waits)


def _in_books(means: Means) -> set[str]:
    """Return the numbers of the documents that the books hold, straight from their own records."""
    totals: Mapping[str, Decimal] = part_of(means.servers["books"].manifest, "simulator.demo").totals(
        means.servers["books"].host.world
    )
    return set(totals)


def _hooked(means: Means, receiver: Receiver) -> tuple[str, str]:
    """Let the other tool be told of what is posted; returns the secret it checks with, and the hook's id."""
    with means.opened() as clinic:
        made = add(clinic, NewHook(url=receiver.url, events=(EventType.RECORD_POSTED.value,))).document
    return str(made["secret"]), str(made["id"])


def _webhook(receiver: Receiver, secret: str, number: str) -> dict[str, Any]:
    """Tell what arrived of the document, and whether the signature is right, and is not under another secret."""
    mine = [one for one in receiver.heard if one.told()["data"]["number"] == number]
    wrong = f"whsec_{'A' * 43}="
    return {
        "arrived": len(mine),
        "type": mine[0].told()["type"] if mine else "",
        "verified": bool(mine) and all(one.is_genuine(secret) and not one.is_genuine(wrong) for one in mine),
    }


def is_as_told(told: Document) -> bool:
    """Say whether the rule held until somebody said yes, the webhook was genuine, and the undone run left nothing."""
    if not told:
        return True
    rule, undone = told["rule"], told["undo"]
    is_held = rule["kept_back"] and rule["posted"]
    return bool(is_held and told["webhook"]["verified"] and undone["taken_back"].get("invoices") and not undone["left"])
