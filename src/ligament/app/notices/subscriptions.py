"""Subscriptions of other tools: adding, listing, rotating and removing hooks, and sending again what did not arrive.

Each takes effect at once on a running service, which looks at the hooks whenever something is to be delivered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ligament.app.known_words import did_you_mean
from ligament.app.results import Result
from ligament.core.events import EventType, example
from ligament.core.periods import iso_instant
from ligament.core.private import NOTHING, Private
from ligament.net.hosts import WrongAddress
from ligament.net.outward import OutwardRule, PrivateAddress
from ligament.notifications.webhooks import header_complaint, secret_of
from ligament.store.journal.journal import Note
from ligament.store.shared.deliveries import DEAD, WAITING, Outbox, add_hook, drop_hook, written
from ligament.store.shared.delivery_records import Attempt, Delivery, Hook
from ligament.wiring.clinic import Clinic
from ligament.wiring.clocks import SystemClock
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.hook_secrets import (
    HookSecrets,
    forget_secrets,
    keep_secrets,
    kept_secrets,
    new_hook_id,
    new_key_text,
)

Document = dict[str, Any]
_MOST_HOOKS = 100
_MOST_KEPT = 100_000


class UnknownHook(ConfigurationError):
    """There is no such hook, delivery or event type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewHook:
    """What somebody wants to be told, and where; `header` is one fixed header for every delivery, or empty."""

    url: str
    events: tuple[str, ...] = ()
    header: str = ""
    value: Private[str] = NOTHING


def list_hooks(clinic: Clinic) -> Result:
    """Tell every hook of the clinic, without its secrets, and how many deliveries wait or are dead."""
    outbox = _outbox(clinic)
    counts = outbox.counts(_name(clinic))
    found = [hook_document(hook, counts.get(hook.id, {})) for hook in outbox.hooks(_name(clinic))]
    return Result(document={"hooks": found})


def show_hook(clinic: Clinic, wanted: str) -> Result:
    """Tell one hook; raises UnknownHook."""
    hook = _hook(clinic, wanted)
    return Result(document=hook_document(hook, _outbox(clinic).counts(_name(clinic)).get(hook.id, {})))


def add(clinic: Clinic, wanted: NewHook) -> Result:
    """Add a hook and tell its id and its secret, which is told this once; without events it gets all of them.

    Raises ConfigurationError for an address that must not be reached, an unknown event or a header that cannot be.
    """
    events = event_types(wanted.events)
    check_address(clinic, wanted.url)
    complaint = header_complaint(wanted.header, wanted.value.reveal()) if wanted.header else ""
    if complaint:
        raise ConfigurationError((f"header: {complaint}",))
    if len(_outbox(clinic).hooks(_name(clinic))) >= _MOST_HOOKS:
        raise ConfigurationError((f"There are {_MOST_HOOKS} hooks already; remove one that is not used any more.",))
    text = new_key_text()
    hook = Hook(
        id=new_hook_id(),
        clinic=_name(clinic),
        url=wanted.url,
        events=tuple(kind.value for kind in events),
        header=wanted.header,
        made_at=clinic.clock.now(),
        made_by=clinic.outside.actor,
    )
    secrets = HookSecrets(secret=Private(secret_of(text)), header=wanted.value)
    # The secrets come first: a hook without any could deliver nothing, secrets without a hook harm nobody.
    keep_secrets(clinic.vault, hook.id, secrets)
    with clinic.journal.writing() as writing:
        add_hook(writing.connection, hook)
        writing.add(_note("hook_added", hook))
    told = hook_document(hook, {})
    return Result(document={**told, "secret": secrets.secret.reveal(), "secret_as_text": text})


def remove(clinic: Clinic, wanted: str) -> Result:
    """Remove a hook, with what was still on its way to it; raises UnknownHook."""
    hook = _hook(clinic, wanted)
    with clinic.journal.writing() as writing:
        drop_hook(writing.connection, hook.clinic, hook.id)
        writing.add(_note("hook_removed", hook))
    forget_secrets(clinic.vault, hook.id)
    return Result(document={"removed": hook.id})


