"""Where a line goes in the books: account, tax and tracking, each with the sentence that says why, or why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ligament.core.erasing import is_erased
from ligament.core.folding import folded
from ligament.core.holds import HoldCode
from ligament.core.ledgers import Chart, Organisation, TaxRate, TrackingCategory, TrackingOption
from ligament.core.money import ZERO, plain
from ligament.core.records import Line, Location, Practitioner
from ligament.core.rules.entries import Effects
from ligament.core.rules.model import LineText, Rulebook
from ligament.core.sold import NO_SEALED, is_lost, is_write_off, item_keys, listed_items, tax_key
from ligament.core.troubles import Trouble

Pairs = tuple[tuple[str, str], ...]
"""Tracking as pairs of category and option."""
_LineSort = tuple[str | None, str, str, str, str, Decimal | None]
_TEXT_LENGTH = 4000
_BREAKS = "\t\r\n"
_NO_TEXT = "\x7f\ufffe\uffff"
_ADD_IT = "Add it in the books, or set create_options = true under [tracking] in the rulebook."


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and by whom the work was done."""

    location: Location | None = None
    practitioner: Practitioner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRules:
    """What the clinic's rules said about this document's lines."""

    account: str = ""
    tax_type: str = ""
    tracking: Mapping[str, str] = field(default_factory=dict)
    line_text: str = ""
    by: Mapping[str, str] = field(default_factory=dict)

    @property
    def sort(self) -> tuple[object, ...]:
        """Return the same for rules that say the same."""
        return (self.account, self.tax_type, self.line_text, *sorted(self.tracking.items()), *sorted(self.by.items()))

    @classmethod
    def of(cls, effects: Effects, by: Mapping[str, str]) -> LineRules:
        """Take the part of the rules' effects that concerns lines; `by` names the rule behind each effect."""
        return cls(
            account=effects.account,
            tax_type=effects.tax_type,
            tracking=effects.tracking,
            line_text=effects.line_text,
            by=by,
        )


NO_LINE_RULES = LineRules()
"""No rule says anything about lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Where lines of one sort go and what they read; `trail` says why, `is_generic` that the text stands alone.

    `charged` is the rate the books reckon with: zero in an organisation that is not registered for tax.
    """

    account: str
    tax: TaxRate
    charged: Decimal
    text: str
    is_generic: bool
    trail: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """The pairs that every line of a document carries, and the options to create first."""

    pairs: Pairs
    missing: Pairs
    trail: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class LineContext:
    """Everything that decides about lines except the lines themselves.

    A clinic sells the same few things again and again, so what was decided about one sort of line is remembered, and
    in `mapped` the lines of the books for lines of the practice that say the same. `sealed` gives the rulebook's names
    of items by their keyed digests, for lines whose own names were erased.
    """

    rulebook: Rulebook
    chart: Chart
    organisation: Organisation
    place: Place
    rules: LineRules = NO_LINE_RULES
    sealed: Callable[[], Mapping[str, str]] = lambda: NO_SEALED
    mapped: dict[tuple[object, ...], object] = field(default_factory=dict)
    _postings: dict[_LineSort, Posting | Trouble] = field(default_factory=dict)
    _tracking: Tracking | Trouble | None = None

    def posting(self, line: Line) -> Posting | Trouble:
        """Return where a line goes, or why nobody can tell."""
        sort = (line.item_id, line.code, line.name, line.sealed_name, line.tax_name, line.tax_rate)
        found = self._postings.get(sort)
        if found is None:
            found = self._postings[sort] = _posting(line, self)
        return found

    def tracking(self) -> Tracking | Trouble:
        if self._tracking is None:
            self._tracking = _tracking(self)
        return self._tracking


def _posting(line: Line, how: LineContext) -> Posting | Trouble:
    trail: list[str] = []
    account = _account(line, how, trail)
    if isinstance(account, Trouble):
        return account
    rate = _tax(line, account, how, trail)
    if isinstance(rate, Trouble):
        return rate
    return Posting(
        account=account,
        tax=rate,
        charged=rate.rate if how.organisation.pays_tax else ZERO,
        text=_text(line, how),
        is_generic=_is_generic(line, how),
        trail=tuple(trail),
    )


def _text(line: Line, how: LineContext) -> str:
    """Return what lines of this sort read (choice C02)."""
    if _is_generic(line, how):
        return how.rulebook.invoices.generic_text
    name = _tidy(_ruled(line, how) or line.name) or "Item"
    return name[:_TEXT_LENGTH]


