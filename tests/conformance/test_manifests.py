"""What a manifest declares stands there once: it is read by code, and not said again in it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from ligament.net.manifest import BadManifest, read_manifest
from tests.conformance.quality import CONNECTORS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ligament.net.manifest import Manifest

NOT_CODE = {"simulator", "tests"}
GOOD = """
name = "halaxy"
title = "Halaxy"
role = "practice"
hosts = 'api\\.halaxy\\.example'
[environment]
key = "HALAXY_KEY"
[sign_in]
asks = ["key"]
[[limits]]
name = "minute"
calls = 60
per_s = 60
"""


def texts_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every text in the connector's own code with its place; what documents or explains does not count."""
    for path in sorted(folder.rglob("*.py")):
        if NOT_CODE & set(path.relative_to(folder).parts):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                yield f"{path.name}:{node.lineno}", node.value


def declared_once(manifest: Manifest) -> list[str]:
    """Return the texts of a manifest that no code may repeat."""
    hosts = [urlsplit(url).hostname or "" for url in manifest.addresses.values()]
    paths = [path for path in manifest.paths.values() if len(path) > 1]
    return [
        *hosts,
        *paths,
        *manifest.scopes.values(),
        *(held for name, held in manifest.webhooks.items() if name != "setting"),
    ]


def repeated(manifest: Manifest, folder: Path) -> list[str]:
    return [
        f"{place}: {said}"
        for place, text in texts_of(folder)
        for said in declared_once(manifest)
        if text == said or (text.startswith(("/", "https://")) and said in text)
    ]


def test_what_the_manifest_declares_is_not_said_again_in_code(manifest: Manifest) -> None:
    assert repeated(manifest, CONNECTORS / manifest.name) == []


def test_a_repeated_address_would_be_found(manifest: Manifest, tmp_path: Path) -> None:
    url = next(iter(manifest.addresses.values()))
    (tmp_path / "client.py").write_text(f'URL = "{url}"\n', encoding="utf-8")
    assert len(repeated(manifest, tmp_path)) == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('port = "ligament"\n', "port, which nobody reads"),
        ("[settings]\ncontact = 'x'\n", "settings, which nobody reads"),
        ("[webhooks]\npath = '/x'\n", "[webhooks] lacks"),
    ],
)
def test_what_nobody_reads_has_no_place_in_a_manifest(line: str, told: str) -> None:
    assert read_manifest(GOOD).calls_per_minute == 60
    text = GOOD + line if line.startswith("[") else line + GOOD
    with pytest.raises(BadManifest) as refused:
        read_manifest(text)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('role = "practice"', 'role = "bakery"', "bakery"),
        ('title = "Halaxy"\n', "", "title is missing"),
        ('asks = ["key"]', 'asks = ["password"]', "names password"),
        ("calls = 60", "calls = 60\nper_day = 5", "per_day, which nobody reads"),
    ],
)
def test_a_manifest_that_is_not_of_the_form_is_told(before: str, after: str, told: str) -> None:
    with pytest.raises(BadManifest) as refused:
        read_manifest(GOOD.replace(before, after))
    assert told in str(refused.value)
