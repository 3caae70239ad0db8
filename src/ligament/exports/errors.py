"""What can stand in the way of a file: said in a sentence, for the use case to pass on."""

from __future__ import annotations


class FileRefused(Exception):
    """A file that cannot be written, or not in this format on this machine; `sentence` says why and what helps."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def not_installed(what: str) -> FileRefused:
    """Return the error for a format whose library is not installed here."""
    return FileRefused(f'{what} needs the extra "reports", which is not installed: pip install "ligament[reports]".')
