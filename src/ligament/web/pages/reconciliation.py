"""Reconciliation: what both systems come to, every difference with its reason, and what to do about each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ligament.app.comparisons import standing_comparison
from ligament.app.reconcile import period_of, reconcile
from ligament.app.reports.comparison import VARIANCE_TITLES
from ligament.app.vanished import accept_removed, vanished_invoices
from ligament.app.variances import acknowledge, fix, found
from ligament.core.access import Right
from ligament.core.money import two_places
from ligament.core.variances import VarianceState
from ligament.service.errands import set_going
from ligament.web.beginning import beginning
from ligament.web.forms import WAS
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Values, Visit
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

MOST_TO_DO, MOST_LISTED = 30, 60
_BAR = 600
"""The width of the longest bar of the picture, in its own points."""
_STATES: Mapping[str, str] = {
    VarianceState.NEW.value: "New",
    VarianceState.KNOWN.value: "Known",
    VarianceState.BACK.value: "Came back",
    VarianceState.HEALING.value: "Being mended",
}
_GOES_ON = "The comparison goes on. This page shows it when it has ended."
VANISHED = "vanished"
"""What the form is called that asks whether invoices were removed."""
_NOT_SAID = "Say in a few words why they are gone."
_NO_NOTE = "Say in a few words why this difference is all right."


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of the picture: what it stands for and how long it is; `start` is where what explains begins."""

    words: str
    amount: Decimal
    start: int
    width: int


def show(visit: Visit) -> Answer:
    """Show the newest comparison."""
    return _page(visit)


def _page(visit: Visit, *, error: str = "", wrong: str = "", typed: Values | None = None) -> Shown:
    """Return the page; `wrong` is the variance whose answer is not right yet."""
    query = visit.query.get("q").strip()
    with visit.opened() as clinic:
        told = {**standing_comparison(clinic), "vanished": vanished_invoices(clinic)}
        first = None if told["comparison"] else beginning(visit, clinic)
    every = [one for one in told["variances"] if _fits(one, query)]
    to_do = sorted((one for one in every if one["counts"]), key=lambda one: one["id"] != wrong)
    rest = [one for one in every if not one["counts"]]
    held = told["comparison"]
    values = {
        **told,
        "beginning": first,
        "totals": held["totals"] if held else None,
        "bars": bars(held["totals"], told["practice"], told["books"]) if held else [],
        "query": query,
        "to_do": to_do[:MOST_TO_DO],
        "to_do_count": sum(1 for one in told["variances"] if one["counts"]),
        "more_to_do": max(len(to_do) - MOST_TO_DO, 0),
        "rest": rest[:MOST_LISTED],
        "more_rest": max(len(rest) - MOST_LISTED, 0),
        "titles": VARIANCE_TITLES,
        "states": _STATES,
        "error": error,
        "wrong": wrong,
        "period_typed": typed or visit.draft,
        "noted": {visit.typed.get("about"): visit.typed.get("note")},
        "may_decide": visit.may(Right.DECIDE),
        "may_connect": visit.may(Right.CONNECT),
        "may_run": visit.may(Right.RUN),
    }
    return Shown(template="reconciliation", values=values, status=422 if error else 200)


def bars(totals: Mapping[str, Any], practice: str, books: str) -> Sequence[Bar]:
    """Return the equation as bars: the practice, and under it the books with what explains the difference."""
    mine, theirs, explained = (Decimal(totals[side]) for side in ("source", "books", "explained"))
    longest = max(abs(mine), abs(theirs), abs(explained), Decimal(1))

    def width(amount: Decimal) -> int:
        return max(int(abs(amount) * _BAR / longest), 1 if amount else 0)

    return (
        Bar(words=practice, amount=mine, start=0, width=width(mine)),
        Bar(words=books, amount=theirs, start=0, width=width(theirs)),
        Bar(words="Explained", amount=explained, start=min(width(mine), width(theirs)), width=width(explained)),
    )


def _fits(one: Mapping[str, Any], query: str) -> bool:
    text = f"{one['number']} {one['sentence']} {one['amount']} {VARIANCE_TITLES.get(one['kind'], '')}".casefold()
    return all(word in text for word in query.casefold().split())


# --- what a person does -----------------------------------------------------------------------------------------------


