"""No type is described for the first time while threads run: each is on the list, and a crowd of threads lives."""

from __future__ import annotations

import ast
import importlib
import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import msgspec
import msgspec.inspect
import pytest

import ligament
from ligament.wiring.prepared import shapes
from tests.bad_input.desk import Desk

REPOSITORY = Path(__file__).parents[2]
ALONE = "LIGAMENT_TESTED_ALONE"
NOT_SHIPPED = (".tests", ".simulator", ".migrations")


def crowd(*words: str) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "tests.wiring.crowd", *words], cwd=REPOSITORY, capture_output=True, check=False
    )
    return done.returncode


def written_classes() -> set[type]:
    """Return every wire class of the package."""
    for module in pkgutil.walk_packages(ligament.__path__, "ligament."):
        if not any(part in module.name for part in NOT_SHIPPED):
            importlib.import_module(module.name)
    found = {kind for kind in below(msgspec.Struct) if kind.__module__.startswith("ligament.")}
    # What others are built on is never read as such; what a framework made of a function stands in no module.
    standing = {kind for kind in found if getattr(sys.modules[kind.__module__], kind.__name__, None) is kind}
    return {kind for kind in standing if kind.__name__.strip("_") != "Wire"}


def below(kind: type) -> Iterator[type]:
    child: type
    for child in kind.__subclasses__():
        yield child
        yield from below(child)


def reached(info: object, found: set[type]) -> set[type]:
    """Return the classes that a described type leads to."""
    kind = getattr(info, "cls", None)
    if isinstance(kind, type):
        if kind in found:
            return found
        found.add(kind)
    held = [getattr(info, part.name) for part in fields(info)] if is_dataclass(info) else []
    for part in (*held, *(getattr(info, name, None) for name in getattr(info, "__struct_fields__", ()))):
        for one in part if isinstance(part, tuple) else (part,):
            if isinstance(one, msgspec.inspect.Type | msgspec.inspect.Field):
                reached(one, found)
    return found


def prepared_classes() -> set[type]:
    known: set[type] = set()
    for info in msgspec.inspect.multi_type_info(shapes()):
        reached(info, known)
    return known


def described() -> set[type]:
    """Return the classes of the package of which the library has made a description."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("ligament.")]
    seen = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    ours = {kind for kind in seen if kind.__module__.startswith("ligament.")}
    return {kind for kind in ours if "__msgspec_cache__" in vars(kind)}


def test_every_class_of_the_wire_is_on_the_list_or_led_to_by_it() -> None:
    assert written_classes() - prepared_classes() == set(), "put these on the lists that `wiring/prepared.py` joins"


def decoded_names(module: str) -> set[str]:
    """Return the types by name of which a module asks for a decoder."""
    tree = ast.parse(Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    asked = [node for node in calls if isinstance(node.func, ast.Name) and node.func.id == "decoder"]
    return {node.args[0].id for node in asked if isinstance(node.args[0], ast.Name)}


def test_every_type_of_which_the_store_asks_a_decoder_is_on_the_list_or_led_to_by_it() -> None:
    written_classes()
    stores = [name for name in sys.modules if name.startswith("ligament.store.")]
    asked = {
        (store, name): getattr(sys.modules[store], name, None) for store in stores for name in decoded_names(store)
    }
    kinds = {place: kind for place, kind in asked.items() if isinstance(kind, type)}
    known = prepared_classes()
    assert len(kinds) > 20
    assert {place for place, kind in kinds.items() if kind not in known} == set(), "put these on `store/prepared.py`"


def test_a_whole_run_reads_no_type_that_is_not_on_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if ALONE not in os.environ:
        # In a process of its own: what other tests described does not count.
        plain = {name: held for name, held in os.environ.items() if not name.startswith("PYTEST_")}
        this = f"{Path(__file__).relative_to(REPOSITORY)}::test_a_whole_run_reads_no_type_that_is_not_on_the_list"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", this]
        done = subprocess.run(
            command, cwd=REPOSITORY, env={**plain, ALONE: "yes"}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout
        return
    desk = Desk(tmp_path, capsys)
    desk.sync()
    desk.later()
    desk.sync()
    assert described() - prepared_classes() == set()


@pytest.mark.parametrize("_time", range(3))
def test_threads_that_meet_at_every_type_do_not_crash_the_process(_time: int) -> None:
    assert crowd() == 0


@pytest.mark.slow
def test_not_one_of_a_hundred_processes_crashes() -> None:
    assert [crowd() for _ in range(100)] == [0] * 100


@pytest.mark.slow
def test_without_preparing_such_processes_do_crash() -> None:
    """Once the library is mended this fails, and preparing may go."""
    assert any(crowd("unprepared") for _ in range(40))
