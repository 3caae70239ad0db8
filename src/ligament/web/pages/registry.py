"""The registry: every page and form there is, with who may open it; what is not here does not exist.

A new page is a module with `PAGES` and one line in each list below. The order is that of the clinic's menu.
"""

from __future__ import annotations

from ligament.web import live
from ligament.web.page import Page
from ligament.web.pages import (
    account,
    api_docs,
    approval_link,
    clinics,
    connect,
    consent,
    contacts,
    hooks,
    invitation,
    journal,
    keys,
    mapping,
    overview,
    plan,
    privacy,
    reconciliation,
    reports,
    rules,
    runs,
    settings,
    setup,
    sign_in,
    styleguide,
    tokens,
    users,
    waiting,
)

ALL: tuple[Page, ...] = (
    *overview.PAGES,
    *waiting.PAGES,
    *plan.PAGES,
    *reconciliation.PAGES,
    *contacts.PAGES,
    *runs.PAGES,
    *journal.PAGES,
    *reports.PAGES,
    *mapping.PAGES,
    *connect.PAGES,
    *consent.PAGES,
    *rules.PAGES,
    *settings.PAGES,
    *privacy.PAGES,
    *keys.PAGES,
    *hooks.PAGES,
    *live.PAGES,
    *clinics.PAGES,
    *users.PAGES,
    *tokens.PAGES,
    *account.PAGES,
    *sign_in.PAGES,
    *setup.PAGES,
    *invitation.PAGES,
    *approval_link.PAGES,
    *api_docs.PAGES,
    *styleguide.PAGES,
)