def _is_generic(line: Line, how: LineContext) -> bool:
    """Say whether the line reads as all do: the rulebook wants it so, or its own text went with the person."""
    return how.rulebook.invoices.text is LineText.GENERIC or (is_erased(line.name) and not _ruled(line, how))


def _ruled(line: Line, how: LineContext) -> str:
    """Return the text that a rule gives the line; a write-off keeps its own."""
    return "" if is_write_off(_keys(line, how), how.rulebook) else how.rules.line_text


def _keys(line: Line, how: LineContext) -> tuple[str, ...]:
    return item_keys(line, how.sealed() if line.sealed_name else NO_SEALED)


def _tidy(text: str) -> str:
    """Drop what the books refuse in a text, and outer blanks; tabs and line ends become blanks."""
    spaced = (" " if char in _BREAKS else char for char in text)
    return "".join(char for char in spaced if char >= " " and char not in _NO_TEXT).strip()


def _account(line: Line, how: LineContext, trail: list[str]) -> str | Trouble:
    if _is_unknown(line, how):
        return _forgotten(line)
    code, why = _account_code(line, how)
    if not code:
        return Trouble(
            code=HoldCode.UNMAPPED_ITEM,
            sentence=f'No account is chosen for "{line.name}".',
            todo=_choose(line, how),
            detail={"item": line.name, "code": line.code},
        )
    account = how.chart.account(code)
    if account is None or not account.active or account.is_bank:
        state = "does not exist" if account is None else "is a bank account" if account.is_bank else "is archived"
        return Trouble(
            code=HoldCode.UNMAPPED_ACCOUNT,
            sentence=f'Account {code}, chosen for "{line.name}", {state} in the books.',
            todo="Choose another account in the rulebook, or restore this one in the books.",
            detail={"account": code, "item": line.name},
        )
    trail.append(f'"{line.name}" goes to account {account.called}: {why}.')
    return account.key


def _choose(line: Line, how: LineContext) -> str:
    """Return which account is to be chosen, and where."""
    keys = _keys(line, how)
    if is_write_off(keys, how.rulebook):
        # An account of the item's own is never looked at for what writes a debt off (choice C41).
        return 'Choose the account for debts that are given up, [accounts] bad_debt = "account code".'
    if not keys:
        return 'Choose the account for every item that has none of its own, [accounts] default = "account code".'
    return f'Add it to [accounts.items] in the rulebook: "{line.code or keys[-1]}" = "account code".'


def _is_unknown(line: Line, how: LineContext) -> bool:
    """Say whether nobody can tell if the rulebook lists the item: its name is lost, its id and code are not listed."""
    if not is_lost(line):
        return False
    if how.rules.account and not how.rulebook.accounts.write_off_items:
        return False
    listed = listed_items(how.rulebook)
    return bool(listed) and not listed.intersection(item_keys(line))


def _forgotten(line: Line) -> Trouble:
    return Trouble(
        code=HoldCode.UNMAPPED_ITEM,
        sentence="The name of an item went with the patient's details, so nobody can tell which account it has.",
        todo=f'Add it to [accounts.items] by its code: "{line.code}" = "account code".'
        if line.code
        else "Let a rule choose the account, or post it by hand and dismiss this.",
        detail={"code": line.code},
    )


def _account_code(line: Line, how: LineContext) -> tuple[str, str]:
    accounts, keys = how.rulebook.accounts, _keys(line, how)
    if is_write_off(keys, how.rulebook):
        return accounts.bad_debt, "it is a write-off item"
    if how.rules.account:
        return how.rules.account, f'the rule "{how.rules.by.get("account", "")}" says so'
    places = how.place
    tries = [(accounts.items, "items", keys)]
    if places.practitioner is not None:
        tries.append((accounts.practitioners, "practitioners", (places.practitioner.id, places.practitioner.name)))
    if places.location is not None:
        tries.append((accounts.businesses, "businesses", (places.location.id, places.location.name)))
    for table, name, keys in tries:
        for key in keys:
            if key in table:
                return table[key], f'[accounts.{name}] has "{key}"'
    return accounts.default or "", "it is the default"


