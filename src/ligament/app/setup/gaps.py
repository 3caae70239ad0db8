"""Gaps of a rulebook: what is marked CHECK and nobody decided yet, and what cannot be posted without it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ligament.core.rules.model import PaymentSource
from ligament.wiring.rulebooks import ClinicSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One setting without a value; `blocks` says what cannot be posted without it, nothing where a default counts."""

    key: str
    sentence: str
    todo: str
    blocks: str = ""


_MAP = "`ligament map` offers what the books have."


def gaps(clinic: ClinicSettings) -> tuple[Gap, ...]:
    """Return what nobody decided yet, what keeps records from being posted first."""
    return (*_accounts(clinic), *_defaults(clinic))


def _accounts(clinic: ClinicSettings) -> Iterator[Gap]:
    book = clinic.rulebook
    if not book.accounts.default:
        yield Gap(
            key="accounts.default",
            sentence="CHECK: no income account is chosen under [accounts], default.",
            todo=f"Choose it, or give each item its own under [accounts.items]. {_MAP}",
            blocks="Without it, invoices with an item that has no account of its own cannot be posted.",
        )
    if not book.taxes:
        yield Gap(
            key="taxes",
            sentence="CHECK: no tax is mapped under [taxes].",
            todo=f"Say for each tax of the practice which tax type the books have for it. {_MAP}",
            blocks="Without it, no invoice can be posted.",
        )
    if not book.payments.account and book.payments.source is not PaymentSource.OFF:
        yield Gap(
            key="payments.account",
            sentence="CHECK: no clearing account is chosen under [payments], account.",
            todo=f"Choose the account that payments go through. {_MAP}",
            blocks="Without it, no payment can be posted.",
        )


def _defaults(clinic: ClinicSettings) -> Iterator[Gap]:
    table = tomllib.loads(clinic.rulebook_text)
    given: dict[str, Any] = table.get("clinic", {})
    book = clinic.rulebook
    if not given.get("time_zone"):
        yield Gap(
            key="clinic.time_zone",
            sentence=f"CHECK: no time zone is set under [clinic], so {book.clinic.time_zone} counts.",
            todo="Write time_zone under [clinic] in the rulebook.",
        )
    if not given.get("country"):
        yield Gap(
            key="clinic.country",
            sentence=f"CHECK: no country is set under [clinic], so {book.clinic.country.value} counts.",
            todo="Write country under [clinic] in the rulebook: AU, NZ or UK.",
        )
    if book.invoices.start_on is None:
        yield Gap(
            key="invoices.start_on",
            sentence="CHECK: no first day is set, so the day of the first connection counts.",
            todo="Write start_on under [invoices] in the rulebook, such as start_on = 2026-07-01.",
        )
