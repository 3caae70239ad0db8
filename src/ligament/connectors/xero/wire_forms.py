"""The base of what goes over the wire: the vendor's spelling, and the verdict on an element."""

from __future__ import annotations

import msgspec

_ABBREVIATIONS = {"id": "ID", "utc": "UTC"}


def vendor_name(name: str) -> str:
    """Return a field's name as the vendor spells it: `merged_to_contact_id` is `MergedToContactID`."""
    return "".join(_ABBREVIATIONS.get(word, word.capitalize()) for word in name.split("_"))


class Wire(msgspec.Struct, kw_only=True, frozen=True, rename=vendor_name):
    """Every field has a default and unknown fields are ignored, because answers vary and grow (facts 3.1)."""


class Note(Wire, frozen=True):
    """A validation error or a warning; one published sample says `Description` (facts 3.4)."""

    message: str = ""
    description: str = ""


class Judged(Wire, frozen=True):
    """The verdict that an element of a write's answer carries."""

    status_attribute_string: str = ""
    has_errors: bool = False
    has_validation_errors: bool = False
    validation_errors: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()


class Pagination(msgspec.Struct, kw_only=True, frozen=True, rename="camel"):
    """Where a page stands in its list."""

    page: int = 0
    page_count: int = 0
    item_count: int = -1


class Priced(Judged, frozen=True):
    """What every element with sums has: their currency, and what one unit of the books' own is in it."""

    currency_code: str = ""
    currency_rate: object = None
