"""What moved between looking and answering: only what still stands as it was shown is answered, the rest is told.

Beside each record that can be answered stands a hidden field, `was.` and its name, with what the page had shown of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ligament.core.holds import Hold
from ligament.web.forms import was
from ligament.web.page import Values
from ligament.web.rendering import money

_NAMED = 5


def shown_holds(holds: Iterable[Hold]) -> dict[str, str]:
    """Return by the id of each hold a mark of what it says, and how people call the record."""
    return {hold.id: f"{hold.fingerprint} {hold.number or hold.subject.id}" for hold in holds}


def shown_actions(actions: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return by its mark how people call a change that is asked for, with its amount."""
    return {str(one["mark"]): _told(one) for one in actions}


def _told(action: Mapping[str, Any]) -> str:
    amount = action.get("amount")
    return f"{action.get('number') or action.get('source_id')} {money(amount) if amount is not None else ''}".strip()


def parted(form: Values, names: Sequence[str], now: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the names that still stand as they were shown, or of which the form says nothing, and those that moved."""
    seen = was(form)
    moved = [name for name in names if name in seen and now.get(name) != seen[name]]
    return [name for name in names if name not in moved], moved


def told_holds(form: Values, moved: Sequence[str], now: Mapping[str, str]) -> str:
    """Say which records moved, and how."""
    seen = was(form)
    gone = [seen[name].partition(" ")[2] for name in moved if name not in now]
    other = [seen[name].partition(" ")[2] for name in moved if name in now]
    parts = []
    if gone:
        parts.append(f"{_listed(gone)} {_verb(gone, 'waits', 'wait')} no longer: answered meanwhile, or gone on.")
    if other:
        left = f"{_verb(other, 'was', 'were')} not answered; look again."
        parts.append(f"{_listed(other)} {_verb(other, 'says', 'say')} something else now and {left}")
    return " ".join(parts)


def told_actions(form: Values, moved: Sequence[str], now: Mapping[str, str]) -> str:
    """Say which changes moved, and to what."""
    seen, there = was(form), {told.partition(" ")[0]: told.partition(" ")[2] for told in now.values()}
    found = []
    for name in moved:
        number, _, amount = seen[name].partition(" ")
        amount_now = there.get(number)
        what = "no longer asked" if amount_now is None else f"now {amount_now}" if amount_now != amount else "changed"
        found.append(f"{number} ({what})")
    if not found:
        return ""
    return f"Moved since this page was made, and left alone: {_listed(found)}. Look again before you answer."


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _verb(names: Sequence[str], one: str, many: str) -> str:
    return one if len(names) == 1 else many
