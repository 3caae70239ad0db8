"""Reader of what the rulebook has any number of: rules, rules about contacts, lookup tables and recalls."""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Mapping
from typing import Protocol

from ligament.core.rules import kinds, shapes
from ligament.core.rules.apply import EXPRESSIONS, about_documents
from ligament.core.rules.entries import ContactRule, Effects, Lookup, Recall, Rule
from ligament.core.rules.reading import Complaint, Problem, TableReader

ENTRIES = {
    "lookups": ("file", "key"),
    "rules": (
        "name", "when", "skip", "hold", "ask", "account", "tax_type", "tracking", "contact", "terms_days",
        "reference", "branding_theme", "line_text", "group",
    ),
    "contact_rules": ("name", "when", "skip", "ask", "group", "set"),
    "recalls": ("list", "appointment_types", "after_weeks"),
}  # fmt: skip
"""The keys of each entry."""
_TERMS = kinds.whole(0, 3650)
_WEEKS = kinds.whole(1, 1040)
_LOOKUP_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
FILE = re.compile(r"[^/\\\x00-\x1f]{1,196}\.csv", re.IGNORECASE)
"""The name of a file beside the rulebook."""


class Checks(Protocol):
    """Judges expressions: each method returns what is wrong, or nothing; `names` are the records they may look at."""

    def condition(self, text: str, names: tuple[str, ...] = ...) -> Complaint | None: ...

    def expression(self, text: str, names: tuple[str, ...] = ...) -> Complaint | None:
        """Judge an expression that gives a text."""
        ...


class _Unchecked:
    def condition(self, text: str, names: tuple[str, ...] = ()) -> Complaint | None:
        del text, names
        return None

    expression = condition


UNCHECKED: Checks = _Unchecked()
"""Takes every expression as it is."""


def _tables(held: object, what: str, one: str, problems: list[Problem]) -> list[TableReader]:
    """Return a reader for each `[[what]]` entry."""
    if held is None:
        return []
    if not isinstance(held, list | tuple):
        problems.append(Problem(key=what, sentence=f"Write each {one} under its own [[{what}]] line."))
        return []
    return [TableReader(table, f"{what}[{place}]", problems) for place, table in enumerate(held, 1)]


def _check_names(names: list[str], what: str, one: str, problems: list[Problem]) -> None:
    twice = sorted({name for name in names if name and names.count(name) > 1})
    problems.extend(
        Problem(key=what, sentence=f'Two {one} are called "{name}"; each needs a name of its own.') for name in twice
    )


def rules(held: object, problems: list[Problem], checks: Checks) -> tuple[Rule, ...]:
    """Return the `[[rules]]` entries; `checks` judge conditions and expressions."""
    found = tuple(_rule(reader, checks) for reader in _tables(held, "rules", "rule", problems))
    _check_names([rule.name for rule in found], "rules", "rules", problems)
    return found


def _rule(reader: TableReader, checks: Checks) -> Rule:
    name = reader.text("name", kinds.TEXT)
    when = reader.text("when", kinds.TEXT)
    effects = Effects(
        skip=reader.text("skip", kinds.TEXT),
        hold=reader.text("hold", kinds.TEXT),
        ask=reader.text("ask", kinds.TEXT),
        account=reader.text("account", kinds.TEXT),
        tax_type=reader.text("tax_type", kinds.TEXT),
        tracking=reader.value("tracking", kinds.CODES, {}),
        contact=reader.text("contact", kinds.TEXT),
        terms_days=reader.value("terms_days", _TERMS, None),
        reference=reader.text("reference", kinds.TEXT),
        branding_theme=reader.text("branding_theme", kinds.TEXT),
        line_text=reader.text("line_text", kinds.TEXT),
        group=reader.text("group", kinds.TRIMMED),
    )
    reader.finish()
    _check_rule(reader, name, when, checks, tuple(shapes.FACTS))
    for key in EXPRESSIONS:
        _check_expression(reader, key, getattr(effects, key), checks, tuple(shapes.FACTS))
    for category, option in effects.tracking.items():
        _check_expression(reader, f'tracking."{category}"', option, checks, tuple(shapes.FACTS))
    if effects.group.startswith("=") and about_documents(Rule(name=name, when=when, effects=effects)):
        reader.trouble("group", "A rule about invoices names its group outright; only one about people works it out.")
    if effects == Effects():
        reader.trouble("name", "This rule does nothing: give it an effect such as skip, hold, ask or account.")
    return Rule(name=name, when=when, effects=effects)


def _check_rule(reader: TableReader, name: str, when: str, checks: Checks, names: tuple[str, ...]) -> None:
    if not name:
        reader.trouble("name", "Every rule needs a name.")
    if not when:
        reader.trouble("when", "Every rule needs a condition.")
        return
    complaint = checks.condition(when, names)
    if complaint is not None:
        reader.trouble("when", complaint.sentence, complaint.at)


