"""Scheduled work: the daily and the weekly comparison, sent to those who want it, and the retention of the journal."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from ligament.app.downloads import comparison_download
from ligament.app.journal_archive import archive_journal
from ligament.app.notices.addresses import addresses
from ligament.app.reconcile import reconcile
from ligament.app.results import Result
from ligament.core.alerts import Message, MessageKind
from ligament.core.notes import TOLD_NOTE
from ligament.core.rules.model import SendReport
from ligament.core.variances import needs_somebody
from ligament.notifications import channels
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError


def compare_daily(clinic: Clinic) -> Result:
    """Compare the present month and the one before, and tell who wants to know."""
    return _compared(clinic, full=False)


def compare_weekly(clinic: Clinic) -> Result:
    """Compare everything since the first day, and tell who wants to know."""
    return _compared(clinic, full=True)


def _compared(clinic: Clinic, *, full: bool) -> Result:
    _let_old_entries_leave(clinic)
    result = reconcile(clinic, full=full)
    send_comparison(clinic, result.document)
    return result


def _let_old_entries_leave(clinic: Clinic) -> None:
    """Move entries of the journal that are older than they are kept here into their file.

    A file that cannot be written stops nothing else: the entries stay, and whoever hears of trouble is told.
    """
    try:
        archive_journal(clinic)
    except ConfigurationError as trouble:
        message = Message(
            key="journal archive",
            tone=MessageKind.ALERT,
            title=f"The journal of {clinic.settings.name} could not be archived",
            body=str(trouble),
            at=clinic.clock.now(),
        )
        for one in addresses(clinic.settings):
            if not one.complaint:
                channels.send(one.url.reveal(), message)


def send_comparison(clinic: Clinic, document: dict[str, Any]) -> tuple[str, ...]:
    """Send a comparison with its files, as `[reconcile] send` says; returns which addresses took it.

    Where it is sent when a person is needed, what was sent once and nobody has answered yet is no news the next night.
    It never fails because of an address: what was found is kept, and waits on the list of variances.
    """
    section, needing = clinic.settings.rulebook.reconcile, _needing(document)
    is_news = bool(needing - set(json.loads(clinic.store.note(TOLD_NOTE) or "[]")))
    is_wanted = section.send is SendReport.ALWAYS or (section.send is SendReport.WHEN_NEEDED and is_news)
    known = [one for one in addresses(clinic.settings) if not one.complaint] if is_wanted else []
    if not known:
        return ()
    message = _message(clinic, document)
    with tempfile.TemporaryDirectory(prefix="ligament-") as private:
        files = _files(clinic, document, Path(private))
        took = tuple(one.shown for one in known if channels.send(one.url.reveal(), message, files))
    if took:
        clinic.store.keep_note(TOLD_NOTE, json.dumps(sorted(needing)))
    return took


def _needing(document: dict[str, Any]) -> set[str]:
    """Return the differences that need a person, each with its amount: another amount is another question."""
    found = (one for one in document["variances"] if needs_somebody(one["needs"], one["state"]))
    return {f"{one['id']} {one['amount']}" for one in found}


def _files(clinic: Clinic, document: dict[str, Any], folder: Path) -> tuple[Path, ...]:
    """Write the files that go along; a format that this machine cannot make is left out."""
    made: list[Path] = []
    for form in clinic.settings.rulebook.reconcile.formats:
        try:
            download = comparison_download(clinic, document["run_id"], f".{form}")
        except ConfigurationError:
            continue
        if download is not None:
            file = folder / download.name
            file.write_bytes(download.body)
            made.append(file)
    return tuple(made)


def _message(clinic: Clinic, document: dict[str, Any]) -> Message:
    """Return what is told: sums and counts, nobody's name."""
    totals, found = document["totals"], document["variances"]
    needing = sum(needs_somebody(one["needs"], one["state"]) for one in found)
    what = "balanced" if document["balanced"] else f"{needing} {'needs' if needing == 1 else 'need'} a person"
    practice, books = clinic.practice_manifest.title, clinic.books_manifest.title
    listed = "1 difference is listed" if len(found) == 1 else f"{len(found)} differences are listed"
    lines = (
        f"{practice} {totals['source']} = {books} {totals['books']} + explained {totals['explained']}",
        f"{listed}, {needing} of them to be looked at: ligament variances",
    )
    return Message(
        key=f"comparison {document['run_id']}",
        tone=MessageKind.DIGEST if document["balanced"] else MessageKind.ALERT,
        title=f"Reconciliation of {clinic.settings.name}: {what}",
        body="\n".join(lines),
        at=clinic.clock.now(),
    )
