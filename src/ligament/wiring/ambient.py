"""Ambient things: environment, chance and the machine's clock, handed out so that no other room reaches for them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ligament.wiring.errors import ConfigurationError

_LONGEST_SECRET = 10_000


class _WithFiles(Mapping[str, str]):
    """An environment in which `NAME_FILE` names the file that holds NAME, read when NAME is asked for.

    Containers and services hand secrets over as files, so that they stand in no list of processes and no dump of
    settings. What is set itself counts before its file.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    def __getitem__(self, name: str) -> str:
        if name in self._given:
            return self._given[name]
        return _secret_of(f"{name}_FILE", self._given[f"{name}_FILE"])

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


def _secret_of(variable: str, path: str) -> str:
    try:
        with Path(path).open(encoding="utf-8") as handle:
            text = handle.read(_LONGEST_SECRET + 1)
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError((f"{variable}: the file {path} cannot be read.",), variable) from None
    if len(text) > _LONGEST_SECRET:
        raise ConfigurationError((f"{variable}: the file {path} is too long for a secret.",), variable)
    return text.strip()


def environment(given: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return the environment that was handed in, else the process's own; `NAME_FILE` stands for NAME in both.

    Asking for a value raises ConfigurationError when its file cannot be read.
    """
    given = os.environ if given is None else given
    return given if isinstance(given, _WithFiles) else _WithFiles(given)


def random_bytes(count: int) -> bytes:
    """Return that many bytes that nobody can guess."""
    return secrets.token_bytes(count)


def random_hex(count: int) -> str:
    """Return that many bytes that nobody can guess, as text of twice as many hexadecimal digits."""
    return secrets.token_hex(count)


def random_text(count: int) -> str:
    """Return that many bytes that nobody can guess, as text that fits into an address."""
    return secrets.token_urlsafe(count)


def random_choice(letters: str) -> str:
    """Return one of these letters, each as likely as any other."""
    return secrets.choice(letters)


def random_up_to(most: int) -> int:
    """Return a whole number from 0 to `most`."""
    return secrets.randbelow(most + 1)


def machine_now() -> datetime:
    """Return the present instant of this machine, in UTC."""
    return datetime.now(UTC)
