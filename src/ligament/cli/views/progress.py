"""Progress bars on a terminal, a line now and then elsewhere, nothing when the output is for machines."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from ligament.cli.views.prose import wrapped

_LABELS = {
    "read settings": "Reading the practice",
    "post": "Posting to the books",
    "wait": "Waiting until an unanswered request cannot arrive any more",
}


class Tell(Protocol):
    """Hears how far a stage is."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take `done` of `total`; a total of 0 is not known yet."""
        ...


def console(*, stderr: bool = False) -> Console:
    """Return a console that wraps prose at a terminal, and keeps lines whole where nobody sees one."""
    return Paper(stderr=stderr, soft_wrap=True, highlight=False)


class Paper(Console):
    """A console that wraps prose at a terminal; what was set in another way, such as a table, it prints as it is."""

    def print(self, *objects: Any, **how: Any) -> None:  # noqa: ANN401 - as the library's own
        """Print as a console does."""
        if self.is_terminal:
            objects = tuple(_fitting(one, self.width) for one in objects)
        super().print(*objects, **how)


def _fitting(printed: Any, width: int) -> Any:  # noqa: ANN401 - as above
    if isinstance(printed, Text) and not printed.spans:
        return Text(wrapped(printed.plain, width), style=printed.style)
    return wrapped(printed, width) if isinstance(printed, str) and "[" not in printed else printed


class _Teller:
    """Shows each stage as a bar of its own."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if not done and not total:
            # A stage with nothing to do would leave a bar that moves for ever.
            return
        label = _LABELS.get(stage) or stage.replace("_", " ").capitalize()
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(label, total=total or None)
        self._bars.update(self._tasks[stage], completed=done, total=max(total, done) or None)


def _quiet(stage: str, done: int, total: int) -> None:
    """Tell nobody: the output is for machines."""


@contextmanager
def progress_bar(*, quiet: bool) -> Iterator[Tell]:
    """Give something to tell progress to; bars go to standard error and disappear at the end."""
    shown = console(stderr=True)
    if quiet or not shown.is_terminal:
        yield _quiet
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=shown, transient=True) as bars:
        yield _Teller(bars)
