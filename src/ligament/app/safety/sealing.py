"""The seal of a backup: only who has the vault key can make a manifest that is believed."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Any

SEAL = "seal"
"""Where the seal stands in a manifest."""
_PURPOSE = b"ligament: the manifest of a backup"


def seal_of(manifest: Mapping[str, Any], vault_key: bytes) -> str:
    """Return the seal over everything else that a manifest says, its parts' digests included."""
    key = hmac.digest(vault_key, _PURPOSE, "sha256")
    told = {name: value for name, value in manifest.items() if name != SEAL}
    return hmac.digest(key, json.dumps(told, sort_keys=True, separators=(",", ":")).encode(), "sha256").hex()


def is_sealed(manifest: Mapping[str, Any], vault_key: bytes) -> bool:
    """Say whether a manifest is exactly as it was sealed with this key."""
    return hmac.compare_digest(str(manifest.get(SEAL, "")).encode(), seal_of(manifest, vault_key).encode())
