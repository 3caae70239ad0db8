"""What a person can do about holds: list them, look at one, try again, leave it, decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ligament.app.decisions import answered, decide_hold, means, open_holds, settled_first
from ligament.app.documents import Document, hold_document
from ligament.app.names import names_of
from ligament.app.refusals import among, every_refusal, refused_by, refused_exactly
from ligament.app.results import DONE, WAITS, Result
from ligament.core.causes import CASES, fits
from ligament.core.holds import Hold, HoldCode
from ligament.core.links import DecisionKind
from ligament.core.periods import iso_instant
from ligament.core.plans import ActionKind
from ligament.wiring.clinic import Clinic, open_clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.settings import Settings

ALL = "all"


class DoesNotFit(ConfigurationError):
    """A special answer was given to something that it has no effect on; nothing was decided."""


def list_holds(clinic: Clinic) -> Result:
    """Tell everything that waits for a person, oldest first, under `holds`."""
    holds = open_holds(clinic)
    return Result(document={"holds": holds}, code=WAITS if holds else DONE)


def list_all_holds(settings: Settings) -> Result:
    """Tell everything that waits in any clinic, each with the clinic it belongs to."""
    found: list[Document] = []
    for one in settings.clinics:
        with open_clinic(settings, one.name) as clinic:
            found += [{**hold, "clinic": one.id} for hold in open_holds(clinic)]
    return Result(document={"holds": found}, code=WAITS if found else DONE)


def show_hold(clinic: Clinic, wanted: str) -> Result:
    """Tell the holds of one record, or one hold, with since when it waits; raises ConfigurationError for neither."""
    open_holds = {hold.id for hold in _found(clinic, [wanted])[0]}
    kept = [kept for kept in clinic.queries.holds() if kept.hold.id in open_holds]
    if not kept:
        one = clinic.queries.hold(wanted)
        kept = [one] if one is not None else []
    if not kept and (refused := refused_by(clinic, wanted)):
        return Result(document={"holds": [hold_document(one) for one in refused]})
    if not kept:
        raise ConfigurationError((_nothing_called(wanted),))
    answers = clinic.store.answers([one.hold for one in kept if one.closed_at is None])
    standing = clinic.store.open_holds()
    shown = [
        {
            **hold_document(one.hold),
            **settled_first(one.hold, [*standing, *_cause(clinic, one.hold)]),
            **answered(answers.get(one.hold.id)),
            **_both(clinic, one.hold),
            "waiting_since": iso_instant(one.opened_at),
            "closed_at": iso_instant(one.closed_at) if one.closed_at else None,
        }
        for one in kept
    ]
    is_open = any(one.closed_at is None for one in kept)
    return Result(document={"holds": shown}, code=WAITS if is_open else DONE)


def _both(clinic: Clinic, hold: Hold) -> Document:
    """Return the two values of a conflict under `values`, under `people` who may be the same person, and `differences`.

    All are for the clinic's own screen only.
    """
    from ligament.app.contacts.conflicts import conflict_values, people_meant  # noqa: PLC0415 - the list shows neither
    from ligament.app.edits import edit_values  # noqa: PLC0415 - as above

    told = {
        "values": conflict_values(clinic, hold),
        "people": people_meant(clinic, hold),
        "differences": edit_values(clinic, hold),
    }
    return {name: held for name, held in told.items() if held}


def retry(clinic: Clinic, wanted: str) -> Result:
    """Look again at the next run: at one hold, at all for one reason (its code), or at `all` that was refused.

    What was refused is sent again; what waits for anything else is planned anew in every run and goes on by itself
    when its cause is gone. What a person dismissed is left, unless it is named itself. The whole number of a refused
    action, such as CLK-1/paid, means that action only; that of its record all that was refused about it. Raises
    ConfigurationError when nothing of that name waits.
    """
    if exactly := refused_exactly(clinic, wanted):
        return _retry_exactly(clinic, exactly)
    again: list[str] = []
    if wanted == ALL or wanted in {code.value for code in HoldCode}:
        code = HoldCode.REJECTED if wanted == ALL else HoldCode(wanted)
        held = [hold for hold in clinic.store.open_holds() if hold.code is code]
        left = clinic.store.dismissed(held)
        found = [hold for hold in held if hold.id not in left]
    else:
        found, _ = _found(clinic, [wanted])
        refused = refused_by(clinic, wanted)
        if not found and not refused:
            raise ConfigurationError((_nothing_called(wanted),))
        for one in [*refused, *_refused_with(clinic, [*refused, *found])]:
            clinic.store.forget_refusals(one.subject, left=True)
            again.append(one.id)
    for hold in found:
        if hold.code is HoldCode.UNDONE:
            decide_hold(clinic, hold, DecisionKind.APPROVED, clinic.outside.actor)
    is_named = wanted != ALL and wanted not in {code.value for code in HoldCode}
    for hold in {hold.subject.key: hold for hold in found}.values():
        clinic.store.forget_refusals(hold.subject, beside=_refused_beside(found, hold), left=is_named)
    again += [hold.id for hold in found if hold.id not in again]
    sentence = _tried_again(len(again))
    nothing = "Nothing that was refused waits" if wanted == ALL else f"Nothing waits for the reason {wanted}"
    sentence = sentence if again else f"{nothing}, so there is nothing to try again."
    return Result(document={"retried": again, "sentence": sentence})


def _retry_exactly(clinic: Clinic, refused: Mapping[str, Hold]) -> Result:
    """Try again the actions of those keys, with the contacts that they need; what else was refused stays so."""
    for key, one in refused.items():
        clinic.store.forget_refusals(one.subject, only={key})
    with_it = _refused_with(clinic, list(refused.values()))
    for one in with_it:
        clinic.store.forget_refusals(one.subject, left=True)
    again = list(dict.fromkeys(str(one.id) for one in (*refused.values(), *with_it)))
    subjects = {one.subject for one in refused.values()}
    others = [one for _, one in every_refusal(clinic) if one.subject in subjects]
    rest = " What else was refused of the same record stays so." if others else ""
    return Result(document={"retried": again, "sentence": _tried_again(len(again)) + rest})


def _tried_again(count: int) -> str:
    return f"{count} {'record is' if count == 1 else 'records are'} tried again by the next run."


def _refused_beside(found: Iterable[Hold], hold: Hold) -> frozenset[str]:
    """Return what else was refused that the record waits for, such as the contact group it is to be put into."""
    alike = (one for one in found if one.subject == hold.subject)
    return frozenset(str(one.detail["refused"]) for one in alike if "refused" in one.detail)


def dismiss(clinic: Clinic, wanted: str) -> Result:
    """Leave a record as it is until it changes; raises ConfigurationError when nothing of that name waits."""
    verdict = decide(clinic, [wanted], DecisionKind.DISMISSED)
    if verdict.document["unknown"]:
        raise ConfigurationError((_nothing_called(wanted),))
    ids = verdict.document["holds"]
    sentence = "It is left as it is, and listed again when it changes."
    return Result(document={"dismissed": ids, "sentence": sentence})


ANSWERS = {
    "approve": DecisionKind.APPROVED,
    "dismiss": DecisionKind.DISMISSED,
    "cash": DecisionKind.CASH,
    "separate": DecisionKind.SEPARATE,
    "practice": DecisionKind.TAKE_PRACTICE,
    "books": DecisionKind.TAKE_BOOKS,
}
"""The decisions by the words of pages and interface; `retry` stands beside them."""


def answer(clinic: Clinic, names: Iterable[str], choice: str, note: str = "", contact: str = "") -> Result:
    """Answer holds by one of the words of pages and interface; raises ConfigurationError for another word or name.

    `contact` is the id or number of the contact that is the same person, where it may be several.
    """
    wanted = list(names)
    if choice == "retry":
        again: list[str] = []
        for name in wanted:
            again += retry(clinic, name).document["retried"]
        return Result(document={"retried": again, "holds": again, "sentence": "They are tried again by the next run."})
    kind = ANSWERS.get(choice)
    if kind is None:
        raise ConfigurationError((f'"{choice}" is no answer. Choose one of {", ".join((*ANSWERS, "retry"))}.',))
    found, unknown = _found(clinic, wanted)
    if unknown:
        raise ConfigurationError((_nothing_called(unknown[0]),))
    found = _fitting(found, kind)
    chosen = [_one_of(clinic, hold, contact) if contact else "" for hold in found]
    for hold, one in zip(found, chosen, strict=True):
        decide_hold(clinic, hold, kind, clinic.outside.actor, note, chosen=one)
    count = len(found)
    told = f"{count} {'is' if count == 1 else 'are'} answered; the next run acts on it."
    return Result(document={"holds": [str(hold.id) for hold in found], "decision": choice, "sentence": told})


def _one_of(clinic: Clinic, hold: Hold, contact: str) -> str:
    """Return the id of a contact that a hold names as one it may be; raises ConfigurationError for any other."""
    from ligament.app.contacts.conflicts import people_meant  # noqa: PLC0415 - as above

    among = [one for one in people_meant(clinic, hold) if one["side"] == "books"]
    found = [str(one["id"]) for one in among if contact in {one["id"], one["number"]}]
    if not found:
        raise ConfigurationError((f'"{contact}" is none of the contacts that this may be.',))
    return found[0]


def decide(clinic: Clinic, names: Iterable[str], choice: DecisionKind) -> Result:
    """Keep a decision about holds; unlike an approval it never touches planned actions of the same number.

    Raises DoesNotFit for a special answer to what it has no effect on.
    """
    from ligament.app.approvals import approve  # noqa: PLC0415 - the list approves nothing

    found, unknown = _found(clinic, names)
    found = _fitting(found, choice)
    ids = [str(hold.id) for hold in found]
    if ids:
        approve(clinic, ids, choice=choice)
    document = {"approved": 0, "holds": ids, "unknown": unknown, "decision": choice.value}
    return Result(document=document, code=WAITS if unknown else DONE)


def _cause(clinic: Clinic, hold: Hold) -> list[Hold]:
    """Return what a person refused about the record that a hold waits for."""
    return refused_by(clinic, hold.waits_for.partition(":")[2]) if hold.waits_for else []


def _refused_with(clinic: Clinic, wanted: Sequence[Hold]) -> list[Hold]:
    """Return the refused contacts that records need: a document cannot be tried again without its own."""
    from ligament.flow.read.read import selection_of  # noqa: PLC0415 - nothing is looked up for the list

    facts = clinic.store.gather(selection_of({hold.subject for hold in wanted}))
    keys = [key.split("|") for key in clinic.store.refused_by_people()]
    subjects = [subject for kind, subject, *_ in keys if kind == ActionKind.CREATE_CONTACT and subject in facts.parties]
    told = every_refusal(clinic) if subjects else ()
    found = {one.id: one for key in subjects for one in among(told, {key.partition(":")[2]})}
    return [one for one in found.values() if one.id not in {hold.id for hold in wanted}]


def _found(clinic: Clinic, names: Iterable[str]) -> tuple[list[Hold], list[str]]:
    """Return the open holds that the names stand for, each once, and the names that stand for none."""
    holds: dict[str, Hold] = {}
    unknown = []
    there = clinic.store.open_holds()
    for name in names:
        # Its own id means one hold and nothing else; where records are kept is only asked for their names.
        named = [hold for hold in there if hold.id == name]
        if not named:
            meant = names_of(clinic, name)
            named = [hold for hold in there if means(hold, meant)]
        holds.update({hold.id: hold for hold in named})
        if not named:
            unknown.append(name)
    return list(holds.values()), unknown


def _fitting(found: Sequence[Hold], choice: DecisionKind) -> list[Hold]:
    """Return the holds that the answer is for: of one record those that it fits, and it must fit one of each."""
    (word,) = (word for word, kind in ANSWERS.items() if kind is choice)
    meant = [hold for hold in found if fits(hold.code.value, word)]
    answered_ones = {hold.subject.key for hold in meant}
    for hold in found:
        if hold.subject.key not in answered_ones:
            case = CASES[hold.code.value]
            possible = ", ".join(case.answers) or "nothing; it goes on by itself when its cause is gone"
            named = f"{hold.kind.value.replace('_', ' ')} {hold.number}".strip()
            raise DoesNotFit(
                (f'"{word}" is no answer to {named} ({case.title}). What fits: {possible}. Nothing was decided.',)
            )
    return meant


def _nothing_called(wanted: str) -> str:
    return f'Nothing called "{wanted}" waits. `ligament holds` lists what does, with its number and id.'
