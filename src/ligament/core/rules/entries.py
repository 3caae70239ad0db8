"""Entries of the rulebook that come in any number: rules, rules about contacts, lookup tables and recalls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What a rule does when it applies; an empty text or None is no effect."""

    skip: str = ""
    hold: str = ""
    ask: str = ""
    account: str = ""
    tax_type: str = ""
    tracking: Mapping[str, str] = field(default_factory=dict)
    contact: str = ""
    terms_days: int | None = None
    reference: str = ""
    branding_theme: str = ""
    line_text: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One `[[rules]]` entry: a condition in the Common Expression Language and its effects."""

    name: str
    when: str
    effects: Effects


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactRule:
    """One `[[contact_rules]]` entry: a condition about a patient or a payer, and what happens to their contact.

    `sets` gives the text of a field, or an expression that begins with `=`.
    """

    name: str
    when: str
    skip: str = ""
    ask: str = ""
    group: str = ""
    sets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One `[lookups.NAME]` table: a file beside the rulebook and the column that its rows are found by.

    `digest` stands for what the file held when the rulebook was read.
    """

    name: str
    file: str
    key: str
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """One `[[recalls]]` entry: after how many weeks without an appointment of these types somebody is due."""

    list: str
    appointment_types: tuple[str, ...]
    after_weeks: int
