"""Rules of a clinic: in the order in which they are applied, checked, edited with the place of each mistake, tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ligament.app.setup import rule_editing
from ligament.app.setup.rule_editing import KINDS, Judged, Wish
from ligament.app.setup.rules import check_rules, list_rules, try_rules
from ligament.core.access import Right
from ligament.core.rules.parse_entries import ENTRIES
from ligament.service.errands import set_going
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Values, Visit
from ligament.web.rule_words import LABELS, LOOKS_AT, does
from ligament.wiring.rulebooks import ClinicSettings, looked_over

MOST_SHOWN = 50
_NEW = "new"
_GOES_ON = "The try-out goes on, because many records are kept. Open this page again in a moment to see it."


def show(visit: Visit) -> Answer:
    """Show the rules; with `try` also what each touches and changes, with `edit` one of them to be edited."""
    given = visit.draft if visit.draft.get("place") else visit.query
    wanted = visit.draft.get("place") or visit.query.get("edit")
    if not wanted:
        return _listed_page(visit)
    if not visit.may(Right.RULES):
        return _listed_page(visit)
    fresh, _ = looked_over(visit.clinic.file)
    if fresh is None:
        return _listed_page(visit)
    wish = _wish(given, wanted) if visit.draft.get("place") else None
    kind, number = _place(fresh, wanted)
    return _editor(fresh, wish or rule_editing.shown(fresh, kind, number))


def _listed_page(visit: Visit, error: str = "") -> Shown:
    wanted, since = visit.clinic.file.stem, visit.query.get("since")
    checked = check_rules(visit.house.settings.home, wanted).document
    fresh, _ = looked_over(visit.clinic.file)
    is_right = not checked["mistakes"] and fresh is not None
    tried, trouble = _tried(visit, since) if is_right and visit.query.get("try") else (None, "")
    values = {
        "rules": _listed(visit, fresh) if fresh is not None and is_right else [],
        "mistakes": checked["mistakes"],
        "file": visit.clinic.file.name,
        "since": since,
        "tried": tried,
        "errors": {"since": trouble} if trouble else {"": error} if error else {},
        "most": MOST_SHOWN,
        "may_edit": visit.may(Right.RULES),
    }
    return Shown(template="rules", values=values, status=422 if values["errors"] else 200)


def _listed(visit: Visit, fresh: ClinicSettings) -> list[Mapping[str, Any]]:
    found = list_rules(visit.house.settings.home, visit.clinic.file.stem).document["rules"]
    marks, counts, rows = rule_editing.marks(fresh), dict.fromkeys(KINDS, 0), list[Mapping[str, Any]]()
    for rule in found:
        counts[rule["kind"]] += 1
        number = counts[rule["kind"]]
        told = [does(name, value) for name, value in rule["effects"].items()]
        rows.append({**rule, "does": told, "number": number, "mark": marks.get((rule["kind"], number), "")})
    return rows


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


# --- editing ----------------------------------------------------------------------------------------------------------


def _place(clinic: ClinicSettings, text: str) -> tuple[str, int]:
    """Return which rule is meant, such as `rules.2` or `contact_rules.new`; raises NotThere."""
    kind, _, rest = text.partition(".")
    number = 0 if rest == _NEW else int(rest) if rest.isdecimal() and len(rest) < 6 else -1  # noqa: PLR2004
    if (number == 0 and rest != _NEW) or not rule_editing.known(clinic, kind, number):
        raise NotThere
    return kind, number


def _wish(form: Values, place: str) -> Wish:
    kind, _, rest = place.partition(".")
    number = int(rest) if rest.isdecimal() and len(rest) < 6 else 0  # noqa: PLR2004 - nobody has so many rules
    values = {name: form.get(f"rule.{name}") for name in ENTRIES.get(kind, ())}
    return Wish(kind=kind, number=number, values=values, seen=form.get("seen"))


def _editor(
    fresh: ClinicSettings,
    wish: Wish,
    wrong: Mapping[str, str] | None = None,
    tried: Mapping[str, Any] | None = None,
    trouble: str = "",
) -> Shown:
    stands = None
    if wrong and "" in wrong and wish.number and rule_editing.known(fresh, wish.kind, wish.number):
        stands = rule_editing.shown(fresh, wish.kind, wish.number)
    values = {
        "wish": wish,
        "place": f"{wish.kind}.{wish.number or _NEW}",
        "names": [name for name in ENTRIES[wish.kind] if name not in {"name", "when"}],
        "labels": LABELS,
        "looks_at": LOOKS_AT[wish.kind],
        "stands": stands,
        "seen": stands.seen if stands is not None else wish.seen,
        "wrong": {f"rule.{name}" if name else "": said for name, said in (wrong or {}).items()},
        "tried": tried,
        "trouble": trouble,
        "most": MOST_SHOWN,
        "books": fresh.books.title,
    }
    return Shown(template="rule", values=values, status=422 if wrong else 200)


def take(visit: Visit) -> Answer:
    """Try a rule out, save it, move it or take it away; what is wrong is told beside its field."""
    fresh, mistakes = looked_over(visit.clinic.file)
    if fresh is None:
        return _listed_page(visit, mistakes[0].told())
    place, choice = visit.form.get("place"), visit.form.get("choice", "try")
    wish = _wish(visit.form, place)
    if wish.kind not in KINDS:
        raise NotThere
    if choice in {"remove", "up"}:
        return _rearranged(visit, wish, choice)
    if choice == "save":
        with visit.opened() as clinic:
            saved = rule_editing.save_rule(clinic, wish)
        if saved.wrong:
            return _editor(fresh, wish, saved.wrong)
        return _done(visit, f"Saved: {saved.name}. It counts from the next run on.")
    judged = rule_editing.judge(fresh, wish)
    if judged.wrong:
        return _editor(fresh, wish, judged.wrong)
    return _trial(visit, fresh, wish, judged)


def _trial(visit: Visit, fresh: ClinicSettings, wish: Wish, judged: Judged) -> Shown:
    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return dict(rule_editing.try_out(clinic, judged, wish))

    errand = set_going(visit.clinic.name, f"try a rule {hash(judged.text)}", work)
    if not errand.is_over:
        return _editor(fresh, wish, trouble="The try-out takes long. Press the button again in a moment.")
    return _editor(fresh, wish, tried=errand.document, trouble=errand.trouble)


def _rearranged(visit: Visit, wish: Wish, choice: str) -> Answer:
    with visit.opened() as clinic:
        use = rule_editing.remove_rule if choice == "remove" else rule_editing.move_rule_up
        done = use(clinic, wish)
    if done.wrong:
        return _listed_page(visit, done.wrong[""])
    said = "is taken away" if choice == "remove" else "is applied earlier now"
    return _done(visit, f"The rule {done.name} {said}.")


def _done(visit: Visit, said: str) -> Moved:
    visit.house.door.place.wake.now()
    return Moved(to=f"{visit.clinic_path}/rules", flash=said)


PAGES = (
    Page(path="/c/{clinic}/rules", name="rules", answer=show, right=Right.LOOK, menu="Rules"),
    Page(path="/c/{clinic}/rules", name="edit a rule", method="POST", answer=take, right=Right.RULES, confirms=True),
)
