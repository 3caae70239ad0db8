"""From the practice's lines to lines of the books: text, quantity, account, tax and tracking, or why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from ligament.core.holds import HoldCode
from ligament.core.ledgers import BooksLine, Chart, Organisation, TaxRate
from ligament.core.money import HUNDRED, ONE, ZERO, cents, fits_four_places, plain, price_text, tax_within
from ligament.core.records import Invoice, Line, Location, Practitioner
from ligament.core.rules.model import Country, Effects, LineText, Rulebook
from ligament.core.troubles import Trouble

ROUNDING_LIMIT = Decimal("0.10")
_OUTSIDE_TAX = {Country.AU: "BASEXCLUDED", Country.NZ: "NONE", Country.UK: "NONE"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and by whom the work was done."""

    location: Location | None = None
    practitioner: Practitioner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedLines:
    """Lines ready for the books; `wanted_options` are tracking options to create first (category, option)."""

    lines: tuple[BooksLine, ...]
    total: Decimal
    tax: Decimal
    trail: tuple[str, ...] = ()
    wanted_options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRules:
    """What the clinic's rules said about this document's lines."""

    account: str = ""
    tax_type: str = ""
    tracking: Mapping[str, str] = field(default_factory=dict)
    line_text: str = ""
    by: Mapping[str, str] = field(default_factory=dict)

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LineContext:
    """Everything that decides about lines except the lines themselves."""

    rulebook: Rulebook
    chart: Chart
    organisation: Organisation
    place: Place
    rules: LineRules = LineRules()


def map_lines(invoice: Invoice, how: LineContext) -> MappedLines | Trouble:
    """Map all lines of an invoice or credit note; a credit note's signs are flipped so that it reads positive."""
    sign = -ONE if invoice.is_credit() else ONE
    tracking = _tracking(how)
    if isinstance(tracking, Trouble):
        return tracking
    pairs, wanted = tracking
    done: list[BooksLine] = []
    trail: list[str] = []
    for line in invoice.lines:
        mapped = _line(
            replace(line, price_excludes_tax=invoice.price_excludes_tax or line.price_excludes_tax), sign, how, trail
        )
        if isinstance(mapped, Trouble):
            return mapped
        done.append(replace(mapped, tracking=pairs))
    total = cents(invoice.total * sign)
    rounded = _rounding(done, total, pairs, how, trail)
    if isinstance(rounded, Trouble):
        return rounded
    lines = tuple(rounded)
    tax = sum((line.tax or ZERO for line in lines), ZERO)
    trouble = _tax_differs(lines, tax, cents(invoice.tax * sign), how)
    if trouble is not None:
        return trouble
    trail.extend(f"{category} is {option}." for category, option in pairs)
    return MappedLines(lines=lines, total=total, tax=cents(tax), trail=tuple(trail), wanted_options=wanted)


def _line(line: Line, sign: Decimal, how: LineContext, trail: list[str]) -> BooksLine | Trouble:
    account = _account(line, how, trail)
    if isinstance(account, Trouble):
        return account
    rate = _tax(line, account, how, trail)
    if isinstance(rate, Trouble):
        return rate
    amount = cents(line.total * sign)
    quantity, price, kept = _quantity(line, sign, amount)
    return BooksLine(
        text=_text(line, how, kept=kept),
        quantity=quantity,
        unit_amount=price,
        amount=amount,
        account=account,
        tax_type=rate.tax_type,
        tax=tax_within(amount, rate.rate) if how.organisation.pays_tax else cents(ZERO),
    )


def _quantity(line: Line, sign: Decimal, amount: Decimal) -> tuple[Decimal, Decimal, bool]:
    """Return quantity, tax-inclusive price, and whether they are the practice's own (choice C03)."""
    quantity, price = line.quantity, line.unit_price
    if sign < 0:
        quantity, price = (-quantity, price) if quantity < 0 else (quantity, -price)
    if line.price_excludes_tax and line.tax_rate:
        price = price * (HUNDRED + line.tax_rate) / HUNDRED
    exact = line.discount is None and fits_four_places(price) and fits_four_places(quantity)
    if exact and quantity * price == amount:
        return quantity, price, True
    return ONE, amount, False


def _text(line: Line, how: LineContext, *, kept: bool) -> str:
    """Return the line's text (choice C02); generic text stands alone."""
    invoices = how.rulebook.invoices
    if invoices.text is LineText.GENERIC:
        return invoices.generic_text
    write_off = is_write_off(line, how.rulebook)
    name = _tidy(how.rules.line_text if how.rules.line_text and not write_off else line.name) or "Item"
    if kept:
        return name[:4000]
    basis = f" ex {line.tax_name or 'tax'}" if line.price_excludes_tax and line.tax_rate else ""
    less = ""
    if line.discount is not None:
        value = abs(line.discount.value)
        less = f" less {price_text(cents(value))}" if line.discount.is_money else f" less {plain(value)} %"
    return f"{name[:3800]} ({plain(abs(line.quantity))} x {price_text(abs(line.unit_price))}{basis}{less})"


def _tidy(text: str) -> str:
    """Drop control characters, which the books refuse, and outer blanks."""
    return "".join(char for char in text if char >= " " and char != "\x7f").strip()


def item_keys(line: Line) -> tuple[str, ...]:
    """Return the names an item may have in the rulebook, in the order they are tried: id, code, name (choice C41)."""
    return tuple(key for key in (line.item_id or "", line.code, line.name) if key)


def is_write_off(line: Line, rulebook: Rulebook) -> bool:
    """Say whether the rulebook lists the line's item as a write-off."""
    return any(key in rulebook.accounts.write_off_items for key in item_keys(line))


