"""How a person hears that something needs them, or needs them no more."""

from __future__ import annotations

from typing import Protocol


class Alerts(Protocol):
    """Hears of each cause once when it begins, and once with the kind `recovered` when it is over.

    `kind` is a short fixed word (`sign_in`, `day_limit`, `broken`, `recovered`); `clinic` the clinic's name; `sentence`
    says for a person what happened, what it means and what to do, without names of patients and without secrets.
    """

    def __call__(self, kind: str, clinic: str, sentence: str) -> None:
        """Take note; never raises."""
        ...


def silent(kind: str, clinic: str, sentence: str) -> None:
    """Tell nobody."""
