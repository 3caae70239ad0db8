"""Consents: a sign-in to the books that is under way in somebody's browser; for one session, one use and a short time.

What is kept between two pages is encrypted, and there is at most one for each person: a new one takes its place.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ligament.app.access.sessions import Recognised
from ligament.app.setup.organisations import Trial, after_consent, answers_of, consent_address, without_consent
from ligament.core.periods import iso_instant
from ligament.core.private import Private
from ligament.net.token_vault import tokens_from_text, tokens_to_text
from ligament.ports.connector import Callback, Reached
from ligament.ports.errors import PortError
from ligament.wiring.access import Access
from ligament.wiring.clinic import Clinic
from ligament.wiring.clocks import SystemClock

LIFE = timedelta(minutes=15)
"""How long somebody may take at the consent page, and again to choose the organisation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A sign-in that is under way: `host` is where its pages are read; with a `trial` only the choice is missing.

    `trouble` is the sentence of what went wrong last, for the page that offers to begin again.
    """

    clinic: str
    host: str = ""
    answers: Mapping[str, Private[str]] = field(default_factory=dict)
    callback: Callback | None = None
    trial: Trial | None = None
    trouble: str = ""


def begin(access: Access, found: Recognised, asked: UnderWay, redirect_uri: str) -> Callback:
    """Keep what was asked for and return where the consent page leads back to, with a fresh state and verifier."""
    callback = Callback(redirect_uri=redirect_uri, state=access.secret(32), verifier=access.secret(64))
    keep(access, found, UnderWay(clinic=asked.clinic, host=asked.host, answers=asked.answers, callback=callback))
    return callback


def start(access: Access, found: Recognised, clinic: Clinic, begun: UnderWay, typed: Mapping[str, str]) -> None:
    """Sign in to the books as an app that acts by itself, or make ready for the consent page; nothing is pinned yet.

    Raises the port errors when neither is possible.
    """
    answers = answers_of(clinic, typed)
    asks = clinic.books_manifest.sign_in.asks
    trial = without_consent(clinic, answers) if all(name in answers for name in asks) else None
    keep(access, found, replace(begun, answers=answers, trial=trial))


def lead(access: Access, found: Recognised, clinic: Clinic, begun: UnderWay, redirect_uri: str) -> tuple[str, str]:
    """Return the address of the consent page, or else the sentence of what is missing."""
    try:
        answers = begun.answers or answers_of(clinic, {})
        callback = begin(access, found, replace(begun, answers=answers), redirect_uri)
        return consent_address(clinic, answers, callback), ""
    except PortError as trouble:
        return "", trouble.sentence


def finish(access: Access, found: Recognised, clinic: Clinic, kept: UnderWay, query: str) -> None:
    """Redeem what the consent page answered, for the choice that follows; raises the port errors."""
    assert kept.callback is not None
    answer = f"{kept.callback.redirect_uri}?{query}"
    trial = after_consent(clinic, kept.answers, kept.callback, answer)
    keep(access, found, replace(kept, callback=None, trial=trial))


def keep(access: Access, found: Recognised, under_way: UnderWay) -> None:
    """Keep how far a sign-in is."""
    told = {"session": found.session.id, "until": iso_instant(access.now() + LIFE), **_told(under_way)}
    access.vault.put(_name(found), json.dumps(told))


def under_way(access: Access, found: Recognised, clinic: str) -> UnderWay | None:
    """Return the sign-in that this session has under way for a clinic; nothing once its time is over."""
    kept = _kept(access, found)
    return kept if kept is not None and kept.clinic == clinic else None


def take(access: Access, found: Recognised, state: str) -> UnderWay | None:
    """Return the sign-in that a consent page answered, once; nothing for a state that is not of this session."""
    with access.vault.exclusively(_name(found), SystemClock().pause_ms):
        kept = _kept(access, found)
        if kept is None or kept.callback is None:
            return None
        if not hmac.compare_digest(kept.callback.state.encode(), state.encode()):
            return None
        access.vault.delete(_name(found))
        return kept


def forget(access: Access, found: Recognised) -> None:
    """Forget what is under way."""
    access.vault.delete(_name(found))


def _name(found: Recognised) -> str:
    return f"consent/{found.user.id}"


def _kept(access: Access, found: Recognised) -> UnderWay | None:
    text = access.vault.get(_name(found))
    told = json.loads(text) if text else {}
    if told.get("session") != found.session.id or access.now() >= datetime.fromisoformat(told["until"]):
        return None
    trial, callback = told["trial"], told["callback"]
    return UnderWay(
        clinic=told["clinic"],
        host=told["host"],
        answers=_private(told["answers"]),
        callback=Callback(**callback) if callback else None,
        trial=_trial(trial) if trial else None,
        trouble=told["trouble"],
    )


def _told(one: UnderWay) -> dict[str, object]:
    callback, trial = one.callback, one.trial
    return {
        "clinic": one.clinic,
        "host": one.host,
        "answers": _revealed(one.answers),
        "callback": callback
        and {"redirect_uri": callback.redirect_uri, "state": callback.state, "verifier": callback.verifier},
        "trial": trial
        and {
            "answers": _revealed(trial.answers),
            "notes": dict(trial.notes),
            "tokens": tokens_to_text(trial.tokens) if trial.tokens else "",
            "reached": [[reached.id, reached.name] for reached in trial.reached],
        },
        "trouble": one.trouble,
    }


def _trial(told: Mapping[str, object]) -> Trial:
    tokens, notes, answers, reached = (told[name] for name in ("tokens", "notes", "answers", "reached"))
    assert isinstance(notes, dict)
    assert isinstance(answers, dict)
    assert isinstance(reached, list)
    return Trial(
        answers=_private(answers),
        notes=notes,
        tokens=tokens_from_text(str(tokens)) if tokens else None,
        reached=[Reached(id=key, name=name) for key, name in reached],
    )


def _revealed(answers: Mapping[str, Private[str]]) -> dict[str, str]:
    return {name: value.reveal() for name, value in answers.items()}


def _private(answers: Mapping[str, str]) -> dict[str, Private[str]]:
    return {name: Private(text) for name, text in answers.items()}
