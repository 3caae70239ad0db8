"""Comparing names and telephone numbers with the libraries that know how."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from rapidfuzz import fuzz

_REGIONS = {"UK": "GB"}


def likeness(left: str, right: str) -> float:
    """Return how alike two comparable names are, from 0 to 1; the order of their words does not count."""
    if not left or not right:
        return 0.0
    return max(fuzz.ratio(left, right), fuzz.token_sort_ratio(left, right)) / 100


@lru_cache(maxsize=200_000)
def phone_key(number: str, country: str) -> str:
    """Return a number in international form, equal for equal numbers, or an empty text when it is no number."""
    text = number.strip()
    if not text:
        return ""
    region = _REGIONS.get(country.upper(), country.upper()) or "AU"
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return "".join(char for char in text if char.isdigit())
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
