"""Organisations: signing in to the books first, saying by name which organisation is meant, and pinning it last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ligament.app.documents import Document
from ligament.app.setup.connect import Draft, keep_answers, tried
from ligament.connectors.registry import consent_of
from ligament.core.private import Private
from ligament.net.governor import Priority
from ligament.net.opening import Notebook, Opening
from ligament.net.token_vault import StoredTokens
from ligament.ports.connector import Callback, Reached
from ligament.ports.errors import SignInAgain
from ligament.wiring.clinic import Clinic

Answers = Mapping[str, Private[str]]
_FOR_PEOPLE_ONLY = "unauthorized_client"
"""What a sign-in says of an app that may act for a person only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A sign-in that worked and counts only once somebody said which organisation is meant."""

    answers: Answers
    notes: Mapping[str, str] = field(default_factory=dict)
    tokens: StoredTokens | None = None
    reached: Sequence[Reached] = ()


def answers_of(clinic: Clinic, typed: Mapping[str, str]) -> dict[str, Private[str]]:
    """Return the settings to sign in with: from the environment, else as typed by name, else those kept before.

    The secret of an app that has none may stay empty. Raises SignInAgain where the app itself is not named.
    """
    manifest, given = clinic.books_manifest, clinic.home_settings.values
    found: dict[str, Private[str]] = {}
    for name in manifest.secrets():
        outside, text = given.get(manifest.environment[name]), typed.get(name, "").strip()
        if outside is not None or text:
            found[name] = outside if outside is not None else Private(text)
    names = manifest.sign_in.asks if not found.keys() & set(manifest.sign_in.browser_asks) else ()
    kept = {name: clinic.vault.get(f"{manifest.name}/{name}") for name in names}
    found = {**{name: Private(text) for name, text in kept.items() if text}, **found}
    if missing := [name for name in manifest.sign_in.browser_asks if name not in found]:
        words = missing[0].replace("_", " ").replace(" id", " ID")
        raise SignInAgain(f"No {words} for {manifest.title} was given. Type it into its field.")
    return found


def consent_address(clinic: Clinic, answers: Answers, callback: Callback) -> str:
    """Return the address of the page where a person consents."""
    return consent_of(clinic.books_manifest).consent_address(_lent(clinic, answers, Draft(clinic)), callback)


def after_consent(clinic: Clinic, answers: Answers, callback: Callback, answer: str) -> Trial:
    """Take the address that the consent page led back to; raises the port errors, and nothing is kept then."""
    draft = Draft(clinic)
    reached = consent_of(clinic.books_manifest).redeem(_lent(clinic, answers, draft), callback, answer)
    return _trial(clinic, answers, draft, reached)


def without_consent(clinic: Clinic, answers: Answers) -> Trial | None:
    """Sign in as an app that acts by itself, or return nothing for one that may act for a person only.

    Raises the port errors, and nothing is kept then.
    """
    draft = Draft(clinic)
    try:
        reached = consent_of(clinic.books_manifest).reach(_lent(clinic, answers, draft))
    except SignInAgain as trouble:
        if trouble.detail.startswith(_FOR_PEOPLE_ONLY):
            return None
        raise
    return _trial(clinic, answers, draft, reached)


def pin(clinic: Clinic, trial: Trial, organisation: str) -> Document:
    """Keep a sign-in for the organisation that was chosen, and never touch another one; raises the port errors."""
    if organisation not in {one.id for one in trial.reached}:
        raise SignInAgain("That organisation is not among those that were offered. Please choose again.")
    manifest, draft = clinic.books_manifest, Draft(clinic, notes=dict(trial.notes), tokens=trial.tokens)
    lent = _lent(clinic, {**trial.answers, "tenant_id": Private(organisation)}, draft)
    found = consent_of(manifest).settle(lent)
    keep_answers(clinic, manifest, trial.answers)
    draft.keep(clinic.opening(manifest, clinic.practice_manifest))
    return {
        "account": found.name,
        "currency": found.currency,
        "warnings": ["This is a demo company: it forgets everything after 28 days."] if found.is_demo else [],
    }


def _lent(clinic: Clinic, answers: Answers, draft: Draft) -> Opening:
    return replace(
        tried(clinic, clinic.books_manifest, clinic.practice_manifest, answers),
        tokens=draft,
        notebook=Notebook(read=draft.read, write=draft.write),
        lane=Priority.PEOPLE,
    )


def _trial(clinic: Clinic, answers: Answers, draft: Draft, reached: Sequence[Reached]) -> Trial:
    """Return what was reached; only the organisation that the clinic is already pinned to, where it is."""
    title = clinic.books_manifest.title
    if not reached:
        raise SignInAgain(f"No {title} organisation is connected. Please connect one.")
    named = answers.get("tenant_id")
    kept = clinic.store.note(clinic.books_manifest.webhooks.get("organisation_note", ""))
    wanted = named.reveal().strip().casefold() if named is not None else kept
    chosen = [one for one in reached if not wanted or one.id == wanted]
    if not chosen:
        names = ", ".join(sorted(one.name for one in reached))
        raise SignInAgain(
            f"This clinic is connected with another {title} organisation than {names}, so nothing was changed. Sign in "
            "to the right one, or give the other one a clinic of its own."
        )
    return Trial(answers=dict(answers), notes=dict(draft.notes), tokens=draft.tokens, reached=chosen)
