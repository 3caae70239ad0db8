"""Cliniko's own recalls: in no description, seen answering on a trial account in May 2026 (facts on recalls, 1)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ligament.connectors.cliniko.simulator.kinds import ARCHIVED, BASIC_FILTERS, STAMPS, Kind, Type, typed

RECALL_TYPES = Kind(
    name="recall_types",
    singular="recall_type",
    fields={**typed(text="name"), "archived_at": Type.INSTANT, **STAMPS},
    filters={**BASIC_FILTERS, "archived_at": Type.INSTANT},
    hidden_by=ARCHIVED,
)
RECALLS = Kind(
    name="recalls",
    singular="recall",
    fields={**typed(date="recall_at", text="notes"), "archived_at": Type.INSTANT, **STAMPS},
    one={"patient": "patients", "recall_type": "recall_types"},
    filters={**BASIC_FILTERS, **typed(id="patient_id"), "archived_at": Type.INSTANT},
    hidden_by=ARCHIVED,
)
UNDESCRIBED: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in (RECALL_TYPES, RECALLS)})
"""Kinds that an account may have although no description knows them."""