def rotate(clinic: Clinic, wanted: str) -> Result:
    """Give a hook a new secret and tell it; for 24 hours the former one signs too. Raises UnknownHook."""
    hook = _hook(clinic, wanted)
    held = kept_secrets(clinic.vault, hook.id)
    assert held is not None, "a hook has its secrets until it is removed"
    text, now = new_key_text(), _machine_clock().now()
    rotated = held.rotated(secret_of(text), now)
    keep_secrets(clinic.vault, hook.id, rotated)
    with clinic.journal.writing() as writing:
        writing.add(_note("hook_rotated", hook))
    until = iso_instant(rotated.until) if rotated.until else ""
    return Result(
        document={"id": hook.id, "secret": secret_of(text), "secret_as_text": text, "former_signs_until": until}
    )


# --- deliveries -------------------------------------------------------------------------------------------------------


def deliveries(clinic: Clinic, wanted: str, state: str = "") -> Result:
    """Tell the newest deliveries of a hook, newest first; `state` is waiting, delivered, dead or empty for all."""
    hook = _hook(clinic, wanted)
    found = _outbox(clinic).deliveries(hook.clinic, hook.id, state)
    return Result(document={"deliveries": [delivery_document(one) for one in found]})


def deliveries_in_order(clinic: Clinic, wanted: str, state: str = "") -> list[Document]:
    """Tell every delivery of a hook that is kept; `place` says where it stands in the order of what happened."""
    hook = _hook(clinic, wanted)
    found = _outbox(clinic).deliveries(hook.clinic, hook.id, state, limit=_MOST_KEPT)
    return [{**delivery_document(one), "place": one.place} for one in found]


def show_delivery(clinic: Clinic, wanted: str, delivery: str) -> Result:
    """Tell one delivery with each attempt; raises UnknownHook."""
    found = _delivery(clinic, wanted, delivery)
    tried = [attempt_document(one) for one in _outbox(clinic).attempts(_name(clinic), found.id)]
    body = json.loads(found.body)
    return Result(document={**delivery_document(found), "tried": tried, "body": body})


def replay(clinic: Clinic, wanted: str, delivery: str | None = None) -> Result:
    """Let a delivery leave once more under its first id, or every dead one of a hook; raises UnknownHook.

    A hook that had ended because its receiver was gone begins anew.
    """
    hook = _hook(clinic, wanted)
    names = None if delivery is None else [_delivery(clinic, wanted, delivery).id]
    many = _outbox(clinic).send_again(hook.clinic, hook.id, names)
    with clinic.journal.writing() as writing:
        writing.add(Note(kind="hook_replayed", public={"hook": hook.id, "deliveries": many}))
    document: Document = {"id": hook.id, "replayed": many}
    if names:
        document["delivery"] = names[0]
    return Result(document=document)


def samples(clinic: Clinic, kind: str) -> Result:
    """Tell the newest events of a type as they were written, or an invented one; raises UnknownHook."""
    (wanted,) = event_types((kind,))
    kept = [json.loads(body) for body in _outbox(clinic).newest_bodies(_name(clinic), wanted)]
    if not kept:
        made = written(example(wanted, clinic.journal.told_as), _name(clinic), 0, clinic.clock.now())
        kept = [json.loads(made.body)]
    return Result(document={"samples": kept})


# --- what is wrong with what was asked --------------------------------------------------------------------------------


def event_types(names: Iterable[str]) -> tuple[EventType, ...]:
    """Return the types with those names, all of them for none; raises UnknownHook naming the nearest."""
    wanted = list(dict.fromkeys(name.strip() for name in names))
    known = [kind.value for kind in EventType]
    for name in wanted:
        if name not in known:
            hint = did_you_mean(name, known) or f" There are: {', '.join(known)}."
            raise UnknownHook((f'events: there is no event "{name}".{hint}',))
    return tuple(EventType(name) for name in wanted or known)


