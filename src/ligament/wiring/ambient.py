"""Ambient things: environment, chance and the machine's clock, handed out so that no other room reaches for them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime


def environment(given: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return the environment that was handed in, else the process's own."""
    return os.environ if given is None else given


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
