"""Near candidates: what of the books was probably meant by a code, a name or a tax type that is not there."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from ligament.core.ledgers import Account, Chart, TaxRate


def near_accounts(chart: Chart, text: str, among: Iterable[Account] | None = None) -> str:
    """Return up to three accounts that a text may mean, as people are told of them, or an empty text."""
    held = [account for account in (chart.accounts if among is None else among) if account.active]
    return _near(text, {name: spoken(one) for one in held for name in (one.code, one.name) if name})


def near_taxes(chart: Chart, text: str) -> str:
    """Return up to three tax types that a text may mean, by type or name, or an empty text."""
    held = [rate for rate in chart.tax_rates if rate.active]
    return _near(text, {name: spoken_tax(one) for one in held for name in (one.tax_type, one.name)})


def near_categories(chart: Chart, text: str) -> str:
    """Return up to three tracking categories that a text may mean, or an empty text."""
    return _near(text, {one.name: one.name for one in chart.tracking if one.active})


def spoken(account: Account) -> str:
    """Return code and name of an account; a bank account without a code goes by its name."""
    return f"{account.code} {account.name}".strip()


def spoken_tax(rate: TaxRate) -> str:
    """Return how people are told of a tax type."""
    return f"{rate.tax_type} ({rate.name})"


def _near(text: str, labels: dict[str, str]) -> str:
    folded = {name.casefold(): label for name, label in labels.items()}
    found = get_close_matches(text.strip().casefold(), list(folded), n=3, cutoff=0.5)
    return " or ".join(dict.fromkeys(folded[name] for name in found))
