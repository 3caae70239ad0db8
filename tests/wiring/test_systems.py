"""Which two systems a clinic works with: named in the rulebook, else the ones that are there."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ligament.app.setup.init import rulebook_text
from ligament.connectors import registry
from ligament.connectors.registry import NoConnector, for_role, manifests, players
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.settings import load_settings

RULEBOOK = '[clinic]\nname = "Riverside"\n{line}\n[accounts]\ndefault = "200"\n[payments]\naccount = "090"\n'


def home_with(tmp_path: Path, line: str) -> Path:
    (tmp_path / "ligament.toml").write_text(RULEBOOK.format(line=line), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("role", ["practice", "books"])
def test_the_only_system_of_a_role_needs_no_naming_and_may_be_named(tmp_path: Path, role: str) -> None:
    only = for_role(role)
    for line in ("", f'{role} = "{only.name}"'):
        clinic = load_settings(home=home_with(tmp_path, line), environ={}).clinic()
        assert getattr(clinic, role) == only


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('practice = "halaxy"', 'line 3, clinic.practice: "halaxy" is no practice system that is installed'),
        ('books = "myob"', 'line 3, clinic.books: "myob" is no books system that is installed'),
    ],
)
def test_a_system_that_is_not_there_is_refused_with_file_line_and_what_there_is(
    tmp_path: Path, line: str, told: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(home=home_with(tmp_path, line), environ={})
    assert told in str(refused.value)
    assert any(f'"{manifest.name}"' in str(refused.value) for manifest in manifests())


def test_a_books_system_is_no_practice_system(tmp_path: Path) -> None:
    books = for_role("books").name
    with pytest.raises(ConfigurationError, match="is no practice system"):
        load_settings(home=home_with(tmp_path, f'practice = "{books}"'), environ={})


def test_of_several_systems_none_is_taken_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    two = (*manifests(), for_role("practice"))
    monkeypatch.setattr("ligament.connectors.registry.manifests", lambda: two)
    assert len(players("practice")) == 2
    with pytest.raises(NoConnector, match="Several practice systems are installed"):
        for_role("practice")


def test_where_several_could_be_meant_the_first_rulebook_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "the practice system of this clinic" not in rulebook_text()
    other = replace(for_role("practice"), name="halaxy", title="Halaxy")
    two = (*manifests(), other)
    monkeypatch.setattr("ligament.connectors.registry.manifests", lambda: two)
    text = rulebook_text()
    asked = f'# CHECK: the practice system of this clinic: {players("practice")[0].name} or halaxy.\npractice = ""\n'
    assert asked in text
    assert 'books = ""' not in text


def test_everything_but_the_demo_asks_connectors_through_their_face() -> None:
    package = Path(registry.__file__).parents[1]
    texts = {path.relative_to(package): path.read_text(encoding="utf-8") for path in package.rglob("*.py")}
    asking = {path.parts[0] for path, text in texts.items() if "part_of" in text and "tests" not in path.parts}
    assert asking == {"connectors", "demo"}
    named = [
        f"{path} names {manifest.name}"
        for path, text in texts.items()
        for manifest in manifests()
        if path.parts[0] != "connectors" and f"ligament.connectors.{manifest.name}" in text
    ]
    assert named == []