def compare_now(visit: Visit) -> Answer:
    """Compare both systems now; a comparison that takes long goes on by itself."""
    first, last, full = visit.form.get("from"), visit.form.get("to"), bool(visit.form.get("full"))
    try:
        with visit.opened() as clinic:
            period_of(clinic, first or None, last or None, full=full)
    except ConfigurationError as trouble:
        return _page(visit, error=_in_words(str(trouble)), typed=visit.form)

    def work() -> Mapping[str, Any]:
        with visit.opened() as clinic:
            return reconcile(clinic, first=first or None, last=last or None, full=full).document

    errand = set_going(visit.clinic.name, f"compare {first} {last} {full}", work)
    to = f"{visit.clinic_path}/reconciliation"
    if not errand.is_over:
        return Moved(to=to, flash=_GOES_ON)
    if errand.document is None:
        return _page(visit, error=errand.trouble, typed=visit.form)
    return Moved(to=to, flash="Both systems were read and compared.")


def _in_words(text: str) -> str:
    """Return what is wrong with the days by the names that the fields of the page have."""
    for flag, name in (("--from", "From"), ("--to", "To"), ("--full", "Everything")):
        text = text.replace(flag, name)
    return text


def mend(visit: Visit) -> Answer:
    """Have a difference mended: by the next run, or when somebody approves it in the plan."""
    wanted = visit.values["variance"]
    try:
        with visit.opened() as clinic:
            if moved := _moved(visit, clinic, wanted):
                return moved
            document = fix(clinic, [wanted]).document
    except ConfigurationError as trouble:
        return _page(visit, error=str(trouble), wrong=wanted)
    if document["waiting"]:
        return Moved(to=f"{visit.clinic_path}/plan", flash="What mends it waits here for a yes.")
    return Moved(to=f"{visit.clinic_path}/reconciliation", flash="The next run mends it.")


def know(visit: Visit) -> Answer:
    """Keep what a person knows about a difference."""
    wanted, note = visit.values["variance"], visit.form.get("note")
    try:
        with visit.opened() as clinic:
            if moved := _moved(visit, clinic, wanted):
                return moved
            acknowledge(clinic, wanted, note)
    except ConfigurationError:
        return _page(visit, error=_NO_NOTE, wrong=wanted)
    flash = "Kept. It counts no more while its amount stays as it is."
    return Moved(to=f"{visit.clinic_path}/reconciliation", flash=flash)


def take_for_removed(visit: Visit) -> Answer:
    """Keep that invoices which vanished in the practice were really removed."""
    try:
        with visit.opened() as clinic:
            if vanished_invoices(clinic) is None:
                raise NotThere
            accept_removed(clinic, visit.form.get("note"))
    except ConfigurationError:
        return _page(visit, error=_NOT_SAID, wrong=VANISHED)
    flash = "Kept. The next comparison goes on with that."
    return Moved(to=f"{visit.clinic_path}/reconciliation", flash=flash)


def _moved(visit: Visit, clinic: Clinic, wanted: str) -> Moved | None:
    """Lead back with what a difference says by now, when the page had shown something else of it."""
    try:
        now = found(clinic, wanted).variance
    except ConfigurationError:
        raise NotThere from None
    seen = visit.form.get(f"{WAS}{wanted}")
    if not seen or seen == f"{now.kind.value} {two_places(now.amount)}":
        return None
    flash = f"This says something else by now, and nothing was done: {now.sentence} Look again before you answer."
    return Moved(to=f"{visit.clinic_path}/reconciliation", flash=flash)


PAGES = (
    Page(
        path="/c/{clinic}/reconciliation", name="reconciliation", answer=show, right=Right.LOOK, menu="Reconciliation"
    ),
    Page(path="/c/{clinic}/reconciliation", name="compare now", method="POST", answer=compare_now, right=Right.RUN),
    Page(path="/c/{clinic}/variances/{variance}/fix", name="mend", method="POST", answer=mend, right=Right.DECIDE),
    Page(
        path="/c/{clinic}/variances/{variance}/acknowledge",
        name="acknowledge",
        method="POST",
        answer=know,
        right=Right.DECIDE,
    ),
    Page(
        path="/c/{clinic}/reconciliation/removed",
        name="accept removed",
        method="POST",
        answer=take_for_removed,
        right=Right.DECIDE,
    ),
)
