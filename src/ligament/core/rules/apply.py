"""Applying the clinic's rules to one document, top to bottom (choice C31)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ligament.core.holds import HoldCode
from ligament.core.rules.entries import Effects, Rule
from ligament.core.troubles import Trouble

_TEXTS = re.compile(r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\"""")
_RECORDS = re.compile(r"(?<![.\w])(invoice|lines|appointment|practitioner|business|patient|payer)\b")
_OTHER_NAMES = re.compile(r"\b(practitioner|business|clinic)\s*\.\s*name\b")
_A_NAME = re.compile(r'\.\s*name\b|[\w)\]]\[\s*""')
LINE_NAMES = "names of lines"
"""What rules speak of that look at how a line reads; it goes with whoever is deleted."""
_DOCUMENTS = frozenset({"invoice", "lines", "appointment", "practitioner", "business"})
EXPRESSIONS = (
    "skip", "hold", "ask", "account", "tax_type", "contact", "reference", "branding_theme", "line_text", "group",
)  # fmt: skip
"""The effects whose text may be an expression: one that begins with `=`."""
_VALUES = ("account", "tax_type", "contact", "terms_days", "reference", "branding_theme", "line_text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the rules say together: values with the rule behind each, and what stops or asks."""

    effects: Effects = Effects()
    by: Mapping[str, str] = field(default_factory=dict)
    skipped_by: str = ""
    stop: Trouble | None = None
    ask: Trouble | None = None
    groups: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()


NO_RULING = Ruling()
"""No rule applies."""


def looks_at(rule: Rule) -> frozenset[str]:
    """Return which of the records a rule speaks of, in its condition or in an expression of its effects.

    What lines are called is told apart from the rest of them: it can be gone where their codes and amounts stay.
    """
    effects = rule.effects
    texts = (getattr(effects, name) for name in EXPRESSIONS)
    said = [text for text in (*texts, *effects.tracking.values()) if isinstance(text, str) and text.startswith("=")]
    bare = _TEXTS.sub('""', " ".join((rule.when, *said)))
    found = frozenset(_RECORDS.findall(bare))
    return found | {LINE_NAMES} if "lines" in found and _A_NAME.search(_OTHER_NAMES.sub("", bare)) else found


def about_documents(rule: Rule) -> bool:
    """Say whether a rule can be judged for a document only: it speaks of one, or of patient and payer at once."""
    seen = looks_at(rule)
    return bool(seen & _DOCUMENTS) or {"patient", "payer"} <= seen


Evaluate = Callable[[str, Mapping[str, object]], bool]
"""Says whether a condition holds; raises ValueError with a sentence when it cannot be judged."""
Express = Callable[[str, Mapping[str, object]], str]
"""Gives the text of an expression; raises ValueError with a sentence when there is none."""


def judge(
    rules: tuple[Rule, ...],
    facts: Mapping[str, object],
    evaluate: Evaluate,
    express: Express,
    forgotten: frozenset[str] = frozenset(),
) -> Ruling:
    """Apply the rules in order: a later one wins on the same thing; skip and hold end it.

    `forgotten` is that of which nothing is known any more: a rule that looks at it is asked about, never judged by what
    is left of it, and the others go on.
    """
    ruling = NO_RULING
    unjudged: Trouble | None = None
    for rule in rules:
        missed = forgotten and forgotten & looks_at(rule)
        if missed:
            unjudged = unjudged or _unjudged(rule, missed)
            continue
        try:
            if not evaluate(rule.when, facts):
                continue
            effects = expressed(rule.effects, facts, express)
        except ValueError as error:
            return replace(ruling, stop=_stop(rule, f'The rule "{rule.name}" cannot be judged here: {error}'))
        ruling = _merge(ruling, rule, effects)
        if ruling.skipped_by or ruling.stop is not None:
            return ruling
    return ruling if unjudged is None else replace(ruling, stop=unjudged)


def expressed(effects: Effects, facts: Mapping[str, object], express: Express) -> Effects:
    """Return the effects with every text that begins with `=` worked out for a record."""
    found = {
        name: express(text[1:], facts)
        for name in EXPRESSIONS
        if isinstance(text := getattr(effects, name), str) and text.startswith("=")
    }
    tracking = {
        category: express(option[1:], facts) if option.startswith("=") else option
        for category, option in effects.tracking.items()
    }
    if not found and tracking == effects.tracking:
        return effects
    kept = {category: option for category, option in tracking.items() if option}
    return replace(effects, **found, tracking=kept)  # type: ignore[arg-type] # all of them are texts


def _unjudged(rule: Rule, missed: frozenset[str]) -> Trouble:
    gone = "the patient, of whom nothing is known any more"
    if missed == {LINE_NAMES}:
        gone = "what lines are called, and their texts were erased with the patient"
    return Trouble(
        code=HoldCode.RULE,
        sentence=f'The rule "{rule.name}" looks at {gone}.',
        todo="Approve to go on without the rule, or dismiss this to leave the books as they are.",
        rule=rule.name,
    )


def _merge(ruling: Ruling, rule: Rule, effects: Effects) -> Ruling:
    trail = (*ruling.trail, _trail(rule, effects))
    if effects.skip:
        return replace(ruling, skipped_by=rule.name, trail=trail)
    if effects.hold:
        return replace(ruling, stop=_stop(rule, effects.hold), trail=trail)
    values = {name: getattr(effects, name) for name in _VALUES if getattr(effects, name) not in {"", None}}
    tracking = {**ruling.effects.tracking, **effects.tracking}
    ask = ruling.ask
    if effects.ask:
        ask = Trouble(code=HoldCode.ASK, sentence=effects.ask, todo="Approve to post it as it is.", rule=rule.name)
    return replace(
        ruling,
        effects=replace(ruling.effects, tracking=tracking, **values),
        by={**ruling.by, **dict.fromkeys(values, rule.name)},
        ask=ask,
        groups=(*ruling.groups, effects.group) if effects.group and about_documents(rule) else ruling.groups,
        trail=trail,
    )


_WORDS = {
    "account": "account {}",
    "tax_type": "tax type {}",
    "contact": "billed to {}",
    "terms_days": "due after {} days",
    "reference": 'reference "{}"',
    "branding_theme": "branding theme {}",
    "line_text": 'line text "{}"',
    "group": 'contact group "{}"',
}


def _trail(rule: Rule, effects: Effects) -> str:
    """Return in a sentence what a rule makes of a document."""
    made = [
        words.format(value) for name, words in _WORDS.items() if (value := getattr(effects, name)) not in {"", None}
    ]
    made.extend(f"{category} {option}" for category, option in effects.tracking.items())
    told = f": {', '.join(made)}" if made else ""
    return f'The rule "{rule.name}" applies{told}.'


def _stop(rule: Rule, sentence: str) -> Trouble:
    return Trouble(
        code=HoldCode.RULE,
        sentence=sentence,
        todo="Approve to post it all the same, or change the invoice or the rule.",
        rule=rule.name,
    )
