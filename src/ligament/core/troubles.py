"""Expected trouble while deciding about one record: a value with a code and sentences, not an exception."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ligament.core.holds import HoldCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a record cannot be decided: becomes a hold for its subject."""

    code: HoldCode
    sentence: str
    todo: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)
    proposed: Mapping[str, object] | None = None
    rule: str = ""
