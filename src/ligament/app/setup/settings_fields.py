"""Settings on a form: every key of the rulebook as one field, from its declaration, shown, checked and saved."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from string import Template
from typing import Any

from ligament.app.notices.addresses import shared_addresses
from ligament.app.setup.setting_words import GROUPS, LABELS
from ligament.core.rules.kinds import MISFIT, Entry
from ligament.core.rules.settings import Section, Setting
from ligament.core.rules.typed import as_typed, taken, wanted
from ligament.store.journal.journal import Note
from ligament.wiring.clinic import Clinic
from ligament.wiring.rulebook_writing import held, judged, with_values, write_text
from ligament.wiring.rulebooks import ClinicSettings, declared

KEPT = "kept:"
"""Stands before the mark of an address that stays as it is: what is in it is never shown."""
ELSEWHERE = frozenset(
    {
        "clinic.id", "clinic.practice", "clinic.books", "accounts.default", "payments.account", "contacts.privacy",
        "contacts.privacy_payer",
    }
)  # fmt: skip
"""What has a page of its own, or is never changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingField:
    """One setting as a form shows it; `current` and `default` are as typed, `options` value and words of each choice.

    `mistake` says what people often get wrong.
    """

    name: str
    label: str
    sentence: str
    entry: Entry
    current: str
    default: str
    example: str = ""
    mistake: str = ""
    options: tuple[tuple[str, str], ...] = ()

    @property
    def is_usual(self) -> bool:
        """Say whether it stands as it does when nobody chose anything."""
        return self.current == self.default


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The settings of one bracketed part of the rulebook."""

    name: str
    title: str
    note: str
    fields: tuple[SettingField, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting that would be another: as it is, and as it would be."""

    name: str
    label: str
    before: str
    after: str
    mistake: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What saving would do: the changes, what is wrong by field, and the lines of the rulebook that would differ."""

    changes: tuple[Change, ...] = ()
    wrong: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()
    text: str = ""


def groups(clinic: ClinicSettings, but: frozenset[str] = ELSEWHERE) -> tuple[Group, ...]:
    """Return every setting that a form may show, by the parts of the rulebook."""
    table = tomllib.loads(clinic.rulebook_text, parse_float=Decimal)
    found = []
    for section in declared(clinic):
        shown = tuple(one for one in _fields(clinic, section, table) if one.name not in but)
        if shown:
            title = GROUPS.get(section.name, section.name.replace(".", " ").replace("_", " ").capitalize())
            found.append(Group(name=section.name, title=title, note=_spoken(clinic, section.note), fields=shown))
    return tuple(found)


def _fields(clinic: ClinicSettings, section: Section, table: Mapping[str, Any]) -> Iterator[SettingField]:
    for setting in section.settings:
        name = f"{section.name}.{setting.name}"
        if setting.kind.entry is Entry.TABLE:
            continue
        yield SettingField(
            name=name,
            label=LABELS.get(name, setting.name.replace("_", " ").capitalize()),
            sentence=_spoken(clinic, setting.sentence),
            entry=setting.kind.entry,
            current=_current(clinic, setting, _at(table, name)),
            default=as_typed(_default(setting)),
            example=_spoken(clinic, setting.example),
            mistake=_spoken(clinic, setting.mistake),
            options=_options(clinic, setting),
        )


def _spoken(clinic: ClinicSettings, text: str) -> str:
    titles = {"practice_title": clinic.practice.title, "books_title": clinic.books.title}
    return Template(text).safe_substitute(titles, practice=clinic.practice.name, books=clinic.books.name)


def _at(table: Mapping[str, Any], name: str) -> object:
    held_there: object = table
    for part in name.split("."):
        held_there = held_there.get(part) if isinstance(held_there, Mapping) else None
    return held_there


def _default(setting: Setting) -> object:
    return tomllib.loads(f"v = {setting.default}", parse_float=Decimal)["v"] if setting.default else None


def _current(clinic: ClinicSettings, setting: Setting, value: object) -> str:
    if setting.kind.entry is Entry.ADDRESSES:
        return "\n".join(f"{KEPT}{one.mark}" for one in shared_addresses(clinic))
    text = as_typed(_default(setting) if value is None else value)
    if setting.kind.entry is Entry.CHOICES:
        return "\n".join(one for one in setting.kind.options if one in text.splitlines())
    return text


def _options(clinic: ClinicSettings, setting: Setting) -> tuple[tuple[str, str], ...]:
    if setting.kind.entry is Entry.ADDRESSES:
        return tuple((f"{KEPT}{one.mark}", one.shown) for one in shared_addresses(clinic))
    return tuple((one, one) for one in setting.kind.options)


# --- looking and saving -----------------------------------------------------------------------------------------------


def look(clinic: ClinicSettings, told: Mapping[str, str], was: Mapping[str, str], allowed: frozenset[str]) -> Looked:
    """Say what saving would change; what somebody else changed meanwhile is told beside its field, not overwritten.

    `told` is what was typed, `was` what the page had shown, by the names of the fields; lists have a value on a line.
    """
    known = {one.name: one for group in groups(clinic, frozenset()) for one in group.fields if one.name in allowed}
    kinds = {f"{section.name}.{one.name}": one for section in declared(clinic) for one in section.settings}
    wrong: dict[str, str] = {}
    changes: list[Change] = []
    values: dict[tuple[str, ...], object] = {}
    for name, typed in told.items():
        one = known.get(name)
        if one is None:
            wrong[name] = f'There is no setting "{name}" to be changed here.'
            continue
        text = _tidied(one, typed)
        seen = _tidied(one, was[name]) if name in was else one.current
        if text in {one.current, seen}:
            continue
        if seen != one.current:
            now = _shown(one, one.current) or "nothing"
            wrong[name] = (
                f"Meanwhile somebody changed this to {now}. Yours still stands here: send it again to take it."
            )
            continue
        value = _value(clinic, kinds[name], text)
        if value is MISFIT:
            wrong[name] = f"This does not fit: give {wanted(kinds[name].kind)}."
            continue
        values[tuple(name.split("."))] = value
        changes.append(_change(one, text))
    return _as_a_whole(clinic, values, changes, wrong)


def _tidied(one: SettingField, text: str) -> str:
    """Return what was typed without blanks that nobody meant; what was ticked comes in the order of the form."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if one.entry is Entry.CHOICES:
        order = [value for value, _ in one.options]
        lines.sort(key=lambda line: order.index(line) if line in order else len(order))
    return "\n".join(lines)


