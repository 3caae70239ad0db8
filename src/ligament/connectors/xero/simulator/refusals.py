"""What Xero is said to refuse, each as a switch says: the words come from help pages and public reports."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.errors import Refused

if TYPE_CHECKING:
    from decimal import Decimal

    from ligament.connectors.xero.simulator.records import Account
    from ligament.connectors.xero.simulator.switches import Switches

# Accounts that the books fill by themselves; a line cannot name one (facts 7.7).
_OWN_ACCOUNTS = frozenset(
    {
        "DEBTORS",
        "CREDITORS",
        "BANKCURRENCYGAIN",
        "HISTORICAL",
        "REALISEDCURRENCYGAIN",
        "RETAINEDEARNINGS",
        "TRACKINGTRANSFERS",
        "UNREALISEDCURRENCYGAIN",
    }
)


@dataclass(frozen=True, slots=True)
class Proof:
    """Texts under examination: what is wrong is collected, and refused at the end."""

    switches: Switches
    messages: list[str] = field(default_factory=list)

    def text(self, key: str, value: str | None, longest: int) -> str | None:
        """Return a text that fits; one that is too long is refused or cut."""
        if value is None or len(value) <= longest:
            return value
        if self.switches.long_texts == "refused":
            self.messages.append(f"The value for {key} exceeds the maximum length of {longest}.")
        return value[:longest]

    def refuse(self) -> None:
        """Raise Refused when anything was wrong; each message once."""
        if self.messages:
            raise Refused(*dict.fromkeys(self.messages))


def fitting(switches: Switches, key: str, value: str | None, longest: int) -> str | None:
    """Return one text that fits, or refuse it at once."""
    proof = Proof(switches)
    text = proof.text(key, value, longest)
    proof.refuse()
    return text


def check_quantity(switches: Switches, quantity: Decimal, unit: Decimal) -> None:
    """Refuse a quantity below zero, and one of zero that has a price."""
    below = quantity < 0 and switches.refuses_quantity_below_zero
    nothing = quantity == 0 and unit != 0 and switches.refuses_price_without_quantity
    if below or nothing:
        raise Refused(f"The quantity value {quantity.normalize():f} is invalid")


def check_line_account(switches: Switches, account: Account) -> None:
    """Refuse an account that a line cannot name: archived, a bank account, or one that the books fill themselves."""
    if account.status != "ACTIVE" and switches.refuses_archived_accounts:
        raise Refused(f"Account code '{account.code}' has been archived, or deleted.")
    if switches.refuses_wrong_accounts and (account.type == "BANK" or account.system_account in _OWN_ACCOUNTS):
        raise Refused(f"Account code '{account.code}' is not a valid code for this document.")


def check_paying_account(switches: Switches, account: Account) -> None:
    """Refuse an account that money cannot move through."""
    if account.status != "ACTIVE" and switches.refuses_archived_accounts:
        raise Refused(f"Account code '{account.code}' has been archived, or deleted.")
    if switches.refuses_wrong_accounts and account.type != "BANK" and not account.enable_payments:
        raise Refused("Account type is invalid for a payment")


def check_number(switches: Switches, number: str) -> None:
    """Refuse a document's number with signs outside of printable ASCII."""
    if switches.refuses_odd_numbers and not (number.isascii() and number.isprintable()):
        raise Refused("Number may have printable ASCII characters only.")
