"""What a line sells: the names its item may have in the rulebook, and whether it gives up a debt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Protocol

from ligament.core.erasing import is_erased
from ligament.core.money import ZERO, plain
from ligament.core.rules.model import Rulebook

NO_SEALED: Mapping[str, str] = MappingProxyType({})
"""No text of any line was erased."""


class SoldAs(Protocol):
    """What of a line decides its account and its tax."""

    @property
    def item_id(self) -> str | None:
        """Return the item's id, if it has one."""

    @property
    def code(self) -> str:
        """Return the item's code."""

    @property
    def name(self) -> str:
        """Return what was sold."""

    @property
    def sealed_name(self) -> str:
        """Return the keyed digest of what was sold, where the text itself was erased."""

    @property
    def tax_name(self) -> str:
        """Return what its tax is called."""

    @property
    def tax_rate(self) -> Decimal | None:
        """Return its tax in percent, if there is one."""


def item_keys(line: SoldAs, sealed: Mapping[str, str] = NO_SEALED) -> tuple[str, ...]:
    """Return the names an item may have in the rulebook, in the order they are tried: id, code, name (choice C41).

    `sealed` are the rulebook's own names by their keyed digests: by them an erased name is known again.
    """
    name = sealed.get(line.sealed_name, "") if is_erased(line.name) else line.name
    return tuple(key for key in (line.item_id or "", line.code, name) if key)


def is_lost(line: SoldAs) -> bool:
    """Say whether nothing is left of an item's name: an earlier release erased it and kept no digest."""
    return is_erased(line.name) and not line.sealed_name


def is_write_off(keys: Collection[str], rulebook: Rulebook) -> bool:
    """Say whether the rulebook lists one of an item's names as a write-off."""
    return any(key in rulebook.accounts.write_off_items for key in keys)


def listed_items(rulebook: Rulebook) -> frozenset[str]:
    """Return every name of an item in the rulebook."""
    return frozenset(rulebook.accounts.items) | frozenset(rulebook.accounts.write_off_items)


def tax_key(line: SoldAs) -> str:
    """Return how the rulebook names the line's tax: `GST 10`, or `none`."""
    if not line.tax_name and not line.tax_rate:
        return "none"
    return f"{line.tax_name} {plain(line.tax_rate or ZERO)}".strip()
