"""Suggestions for what may have an account of its own: from the books' own history, by name, and by kind."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ligament.core.ledgers import Account, BooksDocument

_WORD = re.compile(r"[a-z]{4,}")
_WEAK = frozenset(
    {
        "income",
        "sales",
        "fees",
        "revenue",
        "other",
        "general",
        "consultation",
        "initial",
        "standard",
        "services",
        "with",
    }
)
"""Words that many accounts and items share, so that they say nothing."""
_FEWEST_LINES = 2
_STEM = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """An account for something, why, and where that is known from."""

    account: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """How often the books used which account for lines of a text."""

    accounts: Mapping[str, Counter[str]]

    def of(self, name: str) -> Counter[str]:
        """Return the accounts of lines that read like this."""
        return self.accounts.get(_folded(name), Counter())


def used_accounts(documents: Iterable[BooksDocument], among: Iterable[Account]) -> Used:
    """Count which accounts documents that the books hold used, by the text of the line, whoever made them."""
    codes = {one.key for one in among}
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        for line in document.lines:
            if line.account in codes:
                found[_folded(line.text)][line.account] += 1
    return Used(accounts=found)


def suggest(name: str, used: Used, among: Iterable[Account], usual: str, books: str) -> Suggested | None:
    """Return what to choose for an item, or nothing where the usual account is as good.

    `usual` is the account that counts without a choice.
    """
    accounts = {one.key: one for one in among}
    return _by_history(name, used, accounts, usual, books) or _by_name(name, accounts, usual, books)


def _by_history(name: str, used: Used, accounts: Mapping[str, Account], usual: str, books: str) -> Suggested | None:
    counts = used.of(name)
    total = sum(counts.values())
    if total < _FEWEST_LINES:
        return None
    account, times = counts.most_common(1)[0]
    if account == usual or times * 2 <= total:
        return None
    return Suggested(
        account=account,
        reason=f"{times} of {total} lines with this text went to {_called(accounts, account)}",
        source=f"the documents that {books} holds",
    )


def _by_name(name: str, accounts: Mapping[str, Account], usual: str, books: str) -> Suggested | None:
    words = _words(name)
    for key, account in accounts.items():
        shared = words & _words(account.name)
        if shared and key != usual:
            return Suggested(
                account=key,
                reason=f"its name, {account.name}, shares a word with this",
                source=f"the accounts of {books}",
            )
    return None


def _called(accounts: Mapping[str, Account], key: str) -> str:
    return f"{key} {accounts[key].name}" if key in accounts else key


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _words(text: str) -> set[str]:
    """Return the beginnings of the words that say something."""
    return {word[:_STEM] for word in _WORD.findall(text.casefold()) if word not in _WEAK}
