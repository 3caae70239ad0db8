"""Waiting: holds and approvals together, by cause, each with its answers as buttons."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from ligament.app.approvals import approve, refuse, standing_plan, waiting
from ligament.app.contacts.listing import called_by_name
from ligament.app.decisions import open_holds
from ligament.app.holds import DoesNotFit, answer, show_hold
from ligament.core.access import Right
from ligament.core.causes import CAUSES, advice
from ligament.core.holds import HoldCode, HoldKind
from ligament.web.beginning import beginning
from ligament.web.forms import left_out
from ligament.web.hold_words import Fix, elsewhere, fixes
from ligament.web.list_pages import PAGE_SIZE, page_asked, pages_of
from ligament.web.moved import parted, shown_actions, shown_holds, told_actions, told_holds
from ligament.web.page import Answer, Moved, NotThere, Page, Shown, Visit
from ligament.web.pages.plan import plan_page
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError

MOST_SHOWN, MOST_ROOTS, MOST_NAMED = 200, 20, 2000
FEW = 20
"""How many records of each cause stand on the page of all causes, where together they are more than a page holds."""
_MAPPED: Mapping[str, str] = {
    HoldCode.UNMAPPED_ITEM.value: "item",
    HoldCode.UNMAPPED_ACCOUNT.value: "account",
    HoldCode.UNMAPPED_TAX.value: "tax",
}
"""Causes that one choice in the mapping ends for many records, and which detail names what is to be chosen for."""
_A_PAIR = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What waits for one reason: its title, what to do, its fixes as buttons, and the records.

    `shown` are those of the records that stand on this page, and `pages` says where the others are.
    `elsewhere` is the page on which the cause itself is mended, and what going there is called; `roots` are the items
    (or accounts, or taxes) behind it with how many records wait for each, where mending one frees several records.
    """

    code: str
    title: str
    advice: str
    fixes: tuple[Fix, ...]
    elsewhere: tuple[str, str] | None
    holds: Sequence[Mapping[str, Any]]
    roots: Sequence[tuple[str, int]] = ()
    shown: Sequence[Mapping[str, Any]] = ()
    pages: Mapping[str, Any] | None = None


def show(visit: Visit) -> Answer:
    """Show what waits for somebody."""
    return _page(visit, typed=visit.draft.get("reason"), note=visit.draft.get("note"))


def _page(visit: Visit, *, error: str = "", typed: str = "", note: str = "") -> Shown:
    with visit.opened() as clinic:
        held = clinic.store.open_holds()
        holds = open_holds(clinic, held)
        asked = waiting(clinic)
        looked = _looked(clinic, visit.query.get("look"))
        named = called_by_name(clinic, [one.subject.key for one in held if one.kind is HoldKind.CONTACT][:MOST_NAMED])
        first = None if holds or asked["actions"] else beginning(visit, clinic)
    shown = shown_holds(held) if visit.may(Right.DECIDE) else {}
    titles = (visit.clinic.practice.title, visit.clinic.books.title)
    groups = _grouped(holds, named, titles)
    cause = visit.query.get("cause") or visit.form.get("cause")
    alone = [group for group in groups if group.code == cause]
    page = page_asked(visit.query.get("page"))
    values = {
        "beginning": first,
        "causes": groups,
        "groups": [_paged(group, page) for group in alone] or _few_of_each(groups, len(holds)),
        "alone": alone[0] if alone else None,
        "people_named": named,
        "was": shown | shown_actions(asked["actions"][:MOST_SHOWN]),
        "total": len(holds),
        "plan": asked["plan"],
        "actions": asked["actions"][:MOST_SHOWN],
        "waiting": len(asked["actions"]),
        "looked": looked,
        "practice": titles[0],
        "books": titles[1],
        "most": MOST_SHOWN,
        "error": error,
        "typed": typed,
        "note": note,
        "left_out": left_out(visit.typed),
        "may_decide": visit.may(Right.DECIDE),
    }
    return Shown(template="waiting", values=values, status=422 if error else 200)


