"""Five errors, named by what to do next; each connector translates its vendor's trouble into them once."""

from __future__ import annotations


class PortError(Exception):
    """Trouble with an outside system; `sentence` is for the bookkeeper, `detail` for the engineer.

    Neither ever holds a secret or a person's name. Instances survive pickling.
    """

    def __init__(self, sentence: str, detail: str = "") -> None:
        super().__init__(sentence, detail)
        self.sentence = sentence
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.sentence} ({self.detail})" if self.detail else self.sentence


class TryLater(PortError):
    """The system is busy or away: try again after `wait_s` seconds; `limit` names an exhausted allowance."""

    def __init__(self, sentence: str, detail: str = "", wait_s: int = 0, limit: str = "") -> None:
        """Keep the wait the server asked for, in whole seconds; 0 when it said nothing."""
        super().__init__(sentence, detail)
        self.args = (sentence, detail, wait_s, limit)
        self.wait_s = wait_s
        self.limit = limit


class SignInAgain(PortError):
    """Credentials are missing, expired, revoked or too narrow: a person must sign in again."""


class Rejected(PortError):
    """The system understood and refused; sending the same again will be refused again."""


class OutcomeUnknown(PortError):
    """A write left and no clear answer came back: look it up before anything is sent again.

    `answered` says that the server did answer, with an error: then nothing of it is still under way.
    """

    def __init__(self, sentence: str, detail: str = "", answered: bool = False) -> None:  # noqa: FBT001, FBT002 - pickled by position
        """Keep whether the server answered at all."""
        super().__init__(sentence, detail)
        self.args = (sentence, detail, answered)
        self.answered = answered


class Broken(PortError):
    """The answer makes no sense, or our own request does not: an engineer must look."""
