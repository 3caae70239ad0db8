"""Comparing names and telephone numbers with the libraries that know how, loaded when something is compared."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import phonenumbers

_REGIONS = {"UK": "GB"}
_REMARK = re.compile(r"[^\d]*[^\W\d_][^\d]*$")
_WHOLE = 8
"""So many digits are a whole number: letters behind fewer may stand for digits, as in 1300 FLOWER."""


def likeness(left: str, right: str) -> float:
    """Return how alike two comparable names are, from 0 to 1; the order of their words does not count."""
    if not left or not right:
        return 0.0
    if left == right:
        return 1.0
    from rapidfuzz import fuzz  # noqa: PLC0415 - a command that only looks compares nobody

    return max(fuzz.ratio(left, right), fuzz.token_sort_ratio(left, right)) / 100


@lru_cache(maxsize=200_000)
def phone_key(number: str, country: str) -> str:
    """Return a number in international form, equal for equal numbers, or an empty text when it is no number."""
    import phonenumbers  # noqa: PLC0415 - as above

    text = number.strip()
    if not text:
        return ""
    parsed = _parsed(_without_remark(text), _REGIONS.get(country.upper(), country.upper()) or "AU")
    if parsed is None:
        return "".join(char for char in text if char.isdigit())
    key = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return f"{key};{parsed.extension}" if parsed.extension else key


def _parsed(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    import phonenumbers  # noqa: PLC0415 - as above

    found = _read(text, region)
    if text.startswith("00") and (found is None or not phonenumbers.is_valid_number(found)):
        # People write 00 for "abroad" wherever they live, also where the network wants something else.
        abroad = _read(f"+{text[2:]}", region)
        found = abroad if abroad is not None and phonenumbers.is_valid_number(abroad) else found
    return found


def _read(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    import phonenumbers  # noqa: PLC0415 - as above

    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _without_remark(text: str) -> str:
    """Return a number without the words behind it, as in `0491 570 156 (mum)`, which would be read as digits."""
    bare = text if text[-1].isdigit() else _REMARK.sub("", text)
    return bare if sum(char.isdigit() for char in bare) >= _WHOLE else text
