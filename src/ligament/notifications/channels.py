"""Sending a message to the addresses that a clinic named: mail, chat, text message, or any web address."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ligament.core.alerts import Message, MessageKind

_SCHEME_END = "://"
_WITHOUT = "The files could not be sent along; they are on the reconciliation page."
_TONES: Mapping[MessageKind, str] = {
    MessageKind.ALERT: "warning",
    MessageKind.RECOVERED: "success",
    MessageKind.DIGEST: "info",
}


def masked(address: str) -> str:
    """Return the kind of an address without anything that may be a secret."""
    scheme, found, _ = address.partition(_SCHEME_END)
    return f"{scheme}{_SCHEME_END}..." if found and scheme.isalnum() else "..."


def complaint(address: str) -> str:
    """Say what is wrong with an address, or nothing when messages can be sent there."""
    return "" if _channel(address) is not None else f"{masked(address)} is no address that messages can be sent to."


def send(address: str, message: Message, files: Sequence[Path] = ()) -> bool:
    """Send a message, with files where the channel takes any; says whether the address took it.

    Where files are refused, such as for their size, the message goes without them rather than not at all.
    """
    channel = _channel(address)
    if channel is None:
        return False
    told = {"title": message.title, "notify_type": _TONES[message.tone]}
    if files and channel.notify(body=message.body, attach=[str(file) for file in files], **told):
        return True
    body = f"{message.body}\n{_WITHOUT}" if files else message.body
    return bool(channel.notify(body=body, **told))


def _channel(address: str) -> Any | None:  # noqa: ANN401 - the library has no types
    # Most runs send nothing, and the library is slow to load.
    import apprise  # noqa: PLC0415

    # Its log repeats addresses, which may hold secrets; what matters is told by us.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    channel = apprise.Apprise()
    # `add` returns False for a bad address and says nothing else.
    return channel if channel.add(address) else None