def _account(line: Line, how: LineContext, trail: list[str]) -> str | Trouble:
    code, why = _account_code(line, how)
    if not code:
        return Trouble(
            code=HoldCode.UNMAPPED_ITEM,
            sentence=f'No account is chosen for "{line.name}".',
            todo=f'Add it to [accounts.items] in the rulebook: "{line.code or line.name}" = "account code".',
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
    trail.append(f'"{line.name}" goes to account {code}: {why}.')
    return code


def _account_code(line: Line, how: LineContext) -> tuple[str, str]:
    accounts = how.rulebook.accounts
    if is_write_off(line, how.rulebook):
        return accounts.bad_debt, "it is a write-off item"
    if how.rules.account:
        return how.rules.account, f'the rule "{how.rules.by.get("account", "")}" says so'
    places = how.place
    tries = [(accounts.items, "items", item_keys(line))]
    if places.practitioner is not None:
        tries.append((accounts.practitioners, "practitioners", (places.practitioner.id, places.practitioner.name)))
    if places.location is not None:
        tries.append((accounts.businesses, "businesses", (places.location.id, places.location.name)))
    for table, name, keys in tries:
        for key in keys:
            if key in table:
                return table[key], f'[accounts.{name}] has "{key}"'
    return accounts.default or "", "it is the default"


def tax_key(line: Line) -> str:
    """Return how the rulebook names the line's tax: `GST 10`, or `none`."""
    if not line.tax_name and not line.tax_rate:
        return "none"
    return f"{line.tax_name} {plain(line.tax_rate or ZERO)}".strip()


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


def _tracking(how: LineContext) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] | Trouble:
    """Return the pairs every line carries, and the options to create first."""
    wanted: dict[str, str] = {}
    dimensions = how.rulebook.tracking
    if dimensions.business and how.place.location is not None:
        wanted[dimensions.business] = how.place.location.name
    if dimensions.practitioner and how.place.practitioner is not None:
        wanted[dimensions.practitioner] = how.place.practitioner.name
    wanted.update(how.rules.tracking)
    pairs, missing = [], []
    for category_name, option_name in wanted.items():
        category = how.chart.category(category_name)
        if category is None:
            return _no_tracking(f'The tracking category "{category_name}" does not exist in the books.')
        folded = _collapsed(option_name).casefold()
        option = next((o for o in category.options if o.active and _collapsed(o.name).casefold() == folded), None)
        if option is None and not dimensions.create_options:
            return _no_tracking(f'The tracking category "{category.name}" has no option "{option_name}".')
        if option is None:
            missing.append((category.name, _collapsed(option_name)))
        pairs.append((category.name, option.name if option is not None else _collapsed(option_name)))
    return tuple(sorted(pairs)), tuple(missing)


def _collapsed(text: str) -> str:
    return " ".join(text.split())


def _no_tracking(sentence: str) -> Trouble:
    return Trouble(
        code=HoldCode.UNMAPPED_TRACKING,
        sentence=sentence,
        todo="Add it in the books, or set create_options = true under [tracking] in the rulebook.",
    )


def _rounding(
    done: list[BooksLine], total: Decimal, tracking: tuple[tuple[str, str], ...], how: LineContext, trail: list[str]
) -> list[BooksLine] | Trouble:
    """Add a rounding line for a difference of up to ten cents; more is a wrong record."""
    lines_total = sum((line.amount for line in done), ZERO)
    difference = total - lines_total
    if not difference:
        return done
    if abs(difference) > ROUNDING_LIMIT:
        return Trouble(
            code=HoldCode.TOTAL_MISMATCH,
            sentence=f"The lines come to {price_text(lines_total)}, the invoice says {price_text(total)}.",
            todo="Open the invoice in the practice and save it again, or correct its lines.",
            detail={"lines": lines_total, "header": total},
        )
    code = how.rulebook.invoices.rounding_account
    account = how.chart.account(code) if code else how.chart.system_account("ROUNDING")
    rate = how.chart.tax_rate(_OUTSIDE_TAX[how.rulebook.clinic.country])
    if account is None or not account.active:
        return Trouble(
            code=HoldCode.UNMAPPED_ACCOUNT,
            sentence="The books have no rounding account for a difference of a few cents.",
            todo='Set rounding_account under [invoices] in the rulebook, as in rounding_account = "860".',
        )
    if rate is None or not rate.active:
        return Trouble(
            code=HoldCode.UNMAPPED_TAX,
            sentence="The tax type for rounding lines does not exist in the books.",
            todo="Restore the tax type that stands for amounts outside the tax report.",
        )
    trail.append(f"A rounding line of {price_text(difference)} makes the total agree to the cent.")
    rounding = BooksLine(
        text="Rounding",
        quantity=ONE,
        unit_amount=difference,
        amount=difference,
        account=account.code,
        tax_type=rate.tax_type,
        tax=cents(ZERO),
        tracking=tracking,
    )
    return [*done, rounding]


def _tax_differs(lines: tuple[BooksLine, ...], tax: Decimal, header: Decimal, how: LineContext) -> Trouble | None:
    """Compare with the header's tax: one cent per taxed line is rounding, more is a wrong record (choice C13)."""
    if not how.organisation.pays_tax:
        tax = ZERO
    rates = (how.chart.tax_rate(line.tax_type) for line in lines)
    taxed = sum(1 for rate in rates if rate is not None and rate.rate)
    allowed = Decimal(taxed) / HUNDRED
    if abs(tax - header) <= allowed:
        return None
    return Trouble(
        code=HoldCode.TAX_MISMATCH,
        sentence=f"The books would compute {price_text(cents(tax))} of tax, the invoice says {price_text(header)}.",
        todo="Open the invoice in the practice and check the tax on each line.",
        detail={"books": cents(tax), "header": header},
    )