def _paged(group: Group, page: int) -> Group:
    """Return a cause that has the whole page to itself, with one page of its records."""
    page = min(page, -(-len(group.holds) // PAGE_SIZE))
    start = (page - 1) * PAGE_SIZE
    shown = group.holds[start : start + PAGE_SIZE]
    pages = pages_of(page, len(shown), len(group.holds), "record", lambda at: f"?cause={group.code}&page={at}")
    return replace(group, shown=shown, pages=pages if pages["before"] or pages["after"] else None)


def _few_of_each(groups: Sequence[Group], total: int) -> list[Group]:
    """Return all causes, of each no more records than fit: more than a page's worth together shows a few of each."""
    most = PAGE_SIZE if total <= PAGE_SIZE else FEW
    return [replace(group, shown=group.holds[:most]) for group in groups]


def _grouped(holds: Sequence[Mapping[str, Any]], named: Mapping[str, str], titles: tuple[str, str]) -> list[Group]:
    """Return the holds by cause, in the order in which people look for them: by name, else by number, 9 before 10."""

    def place(hold: Mapping[str, Any]) -> tuple[str, int, str]:
        number = str(hold["number"] or hold["source_id"])
        return named.get(hold["source_id"], "").casefold(), len(number), number

    by_code: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for hold in holds:
        by_code[hold["code"]].append(hold)
    ordered = sorted(by_code.items(), key=lambda pair: (pair[0] == "waits_for", -len(pair[1])))
    return [
        Group(
            code=code,
            title=CAUSES.get(code, code),
            advice=advice(code),
            fixes=fixes(code, *titles),
            elsewhere=elsewhere(code),
            holds=sorted(members, key=place),
            roots=_roots(members) if code in _MAPPED else (),
        )
        for code, members in ordered
    ]


def _roots(holds: Sequence[Mapping[str, Any]]) -> list[tuple[str, int]]:
    """Return what several records wait for, that for which most wait first; nothing where each waits for its own."""
    found = Counter(str(hold["detail"].get(_MAPPED[hold["code"]]) or "") for hold in holds)
    found.pop("", None)
    return found.most_common(MOST_ROOTS) if len(holds) > len(found) else []


def _looked(clinic: Clinic, wanted: str) -> Mapping[str, Any] | None:
    """Return one hold with both values, or everybody it may be, side by side; nothing when it waits no longer."""
    if not wanted:
        return None
    try:
        (found,) = show_hold(clinic, wanted).document["holds"][:1]
    except ConfigurationError:
        return None
    people: list[Mapping[str, Any]] = found.get("people", [])
    return {
        **found,
        "title": CAUSES.get(found["code"], found["code"]),
        "fixes": fixes(found["code"], clinic.practice_manifest.title, clinic.books_manifest.title)
        if not found["closed_at"]
        else (),
        "names": list(dict.fromkeys(name for one in people for name in one["fields"])),
        "several": [one for one in people if one["side"] == "books"] if len(people) > _A_PAIR else [],
    }


def decide(visit: Visit) -> Answer:
    return _answered(visit, [visit.values["hold"]])


def decide_many(visit: Visit) -> Answer:
    """Answer the holds that were ticked."""
    names = visit.form.all("names")
    if not names:
        return _page(visit, error="Tick at least one record first.", note=visit.form.get("note"))
    return _answered(visit, list(names))


def _answered(visit: Visit, names: list[str]) -> Answer:
    try:
        with visit.opened() as clinic:
            form, now = visit.form, shown_holds(clinic.store.open_holds())
            names, moved = parted(form, names, now)
            said = [told_holds(form, moved, now)] if moved else []
            if names or not moved:
                done = answer(clinic, names, form.get("choice"), form.get("note"), form.get("contact"))
                said.insert(0, str(done.document["sentence"]))
    except ConfigurationError as trouble:
        if "waits" in str(trouble) and not isinstance(trouble, DoesNotFit):
            return Moved(to=_back(visit), flash="That no longer waits: it was answered, or went on.")
        return _page(visit, error=str(trouble), note=visit.form.get("note"))
    return Moved(to=_back(visit), flash=" ".join(said))


def _back(visit: Visit) -> str:
    """Return where one answered from: all causes, or one by itself."""
    cause = visit.form.get("cause")
    return f"{visit.clinic_path}/waiting" + (f"?cause={quote(cause)}" if cause in CAUSES else "")


def approvals(visit: Visit) -> Answer:
    """Approve or refuse some of the plan, or all of it; one comes back to the page on which one was."""
    names, choice = list(visit.form.all("names")), visit.form.get("choice")
    if choice not in {"approve", "refuse"}:
        raise NotThere
    is_plan = visit.form.get("back") == "plan"
    again = plan_page if is_plan else _page
    typed = visit.form.get("reason")
    if not names:
        return again(visit, error="Tick at least one change first.", typed=typed)
    try:
        said = _said(visit, names, choice)
    except ConfigurationError as trouble:
        sentence = "Say in a few words why not." if "--reason" in str(trouble) else str(trouble)
        return again(visit, error=sentence, typed=typed)
    return Moved(to=f"{visit.clinic_path}/{'plan' if is_plan else 'waiting'}", flash=said)


def _said(visit: Visit, names: list[str], choice: str) -> str:
    with visit.opened() as clinic:
        standing = standing_plan(clinic)
        now = shown_actions([*standing["waiting"], *standing["approved"]])
        names, moved = parted(visit.form, names, now)
        told = told_actions(visit.form, moved, now)
        if moved and not names:
            return told
        if choice == "approve":
            done = approve(clinic, names).document
            said = f"{done['approved']} approved. The next run posts what is still as it was shown."
            said += f" {done['second']} of them wait for a second person's yes." if done["second"] else ""
        else:
            said = str(refuse(clinic, names, reason=visit.form.get("reason")).document["sentence"])
        return f"{said} {told}".strip()


PAGES = (
    Page(path="/c/{clinic}/waiting", name="waiting", answer=show, right=Right.LOOK, menu="Waiting"),
    Page(path="/c/{clinic}/holds/{hold}/decision", name="decide", method="POST", answer=decide, right=Right.DECIDE),
    Page(path="/c/{clinic}/holds/decisions", name="decide many", method="POST", answer=decide_many, right=Right.DECIDE),
    Page(path="/c/{clinic}/approvals", name="approvals", method="POST", answer=approvals, right=Right.DECIDE),
)
