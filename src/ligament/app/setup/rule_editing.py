"""Editing rules: one as a form shows it, checked with the place of each mistake, tried out, saved, moved, removed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ligament.app.documents import Document
from ligament.app.setup.rules import try_rules
from ligament.core.rules import kinds
from ligament.core.rules.entries import ContactRule, Rule
from ligament.core.rules.kinds import MISFIT
from ligament.core.rules.parse_entries import ENTRIES, contact_rules, rules
from ligament.core.rules.reading import Problem
from ligament.core.rules.typed import taken
from ligament.store.journal.journal import Note
from ligament.wiring.clinic import Clinic
from ligament.wiring.rule_text import moved_up, rule_texts, with_rule, without_rule
from ligament.wiring.rulebook_writing import edited, held, judged, write_text
from ligament.wiring.rulebooks import ClinicSettings

KINDS = ("rules", "contact_rules")
_TABLES = {"tracking", "set"}
_NUMBERS = {"terms_days": kinds.whole(0, 3650)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A rule as somebody typed it: which one it is (number 0 is a new one), its values, and the mark they had seen."""

    kind: str
    number: int
    values: Mapping[str, str] = field(default_factory=dict)
    seen: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of a wish: the rulebook as it would stand, or what is wrong by field."""

    text: str = ""
    name: str = ""
    wrong: Mapping[str, str] = field(default_factory=dict)
    clinic: ClinicSettings | None = None


def known(clinic: ClinicSettings, kind: str, number: int) -> bool:
    """Say whether there is such a rule; 0 is a new one."""
    return kind in KINDS and 0 <= number <= len(rule_texts(clinic.rulebook_text, kind))


def shown(clinic: ClinicSettings, kind: str, number: int) -> Wish:
    """Return a rule as a form shows it; tables have `name = text` on each line."""
    if not number:
        return Wish(kind=kind, number=0)
    one = rule_texts(clinic.rulebook_text, kind)[number - 1]
    (entry,) = tomllib.loads(one.body)[kind]
    values = {name: _as_text(entry[name]) for name in ENTRIES[kind] if name in entry}
    return Wish(kind=kind, number=number, values=values, seen=one.mark)


def _as_text(value: object) -> str:
    if isinstance(value, Mapping):
        return "\n".join(f"{name} = {text}" for name, text in value.items())
    return str(value)


# --- judging ----------------------------------------------------------------------------------------------------------


def judge(clinic: ClinicSettings, wish: Wish) -> Judged:
    """Check a rule as it was typed, alone and together with the whole rulebook; nothing is written."""
    found = rule_texts(clinic.rulebook_text, wish.kind)
    if wish.number > len(found):
        return Judged(wrong={"": "Meanwhile somebody took this rule away. What you typed is still here."})
    present = found[wish.number - 1] if wish.number else None
    if present is not None and present.mark != wish.seen:
        said = "Meanwhile somebody changed this rule, or another stands in its place. It is shown below; send yours"
        return Judged(wrong={"": f"{said} again to take it all the same."})
    values, wrong = _plain(wish)
    if not wrong:
        wrong = _alone(clinic, wish, values)
    if wrong:
        return Judged(wrong=wrong)
    body = edited(present.body if present is not None else "", wish.kind, values)
    text = with_rule(clinic.rulebook_text, wish.kind, wish.number, body)
    whole, mistakes = judged(clinic.file, text)
    if mistakes:
        return Judged(wrong={_field_of(mistakes[0].key): mistakes[0].sentence})
    return Judged(text=text, name=wish.values.get("name", ""), clinic=whole)


def _plain(wish: Wish) -> tuple[dict[str, object], dict[str, str]]:
    """Return the values as the file holds them, None for what is empty, and what does not fit."""
    values: dict[str, object] = {}
    wrong: dict[str, str] = {}
    for name in ENTRIES[wish.kind]:
        text = wish.values.get(name, "").replace("\r\n", "\n").strip()
        if not text:
            values[name] = None
        elif name in _TABLES:
            pairs = [line.partition("=") for line in text.splitlines() if line.strip()]
            values[name] = {key.strip(): value.strip() for key, _, value in pairs}
            if not all(key.strip() and value.strip() for key, _, value in pairs):
                wrong[name] = "Write one on each line, as in name = text."
        elif name in _NUMBERS:
            values[name] = taken(_NUMBERS[name], text)
            if values[name] is MISFIT:
                wrong[name] = f"Give {_NUMBERS[name].wanted}."
        else:
            values[name] = text
    return values, wrong


def _alone(clinic: ClinicSettings, wish: Wish, values: Mapping[str, object]) -> dict[str, str]:
    """Return what is wrong in the rule itself, by field, each with line and column inside that field."""
    problems: list[Problem] = []
    entry = {name: value for name, value in values.items() if value is not None}
    read: tuple[Rule, ...] | tuple[ContactRule, ...]
    if wish.kind == "rules":
        read = rules([entry], problems, clinic.expressions)
    else:
        read = contact_rules([entry], problems, clinic.expressions, clinic.rulebook.contacts.custom_fields)
    assert read, "one entry gives one rule"
    wrong: dict[str, str] = {}
    for problem in problems:
        name = _field_of(problem.key)
        text = values.get(name)
        is_placed = problem.at is not None and isinstance(text, str)
        wrong.setdefault(name, f"{_place(str(text), problem.at or 0) if is_placed else ''}{problem.sentence}")
    return wrong


def _place(text: str, at: int) -> str:
    before = text[:at]
    return f"Line {before.count(chr(10)) + 1}, column {at - (before.rfind(chr(10)) + 1) + 1}: "


def _field_of(key: str) -> str:
    """Return the field of the form that a key of the rulebook is in, such as `when` for `rules[2].when`."""
    entry, _, name = key.partition("].")
    return name.partition(".")[0] if entry.partition("[")[0] in KINDS and name else ""


# --- doing ------------------------------------------------------------------------------------------------------------


def try_out(clinic: Clinic, judged_rule: Judged, wish: Wish) -> Document:
    """Run the rule over the records kept here, together with all others; nothing is written anywhere."""
    assert judged_rule.clinic is not None
    found = try_rules(replace(clinic, settings=judged_rule.clinic)).document["rules"]
    return next(one for one in found if one["kind"] == wish.kind and one["name"] == judged_rule.name)


def save_rule(clinic: Clinic, wish: Wish) -> Judged:
    """Write a rule into the rulebook, comments kept; the journal says who. Nothing is written where it is wrong."""
    file = clinic.settings.file
    with held(file) as text:
        present, mistakes = judged(file, text)
        if present is None:
            return Judged(wrong={"": f"The rulebook cannot be used as it stands: {mistakes[0].told()}"})
        found = judge(present, wish)
        if found.wrong:
            return found
        if found.text == text:
            return found
        write_text(file, found.text)
    _note(clinic, "changed" if wish.number else "added", wish.kind, found.name)
    return found


def remove_rule(clinic: Clinic, wish: Wish) -> Judged:
    """Take a rule away; refused when it is not the one that was seen."""
    return _rearranged(clinic, wish, "removed")


def move_rule_up(clinic: Clinic, wish: Wish) -> Judged:
    """Put a rule before the one above it: on the same thing a later rule wins."""
    return _rearranged(clinic, wish, "moved up")


def _rearranged(clinic: Clinic, wish: Wish, what: str) -> Judged:
    file = clinic.settings.file
    with held(file) as text:
        present, _ = judged(file, text)
        found = rule_texts(text, wish.kind) if present is not None else []
        first = 1 if what == "removed" else 2
        if not first <= wish.number <= len(found) or found[wish.number - 1].mark != wish.seen:
            return Judged(wrong={"": "Meanwhile somebody changed the rules. They are shown as they stand now."})
        done = without_rule if what == "removed" else moved_up
        write_text(file, done(text, wish.kind, wish.number))
    (entry,) = tomllib.loads(found[wish.number - 1].body)[wish.kind]
    _note(clinic, what, wish.kind, str(entry.get("name", "")))
    return Judged(name=str(entry.get("name", "")))


def _note(clinic: Clinic, what: str, kind: str, name: str) -> None:
    with clinic.journal.writing() as writing:
        writing.add(Note(kind="rules", public={"done": what, "kind": kind, "rule": name}))


def marks(clinic: ClinicSettings) -> dict[tuple[str, int], str]:
    """Return the mark of every rule as it stands, by kind and number."""
    return {(kind, one.number): one.mark for kind in KINDS for one in rule_texts(clinic.rulebook_text, kind)}
