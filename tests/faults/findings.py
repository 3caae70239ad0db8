"""The one way in which the judge speaks."""

from __future__ import annotations


class Violation(BaseException):
    """A promise was broken; passes through every `except Exception` on its way to the simulation."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code, self.text = code, text
