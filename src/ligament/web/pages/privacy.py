"""The privacy dial: how much of a person reaches the books, seen on a few real people before it is turned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.contacts.privacy import preview
from ligament.app.setup.settings_fields import save
from ligament.core.access import Right
from ligament.core.rules.model import Privacy
from ligament.service.errands import set_going
from ligament.web.forms import told, was
from ligament.web.page import Answer, Moved, Page, Shown, Visit
from ligament.wiring.rulebooks import looked_over

_CLASSES = {"contacts.privacy": "Patients", "contacts.privacy_payer": "Insurers and other payers"}
_DIAL = (
    (Privacy.FULL, "Full: name, e-mail, telephone and address"),
    (Privacy.NAME, "Name: the name, nothing else"),
    (Privacy.INITIALS, "Initials: two letters and the number"),
    (Privacy.CODE, "Code: no name at all, a code that only Ligament understands"),
    (Privacy.POOLED, "Pooled: one contact for each location, nobody by themselves"),
)
_GOES_ON = "The preview takes long, because many records are kept. Look again in a moment."
_UP = "Names and more then reach the books for everybody, and what is there once cannot be taken out of its history."


def show(visit: Visit) -> Answer:
    """Show the dial; with `look` also what a few people would look like."""
    return _page(visit)


def _page(visit: Visit, wrong: Mapping[str, str] | None = None) -> Shown:
    fresh, _ = looked_over(visit.clinic.file)
    contacts = (fresh or visit.clinic).rulebook.contacts
    current = {"contacts.privacy": contacts.privacy.value, "contacts.privacy_payer": contacts.privacy_payer.value}
    given = visit.form if visit.form.pairs else visit.query if visit.query.pairs else visit.draft
    chosen = {name: given.get(name) or now for name, now in current.items()}
    is_looking = bool(visit.query.get("look")) or bool(wrong)
    previews, trouble = _previews(visit, chosen) if is_looking and not wrong else ((), "")
    values = {
        "classes": [(name, words, current[name], chosen[name]) for name, words in _CLASSES.items()],
        "dial": [(one.value, words) for one, words in _DIAL],
        "previews": previews,
        "changes": {name: value for name, value in chosen.items() if value != current[name]},
        "current": current,
        "is_up": any(_more(chosen[name], current[name]) for name in current),
        "up": _UP,
        "wrong": wrong or ({"": trouble} if trouble else {}),
        "may_turn": visit.may(Right.PRIVACY),
    }
    return Shown(template="privacy", values=values, status=422 if values["wrong"] else 200)


def _more(chosen: str, current: str) -> bool:
    """Say whether more of a person reaches the books than now."""
    order = [one.value for one, _ in _DIAL]
    return chosen in order and order.index(chosen) < order.index(current)


def _previews(visit: Visit, chosen: Mapping[str, str]) -> tuple[list[Mapping[str, Any]], str]:
    """Return what a few people of each class would look like, or a sentence why not."""

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            patients = preview(clinic, chosen["contacts.privacy"]).document
            payers = preview(clinic, chosen["contacts.privacy_payer"], payers=True).document
            return {"classes": [patients, payers]}

    errand = set_going(visit.clinic.name, f"preview privacy {sorted(chosen.items())}", work)
    if not errand.is_over:
        return [], _GOES_ON
    if errand.document is None:
        return [], errand.trouble
    return [
        {**one, "title": title} for one, title in zip(errand.document["classes"], _CLASSES.values(), strict=True)
    ], ""


def take(visit: Visit) -> Answer:
    """Turn the dial; what somebody else chose meanwhile is told, not overwritten."""
    with visit.opened() as clinic:
        saved = save(clinic, told(visit.form), was(visit.form), frozenset(_CLASSES))
    if saved.wrong:
        return _page(visit, saved.wrong)
    visit.house.door.place.wake.now()
    done = "; ".join(f"{_CLASSES[one.name]}: {one.after}" for one in saved.changes)
    said = f"Saved. {done}. The next run changes the contacts." if done else "It stands like that already."
    return Moved(to=f"{visit.clinic_path}/privacy", flash=said)


PAGES = (
    Page(path="/c/{clinic}/privacy", name="privacy", answer=show, right=Right.LOOK),
    Page(
        path="/c/{clinic}/privacy", name="turn privacy", method="POST", answer=take, right=Right.PRIVACY, confirms=True
    ),
)
