"""Every kind of entry that is written anywhere is one that people can ask for."""

from __future__ import annotations

import ast
from pathlib import Path

import ligament
from ligament.core.entries import CLINIC_KINDS, INSTALLATION_KINDS

_WRITES = {"note", "_note", "_tell", "_journal"}
_PACKAGE = Path(ligament.__file__).parent


def written() -> set[str]:
    """Return every kind that stands as a text in the call that writes an entry."""
    found: set[str] = set()
    for file in _PACKAGE.rglob("*.py"):
        if "simulator" in file.parts or "tests" in file.parts:
            continue
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name == "Note":
                found |= {_text(one.value) for one in call.keywords if one.arg == "kind"}
            elif name in _WRITES:
                found |= {_text(one) for one in call.args[:3]}
    return found - {""}


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_every_kind_of_entry_can_be_asked_for() -> None:
    kinds = written()
    assert len(kinds) > len(INSTALLATION_KINDS), "the test no longer finds what is written"
    assert kinds - CLINIC_KINDS - INSTALLATION_KINDS == set()
