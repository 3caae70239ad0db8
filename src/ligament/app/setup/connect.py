"""Connecting one system: asking for what is missing, checking it with the system itself, and keeping it encrypted."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from ligament.app.results import Result
from ligament.app.setup.consent import Browser
from ligament.app.setup.gaps import gaps
from ligament.connectors.registry import audience_connector, books_connector, manifests, players, practice_connector
from ligament.core.notes import PRACTICE_NOTE, VANISHED_NOTE
from ligament.core.private import Private
from ligament.flow.read.practice_pin import is_same
from ligament.net.governor import Priority
from ligament.net.manifest import Manifest, is_address
from ligament.net.opening import Notebook, Opening
from ligament.net.token_vault import StoredTokens
from ligament.ports.errors import Rejected, SignInAgain
from ligament.ports.practice import PracticeIdentity
from ligament.wiring.clinic import Clinic, credentials
from ligament.wiring.errors import ConfigurationError

Ask = Callable[[str], str]
"""Asks a person for a secret, with hidden input; an empty text is no answer."""
Confirm = Callable[[str], bool]
"""Asks a person whether it is the account that is meant, before anything is kept."""


def _nobody_asked(_question: str) -> bool:
    return True


_NARROW_ROLES = {"scheduler"}


@dataclass(slots=True)
class Draft:
    """Notes and tokens of a sign-in that is being tried; they count only once it worked."""

    clinic: Clinic
    notes: dict[str, str] = field(default_factory=dict)
    tokens: StoredTokens | None = None

    def read(self, name: str) -> str:
        """Return a note as it would stand afterwards."""
        return self.notes[name] if name in self.notes else self.clinic.store.note(name)

    def write(self, name: str, value: str) -> None:
        """Set a note, for now."""
        self.notes[name] = value

    def load(self) -> StoredTokens | None:
        """Return the tokens of this sign-in."""
        return self.tokens

    def save(self, tokens: StoredTokens) -> None:
        """Hold the tokens, for now."""
        self.tokens = tokens

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """Let the only user in."""
        yield

    def keep(self, opening: Opening) -> None:
        """Make it count: the tokens first, then the notes that say what they are for."""
        if self.tokens is not None:
            with opening.tokens.exclusively():
                opening.tokens.save(self.tokens)
        for name, value in self.notes.items():
            self.clinic.store.keep_note(name, value)


def connect_system(
    clinic: Clinic,
    system: str,
    ask: Ask,
    *,
    browser: Browser | None = None,
    another: bool = False,
    confirm: Confirm = _nobody_asked,
) -> Result:
    """Check the credentials of one system and keep them in the vault, encrypted.

    Raises ConfigurationError for an unknown system or a missing answer, and the port errors when the system refuses.
    Nothing that worked before is lost when the new credentials do not work.
    """
    own = (clinic.practice_manifest, clinic.books_manifest)
    manifest = _manifest(system, (*own, *players("audience")))
    partner = next(other for other in own if other.role != manifest.role)
    if browser is not None and not manifest.sign_in.browser_asks:
        raise ConfigurationError((f"--browser: {manifest.title} is connected with a key, not in the browser.",))
    if manifest.role == "practice":
        result = _connect_practice(clinic, manifest, partner, ask, confirm, another=another)
    elif manifest.role == "audience":
        result = _connect_audience(clinic, manifest, partner, ask)
    else:
        result = _connect_books(clinic, manifest, partner, ask, confirm, browser)
    result.document["next"] = next_step(clinic, manifest)
    return result


def next_step(clinic: Clinic, done: Manifest) -> str:
    """Return what is to be typed once a system is connected: the other system, the mapping, or the doctor."""
    for manifest in (clinic.practice_manifest, clinic.books_manifest):
        if manifest is not done and not credentials(clinic, manifest).keys() & set(manifest.sign_in.asks):
            return f"connect {manifest.name}"
    return "map" if any(gap.blocks for gap in gaps(clinic.settings)) else "doctor"


def _must_be_meant(confirm: Confirm, manifest: Manifest, account: str) -> None:
    """Raise ConfigurationError, with nothing kept, when a person says that it is another account."""
    if account and not confirm(f"Is this {account}?"):
        raise ConfigurationError((f"{manifest.title}: it is another account, so nothing was changed.",))


def _manifest(system: str, own: tuple[Manifest, ...]) -> Manifest:
    found = {manifest.name: manifest for manifest in own}
    wanted = system.strip().casefold()
    if wanted in found:
        return found[wanted]
    if other := next((manifest for manifest in manifests() if manifest.name == wanted), None):
        used = ", ".join(manifest.title for manifest in own)
        raise ConfigurationError((f"This clinic works with {used}, and not with {other.title}.",))
    near = difflib.get_close_matches(wanted, list(found), n=1, cutoff=0)
    hint = f' Did you mean "{near[0]}"?' if near else ""
    raise ConfigurationError((f'"{system}" is not a system that can be connected.{hint}',))


# --- what is asked for ------------------------------------------------------------------------------------------------


def _answers(clinic: Clinic, manifest: Manifest, ask: Ask, wanted: set[str]) -> dict[str, Private[str]]:
    """Return the settings to try: from the environment, else asked for, else those kept before."""
    found: dict[str, Private[str]] = {}
    for name in manifest.secrets():
        variable = manifest.environment[name]
        given = clinic.home_settings.values.get(variable)
        if given is None and name in wanted:
            words = name.replace("_", " ").replace(" id", " ID")
            where = f"{manifest.sign_in.where}\n" if manifest.sign_in.where and not found else ""
            answer = ask(f"{where}{manifest.title} {words}").strip() or (
                clinic.vault.get(f"{manifest.name}/{name}") or ""
            )
            if not answer:
                raise SignInAgain(f"No {words} for {manifest.title} was given. Type it when asked, or set {variable}.")
            given = Private(answer)
        if given is not None:
            found[name] = given
    return found


def tried(clinic: Clinic, manifest: Manifest, partner: Manifest, answers: Mapping[str, Private[str]]) -> Opening:
    """Return the opening with these answers in place of what is kept; addresses stay."""
    opening = clinic.opening(manifest, partner)
    addresses = {name: value for name, value in opening.values.items() if is_address(name)}
    return replace(opening, values={**addresses, **answers})


def keep_answers(clinic: Clinic, manifest: Manifest, answers: Mapping[str, Private[str]]) -> None:
    """Keep settings that worked, encrypted, and forget what belonged to another way of signing in."""
    for name in manifest.secrets():
        place = f"{manifest.name}/{name}"
        if name in answers:
            clinic.vault.put(place, answers[name].reveal())
        elif name not in manifest.sign_in.optional and clinic.vault.get(place) is not None:
            clinic.vault.delete(place)


# --- the practice -----------------------------------------------------------------------------------------------------


def _connect_practice(
    clinic: Clinic, manifest: Manifest, partner: Manifest, ask: Ask, confirm: Confirm, *, another: bool = False
) -> Result:
    answers = _answers(clinic, manifest, ask, set(manifest.sign_in.asks))
    try:
        identity = practice_connector(manifest).sign_in(tried(clinic, manifest, partner, answers), None)
    except ValueError as error:
        raise ConfigurationError((f"{manifest.title}: {error}.",)) from None
    _must_be_meant(confirm, manifest, identity.account_name)
    _same_practice(clinic, manifest, identity, another=another)
    keep_answers(clinic, manifest, answers)
    # What the key before did not show may be there again: the next comparison looks.
    clinic.store.keep_note(VANISHED_NOTE, "")
    document = {
        "system": manifest.name,
        "title": manifest.title,
        "account": identity.account_name,
        "role": identity.role,
        "warnings": list(role_warnings(identity.role)),
        "notes": list(identity.notes),
    }
    return Result(document=document)


def _same_practice(clinic: Clinic, manifest: Manifest, identity: PracticeIdentity, *, another: bool) -> None:
    """Pin the practice that is connected; raises ConfigurationError for another one, unless it is wanted."""
    found = {"id": identity.account_id, "subdomain": identity.subdomain, "name": identity.account_name}
    kept = json.loads(clinic.store.note(PRACTICE_NOTE) or "{}")
    if kept and not another and not is_same(kept, found):
        sentence = (
            f"{manifest.title}: this key belongs to {identity.account_name or 'another practice'}, and this clinic "
            f"is connected with {kept.get('name') or 'another one'}. Nothing was changed. Use the right key, or "
            "give the other practice a clinic of its own (`ligament clinics add`). To move this clinic on purpose, "
            "add --another-practice."
        )
        raise ConfigurationError((sentence,))
    if found["id"] or found["subdomain"]:
        clinic.store.keep_note(PRACTICE_NOTE, json.dumps(found, sort_keys=True))


def role_warnings(role: str) -> tuple[str, ...]:
    """Return what is wrong with using the key of somebody in that role."""
    if role.casefold() in _NARROW_ROLES:
        return (f"A {role} cannot see invoices. Use the key of an administrator or a bookkeeper.",)
    return ()


# --- the mailing list -------------------------------------------------------------------------------------------------


def _connect_audience(clinic: Clinic, manifest: Manifest, partner: Manifest, ask: Ask) -> Result:
    answers = _answers(clinic, manifest, ask, set(manifest.sign_in.asks))
    try:
        identity = audience_connector(manifest).sign_in(tried(clinic, manifest, partner, answers), None)
    except ValueError as error:
        raise ConfigurationError((f"{manifest.title}: {error}.",)) from None
    except Rejected as trouble:
        # Several lists could be meant, and the rulebook says which one.
        raise ConfigurationError((trouble.sentence,)) from None
    keep_answers(clinic, manifest, answers)
    document = {
        "system": manifest.name,
        "title": manifest.title,
        "account": identity.name,
        "warnings": [],
        "notes": ["Nothing is sent there before an owner has confirmed it: `ligament recalls --push` asks."],
    }
    return Result(document=document)


# --- the books --------------------------------------------------------------------------------------------------------


def _connect_books(
    clinic: Clinic, manifest: Manifest, partner: Manifest, ask: Ask, confirm: Confirm, browser: Browser | None
) -> Result:
    wanted = manifest.sign_in.browser_asks if browser else manifest.sign_in.asks
    answers = _answers(clinic, manifest, ask, set(wanted))
    draft = Draft(clinic)
    opening = replace(
        tried(clinic, manifest, partner, answers),
        tokens=draft,
        notebook=Notebook(read=draft.read, write=draft.write),
        lane=Priority.PEOPLE,
    )
    organisation = books_connector(manifest).sign_in(opening, browser)
    _must_be_meant(confirm, manifest, organisation.name)
    keep_answers(clinic, manifest, answers)
    draft.keep(clinic.opening(manifest, partner))
    document = {
        "system": manifest.name,
        "title": manifest.title,
        "account": organisation.name,
        "currency": organisation.currency,
        "demo_company": organisation.is_demo,
        "warnings": ["This is a demo company: it forgets everything after 28 days."] if organisation.is_demo else [],
        "notes": [f"{organisation.name} is pinned: no other organisation is ever touched for this clinic."],
    }
    return Result(document=document)
