"""Mapping: what a rulebook must choose from the books, gaps first, each suggestion with its reason; and choosing it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ligament.app.cycle_options import PATIENCE_MS, first_connection
from ligament.app.documents import Document
from ligament.app.results import DONE, WAITS, Result
from ligament.app.setup.near import near_accounts, near_categories, near_taxes, spoken, spoken_tax
from ligament.app.setup.systems import meet_books
from ligament.core.clearing import unpayable
from ligament.core.facts import Facts
from ligament.core.ledgers import Account, BooksDocument, Chart, TaxRate
from ligament.core.money import ZERO
from ligament.core.rules.model import PaymentSource, Rulebook
from ligament.core.sold import SoldAs, is_write_off, item_keys, tax_key
from ligament.flow.read.read import read_practice
from ligament.ports.memory import Selection
from ligament.store.queries.sold import assortment, what_is_sold
from ligament.wiring.clinic import Clinic
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.exclusive import alone_for
from ligament.wiring.rulebook_writing import write_values

Key = tuple[str, ...]
DEFAULT: Key = ("accounts", "default")
BAD_DEBT: Key = ("accounts", "bad_debt")
CLEARING: Key = ("payments", "account")
TAXES = "taxes"
BUSINESS, PRACTITIONER = ("tracking", "business"), ("tracking", "practitioner")
_REVENUE = "revenue"
_NEWEST, _HISTORY = 600, 3000
"""So many invoices are looked through for a preview, and so many documents for which account they used."""
_SALES = ("sales", "fees", "consult", "income", "revenue", "service")
_BAD_DEBTS = ("bad debt", "written off", "write off", "write-off")
_CLEARING = ("clearing", "undeposited", "suspense", "transit")
_TAX_WORDS = {"income": 2, "sales": 2, "output": 1, "free": 1, "exempt": 1, "export": -5, "excluded": -5, "capital": -3}
_PLACES = ("location", "clinic", "business", "branch", "region", "site", "place")
_PEOPLE = ("practitioner", "provider", "staff", "clinician", "therapist", "doctor")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One thing of the books that can be chosen: what is written, and how people are told of it."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One choice of the rulebook: a gap where records wait for it; `suggestion` is a value, with its reason."""

    key: Key
    asks: str
    current: str
    is_gap: bool
    options: tuple[Option, ...]
    suggestion: str = ""
    reason: str = ""

    def label(self, value: str) -> str:
        """Return how people are told of a value."""
        return next((one.label for one in self.options if one.value == value), value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What choices are made from: the rulebook, the books' chart, what the practice sells, and the books' history.

    `lines` has every kind of line at least once, what was sold last at the end; `documents` are the newest ones.
    `facts` has the invoices that stand for all of them and the newest ones, unless only choices are wanted.
    """

    book: Rulebook
    chart: Chart
    facts: Facts
    lines: tuple[SoldAs, ...]
    documents: tuple[BooksDocument, ...]


def survey(clinic: Clinic) -> Survey:
    """Ask the books what they have, and read what the practice sells; nothing is written to either."""
    chart = meet_books(clinic).chart
    with alone_for(clinic, PATIENCE_MS):
        first_connection(clinic)
        book = clinic.settings.rulebook
        read_practice(clinic.practice(), clinic.store, book, clinic.clock, clinic.outside.tell)
    return survey_of_kept(clinic, book, chart)


def survey_of_kept(clinic: Clinic, book: Rulebook, chart: Chart | None = None) -> Survey:
    """Return what choices are made from as it is kept here; without a chart the one that is kept."""
    sold = what_is_sold(clinic.database, clinic.settings.name, newest=_NEWEST, documents=_HISTORY)
    facts = clinic.store.gather(Selection(invoices=sold.invoices))
    lines = tuple(line for invoice in facts.invoices.values() for line in invoice.lines if not line.removed)
    return Survey(book=book, chart=chart or facts.chart, facts=facts, lines=lines, documents=sold.documents)


def choices_kept(clinic: Clinic, book: Rulebook) -> Survey:
    """Return the same in a few quick questions, without the invoices, which only a preview needs."""
    kept = assortment(clinic.database, clinic.settings.name, documents=_HISTORY)
    facts = Facts(practitioners=kept.practitioners, locations=kept.locations, chart=kept.chart)
    return Survey(book=book, chart=kept.chart, facts=facts, lines=kept.lines, documents=kept.documents)


# --- the choices ------------------------------------------------------------------------------------------------------


def questions(found: Survey) -> tuple[Question, ...]:
    """Return every choice, gaps first."""
    asked = (_default(found), *_write_offs(found), *_taxes(found), *_clearing(found), *_tracking(found))
    return tuple(sorted(asked, key=lambda one: not one.is_gap))


def _default(found: Survey) -> Question:
    options = income_accounts(found.chart)
    current = found.book.accounts.default or ""
    account, reason = _named(options, _SALES, "its name is that of an income account for sales")
    if account is None and options:
        account, reason = options[0], "it is the first income account of the books"
    return Question(
        key=DEFAULT,
        asks="The income account for every item that has none of its own",
        current=current,
        is_gap=found.chart.account(current) is None,
        options=_accounts(options),
        suggestion=account.key if account else "",
        reason=reason,
    )


def _write_offs(found: Survey) -> Iterable[Question]:
    """Ask for the account of debts that are given up, once the practice has given one up."""
    current = found.book.accounts.bad_debt
    if not current and not any(is_write_off(item_keys(line), found.book) for line in found.lines):
        return
    options = income_accounts(found.chart)
    account, reason = _named(options, _BAD_DEBTS, "its name is that of an account for bad debts")
    yield Question(
        key=BAD_DEBT,
        asks="The account for debts that are given up",
        current=current,
        is_gap=found.chart.account(current) is None,
        options=_accounts(options),
        suggestion=account.key if account else "",
        reason=reason or "no income account of the books is named so; choose or make one",
    )


def income_accounts(chart: Chart) -> list[Account]:
    """Return the accounts that lines of invoices may use, by code."""
    held = [one for one in chart.accounts if one.active and not one.is_bank and one.account_class == _REVENUE]
    return sorted(held, key=lambda one: one.code)


def clearing_accounts(chart: Chart) -> list[Account]:
    """Return the accounts that payments may go through, by code."""
    return sorted((one for one in chart.accounts if unpayable(one) is None), key=lambda one: one.code)


def _accounts(accounts: Iterable[Account]) -> tuple[Option, ...]:
    return tuple(Option(value=one.key, label=spoken(one)) for one in accounts)


def _named(accounts: list[Account], words: tuple[str, ...], reason: str) -> tuple[Account | None, str]:
    """Return the first account whose name has the first of the words that any has."""
    for word in words:
        for account in accounts:
            if word in account.name.casefold():
                return account, reason
    return None, ""


def _clearing(found: Survey) -> Iterable[Question]:
    if found.book.payments.source is PaymentSource.OFF:
        return
    options = clearing_accounts(found.chart)
    current = found.book.payments.account
    account, reason = _named(options, _CLEARING, "its name says that money only passes through it")
    yield Question(
        key=CLEARING,
        asks="The clearing account that payments go through",
        current=current,
        is_gap=found.chart.account(current) is None,
        options=_accounts(options),
        suggestion=account.key if account else "",
        reason=reason or "no account of the books looks like a clearing account; make one there",
    )


def _taxes(found: Survey) -> Iterable[Question]:
    for name, percent in sorted(_sold_taxes(found.lines).items()):
        options = [
            rate
            for rate in found.chart.tax_rates
            if rate.active and rate.rate == percent and (not rate.applies_to or _REVENUE in rate.applies_to)
        ]
        current = found.book.taxes.get(name, "")
        best = max(options, key=_likelihood, default=None)
        is_clear = best is not None and (len(options) == 1 or _likelihood(best) > 0)
        yield Question(
            key=(TAXES, name),
            asks=f'The tax type for lines with "{name}"' if name != "none" else "The tax type for lines without tax",
            current=current,
            is_gap=found.chart.tax_rate(current) is None,
            options=tuple(Option(value=one.tax_type, label=spoken_tax(one)) for one in options),
            suggestion=best.tax_type if best is not None and is_clear else "",
            reason=f"it is {percent.normalize():f}% and for income" if is_clear else "",
        )


def _sold_taxes(lines: Iterable[SoldAs]) -> dict[str, Decimal]:
    found = {tax_key(line): line.tax_rate or ZERO for line in lines}
    return found or {"none": ZERO}


def _likelihood(rate: TaxRate) -> int:
    said = rate.name.casefold()
    return sum(points for word, points in _TAX_WORDS.items() if word in said)


def _tracking(found: Survey) -> Iterable[Question]:
    held = [one for one in found.chart.tracking if one.active]
    named = (
        (BUSINESS, "location", found.book.tracking.business, _PLACES),
        (PRACTITIONER, "practitioner", found.book.tracking.practitioner, _PEOPLE),
    )
    for key, what, current, words in named:
        best = next((one for one in held if any(word in one.name.casefold() for word in words)), None)
        if held or current:
            yield Question(
                key=key,
                asks=f"The tracking category that carries the {what} (none is all right)",
                current=current,
                is_gap=bool(current) and found.chart.category(current) is None,
                options=tuple(Option(value=one.name, label=one.name) for one in held),
                suggestion=best.name if best else "",
                reason=f"its name is that of a {what}" if best else "",
            )


# --- choosing ---------------------------------------------------------------------------------------------------------


def choose(clinic: Clinic, found: Survey, key: Key, value: str) -> str:
    """Write a choice into the rulebook, its comments kept, and return what was written.

    Raises ConfigurationError, naming near candidates, for what the books do not have or cannot use there.
    """
    written = checked(found, key, value.strip())
    write_values(clinic.settings.file, {key: written})
    return written


def checked(found: Survey, key: Key, value: str) -> str:
    """Return what is written for a value; raises ConfigurationError for what the books lack or cannot use there."""
    chart = found.chart
    if key in {DEFAULT, BAD_DEBT, CLEARING}:
        among = clearing_accounts(chart) if key == CLEARING else income_accounts(chart)
        account = chart.account(value)
        if account in among and account is not None:
            return account.key
        what = "an account in the currency of the books that takes payments" if key == CLEARING else "an income account"
        raise _refused(key, value, what, near_accounts(chart, value, among))
    if key[0] == TAXES:
        wanted = value.casefold()
        rates = [
            one for one in chart.tax_rates if one.active and wanted in {one.tax_type.casefold(), one.name.casefold()}
        ]
        if rates:
            return rates[0].tax_type
        raise _refused(key, value, "a tax type", near_taxes(chart, value))
    category = chart.category(value) if value else None
    if category is not None or not value:
        return category.name if category is not None else ""
    raise _refused(key, value, "a tracking category", near_categories(chart, value))


def _refused(key: Key, value: str, what: str, near: str) -> ConfigurationError:
    place = ".".join(key)
    hint = f" Did you mean {near}?" if near else ""
    return ConfigurationError((f'{place}: "{value}" is not {what} of the books.{hint}',), place)


def accept(clinic: Clinic, found: Survey) -> list[Document]:
    """Write every suggestion for a gap; what has no suggestion is left."""
    chosen = [one for one in questions(found) if one.is_gap and one.suggestion]
    return [{**question_document(one), "written": choose(clinic, found, one.key, one.suggestion)} for one in chosen]


def map_document(found: Survey, written: list[Document]) -> Result:
    """Tell every choice with its suggestion, what was written, and what is still a gap."""
    done = {one["key"] for one in written}
    asked = [question_document(one) for one in questions(found)]
    gaps = [one for one in asked if one["gap"] and one["key"] not in done]
    return Result(document={"written": written, "gaps": gaps, "choices": asked}, code=WAITS if gaps else DONE)


def question_document(one: Question) -> Document:
    return {
        "key": ".".join(one.key),
        "asks": one.asks,
        "current": one.current,
        "gap": one.is_gap,
        "options": [{"value": option.value, "label": option.label} for option in one.options],
        "suggestion": one.suggestion or None,
        "label": one.label(one.suggestion),
        "reason": one.reason,
    }