def _tax(line: Line, account_code: str, how: LineContext, trail: list[str]) -> TaxRate | Trouble:
    key, rate = tax_key(line), line.tax_rate or ZERO
    if rate and not how.organisation.pays_tax:
        return Trouble(
            code=HoldCode.NOT_REGISTERED_FOR_GST,
            sentence=f'"{line.name}" carries {key}, but the organisation is not registered for GST in the books.',
            todo="Take the tax off in the practice, or correct the registration in the books.",
            detail={"item": line.name, "tax": key},
        )
    wanted = how.rules.tax_type or _tax_type(key, how.rulebook)
    found = how.chart.tax_rate(wanted) if wanted else None
    trouble = _tax_trouble(line, wanted, found, account_code, how)
    if trouble:
        return Trouble(
            code=HoldCode.UNMAPPED_TAX,
            sentence=trouble,
            todo=f'Choose a tax type in the rulebook: [taxes], "{key}" = "tax type".',
            detail={"item": line.name, "tax": key, "tax_type": wanted},
        )
    assert found is not None
    why = f'the rule "{how.rules.by.get("tax_type", "")}" says so' if how.rules.tax_type else f'[taxes] has "{key}"'
    trail.append(f'"{line.name}" has tax type {wanted}: {why}.')
    return found


def _tax_type(key: str, rulebook: Rulebook) -> str:
    if key in rulebook.taxes:
        return rulebook.taxes[key]
    folded = {name.casefold(): tax_type for name, tax_type in rulebook.taxes.items()}
    return folded.get(key.casefold(), "")


def _tax_trouble(line: Line, wanted: str, found: TaxRate | None, code: str, how: LineContext) -> str:
    key = tax_key(line)
    if not wanted:
        return f'No tax type is chosen for "{key}" on "{line.name}".'
    if found is None or not found.active:
        state = "does not exist" if found is None else "is archived"
        return f'Tax type {wanted}, chosen for "{key}", {state} in the books.'
    rate = line.tax_rate or ZERO
    if found.rate != rate:
        return f'Tax type {wanted} is {plain(found.rate)} %, but "{line.name}" carries {plain(rate)} %.'
    account = how.chart.account(code)
    if account is not None and account.account_class not in found.applies_to:
        return f"Tax type {wanted} cannot be used with account {code} ({account.account_class})."
    return ""


def _tracking(how: LineContext) -> Tracking | Trouble:
    """Return the pairs every line carries, and the options to create first."""
    wanted: dict[str, str] = {}
    dimensions = how.rulebook.tracking
    if dimensions.business and how.place.location is not None:
        wanted[dimensions.business] = how.place.location.name
    if dimensions.practitioner and how.place.practitioner is not None:
        wanted[dimensions.practitioner] = how.place.practitioner.name
    wanted.update(how.rules.tracking)
    pairs: list[tuple[str, str]] = []
    missing: list[tuple[str, str]] = []
    for category_name, option_name in wanted.items():
        category = how.chart.category(category_name)
        if category is None:
            return _no_tracking(f'The tracking category "{category_name}" does not exist in the books.')
        wanted_name = folded(option_name)
        named = [option for option in category.options if folded(option.name) == wanted_name]
        option = next((option for option in named if option.active), None)
        renamed = None if named else _renamed(category, wanted_name)
        option = renamed if renamed is not None and dimensions.create_options else option
        if option is None and named:
            # The books take no second option of that name.
            archived = (
                f'The option "{option_name}" of the tracking category "{category.name}" is archived in the books.'
            )
            return _no_tracking(archived, "Restore it in the books, or rename it there; this goes on by itself then.")
        if option is None and not dimensions.create_options:
            by_now = f'; it is called "{renamed.name}" there by now' if renamed is not None else ""
            return _no_tracking(f'The tracking category "{category.name}" has no option "{option_name}"{by_now}.')
        if option is None:
            missing.append((category.name, _collapsed(option_name)))
        pairs.append((category.name, option.name if option is not None else _collapsed(option_name)))
    pairs.sort()
    trail = tuple(f"{category} is {option}." for category, option in pairs)
    return Tracking(pairs=tuple(pairs), missing=tuple(missing), trail=trail)


def _renamed(category: TrackingCategory, name: str) -> TrackingOption | None:
    """Return the option that had this name before: made once more, it would split the reports of who renamed it."""
    found = [one for one in category.options if name in map(folded, one.formerly)]
    return found[0] if len(found) == 1 and found[0].active else None


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _no_tracking(sentence: str, todo: str = _ADD_IT) -> Trouble:
    return Trouble(code=HoldCode.UNMAPPED_TRACKING, sentence=sentence, todo=todo)
