"""Settings of a clinic: what the rulebook chooses, whom alerts reach with a test, and a backup made now."""

from __future__ import annotations

from collections.abc import Sequence

from ligament.app.notices.alerts import list_alerts, test_alerts
from ligament.app.safety.backup import back_up
from ligament.core.access import Right
from ligament.core.periods import local_date
from ligament.core.rules.model import Rulebook
from ligament.service.errands import set_going
from ligament.web.page import Answer, Moved, Page, Shown, Visit
from ligament.wiring.errors import ConfigurationError

_NOT_CHOSEN = "not chosen yet"
Section = tuple[str, Sequence[tuple[str, str]]]


def show(visit: Visit) -> Answer:
    """Show how the clinic is set."""
    return _page(visit)


def _page(visit: Visit, *, error: str = "", tested: Sequence[object] = ()) -> Shown:
    with visit.opened() as clinic:
        alerts = list_alerts(clinic).document
    values = {
        "sections": _sections(visit.clinic.rulebook),
        "file": visit.clinic.file.name,
        "addresses": alerts["addresses"],
        "open": alerts["open"],
        "tested": tested,
        "error": error,
        "may_set": visit.may(Right.SETTINGS),
        "may_back_up": visit.may(Right.BACKUP),
    }
    return Shown(template="settings", values=values, status=422 if error else 200)


def _sections(book: Rulebook) -> tuple[Section, ...]:
    """Return what a person asks about most, by the headings of the rulebook."""
    taxes = [(f'Tax of lines with "{name}"', kind) for name, kind in sorted(book.taxes.items())]
    return (
        (
            "Clinic",
            [
                ("Name", book.clinic.name or _NOT_CHOSEN),
                ("Time zone", book.clinic.time_zone),
                ("Country", book.clinic.country),
            ],
        ),
        (
            "Accounts and taxes",
            [
                ("Income account where an item has none of its own", book.accounts.default or _NOT_CHOSEN),
                ("Clearing account for payments", book.payments.account or _NOT_CHOSEN),
                *taxes,
            ],
        ),
        (
            "Schedule",
            [
                ("Looks every", f"{book.sync.poll_seconds} seconds"),
                ("Open", f"{book.sync.open_from} to {book.sync.open_until}"),
                ("Compares every night at", book.sync.reconcile_daily_at),
                ("Calls a day to the books", f"{book.sync.daily_calls:,}"),
            ],
        ),
        (
            "Alerts",
            [
                ("Quiet hours", book.alerts.quiet_hours or "none"),
                ("Daily summary at", book.alerts.digest_at),
            ],
        ),
    )


def test(visit: Visit) -> Answer:
    """Send a test message to each address, and show which took it."""

    def work() -> dict[str, object]:
        with visit.opened() as clinic:
            return dict(test_alerts(clinic).document)

    errand = set_going(visit.clinic.name, "test the alerts", work)
    if not errand.is_over:
        return _page(visit, error="The addresses take long to answer. Try again in a moment.")
    if errand.document is None:
        return _page(visit, error=errand.trouble)
    return _page(visit, tested=errand.document["addresses"])


def back_up_now(visit: Visit) -> Answer:
    """Write a backup of the whole home beside it, under a name of its own."""
    settings = visit.house.settings
    now = visit.access.now()
    folder = settings.home / "backups"
    name = f"ligament-{local_date(now, visit.clinic.rulebook.clinic.time_zone).isoformat()}-{now:%H%M%S}.zip"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        document = back_up(folder / name, settings.home, now=visit.access.now).document
    except (ConfigurationError, OSError) as trouble:
        return _page(visit, error=str(trouble))
    visit.access.note("backup", name, actor=visit.caller.name, source=visit.visitor.source)
    said = f"The backup {name} is in the folder backups of the home. {document['key']}"
    return Moved(to=f"{visit.clinic_path}/settings", flash=said)


PAGES = (
    Page(path="/c/{clinic}/settings", name="settings", answer=show, right=Right.LOOK, menu="Settings"),
    Page(
        path="/c/{clinic}/settings/alerts",
        name="test alerts",
        method="POST",
        answer=test,
        right=Right.SETTINGS,
        confirms=True,
    ),
    Page(
        path="/c/{clinic}/settings/backup",
        name="back up now",
        method="POST",
        answer=back_up_now,
        right=Right.BACKUP,
        confirms=True,
    ),
)
