"""Authenticated encryption under one key: nothing is read with another key, nor in another row's place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ligament.store.database.errors import WrongKey

RandomBytes = Callable[[int], bytes]
"""Gives that many bytes nobody can guess; handed in, because this package has no hidden inputs."""

KEY_BYTES = 32
_NONCE_BYTES = 12


class Cipher:
    """AES-256-GCM under one key; `key_id` tells keys apart without telling anything about them."""

    def __init__(self, key: bytes, random_bytes: RandomBytes) -> None:
        """Take a key of 32 bytes."""
        if len(key) != KEY_BYTES:
            raise WrongKey(f"The vault key must have {KEY_BYTES} bytes; this one has {len(key)}.")
        self._cipher = AESGCM(key)
        self._random_bytes = random_bytes
        self.key_id = hashlib.blake2b(key, digest_size=8, person=b"ligament-key-id").hexdigest()

    def close(self, plain: bytes, about: str) -> bytes:
        """Encrypt; `about` names the place, and the result opens only under the same name."""
        nonce = self._random_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, closed: bytes, about: str) -> bytes:
        """Decrypt what `close` made for the same place."""
        try:
            return self._cipher.decrypt(closed[:_NONCE_BYTES], closed[_NONCE_BYTES:], about.encode())
        except InvalidTag as error:
            raise WrongKey(
                "Something kept in the vault cannot be opened: it was changed, or moved from another row. "
                "Put back the last good copy of the database, or sign in again and enter the keys anew.",
                about.partition("|")[0],
            ) from error
