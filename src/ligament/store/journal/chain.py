"""Entries of the journal, each bound to the one before, and the signed head that says how many there are."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from ligament.store.database.codec import encode

ROOT = "0" * 64
"""What the first entry names as the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as it is kept; `public` is exact JSON text, `sealed` the personal part for `owner`, if there is one."""

    clinic: str
    sequence: int
    at: str
    actor: str
    source: str
    kind: str
    subject: str
    public: str
    owner: str
    sealed: bytes | None
    previous: str

    def digest(self, key: bytes) -> str:
        """Return the hash over everything in the entry, which nobody without the key can work out."""
        return hmac.digest(key, encode(self), "sha256").hex()

    def unkeyed_digest(self) -> str:
        """Return the hash that entries of earlier releases bear."""
        return hashlib.sha256(encode(self)).hexdigest()

    def digests(self, key: bytes | None) -> frozenset[str]:
        """Return what an entry's hash may be."""
        keyed = frozenset({self.digest(key)}) if key is not None else frozenset[str]()
        return keyed | {self.unkeyed_digest()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest entry's number and hash, signed so that nobody without the vault key can move it."""

    sequence: int
    hash: str
    mac: str

    def is_signed_with(self, key: bytes, clinic: str) -> bool:
        """Say whether the signature is ours."""
        return hmac.compare_digest(self.mac, signature(key, clinic, self.sequence, self.hash))


def sign(key: bytes, clinic: str, sequence: int, digest: str) -> Head:
    return Head(sequence=sequence, hash=digest, mac=signature(key, clinic, sequence, digest))


def signature(key: bytes, clinic: str, sequence: int, digest: str) -> str:
    return hmac.new(key, encode([clinic, sequence, digest]), hashlib.sha256).hexdigest()
