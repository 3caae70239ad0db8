"""One case of waiting: everything that the messages, the pages and the guide say of a hold's code."""

from __future__ import annotations

from dataclasses import dataclass

from ligament.core.holds import HoldCode

APPROVE, DISMISS, RETRY = "approve", "dismiss", "retry"
CASH, SEPARATE, PRACTICE, BOOKS = "cash", "separate", "practice", "books"
MAP = "Add what is missing to the rulebook, or create it in the books. What waits for it then goes on by itself."
SAME = "Say for each whether it is the same person."
LOOK = "Look at each one: approve what is proposed, correct it in its system, or leave it as it is."
OPEN = "Open the period for as long as it takes, or approve the adjustment that is proposed."


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCase:
    """A reason to wait, in words for people: `title` heads a list, `advice` is for many at once.

    `happened`, `todo`, `clears` (when it goes away by itself), `approve` and `dismiss` (what these do) are the columns
    of the guide, and may speak of `$practice_title` and `$books_title`. `answers` are the decisions with an effect.
    """

    code: HoldCode
    title: str
    happened: str
    todo: str
    clears: str = "Yes"
    approve: str = "No effect"
    dismiss: str = "Leaves it out"
    advice: str = LOOK
    answers: tuple[str, ...] = (DISMISS,)
