"""Which contact groups of the books a patient or payer belongs into: by rules, and by a chosen custom field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ligament.core.contacts import privacy_of
from ligament.core.folding import folded
from ligament.core.links import Reason
from ligament.core.naming import tidy_name
from ligament.core.private import Private
from ligament.core.records import Party, PartyKind
from ligament.core.rules.apply import Evaluate, Express, about_documents, looks_at
from ligament.core.rules.contact_rules import is_about_others, texts_of
from ligament.core.rules.contexts import record_context
from ligament.core.rules.entries import Rule
from ligament.core.rules.model import CustomField, Privacy, Rulebook

_OF_THE_OTHER = {PartyKind.PATIENT: "payer", PartyKind.PAYER: "patient"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A group that a contact belongs into; `rule` is the rule that says so, or empty for the custom field."""

    name: Private[str]
    reason: Reason = Reason.RECORD
    rule: str = ""

    @property
    def key(self) -> str:
        """Return the name as names of groups are compared."""
        return folded(self.name.reveal())


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRules:
    """The rules of a rulebook that name a contact group, sorted by what they can be judged for."""

    records: tuple[Rule, ...] = ()
    documents: tuple[Rule, ...] = ()

    def names_for_documents(self) -> frozenset[str]:
        """Return the groups that a document can put a contact into, as names are compared."""
        return frozenset(folded(rule.effects.group) for rule in self.documents)


def group_rules(rulebook: Rulebook) -> GroupRules:
    """Return the rules that name a contact group."""
    named = [rule for rule in rulebook.rules if rule.effects.group]
    return GroupRules(
        records=tuple(rule for rule in named if not about_documents(rule)),
        documents=tuple(rule for rule in named if about_documents(rule)),
    )


def uses_groups(rulebook: Rulebook) -> bool:
    """Say whether the clinic wants any contact group filled."""
    by_rule = any(rule.effects.group for rule in rulebook.rules) or any(rule.group for rule in rulebook.contact_rules)
    return by_rule or CustomField.CONTACT_GROUP in rulebook.contacts.custom_fields


def record_wishes(
    party: Party, rulebook: Rulebook, rules: GroupRules, evaluate: Evaluate, express: Express
) -> list[Wish | str]:
    """Return the groups that a record itself belongs into; a plain text names one that cannot be judged for it now."""
    privacy = privacy_of(party, rulebook)
    if privacy is Privacy.POOLED:
        return []
    found: dict[str, Wish | str] = {}
    token = rulebook.contacts.custom_fields.get(CustomField.CONTACT_GROUP, "")
    value = dict(party.custom).get(token) if token and privacy is Privacy.FULL else None
    if value is not None and tidy_name(value.reveal()):
        wish = Wish(name=value.map(tidy_name))
        found[wish.key] = wish
    for applies in (
        _by_rules(party, rulebook, rules, evaluate, express),
        _by_contact_rules(party, rulebook, evaluate, express),
    ):
        for name, rule in applies:
            if rule is None:
                found.setdefault(folded(name), folded(name))
            else:
                found[folded(name)] = Wish(name=Private(name), rule=rule)
    return list(found.values())


def _by_rules(
    party: Party, rulebook: Rulebook, rules: GroupRules, evaluate: Evaluate, express: Express
) -> Iterator[tuple[str, str | None]]:
    """Yield the groups that `[[rules]]` name for a record, each with its rule; None where it cannot be judged now."""
    for rule in rules.records:
        if _OF_THE_OTHER[party.kind] in looks_at(rule):
            continue
        name = rule.effects.group
        try:
            seen = record_context(party, rulebook)
            if evaluate(rule.when, seen):
                yield tidy_name(express(name[1:], seen)) if name.startswith("=") else name, rule.name
        except ValueError:
            yield name, None


def _by_contact_rules(
    party: Party, rulebook: Rulebook, evaluate: Evaluate, express: Express
) -> Iterator[tuple[str, str | None]]:
    """Yield the groups that `[[contact_rules]]` name for a person."""
    for rule in rulebook.contact_rules:
        if not rule.group or is_about_others(rule, party):
            continue
        try:
            seen = record_context(party, rulebook)
            if evaluate(rule.when, seen):
                name = texts_of(rule, seen, express).get("group", "")
                if name:
                    yield tidy_name(name), rule.name
        except ValueError:
            yield rule.group, None
