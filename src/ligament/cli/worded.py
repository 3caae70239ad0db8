"""What an option wants, in people's words: the library's help names the types of a programmer."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_WORDS = {"<bool>": "", "<str>": "<text>", "<int>": "<number>", "<float>": "<number>"}


def speak_plainly(command: Any) -> None:  # noqa: ANN401 - the library's commands
    """Let the help of a command and of those below it say what an option wants, if anything."""
    command.get_params = partial(_params, command.get_params)
    for below in getattr(command, "commands", {}).values():
        speak_plainly(below)


def _params(listed: Callable[[Any], list[Any]], context: Any) -> list[Any]:  # noqa: ANN401 - as above
    return plainly_named(listed(context))


def plainly_named(parameters: list[Any]) -> list[Any]:
    """Return parameters whose help is in people's words."""
    for parameter in parameters:
        shown = getattr(parameter, "display_type_rich", None)
        if shown is not None and "display_type_rich" not in vars(parameter):
            parameter.display_type_rich = partial(_shown, shown)
    return parameters


def _shown(library: Callable[..., str | None], *context: Any, **how: Any) -> str | None:  # noqa: ANN401 - as above
    named = library(*context, **how)
    return named if named is None else _WORDS.get(named, named)