def check_address(clinic: Clinic, url: str) -> None:
    """Raise ConfigurationError unless webhooks may go to that address; a name nobody knows yet may be known later."""
    rule = outward_rule(clinic)
    try:
        origin = rule.check(url)
        is_plain = origin.scheme == "http"
        rule.addresses(origin.host, origin.port, is_plain=is_plain)
    except PrivateAddress:
        hint = "it is a private address, or plain http; where that is meant, name it in [hooks] allow_private"
        raise ConfigurationError((f"url: webhooks do not go there: {hint}.",)) from None
    except WrongAddress as trouble:
        raise ConfigurationError((f"url: {trouble}.",)) from None
    except OSError:
        if url.startswith("http:"):
            raise ConfigurationError(("url: the address must start with https://.",)) from None


def outward_rule(clinic: Clinic) -> OutwardRule:
    """Return which addresses the clinic's webhooks may reach."""
    return OutwardRule(allowed=clinic.settings.rulebook.hooks.allow_private)


# --- documents --------------------------------------------------------------------------------------------------------


def hook_document(hook: Hook, counts: dict[str, int]) -> Document:
    """Return a hook as it is told: never its secrets."""
    return {
        "id": hook.id,
        "url": hook.url,
        "events": list(hook.events),
        "state": hook.state,
        "header": hook.header,
        "created_at": iso_instant(hook.made_at),
        "created_by": hook.made_by,
        "waiting": counts.get(WAITING, 0),
        "dead": counts.get(DEAD, 0),
    }


def delivery_document(delivery: Delivery) -> Document:
    return {
        "id": delivery.id,
        "hook_id": delivery.hook,
        "webhook_id": delivery.webhook_id,
        "type": delivery.type,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "status": delivery.status,
        "reason": delivery.reason,
        "created_at": iso_instant(delivery.made_at),
        "next_at": iso_instant(delivery.due_at) if delivery.due_at and delivery.state == WAITING else None,
        "ended_at": iso_instant(delivery.ended_at) if delivery.ended_at else None,
    }


def attempt_document(attempt: Attempt) -> Document:
    return {
        "at": iso_instant(attempt.at),
        "status": attempt.status,
        "reason": attempt.reason,
        "milliseconds": attempt.ms,
    }


# --- inside -----------------------------------------------------------------------------------------------------------


def _machine_clock() -> SystemClock:
    """Return the machine's own clock: pauses and rotations are real time, also where a test sets the day."""
    return SystemClock()


def _outbox(clinic: Clinic) -> Outbox:
    return Outbox(clinic.database, _machine_clock().now)


def _name(clinic: Clinic) -> str:
    return clinic.journal.clinic


def _hook(clinic: Clinic, wanted: str) -> Hook:
    for hook in _outbox(clinic).hooks(_name(clinic)):
        if hook.id == wanted:
            return hook
    raise UnknownHook((f'There is no hook "{wanted}". `ligament hooks list` shows them.',))


def _delivery(clinic: Clinic, wanted: str, delivery: str) -> Delivery:
    hook = _hook(clinic, wanted)
    found = _outbox(clinic).delivery(hook.clinic, delivery)
    if found is None or found.hook != hook.id:
        raise UnknownHook((f'There is no delivery "{delivery}" of that hook.',))
    return found


def _note(kind: str, hook: Hook) -> Note:
    """The journal names the host only: some tools put a secret into the rest of the address."""
    host = hook.url.partition("//")[2].partition("/")[0]
    return Note(kind=kind, public={"hook": hook.id, "host": host, "events": list(hook.events)})


def rotation_mark(clinic: Clinic, wanted: str) -> str:
    """Return what changes whenever a hook gets another secret, so that a form sent twice rotates once."""
    held = kept_secrets(clinic.vault, _hook(clinic, wanted).id)
    return held.until.isoformat() if held is not None and held.until is not None else ""
