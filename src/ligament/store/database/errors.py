"""What can go wrong with the store itself; each says what to do next."""

from __future__ import annotations


class StoreError(Exception):
    """Trouble with our own database; `sentence` is for the person, `detail` for the engineer."""

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence, detail)
        self.sentence = sentence
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.sentence} ({self.detail})" if self.detail else self.sentence


class StoreFull(StoreError):
    """The disk is full: nothing of the last step was written; make room and start again."""


class StoreBusy(StoreError):
    """Another process held the database for too long: try again."""


class StoreUnreachable(StoreError):
    """The database does not answer, or its file cannot be opened."""


class StoreDamaged(StoreError):
    """The database's file is damaged: only a backup brings back what stood in it."""


class JournalBroken(StoreError):
    """The end of the journal is not the one that was signed: nothing is added until a person accepts the break."""

    def __init__(self, reason: str) -> None:
        sentence = (
            f"The journal does not hold, so nothing is written: {reason} Look at it with `ligament journal verify`; "
            'when you know what happened, `ligament journal accept --because "..."` goes on from here and keeps why.'
        )
        super().__init__(sentence)
        self.reason = reason


class NewerStore(StoreError):
    """The database was written by a newer version of the program: upgrade the program."""


class AlreadyLinked(StoreError):
    """A contact, party or document would have been linked twice; each belongs to one other."""


class WrongKey(StoreError):
    """The vault key does not fit what is kept: give the key it was kept with."""


class Fenced(StoreError):
    """Another worker has taken the clinic over meanwhile: nothing was kept, and this one must stop writing for it."""
