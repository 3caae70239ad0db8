"""Rules of a clinic: listed, checked with the place of each mistake, and tried on the records kept here."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

from ligament.app.days import day_of
from ligament.app.documents import Document
from ligament.app.results import DONE, Result
from ligament.core.rules.entries import ContactRule, Effects, Rule
from ligament.flow.plan.survey import Planner
from ligament.flow.plan.trial import Change, Touched, try_contacts, try_documents
from ligament.flow.read.read import EVERYTHING
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.rulebooks import ClinicSettings, Mistake, looked_over, rulebook_files

WRONG = 2


def list_rules(home: Path, wanted: str | None = None) -> Result:
    """Return the rules of every clinic of a home, or of one, in the order in which they are applied.

    Raises ConfigurationError where a rulebook cannot be used.
    """
    rules: list[Document] = []
    for _, clinic, mistakes in _meant(home, wanted):
        if clinic is None:
            raise ConfigurationError(tuple(mistake.told() for mistake in mistakes))
        rules += [_rule_document(clinic.name, rule) for rule in clinic.rulebook.rules]
        rules += [_contact_document(clinic.name, rule) for rule in clinic.rulebook.contact_rules]
    return Result(document={"rules": rules})


def _rule_document(clinic: str, rule: Rule) -> Document:
    effects = {
        field.name: value
        for field in fields(Effects)
        if (value := getattr(rule.effects, field.name)) not in ("", None, {})
    }
    return {"clinic": clinic, "kind": "rules", "name": rule.name, "when": rule.when, "effects": effects}


def _contact_document(clinic: str, rule: ContactRule) -> Document:
    given = {"skip": rule.skip, "ask": rule.ask, "group": rule.group, "set": dict(rule.sets)}
    effects = {name: value for name, value in given.items() if value}
    return {"clinic": clinic, "kind": "contact_rules", "name": rule.name, "when": rule.when, "effects": effects}


# --- checking ---------------------------------------------------------------------------------------------------------


def check_rules(home: Path, wanted: str | None = None) -> Result:
    """Check every rulebook of a home, or that of one clinic; the code is 2 where something is wrong."""
    found: list[Mistake] = []
    counted = 0
    for _, clinic, mistakes in _meant(home, wanted):
        found += mistakes
        counted += 0 if clinic is None else len(clinic.rulebook.rules) + len(clinic.rulebook.contact_rules)
    if not found:
        return Result(document={"rules": counted, "mistakes": []})
    first = found[0]
    error = {"code": "rulebook", "sentence": first.sentence, "place": place(first)}
    return Result(document={"error": error, "mistakes": [_mistake(one) for one in found]}, code=WRONG)


def _meant(home: Path, wanted: str | None) -> list[tuple[Path, ClinicSettings | None, tuple[Mistake, ...]]]:
    """Return the rulebooks that are meant: all, or those whose clinic is called so or begins so, in any case."""
    looked = [(file, *looked_over(file)) for file in rulebook_files(home)]
    if wanted is None:
        return looked
    names = [
        {file.stem.casefold(), *({clinic.name.casefold(), clinic.rulebook.clinic.id.casefold()} if clinic else ())}
        for file, clinic, _ in looked
    ]
    key = wanted.casefold()
    chosen = [one for one, known in zip(looked, names, strict=True) if key in known]
    chosen = chosen or [
        one for one, known in zip(looked, names, strict=True) if any(name.startswith(key) for name in known if key)
    ]
    if len(chosen) != 1:
        there = ", ".join(clinic.name if clinic else file.stem for file, clinic, _ in looked)
        raise ConfigurationError((f'--clinic: "{wanted}" is not one of the clinics here: {there}.',))
    return chosen


def place(mistake: Mistake) -> str:
    """Return where a mistake stands, as editors and tools read it."""
    return f"{mistake.file}:{mistake.line or 1}:{mistake.column or 1}"


def _mistake(mistake: Mistake) -> Document:
    reason = mistake.sentence
    return {
        "file": str(mistake.file),
        "line": str(mistake.line or 1),
        "column": str(mistake.column or 1),
        "key": mistake.key,
        "reason": reason,
        "told": f"{place(mistake)}: {reason}",
    }


# --- trying -----------------------------------------------------------------------------------------------------------


def try_rules(clinic: Clinic, *, since: str | None = None) -> Result:
    """Run the rules over the records kept here and say, for each, what it touches and what it changes.

    A field's `before` is what the record would say without that rule. Nothing is written, here or anywhere else.
    """
    first = day_of("--since", since) if since is not None else None
    book, around = clinic.settings.rulebook, clinic.surroundings()
    planner = Planner(memory=clinic.store, rulebook=book, around=around)
    documents = [_trial("rules", rule.name) for rule in book.rules]
    contacts = [_trial("contact_rules", rule.name) for rule in book.contact_rules]
    seen: set[tuple[bool, int, str]] = set()
    for portion in clinic.store.portions(EVERYTHING, planner.size):
        facts = clinic.store.gather(portion)
        for touched in (*try_documents(facts, book, around, first), *try_contacts(facts, book, around)):
            key = (touched.is_contact, touched.rule, touched.source_id)
            if key not in seen:
                seen.add(key)
                _add((contacts if touched.is_contact else documents)[touched.rule], touched)
    return Result(document={"since": since, "rules": [*documents, *contacts]}, code=DONE)


def _trial(kind: str, name: str) -> Document:
    return {"name": name, "kind": kind, "matched": 0, "changes": []}


def _add(trial: Document, touched: Touched) -> None:
    trial["matched"] += touched.counts
    trial["changes"] += [_change(change) for change in touched.changes]


def _change(change: Change) -> Document:
    return {
        "source_id": change.source_id,
        "number": change.number,
        "field": change.field,
        "before": change.before,
        "after": change.after,
    }
