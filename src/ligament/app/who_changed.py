"""Who changed what a comparison found: asked of the books' history, once for each change, and told by name."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from ligament.core.explanations import names_nobody, with_name
from ligament.core.intents import subject_from_key
from ligament.core.notes import DOCUMENTS_CHANGED_BY_NOTE
from ligament.core.periods import iso_instant
from ligament.core.variances import Variance
from ligament.flow.read.read import selection_of
from ligament.ports.errors import PortError, TryLater
from ligament.wiring.clinic import Clinic

ASKED_AT_ONCE = 10
"""How many histories one comparison reads at most, one call each; the others are read by the next ones."""
Known = Mapping[str, Mapping[str, str]]


def ask_who_changed(clinic: Clinic, found: Iterable[Variance]) -> Known:
    """Ask for the name behind each change that a sentence tells of; returns what is known, by variance.

    The name is kept beside the variance, never in it: what is told to other tools names nobody.
    """
    wanted = {one.id: one for one in found if one.books_id and names_nobody(one.sentence)}
    before = who_changed(clinic)
    known = {key: told for key, told in before.items() if key in wanted and told["of"] == wanted[key].sentence}
    asking = [one for key, one in wanted.items() if key not in known][:ASKED_AT_ONCE]
    if asking:
        facts = clinic.store.gather(selection_of({subject_from_key(one.subject) for one in asking}))
        for one in asking:
            document = next((held for key, held in facts.documents.items() if key == one.books_id), None)
            if document is None:
                continue
            try:
                change = clinic.books().last_person(document.kind.value, document.id)
            except TryLater:
                break
            except PortError:
                # A history that cannot be read is no reason to stop: the difference is listed all the same.
                change = None
            told = {} if change is None else {"by": change.by.reveal(), "at": iso_instant(change.at)}
            known[one.id] = {"of": one.sentence, **told}
    if known != before:
        clinic.store.keep_note(DOCUMENTS_CHANGED_BY_NOTE, json.dumps(known, sort_keys=True))
    return known


def who_changed(clinic: Clinic) -> Known:
    """Return by variance what is known: `by` and `at`, or neither where the history names nobody."""
    kept: Known = json.loads(clinic.store.note(DOCUMENTS_CHANGED_BY_NOTE) or "{}")
    return kept


def told_by_name(variance: Variance, known: Known) -> str:
    """Return a variance's sentence, with the name of who did what it tells of where the books say so."""
    told = known.get(variance.id, {})
    if told.get("of") != variance.sentence or not told.get("by"):
        return variance.sentence
    return with_name(variance.sentence, told["by"])
