"""Whether the rulebook fits the chart of the books, and covers what the practice sells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import TypeVar

from ligament.app.doctor.checks import Check, bad, ok, warn
from ligament.app.setup.near import near_accounts, near_taxes, spoken
from ligament.core.clearing import Unpayable, unpayable
from ligament.core.folding import folded
from ligament.core.groups import uses_groups
from ligament.core.holds import HoldCode
from ligament.core.ids import SourceId
from ligament.core.ledgers import Account, Chart, Organisation
from ligament.core.lines import map_lines
from ligament.core.money import ZERO, plain
from ligament.core.postings import LineContext, LineRules, Place
from ligament.core.records import Invoice, Location, Practitioner
from ligament.core.rules.model import CustomField, PaymentSource, Rulebook
from ligament.core.sold import is_lost
from ligament.core.troubles import Trouble
from ligament.store.queries.coverage import Coverage

T = TypeVar("T")
_ACCOUNTS, _TAXES, _TRACKING, _GAPS, _GROUPS = "Accounts", "Taxes", "Tracking", "Mapping", "Contact groups"
_GAP_CODES = {
    HoldCode.UNMAPPED_ITEM,
    HoldCode.UNMAPPED_ACCOUNT,
    HoldCode.UNMAPPED_TAX,
    HoldCode.UNMAPPED_TRACKING,
    HoldCode.NOT_REGISTERED_FOR_GST,
}


def mapping_checks(
    book: Rulebook, chart: Chart, organisation: Organisation, kept: Coverage, first: date
) -> Iterator[Check]:
    """Yield what the doctor finds about accounts, taxes, tracking, and items without a mapping."""
    yield from account_checks(book, chart)
    yield from tax_checks(book, chart, organisation)
    yield from tracking_checks(book, chart, kept.locations.values(), kept.practitioners.values())
    yield from group_checks(book, chart, kept)
    yield from gap_checks(book, chart, organisation, kept, first)


# --- accounts ---------------------------------------------------------------------------------------------------------


def account_checks(book: Rulebook, chart: Chart) -> Iterator[Check]:
    """Check that every account of the rulebook is there, active and of the right sort."""
    troubled = False
    for key, code in income_accounts(book):
        trouble = _account_trouble(chart.account(code))
        if trouble:
            troubled = True
            near = near_accounts(chart, code)
            todo = f"Did you mean {near}?" if near else "Choose another account there, or restore this one."
            yield bad(_ACCOUNTS, f"Account {code} ({key}) {trouble}.", todo)
    if not troubled:
        yield ok(_ACCOUNTS, "Every account of the rulebook is in the books and active.")
    archived = [account.code for account in chart.accounts if not account.active and account.code]
    if archived:
        yield ok(_ACCOUNTS, f"Archived in the books: {', '.join(sorted(archived))}.")
    yield from _clearing(book, chart)
    yield from _bad_debt(book, chart)
    yield from _rounding(book, chart)


def income_accounts(book: Rulebook) -> list[tuple[str, str]]:
    """Return the places of the rulebook that name an account for a line, each with its code."""
    accounts = book.accounts
    named = [("[accounts] default", accounts.default or "")]
    tables = (("items", accounts.items), ("practitioners", accounts.practitioners), ("businesses", accounts.businesses))
    for table, codes in tables:
        named.extend((f'[accounts.{table}] "{name}"', code) for name, code in codes.items())
    named.extend((f'the rule "{rule.name}"', rule.effects.account) for rule in book.rules)
    return [(key, code) for key, code in named if code]


def _account_trouble(account: Account | None) -> str:
    if account is None:
        return "does not exist in the books"
    if not account.active:
        return "is archived in the books"
    return "is a bank account, which invoice lines cannot use" if account.is_bank else ""


def _clearing(book: Rulebook, chart: Chart) -> Iterator[Check]:
    payments = book.payments
    if payments.source is PaymentSource.OFF:
        yield ok(_ACCOUNTS, "Payments are off: nothing is posted to a clearing account.")
        return
    named = [("[payments] account", payments.account)]
    if payments.source is PaymentSource.REPORT:
        named.extend((f'[payments.methods] "{name}"', code) for name, code in payments.methods.items())
    for key, code in named:
        if not code:
            continue
        account = chart.account(code)
        fault = unpayable(account)
        if account is None or fault is Unpayable.ARCHIVED:
            state = "does not exist" if account is None else "is archived"
            yield bad(_ACCOUNTS, f"Clearing account {code} ({key}) {state} in the books.", "Choose another one.")
        elif fault is Unpayable.CLOSED:
            todo = "Switch on payments to this account in the books, or choose a bank account."
            yield bad(_ACCOUNTS, f"Clearing account {code} ({key}) does not take payments.", todo)
        elif fault is Unpayable.ABROAD:
            sentence = f"Clearing account {spoken(account)} ({key}) is kept in {account.abroad}, the books are not."
            yield bad(_ACCOUNTS, sentence, "Choose an account in the currency of the books.")
        else:
            yield ok(_ACCOUNTS, f"Clearing account {spoken(account)} takes payments.")


def _bad_debt(book: Rulebook, chart: Chart) -> Iterator[Check]:
    code = book.accounts.bad_debt
    if not code:
        return
    trouble = _account_trouble(chart.account(code))
    if trouble:
        yield bad(
            _ACCOUNTS, f"Account {code} ([accounts] bad_debt) {trouble}.", "Choose another account for write-offs."
        )
        return
    account = chart.account(code)
    assert account is not None
    used = sorted({tax_type for tax_type in book.taxes.values() if chart.tax_rate(tax_type) is not None})
    refused = [name for name in used if not _fits(chart, name, account)]
    if refused:
        sentence = (
            f"Account {code} ([accounts] bad_debt) is of the class {account.account_class}, "
            f"which does not take the tax type {', '.join(refused)}."
        )
        yield bad(_ACCOUNTS, sentence, "Choose an account of the revenue class for write-offs.")
    else:
        yield ok(_ACCOUNTS, f"Write-offs go to account {spoken(account)}.")


def _fits(chart: Chart, tax_type: str, account: Account) -> bool:
    rate = chart.tax_rate(tax_type)
    return rate is not None and account.account_class in rate.applies_to


def _rounding(book: Rulebook, chart: Chart) -> Iterator[Check]:
    code = book.invoices.rounding_account
    account = chart.account(code) if code else chart.system_account("ROUNDING")
    if account is None or not account.active:
        what = f"Rounding account {code} is missing or archived" if code else "The books have no rounding account"
        yield bad(_ACCOUNTS, f"{what}.", 'Set rounding_account under [invoices], as in rounding_account = "860".')
    else:
        yield ok(_ACCOUNTS, f"Differences of a few cents go to account {spoken(account)}.")


# --- taxes ------------------------------------------------------------------------------------------------------------


def tax_checks(book: Rulebook, chart: Chart, organisation: Organisation) -> Iterator[Check]:
    """Check that every tax type of the rulebook exists, is active, suits sales and has the rate its name says."""
    troubled = False
    for name, tax_type in book.taxes.items():
        trouble = _tax_trouble(name, tax_type, chart)
        if trouble:
            troubled = True
            near = near_taxes(chart, tax_type)
            todo = f"Did you mean {near}?" if near else f'Choose another tax type: [taxes], "{name}" = "tax type".'
            yield bad(_TAXES, trouble, todo)
    if book.taxes and not troubled:
        yield ok(_TAXES, "Every tax type of the rulebook is active, suits sales and has the right rate.")
    if not book.taxes:
        yield bad(_TAXES, "No tax is mapped, so every invoice would be held.", "Fill in [taxes] in the rulebook.")
    taxed = [n for n, t in book.taxes.items() if (rate := chart.tax_rate(t)) is not None and rate.rate > ZERO]
    if not organisation.pays_tax and taxed:
        sentence = f"The organisation is not registered for GST, but [taxes] maps {', '.join(taxed)}."
        yield warn(_TAXES, sentence, "Take it out, or correct the registration in the books. Lines with tax are held.")
    elif organisation.pays_tax and not taxed:
        sentence = "The organisation is registered for GST, but [taxes] maps no tax with a rate."
        yield warn(_TAXES, sentence, "Add the tax that taxable items carry, or lines with tax are held.")
    else:
        yield ok(
            _TAXES, "Registered for GST." if organisation.pays_tax else "Not registered for GST, and none is mapped."
        )


def _tax_trouble(name: str, tax_type: str, chart: Chart) -> str:
    rate = chart.tax_rate(tax_type)
    if rate is None:
        return f'Tax type {tax_type}, chosen for "{name}", does not exist in the books.'
    if not rate.active:
        return f'Tax type {tax_type}, chosen for "{name}", is archived in the books.'
    if "revenue" not in rate.applies_to:
        return f'Tax type {tax_type}, chosen for "{name}", cannot be used for sales.'
    said = "0" if name == "none" else name.rpartition(" ")[2]
    if said != plain(rate.rate):
        return f'Tax type {tax_type} is {plain(rate.rate)} %, but it is chosen for "{name}".'
    return ""


# --- tracking ---------------------------------------------------------------------------------------------------------


def tracking_checks(
    book: Rulebook, chart: Chart, locations: Iterable[Location], practitioners: Iterable[Practitioner]
) -> Iterator[Check]:
    """Check that the tracking categories are there, and an option for every location and practitioner."""
    dimensions = (
        ("business", book.tracking.business, [place.name for place in locations]),
        ("practitioner", book.tracking.practitioner, [person.name for person in practitioners if person.active]),
    )
    for key, category_name, names in dimensions:
        if not category_name:
            continue
        category = chart.category(category_name)
        if category is None:
            sentence = f'The tracking category "{category_name}" ([tracking] {key}) does not exist in the books.'
            yield bad(_TRACKING, sentence, "Make it in the books, or correct its name in the rulebook.")
            continue
        there = {folded(option.name) for option in category.options if option.active}
        missing = sorted({name for name in names if folded(name) not in there})
        if missing and not book.tracking.create_options:
            sentence = f'The tracking category "{category.name}" has no option for {", ".join(missing)}.'
            yield bad(_TRACKING, sentence, "Add it in the books, or set create_options = true under [tracking].")
        else:
            added = f"; {len(missing)} options will be added" if missing else ""
            yield ok(_TRACKING, f'The tracking category "{category.name}" is there{added}.')


# --- contact groups ---------------------------------------------------------------------------------------------------


def group_checks(book: Rulebook, chart: Chart, kept: Coverage) -> Iterator[Check]:
    """Check that the contact groups are there that rules and the chosen custom field name."""
    if not uses_groups(book):
        return
    by_rule = {rule.effects.group: rule.name for rule in book.rules if rule.effects.group}
    missing = [name for name in by_rule if chart.group(name) is None]
    for name in missing if not book.contacts.create_groups else ():
        sentence = f'The contact group "{name}" (the rule "{by_rule[name]}") does not exist in the books.'
        yield bad(_GROUPS, sentence, "Make it in the books, or set create_groups = true under [contacts].")
    token = book.contacts.custom_fields.get(CustomField.CONTACT_GROUP, "")
    values = {folded(text) for text in kept.custom_values(token)} if token else set()
    unknown = len([value for value in values if chart.group(value) is None])
    if unknown and not book.contacts.create_groups:
        # What stands in a patient's field is not repeated here: it may be about the person.
        sentence = (
            f"{unknown} of {len(values)} values of the custom field for contact groups name no group in the books."
        )
        yield bad(_GROUPS, sentence, "Make those groups in the books, or correct the field of the patients.")
    if book.contacts.create_groups or not (missing or unknown):
        made = len(missing) + unknown
        yield ok(_GROUPS, f"Every contact group is there{f'; {made} will be made' if made else ''}.")


# --- gaps over what is kept -------------------------------------------------------------------------------------------


def gap_checks(
    book: Rulebook, chart: Chart, organisation: Organisation, kept: Coverage, first: date
) -> Iterator[Check]:
    """Try every kind of line that is kept, and tell each that could not be posted once, with how often it occurs."""
    gaps: Counter[tuple[str, str]] = Counter()
    lines = 0
    for kind in kept.line_kinds(book, first):
        lines += kind.count
        if any(map(is_lost, kind.example.lines)):
            # What an earlier release erased without a trace was posted long ago; where it was not, a hold says so.
            continue
        place = Place(
            location=_one(kept.locations, kind.example.location_id),
            practitioner=_one(kept.practitioners, kind.example.practitioner_id),
        )
        how = LineContext(rulebook=book, chart=chart, organisation=organisation, place=place, rules=LineRules())
        trouble = _judged(kind.example, how)
        if trouble is not None:
            gaps[trouble.sentence, trouble.todo] += kind.count
    for (sentence, todo), count in gaps.most_common():
        yield bad(_GAPS, f"{sentence} ({count:,} {'line' if count == 1 else 'lines'})", todo)
    if lines and not gaps:
        yield ok(_GAPS, f"All {lines:,} lines read so far have an account, a tax type and their tracking.")
    if not lines:
        yield ok(_GAPS, "Nothing has been read yet; `ligament plan` reads, and tells what is not mapped.")


def _judged(invoice: Invoice, how: LineContext) -> Trouble | None:
    """Return what keeps an invoice of one line from being mapped, or nothing."""
    found = map_lines(invoice, how)
    return found if isinstance(found, Trouble) and found.code in _GAP_CODES else None


def _one(table: Mapping[SourceId, T], identifier: SourceId | None) -> T | None:
    return table.get(identifier) if identifier else None