def _check_expression(reader: TableReader, key: str, text: str, checks: Checks, names: tuple[str, ...]) -> None:
    if not text.startswith("="):
        return
    complaint = checks.expression(text[1:], names)
    if complaint is not None:
        reader.trouble(key, complaint.sentence, complaint.at + 1)


def contact_rules(
    held: object, problems: list[Problem], checks: Checks, chosen: Container[str]
) -> tuple[ContactRule, ...]:
    """Return the `[[contact_rules]]` entries; `chosen` are the custom fields that have a token."""
    found = tuple(_contact_rule(reader, checks, chosen) for reader in _tables(held, "contact_rules", "rule", problems))
    _check_names([rule.name for rule in found], "contact_rules", "rules", problems)
    return found


def _contact_rule(reader: TableReader, checks: Checks, chosen: Container[str]) -> ContactRule:
    rule = ContactRule(
        name=reader.text("name", kinds.TEXT),
        when=reader.text("when", kinds.TEXT),
        skip=reader.text("skip", kinds.TEXT),
        ask=reader.text("ask", kinds.TEXT),
        group=reader.text("group", kinds.TRIMMED),
        sets=reader.value("set", kinds.CODES, {}),
    )
    reader.finish()
    _check_rule(reader, rule.name, rule.when, checks, shapes.ABOUT_PEOPLE)
    for key, text in (("skip", rule.skip), ("ask", rule.ask), ("group", rule.group)):
        _check_expression(reader, key, text, checks, shapes.ABOUT_PEOPLE)
    for name, text in rule.sets.items():
        _check_field(reader, name, chosen)
        _check_expression(reader, f'set."{name}"', text, checks, shapes.ABOUT_PEOPLE)
    if not (rule.skip or rule.ask or rule.group or rule.sets):
        reader.trouble("name", "This rule does nothing: give it an effect such as skip, ask, group or set.")
    return rule


def _check_field(reader: TableReader, name: str, chosen: Container[str]) -> None:
    """Complain about a field that no rule can set: only what the contact of the books gets, and never an id."""
    known = (*shapes.PAYER_FIELDS, *(name for name in shapes.PATIENT_FIELDS if name not in shapes.PAYER_FIELDS))
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0)
        reader.trouble(f'set."{name}"', f'"{name}" cannot be set. Did you mean "{near[0]}"?')
    elif name in shapes.CUSTOM_FIELDS and name not in chosen:
        reader.trouble(f'set."{name}"', f"Choose its custom field first: {name} under [contacts.custom_fields].")


def lookups(held: object, problems: list[Problem]) -> tuple[Lookup, ...]:
    """Return the `[lookups.NAME]` tables; the file is one beside the rulebook."""
    if held is None:
        return ()
    if not isinstance(held, Mapping):
        problems.append(Problem(key="lookups", sentence="Write each table of your own under a [lookups.NAME] line."))
        return ()
    return tuple(_lookup(str(name), table, problems) for name, table in held.items())


def _lookup(name: str, table: object, problems: list[Problem]) -> Lookup:
    reader = TableReader(table, f"lookups.{name}", problems)
    lookup = Lookup(name=name, file=reader.text("file", kinds.TEXT), key=reader.text("key", kinds.TEXT))
    reader.finish()
    if not _LOOKUP_NAME.fullmatch(name):
        reader.trouble("file", "The name of a table is made of up to 40 letters, digits and underscores.")
    if not FILE.fullmatch(lookup.file):
        reader.trouble("file", 'This is needed: a CSV file beside the rulebook, as in file = "claims.csv".')
    if not lookup.key:
        reader.trouble("key", 'This is needed: the column that a row is found by, as in key = "number".')
    return lookup


def recalls(held: object, problems: list[Problem]) -> tuple[Recall, ...]:
    """Return the `[[recalls]]` entries."""
    found = tuple(_recall(reader) for reader in _tables(held, "recalls", "recall", problems))
    _check_names([recall.list for recall in found], "recalls", "recalls", problems)
    return found


def _recall(reader: TableReader) -> Recall:
    recall = Recall(
        list=reader.text("list", kinds.TRIMMED),
        appointment_types=reader.value("appointment_types", kinds.TEXTS, ()),
        after_weeks=reader.value("after_weeks", _WEEKS, 0),
    )
    reader.finish()
    if not recall.list:
        reader.trouble("list", 'Every recall needs a list, as in list = "Six-month check".')
    if not recall.appointment_types:
        reader.trouble("appointment_types", "This is needed: the names or ids of the appointment types that count.")
    if not recall.after_weeks and "after_weeks" not in reader.table:
        reader.trouble("after_weeks", "This is needed: after how many weeks somebody is due, as in after_weeks = 26.")
    return recall
