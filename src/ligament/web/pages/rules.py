"""Rules of a clinic: in the order in which they are applied, checked as the file stands now, and tried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.setup.rules import check_rules, list_rules, try_rules
from ligament.core.access import Right
from ligament.service.errands import set_going
from ligament.web.page import Answer, Page, Shown, Visit

MOST_SHOWN = 50
_EFFECTS: Mapping[str, str] = {
    "skip": "leave out",
    "ask": "ask first",
    "hold": "hold",
    "account": "account",
    "tax": "tax",
    "group": "group",
    "set": "set",
}
_GOES_ON = "The try-out goes on, because many records are kept. Open this page again in a moment to see it."


def show(visit: Visit) -> Answer:
    """Show the rules; with `try` also what each touches and changes."""
    wanted, since = visit.clinic.file.stem, visit.query.get("since")
    checked = check_rules(visit.house.settings.home, wanted).document
    is_right = not checked["mistakes"]
    tried, error = _tried(visit, since) if is_right and visit.query.get("try") else (None, "")
    values = {
        "rules": _listed(visit) if is_right else [],
        "mistakes": checked["mistakes"],
        "file": visit.clinic.file.name,
        "since": since,
        "tried": tried,
        "error": error,
        "most": MOST_SHOWN,
    }
    return Shown(template="rules", values=values, status=422 if error else 200)


def _listed(visit: Visit) -> list[Mapping[str, Any]]:
    found = list_rules(visit.house.settings.home, visit.clinic.file.stem).document["rules"]
    return [{**rule, "does": [_does(name, value) for name, value in rule["effects"].items()]} for rule in found]


def _does(name: str, value: object) -> str:
    """Return an effect in words, such as `account 200`."""
    words = _EFFECTS.get(name, name.replace("_", " "))
    if value is True:
        return words
    if isinstance(value, Mapping):
        return ", ".join(f"{words} {key} to {one}" for key, one in value.items())
    return f"{words} {value}"


def _tried(visit: Visit, since: str) -> tuple[list[Mapping[str, Any]] | None, str]:
    """Run the rules over the records kept here; returns what each does, or a sentence why not."""

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return try_rules(clinic, since=since or None).document

    errand = set_going(visit.clinic.name, f"try the rules {since}", work)
    if not errand.is_over:
        return None, _GOES_ON
    if errand.document is None:
        return None, errand.trouble.replace("--since", "Since")
    return list(errand.document["rules"]), ""


PAGES = (Page(path="/c/{clinic}/rules", name="rules", answer=show, right=Right.LOOK, menu="Rules"),)
