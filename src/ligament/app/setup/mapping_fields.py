"""Mapping on a page: every choice as one field, from what is kept here, checked together and written at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ligament.app.setup.account_suggestions import suggest, used_accounts
from ligament.app.setup.mapping import (
    CLEARING,
    DEFAULT,
    TAXES,
    Key,
    Option,
    Survey,
    checked,
    choices_kept,
    income_accounts,
    questions,
    survey,
    survey_of_kept,
)
from ligament.app.setup.near import spoken
from ligament.core.rules.model import Rulebook
from ligament.core.sold import SoldAs, item_keys
from ligament.store.journal.journal import Note
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebook_writing import held, with_values, write_text
from ligament.wiring.rulebooks import read_clinic

_SOURCES: Mapping[Key, str] = {DEFAULT: "the accounts of {books}", CLEARING: "the accounts of {books}"}
_TABLES: Mapping[str, str] = {
    "item": "items",
    "product": "items",
    "practitioner": "practitioners",
    "business": "businesses",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One choice: the name of its field, what it asks, what is chosen, what may be; `is_own` may stay empty.

    `reason` says why the suggestion, `source` where that is known from.
    """

    name: str
    key: Key
    asks: str
    current: str
    options: tuple[Option, ...]
    is_gap: bool = False
    is_own: bool = False
    suggestion: str = ""
    reason: str = ""
    source: str = ""


def kept_survey(clinic: Clinic) -> Survey:
    """Return what choices are made from as it is kept here; before the first reading both systems are asked."""
    book = read_clinic(clinic.settings.file).rulebook
    found = choices_kept(clinic, book)
    return found if found.chart.accounts else replace(survey(clinic), book=book)


def kept_survey_with_invoices(clinic: Clinic) -> Survey:
    """Return the same with the invoices that a preview is made of."""
    book = read_clinic(clinic.settings.file).rulebook
    found = survey_of_kept(clinic, book)
    return found if found.chart.accounts else replace(survey(clinic), book=book)


def fields(found: Survey, books: str = "the books") -> list[Field]:
    """Return every field, gaps first; `books` is what the system of the books is called."""
    asked = [
        Field(
            name=_name(one.key),
            key=one.key,
            asks=one.asks,
            current=one.current,
            options=one.options,
            is_gap=one.is_gap,
            suggestion=one.suggestion,
            reason=one.reason,
            source=_SOURCES.get(one.key, f"the tax rates of {books}").format(books=books),
        )
        for one in questions(found)
        if one.key in {DEFAULT, CLEARING} or one.key[0] == TAXES
    ]
    return sorted([*asked, *_own(found, books)], key=lambda one: not one.is_gap)


def _name(key: Key) -> str:
    return {DEFAULT: "default", CLEARING: "clearing"}.get(key, f"tax.{key[-1]}")


def _own(found: Survey, books: str) -> Iterable[Field]:
    """Yield what may have an account of its own: items that were sold, then people, then places."""
    among = income_accounts(found.chart)
    options = tuple(Option(value=one.key, label=spoken(one)) for one in among)
    used, usual = used_accounts(found.documents, among), found.book.accounts.default or ""
    accounts, facts = found.book.accounts, found.facts
    sold = _sold(found.lines)
    for identity, (keys, words) in sorted(sold.items(), key=lambda pair: pair[1][1].casefold()):
        field = _own_field("item", identity, words, keys, accounts.items, options)
        better = None if field.current else suggest(words, used, among, usual, books)
        if better is None:
            yield field
        else:
            yield replace(field, suggestion=better.account, reason=better.reason, source=better.source)
    for person in facts.practitioners.values():
        keys = (person.id, person.name)
        yield _own_field("practitioner", person.id, person.name, keys, accounts.practitioners, options)
    for place in facts.locations.values():
        yield _own_field("business", place.id, place.name, (place.id, place.name), accounts.businesses, options)


def _own_field(
    kind: str, identity: str, words: str, keys: Iterable[str], held: Mapping[str, str], options: tuple[Option, ...]
) -> Field:
    key = next((one for one in keys if one in held), identity)
    return Field(
        name=f"{kind}.{identity}",
        key=("accounts", _TABLES[kind], key),
        asks=words,
        current=held.get(key, ""),
        options=options,
        is_own=True,
    )


def _sold(lines: Iterable[SoldAs]) -> dict[str, tuple[tuple[str, ...], str]]:
    return {keys[0]: (keys, line.name or line.code) for line in lines if (keys := item_keys(line))}


# --- saving -----------------------------------------------------------------------------------------------------------


def save(clinic: Clinic, found: Survey, told: Mapping[str, str], was: Mapping[str, str]) -> dict[str, str]:
    """Check every field that was changed and write all together, or none; returns what is wrong, by field.

    `was` is what the page showed: a field that somebody else changed meanwhile is told, not overwritten.
    """
    file = clinic.settings.file
    with held(file) as text:
        found = replace(found, book=read_clinic(file).rulebook)
        written, wrong = checked_fields(found, told, was)
        if wrong or not written:
            return wrong
        write_text(file, with_values(text, written))
        chosen = {".".join(key): value or "" for key, value in written.items()}
        with clinic.journal.writing() as writing:
            writing.add(Note(kind="mapping", public={"chosen": chosen}))
    return {}


def checked_fields(
    found: Survey, told: Mapping[str, str], was: Mapping[str, str]
) -> tuple[dict[Key, str | None], dict[str, str]]:
    """Return what is to be written by its key in the rulebook, None taking it away, and what is wrong by field."""
    known = {one.name: one for one in fields(found)}
    wrong: dict[str, str] = {}
    written: dict[Key, str | None] = {}
    for name, value in told.items():
        field = known.get(name) or _unseen(found.book, name)
        if field is None:
            wrong[name] = f'There is nothing called "{name}" to choose an account for.'
        elif value.strip() not in {field.current, was.get(name, "\n")}:
            if was.get(name, field.current) != field.current:
                wrong[name] = f"Meanwhile somebody chose {field.current or 'nothing'} here. Choose again."
                continue
            try:
                written[field.key] = _meant(found, field, value.strip())
            except ConfigurationError as trouble:
                wrong[name] = str(trouble)
    return written, wrong


def _meant(found: Survey, field: Field, value: str) -> str | None:
    """Return what is written, None where nothing stands any more; raises ConfigurationError for what the books lack."""
    if not value and field.is_own:
        return None
    return checked(found, DEFAULT if field.is_own else field.key, value)


def _unseen(book: Rulebook, name: str) -> Field | None:
    """Return the field of a thing that is not kept here yet, such as an item or a tax that was never sold."""
    kind, _, identity = name.partition(".")
    if kind == "tax" and identity:
        return Field(name=name, key=(TAXES, identity), asks=identity, current=book.taxes.get(identity, ""), options=())
    if kind not in _TABLES or not identity.isalnum():
        return None
    table: Mapping[str, str] = getattr(book.accounts, _TABLES[kind])
    key = ("accounts", _TABLES[kind], identity)
    return Field(name=name, key=key, asks=identity, current=table.get(identity, ""), options=(), is_own=True)
