"""Journal views: the audit trail on the screen."""

from __future__ import annotations

from ligament.cli.views.paper import Column, count, line, moment, table
from ligament.cli.views.types import Command, Document


def journal(document: Document, command: Command) -> None:
    """Tell the newest entries, without anybody's personal detail."""
    entries = document["entries"]
    if not entries:
        line("The journal is empty.")
        return
    rows = [
        [
            f"{entry['sequence']:,}",
            moment(entry["at"]),
            str(entry["actor"]),
            str(entry["kind"]).replace("_", " "),
            str(entry["subject"] or entry["public"].get("name", "")),
        ]
        for entry in entries
    ]
    table((Column("Entry", right=True), Column("When"), Column("Who"), Column("What"), Column("About")), rows)
    beside = " --installation" if document["installation"] else ""
    line(f"Every entry, with its detail: {command(f'journal export{beside} --output journal.jsonl')}")
    line(f"Proof that none was changed: {command('journal verify')}")


def verified(document: Document, command: Command) -> None:
    """Tell whether the journal holds, or the first entry that does not, and the same of the installation's."""
    _verified_clinic(document, command)
    beside = document["installation"]
    if not beside["holds"]:
        line(f"The journal of users and sign-ins is broken at entry {beside['broken_at']:,}.", style="bold red")
        line(beside["reason"])
        line(f"When you know what happened: {command('journal accept --installation --because TEXT')}")
    elif beside["entries"]:
        entries = count(beside["entries"], "entry", "entries")
        line(f"The journal of users and sign-ins is whole too: {entries}. {command('journal --installation')}")


def _verified_clinic(document: Document, command: Command) -> None:
    if document["holds"]:
        line(f"The journal is whole: {count(document['entries'], 'entry', 'entries')}, none changed and none missing.")
        if document["accepted_at"]:
            line(f"A break before entry {document['accepted_at']:,} was accepted; that entry says why.", style="yellow")
        for gap in document["gaps"]:
            line(gap["sentence"], style="yellow")
        for archive in document["archives"]:
            _archive(archive)
        return
    line(f"The journal is broken at entry {document['broken_at']:,}.", style="bold red")
    line(document["reason"])
    line("Keep a copy of the database as it is, and compare it with your last backup. Nothing is written meanwhile.")
    line(f"When you know what happened: {command('journal accept --because TEXT')}")


def _archive(archive: Document) -> None:
    told = f"Entries {archive['first']:,} to {archive['last']:,} are in {archive['file']}"
    if archive["holds"]:
        line(f"{told}; that archive holds, and the journal goes on from it.")
    else:
        line(f"{told}, which cannot be proved: {archive['reason']}", style="bold red")


def file_verified(document: Document, command: Command) -> None:
    """Tell whether one archive holds."""
    if not document["holds"]:
        line(f"The archive does not hold: {document['reason']}", style="bold red")
        return
    line(f"The archive is whole: entries {document['first']:,} to {document['last']:,}, none changed and none missing.")
    if document["linked"]:
        line(f"The journal here goes on from it: {command('journal verify')}")
    else:
        line(
            "The journal here does not go on from it: it holds these entries itself, or is another one.", style="yellow"
        )


def archived(document: Document, command: Command) -> None:
    """Tell what left, and where it is."""
    made = document["archived"]
    if made is None:
        line(f"Nothing is to be archived: no entry from before {moment(document['before'])} is left that may go.")
    else:
        first, last = f"{made['first']:,}", f"{made['last']:,}"
        line(f"Entries {first} to {last}, of {moment(made['since'])} to {moment(made['until'])}, are now in")
        line(f"  {made['file']}")
        line("The file never changes again: put a copy of it where your backups are, which do not hold it.")
    if document["waits_for"]:
        line(f"Older than {document['keep_years']} years and kept all the same: {document['waits_for']}.")
    line(f"Proof that all of it holds: {command('journal verify')}")


def accepted(document: Document, command: Command) -> None:
    if not document["accepted"]:
        line("The journal is whole; there was nothing to accept.")
        return
    line(f"Accepted and written down: {document['reason']}")
    line(f"The journal goes on from here: {command('journal verify')}")


def exported(document: Document, command: Command) -> None:
    """Tell where the entries are; on standard output they speak for themselves."""
    del command
    if document["file"]:
        line(f"{count(document['entries'], 'entry', 'entries')} written to {document['file']}.")
