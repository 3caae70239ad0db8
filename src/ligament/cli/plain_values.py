"""Plain values: texts, folders and options that nobody gave, taken as they are.

The library that reads the arguments checks every value with a second library, and loading that one takes a sixth of the
time in which a light command answers. A text needs no check, and a path only whether it may be read. Everything else
goes the library's own way: numbers, choices, lists, and whatever is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

Process = Callable[[Any, Any], Any]
"""What turns the value of a parameter, as it was typed, into what the command is given; the first is the context."""


def take_plainly(command: Any) -> None:  # noqa: ANN401 - the library's commands
    """Let a command and those below it take plain values without a check."""
    command.get_params = partial(_params, command.get_params)
    for below in getattr(command, "commands", {}).values():
        take_plainly(below)


def _params(listed: Callable[[Any], list[Any]], context: Any) -> list[Any]:  # noqa: ANN401 - as above
    return plainly_taken(listed(context))


def plainly_taken(parameters: list[Any]) -> list[Any]:
    """Return parameters, of which those with one value each take a plain one as it is."""
    for parameter in parameters:
        known = hasattr(parameter, "type_descriptor") and "process_value" not in vars(parameter)
        if known and parameter.nargs == 1 and not parameter.multiple:
            parameter.process_value = partial(_processed, parameter, _plain_kind(parameter), parameter.process_value)
    return parameters


def _plain_kind(parameter: Any) -> type | None:  # noqa: ANN401 - as above
    """Return what a text is turned into where nothing but the type was declared, and nothing otherwise."""
    about = parameter.type_descriptor.parameter_info
    wishes = ("parser", "path_type", "allow_dash", "resolve_path", "exists", "writable")
    if any(getattr(about, wish) for wish in wishes) or not (about.file_okay and about.dir_okay):
        return None
    kind = parameter.type_descriptor.annotation
    return next((plain for plain in (str, Path) if kind is plain), None)


def _processed(parameter: Any, kind: type | None, checked: Process, context: Any, value: Any) -> Any:  # noqa: ANN401 - as above
    if value is None:
        if parameter.required:
            return checked(context, value)
        plain = None
    elif kind is None or type(value) is not str or (kind is Path and not _is_open(value)):
        return checked(context, value)
    else:
        plain = kind(value)
    return plain if parameter.callback is None else parameter.callback(context, parameter, plain)


def _is_open(path: str) -> bool:
    """Say whether a path may be read, or is not there yet."""
    return not os.path.exists(path) or os.access(path, os.R_OK)  # noqa: PTH110 - as the library asks
