"""Renames: what the books call otherwise by now, known by its id; documents that name it were edited by nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ligament.core.folding import folded
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksDocument, BooksLine, Chart, ContactGroup, TrackingOption
from ligament.core.links import Agreement, DocumentLink

Pair = tuple[str, str]
"""A tracking category and one of its options."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renames:
    """The names that changed from one reading of the chart to the next, each with the new one."""

    tracking: Mapping[Pair, Pair]
    accounts: Mapping[str, str]

    def __bool__(self) -> bool:
        """Say whether anything was renamed."""
        return bool(self.tracking or self.accounts)

    def lines(self, lines: tuple[BooksLine, ...]) -> tuple[BooksLine, ...]:
        """Return lines as the books show them by now."""
        return tuple(map(self._line, lines))

    def _line(self, line: BooksLine) -> BooksLine:
        tracking = tuple(sorted(self.tracking.get(pair, pair) for pair in line.tracking))
        account = self.accounts.get(line.account, line.account)
        if (tracking, account) == (line.tracking, line.account):
            return line
        return replace(line, tracking=tracking, account=account)

    def document(self, document: BooksDocument) -> BooksDocument:
        """Return a document as the books show it by now; the very same where nothing on it was renamed."""
        lines = self.lines(document.lines)
        return document if lines == document.lines else replace(document, lines=lines)

    def link(self, link: DocumentLink) -> DocumentLink:
        """Return a link whose content is called as the books call it by now."""
        sent = link.sent
        lines = self.lines(sent.lines) if sent is not None else ()
        return link if sent is None or lines == sent.lines else replace(link, sent=replace(sent, lines=lines))

    def agreement(self, agreement: Agreement) -> Agreement:
        """Return an agreement in the names of now."""
        lines = self.lines(agreement.lines)
        return agreement if lines == agreement.lines else replace(agreement, lines=lines)


def renames(before: Chart, after: Chart) -> Renames:
    """Return what has the same id in both charts and another name; accounts go by their code."""
    codes = {account.id: account.key for account in after.accounts}
    accounts = {one.key: codes[one.id] for one in before.accounts if codes.get(one.id, one.key) != one.key}
    return Renames(tracking=_tracking(before, after), accounts=accounts)


def _tracking(before: Chart, after: Chart) -> dict[Pair, Pair]:
    then, now = _named(before), _named(after)
    return {pair: now[ids] for ids, pair in then.items() if now.get(ids, pair) != pair}


def with_former_names(before: Chart, after: Chart) -> Chart:
    """Return the chart as read by now, with the names of before for each tracking option and contact group."""
    names = {one.id: (*one.formerly, one.name) for category in before.tracking for one in category.options}
    names |= {one.id: (*one.formerly, one.name) for one in before.groups or ()}
    tracking = tuple(
        replace(category, options=tuple(replace(one, formerly=_other(names, one)) for one in category.options))
        for category in after.tracking
    )
    groups = after.groups and tuple(replace(one, formerly=_other(names, one)) for one in after.groups)
    return replace(after, tracking=tracking, groups=groups)


def _other(names: Mapping[BooksId, tuple[str, ...]], one: TrackingOption | ContactGroup) -> tuple[str, ...]:
    """Return what it was called before it had the name of now; a rename that was taken back leaves no name behind."""
    kept: dict[str, None] = {}
    for name in names.get(one.id, ()):
        if folded(name) == folded(one.name):
            break
        kept[name] = None
    return tuple(kept)


def _named(chart: Chart) -> dict[Pair, Pair]:
    """Return the names of every tracking option by its ids."""
    return {
        (category.id, option.id): (category.name, option.name)
        for category in chart.tracking
        for option in category.options
    }
