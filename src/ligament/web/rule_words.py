"""What the parts of a rule are called on its pages, and what a condition may look at."""

from __future__ import annotations

from collections.abc import Mapping

from ligament.core.rules import shapes

_EFFECTS: Mapping[str, str] = {
    "skip": "leave out",
    "ask": "ask first",
    "hold": "hold",
    "account": "account",
    "tax_type": "tax type",
    "group": "group",
    "set": "set",
}
LABELS: Mapping[str, tuple[str, str]] = {
    "skip": ("Leave out, because", "The reason; nothing is posted then."),
    "hold": ("Hold, saying", "It waits until somebody approves it."),
    "ask": ("Ask first", "The question is asked once, then it is posted."),
    "account": ("Account", "For all lines but write-offs and rounding."),
    "tax_type": ("Tax type", "The rate must still agree with the line."),
    "tracking": ("Tracking", "One on each line, as in Location = North."),
    "contact": ("Bill", "The company name of a payer, or patient."),
    "terms_days": ("Days until due", "A whole number."),
    "reference": ("Reference", "In place of ours. A text that begins with = is worked out."),
    "branding_theme": ("Branding theme", "Its id."),
    "line_text": ("Text of the lines", "For all lines but write-offs and rounding."),
    "group": ("Contact group", "The contact is put into it."),
    "set": ("Set", "One on each line, as in state = VIC, or state = =patient.state.upperAscii()."),
}


def _words(names: tuple[str, ...]) -> list[tuple[str, str]]:
    told = []
    for name in names:
        shape = shapes.FACTS[name]
        inside = shape.item or shape
        told.append((name, ", ".join(inside.fields or ())))
    return told


LOOKS_AT: Mapping[str, list[tuple[str, str]]] = {
    "rules": _words(tuple(shapes.FACTS)),
    "contact_rules": _words(shapes.ABOUT_PEOPLE),
}


def does(name: str, value: object) -> str:
    """Return an effect in words, such as `account 200`."""
    words = _EFFECTS.get(name, name.replace("_", " "))
    if value is True:
        return words
    if isinstance(value, Mapping):
        return ", ".join(f"{words} {key} to {one}" for key, one in value.items())
    return f"{words} {value}"
