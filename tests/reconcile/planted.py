"""Bugs planted in what compares, each with the test that catches it; nothing of them is ever kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

from ligament.core.variances import Sums
from ligament.store.database.tables import document_links
from ligament.store.queries.unlinked import Unlinked
from tests.alerts.receiver import receiving
from tests.faults.planted import Bug, Make, always, returning
from tests.reconcile import (
    test_charged_visits,
    test_fixes,
    test_healing,
    test_many,
    test_people,
    test_planted,
    test_sweep,
    test_told_once,
)
from tests.reconcile.around import priced
from tests.reconcile.planting import Scene, lower_amount
from tests.support.stage import stage

Caught = Callable[[Path], object]
"""The test that sees it: it has to fail while the bug is there."""

_BYTES = test_sweep.test_bytes_are_those_that_came
_KINDS = test_planted.test_every_kind_is_found_once_and_nothing_is_invented
_MANY = test_many.test_every_planted_difference_is_found_and_told_and_none_is_invented
_CANCELS = test_many.test_what_cancels_is_told_although_both_sides_come_to_the_same
_CREDITS = test_many.test_a_credit_note_lowers_both_sides


def _without_last(original: Any) -> Any:
    def differing(self: Any) -> Iterator[Any]:
        yield from list(original(self))[:-1]

    return differing


def _only_when_sums_differ(original: Any) -> Any:
    def differing(self: Any) -> Iterator[Any]:
        sums: Sums = self.sums()
        if sum(sums.source.values()) != sum(sums.books.values()):
            yield from original(self)

    return differing


def _in_floating_point(original: Any) -> Any:
    def money(cents: int | None) -> Decimal:
        return Decimal(float(original(cents)) * 1.1 / 1.1)

    return money


def _by_number(_: Any) -> Any:
    def to_links(p: Any) -> Any:
        return (document_links.c.clinic == p.c.clinic) & (document_links.c.number == "CLK-" + p.c.number)

    return to_links


def _swapped(original: Any) -> Any:
    def amounts(number: str, books: Decimal, practice: Decimal, why: str, how: Any) -> str:
        told: str = original(number, practice, books, why, how)
        return told

    return amounts


def _always_new(original: Any) -> Any:
    return lambda found, _before, at: original(found, None, at)


def _without_a_fix(original: Any) -> Any:
    return lambda pairing, how: [replace(one, fix=None) for one in original(pairing, how)]


def _without_open_money(original: Any) -> Any:
    return lambda *given: (replace(one, has_open_money=False) for one in original(*given))


def _put_back(home: Path) -> None:
    test_healing.test_what_was_edited_in_the_books_is_put_back_once_approved(home, lower_amount)


def _at_other_amounts(original: Any) -> Any:
    nights = count()
    return lambda document: {f"{one} {next(nights)}" for one in original(document)}


def _listed(home: Path) -> None:
    scene = Scene(stage(home, rulebook=test_charged_visits.CHARGED))
    priced(scene)
    test_charged_visits.test_charges_stand_in_the_report_and_among_the_variances(scene, home)


def _told_again(home: Path) -> None:
    with receiving() as receiver:
        test_told_once.test_a_report_is_sent_again_when_there_is_something_new_in_it(home, receiver)


def _one(name: str, place: str, make: Make, caught_by: Caught, row: int = 20) -> tuple[Bug, Caught]:
    return Bug(name=name, rows=(row,), switches=((place, make),)), caught_by


_STORE, _JUDGE, _MONEY = "ligament.store.queries", "ligament.core.judgements", "ligament.core.receivables"
PLANTED: tuple[tuple[Bug, Caught], ...] = (
    _one("sums go through floating point", f"{_STORE}.comparison:money", _in_floating_point, _MANY),
    _one("cents are cut off", "ligament.store.database.columns:in_cents", always(lambda held: int(held) * 100), _MANY),
    _one("the last that may differ is dropped", f"{_STORE}.comparison:StoreComparison.differing", _without_last, _MANY),
    _one(
        "only what both sides come to is compared",
        f"{_STORE}.comparison:StoreComparison.differing",
        _only_when_sums_differ,
        _CANCELS,
    ),
    _one(
        "records are joined by number in the place of links",
        f"{_STORE}.one_pass:to_links",
        _by_number,
        test_healing.test_a_document_that_was_there_before_and_only_linked_is_never_written_over,
    ),
    _one("credit notes are forgotten", f"{_STORE}.one_pass:signed", always(lambda column: column), _CREDITS),
    _one(
        "days of payments are those of UTC",
        f"{_STORE}.pairings:local_date",
        always(lambda instant, _zone: instant.date()),
        test_many.test_a_payment_of_the_morning_is_of_the_clinics_day,
    ),
    _one(
        "what is archived counts",
        "ligament.core.comparisons:Pairing.counts",
        always(property(lambda _: True)),
        _KINDS,
    ),
    _one("tax types are not looked at", f"{_JUDGE}:_taxes_differ", returning(value=False), _KINDS),
    _one("duplicates are not looked for", f"{_JUDGE}:_duplicates", returning([]), _KINDS),
    _one("doubles of others are not looked for", f"{_STORE}.unlinked:_doubles", returning(()), _KINDS),
    _one("documents of nobody are left out", f"{_STORE}.unlinked:_assigned", lambda _: lambda *_: Unlinked(), _KINDS),
    _one("edits are not seen", "ligament.store.database.columns:written_mark", returning("same"), _KINDS),
    _one("money that moved is not explained", f"{_MONEY}:_difference", returning([]), _KINDS),
    _one("a replaced payment is not told", f"{_MONEY}:_payments", returning([]), _KINDS),
    _one("both amounts are swapped in the sentence", "ligament.core.explanations:amounts", _swapped, _MANY),
    _one("each comparison finds everything anew", "ligament.store.writes.variances:seen_again", _always_new, _KINDS),
    _one(
        "what a person paid on is written over",
        f"{_JUDGE}:_may_put_back",
        returning(value=True),
        test_healing.test_an_edited_document_with_money_on_it_is_left_alone,
    ),
    _one(
        "nothing is listed again",
        "ligament.flow.reconcile.sweep:_list",
        returning(None),
        test_sweep.test_a_settlement_without_a_time_of_change_is_found,
    ),
    _one(
        "what is not listed any more is not looked up",
        "ligament.flow.reconcile.sweep:_look_up_invoices",
        returning(set()),
        test_sweep.test_an_invoice_that_is_gone_without_a_trace_is_found,
    ),
    _one(
        "what vanishes all at once is believed",
        "ligament.flow.reconcile.sweep:doubt",
        returning(None),
        test_sweep.test_a_key_that_suddenly_shows_almost_nothing_voids_nothing,
    ),
    _one("what no link joins is in no list", f"{_STORE}.comparison:paired_rows", returning(()), _listed),
    _one("bytes are not counted", "ligament.net.meter:CallMeter.received", returning(None), _BYTES, row=46),
    _one("what was told is told every night", "ligament.app.scheduled:_needing", _at_other_amounts, _told_again),
    _one(
        "locked months are read again",
        "ligament.flow.reconcile.sweep:_is_locked",
        returning(value=False),
        test_sweep.test_old_months_are_only_counted_and_locked_ones_left_alone,
        row=46,
    ),
    _one(
        "who is no user any more is not told",
        "ligament.app.reconcile:lost_owners",
        returning([]),
        test_people.test_whoever_is_no_user_any_more_is_told_until_that_is_mended,
    ),
    _one(
        "a contact is archived although money is open on it",
        f"{_STORE}.comparison:merged_people",
        _without_open_money,
        test_fixes.test_a_merged_patients_contact_with_money_open_is_told_and_not_offered,
    ),
    _one("no mending is offered", "ligament.flow.reconcile.compare:judge", _without_a_fix, _put_back),
)
"""Each bug with the test that catches it."""
