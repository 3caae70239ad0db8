"""Currencies: what people are billed in where a practice is, as far as there is no doubt about it."""

from __future__ import annotations

_OF_COUNTRY = {
    "AU": "AUD",
    "CA": "CAD",
    "GB": "GBP",
    "HK": "HKD",
    "IE": "EUR",
    "NZ": "NZD",
    "SG": "SGD",
    "US": "USD",
    "ZA": "ZAR",
}
"""Countries that practices are in; the practice's settings name no currency but a sign, which many dollars share."""


def currency_of(country_code: str) -> str:
    """Return the code of a country's currency, or an empty text for a country that we do not know."""
    return _OF_COUNTRY.get(country_code.upper(), "")
