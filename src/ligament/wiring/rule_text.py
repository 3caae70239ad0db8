"""Rules in the text of a rulebook: each with the lines that are its own, so that one is edited and the rest stays.

A comment directly above a rule goes with it when it is moved, and stays when it is taken away.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ligament.wiring.places import places


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """One `[[kind]]` entry: its comments begin at `above`, its own line stands at `head`, and `end` is behind it."""

    kind: str
    number: int
    above: int
    head: int
    end: int
    body: str

    @property
    def mark(self) -> str:
        """Return what changes when somebody changes the rule."""
        return hashlib.blake2b(self.body.strip().encode(), digest_size=8).hexdigest()


def rule_texts(text: str, kind: str) -> list[RuleText]:
    """Return the entries of a kind in their order; the text must be TOML."""
    keys = places(text).keys
    heads = sorted({(offset, path) for path, offset in keys.items() if text[offset] == "["}, key=lambda one: one[0])
    found = []
    for number in range(1, len(keys) + 1):
        head = keys.get((kind, number))
        if head is None:
            break
        after = (offset for offset, path in heads if offset > head and path[:2] != (kind, number))
        follower = next(after, len(text))
        end = _with_comments(text, follower)
        found.append(
            RuleText(
                kind=kind,
                number=number,
                above=_with_comments(text, head),
                head=head,
                end=end,
                body=text[head:end],
            )
        )
    return found


def _with_comments(text: str, head: int) -> int:
    """Return where the comments begin that stand directly above a line."""
    while head > 0:
        line = text.rfind("\n", 0, head - 1) + 1
        if not text[line:head].startswith("#"):
            break
        head = line
    return head


def with_rule(text: str, kind: str, number: int, body: str) -> str:
    """Return a rulebook with one entry in the place of another, or as the last of its kind for number 0."""
    found = rule_texts(text, kind)
    if number:
        one = found[number - 1]
        return text[: one.head] + body + text[one.end :]
    end = found[-1].end if found else len(text)
    before = text[:end].rstrip("\n")
    behind = text[end:].lstrip("\n")
    added = f"{before}\n\n{body.strip()}\n" if before else f"{body.strip()}\n"
    return f"{added}\n{behind}" if behind else added


def without_rule(text: str, kind: str, number: int) -> str:
    """Return a rulebook without one entry."""
    one = rule_texts(text, kind)[number - 1]
    return text[: one.head] + text[one.end :]


def moved_up(text: str, kind: str, number: int) -> str:
    """Return a rulebook with one entry and the one before it in each other's place."""
    before, one = rule_texts(text, kind)[number - 2 : number]
    first, second = text[before.above : before.end].rstrip("\n"), text[one.above : one.end].rstrip("\n")
    tail = text[one.above : one.end][len(second) :] or "\n"
    return text[: before.above] + f"{second}\n\n{text[before.end : one.above]}{first}{tail}" + text[one.end :]
