"""Variances: list them, look at one, say what is known about it."""

from __future__ import annotations

from ligament.app.comparison_documents import in_order, variance_document
from ligament.app.results import DONE, WAITS, Result
from ligament.core.money import two_places
from ligament.core.periods import iso_instant
from ligament.core.variances import KeptVariance
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError


def list_variances(clinic: Clinic) -> Result:
    """Tell every variance that still stands, what needs somebody first."""
    kept = in_order(clinic.variances.kept())
    document = {"variances": [variance_document(clinic, held) for held in kept]}
    return Result(document=document, code=WAITS if any(held.counts() for held in kept) else DONE)


def show_variance(clinic: Clinic, wanted: str) -> Result:
    """Tell one variance with its history; raises ConfigurationError where there is none of that id."""
    held = found(clinic, wanted)
    document = variance_document(clinic, held)
    document |= {
        "noted_at": iso_instant(held.noted_at) if held.noted_at is not None else None,
        "noted_amount": two_places(held.noted_amount) if held.noted_amount is not None else None,
        "gone_at": iso_instant(held.gone_at) if held.gone_at is not None else None,
        "history": clinic.queries.journal(subject=held.variance.subject, limit=20),
    }
    return Result(document={"variance": document}, code=WAITS if held.counts() else DONE)


def acknowledge(clinic: Clinic, wanted: str, note: str) -> Result:
    """Keep what a person knows about a variance; it counts no more while its amount stays."""
    if not note.strip():
        raise ConfigurationError(("--note: say in a few words why this difference is all right.",))
    held = clinic.variances.acknowledge(found(clinic, wanted), note.strip(), clinic.outside.actor)
    return Result(document={"variance": variance_document(clinic, held)})


def found(clinic: Clinic, wanted: str) -> KeptVariance:
    """Return the variance of that id; raises ConfigurationError where there is none."""
    held = clinic.variances.one(wanted)
    if held is None:
        raise ConfigurationError((f'There is no variance "{wanted}"; `ligament variances` lists them.',))
    return held
