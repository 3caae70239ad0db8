"""What a person can ask about alerts: what is open, and whether a message arrives."""

from __future__ import annotations

from typing import Any

from ligament.app.approval_links import link_complaint
from ligament.app.notices.addresses import Address, addresses
from ligament.app.notices.notifier import Notifier, notifier_of
from ligament.app.results import DONE, WAITS, Result
from ligament.core.alerts import Message, MessageKind
from ligament.core.periods import iso_instant
from ligament.notifications.channels import send
from ligament.wiring.access import Access, open_access
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import ClinicSettings


def list_alerts(clinic: Clinic) -> Result:
    """Tell what people were told and what is still to be told, and which addresses do not work."""
    ledger = _notifier(clinic).ledger()
    known = addresses(clinic.settings)
    access = open_access(lambda: clinic.home_settings, clinic.database)
    wrong = {one.mark: one.complaint or _linkless(access, clinic.settings, one) for one in known}
    found: list[dict[str, Any]] = [
        {
            "cause": key,
            "title": held.cause.title,
            "happened": held.cause.happened,
            "todo": held.cause.todo,
            "since": iso_instant(held.since),
            "told": held.told and not any(m.key == key and m.left is None for m in ledger.outbox),
        }
        for key, held in sorted(ledger.open.items(), key=lambda item: item[1].since)
    ]
    document: dict[str, Any] = {
        "open": found,
        "to_be_sent": [{"title": message.title, "tries": message.tries} for message in ledger.outbox],
        "for_the_digest": [text for _, text in sorted(ledger.remarks.items())],
        "addresses": [
            {"address": one.shown, "complaint": wrong.get(one.mark) or ledger.failures.get(one.mark, "")}
            for one in known
        ],
    }
    troubled = found or any(one["complaint"] for one in document["addresses"])
    return Result(document=document, code=WAITS if troubled else DONE)


def test_alerts(clinic: Clinic) -> Result:
    """Send a test message to each address at once, and say which took it; raises ConfigurationError without any."""
    known = addresses(clinic.settings)
    if not known:
        raise ConfigurationError((f"{clinic.settings.file}, alerts.urls: there is no address to send to yet.",))
    name = clinic.settings.name
    message = Message(
        key="test",
        tone=MessageKind.DIGEST,
        title=f"Ligament, {name}: a test",
        body="This is a test message. When somebody is needed, it will arrive here.",
        at=clinic.clock.now(),
    )
    results = []
    for one in known:
        worked = not one.complaint and send(one.url.reveal(), message)
        away = f"{one.shown}: the message was not taken. Is the address right, and can it be reached from here?"
        why = one.complaint or ("" if worked else away)
        results.append({"address": one.shown, "worked": worked, "reason": why})
    return Result(document={"addresses": results}, code=DONE if all(one["worked"] for one in results) else WAITS)


def _linkless(access: Access, chosen: ClinicSettings, one: Address) -> str:
    """Say that a person whom the rulebook names could answer nothing by a link."""
    why = link_complaint(access, chosen, one.person) if one.person else ""
    return f"{one.shown}: {why}" if why else ""


def _notifier(clinic: Clinic) -> Notifier:
    return notifier_of(clinic.home_settings, clinic.settings, clinic.database, clinic.clock.now)
