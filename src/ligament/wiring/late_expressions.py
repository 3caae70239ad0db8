"""What the expressions of a rulebook can do, loaded with the first one: a clinic without rules never waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ligament.core.rules.lookups import LookupTable
    from ligament.core.rules.reading import Complaint
    from ligament.wiring.expressions import Expressions


@dataclass(slots=True)
class LateExpressions:
    """Checks expressions as `Expressions` do, and gives those; `tables` are the clinic's own lists."""

    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    _loaded: Expressions | None = None

    def loaded(self) -> Expressions:
        """Return what judges the expressions of this rulebook."""
        if self._loaded is None:
            from ligament.wiring.expressions import Expressions  # noqa: PLC0415 - loading late is what this is for

            self._loaded = Expressions(tables=self.tables)
        return self._loaded

    def condition(self, text: str, names: tuple[str, ...] | None = None) -> Complaint | None:
        """Return what is wrong with a condition, or nothing."""
        judge = self.loaded().condition
        return judge(text) if names is None else judge(text, names)

    def expression(self, text: str, names: tuple[str, ...] | None = None) -> Complaint | None:
        """Return what is wrong with an expression that gives a text, or nothing."""
        judge = self.loaded().expression
        return judge(text) if names is None else judge(text, names)