def _value(clinic: ClinicSettings, setting: Setting, text: str) -> object:
    """Return what is written, None where nothing is to stand any more, or MISFIT."""
    if not text and not setting.default:
        return None
    if setting.kind.entry is Entry.ADDRESSES:
        kept = dict(
            zip((f"{KEPT}{one.mark}" for one in shared_addresses(clinic)), clinic.rulebook.alerts.urls, strict=True)
        )
        lines = [kept.get(line, line) for line in text.splitlines()]
        text = "\n".join(line for line in lines if not line.startswith(KEPT))
    return taken(setting.kind, text)


def _change(one: SettingField, text: str) -> Change:
    before, after = _shown(one, one.current), _shown(one, text)
    return Change(name=one.name, label=one.label, before=before, after=after, mistake=one.mistake)


def _shown(one: SettingField, text: str) -> str:
    """Return a value for people; of addresses only how many there are, because they may hold secrets."""
    if one.entry is Entry.ADDRESSES:
        many = len(text.splitlines())
        return f"{many} address{'' if many == 1 else 'es'}" if many else ""
    if one.entry in {Entry.FLAG, Entry.MAYBE}:
        return {"true": "yes", "false": "no"}.get(text, text)
    return ", ".join(text.splitlines())


def _as_a_whole(
    clinic: ClinicSettings, values: Mapping[tuple[str, ...], object], changes: Sequence[Change], wrong: dict[str, str]
) -> Looked:
    """Judge the whole rulebook as it would stand: one setting may not fit another."""
    if wrong or not values:
        return Looked(changes=tuple(changes), wrong=wrong, text=clinic.rulebook_text)
    text = with_values(clinic.rulebook_text, values)
    _, mistakes = judged(clinic.file, text)
    for mistake in mistakes:
        wrong.setdefault(mistake.key if mistake.key in {one.name for one in changes} else "", mistake.sentence)
    lines = difflib.unified_diff(clinic.rulebook_text.splitlines(), text.splitlines(), lineterm="", n=0)
    hidden = any(one.name == "alerts.urls" for one in changes)
    told = [line for line in lines if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    return Looked(changes=tuple(changes), wrong=wrong, lines=() if hidden else tuple(told), text=text)


def save(clinic: Clinic, told: Mapping[str, str], was: Mapping[str, str], allowed: frozenset[str]) -> Looked:
    """Write what was changed into the rulebook, all of it or nothing, its comments kept; the journal says who."""
    file = clinic.settings.file
    with held(file) as text:
        present, mistakes = judged(file, text)
        if present is None:
            return Looked(wrong={"": f"The rulebook cannot be used as it stands: {mistakes[0].told()}"})
        looked = look(present, told, was, allowed)
        if looked.wrong or not looked.changes:
            return looked
        write_text(file, looked.text)
    changed = {one.name: {"before": one.before, "after": one.after} for one in looked.changes}
    with clinic.journal.writing() as writing:
        writing.add(Note(kind="settings", public={"changed": changed}))
    return looked
