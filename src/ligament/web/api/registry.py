"""The registry: every call there is."""

from __future__ import annotations

from ligament.web.api import (
    approvals,
    clinics,
    contacts,
    documents,
    holds,
    hooks,
    journal,
    plan,
    reconciliations,
    reports,
    runs,
    variances,
)

MODULES = (
    clinics, runs, plan, approvals, holds, contacts, documents, variances, reconciliations, reports, journal, hooks,
)  # fmt: skip
CALLS = tuple(call for module in MODULES for call in module.CALLS)
