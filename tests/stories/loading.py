"""Finding stories, reading them exactly, and laying one record over another as their README says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT.parent / "shared" / "stories"
OWN = Path(__file__).resolve().parent / "own"
SCHEMA = GOLDEN / "schema.json"

Shape = dict[str, Any]
_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
_WHOLE = {"businesses", "users", "practitioners", "taxes", "items", "products", "concession_types", "concession_prices"}
CATALOGUE = (*sorted(_WHOLE), "appointment_types")
ON_DEMAND = ("patients", "payers")


class StoryLoader(yaml.SafeLoader):
    """Reads decimals exactly and leaves dates as the text they are."""


def _decimal(loader: StoryLoader, node: yaml.ScalarNode) -> Decimal:
    return Decimal(str(loader.construct_scalar(node)).replace("_", ""))


StoryLoader.add_constructor("tag:yaml.org,2002:float", _decimal)
StoryLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True, slots=True)
class Story:
    """One story with what it starts from; `body` is the file as written, the rest is merged over the base."""

    path: Path
    body: Shape
    rulebook: Shape
    now: str
    practice: Shape
    """The base catalogue: every record a story may name, by kind."""
    books: Shape

    @property
    def name(self) -> str:
        """The name of its file, which people use on the command line."""
        return self.path.stem

    @property
    def is_own(self) -> bool:
        """Whether it is one of ours, and not one of the golden ones."""
        return self.path.parent == OWN

    @property
    def steps(self) -> list[Shape]:
        """What happens after the first run."""
        return list(self.body.get("steps") or ())


def read(path: Path) -> Shape:
    """Return a YAML file with exact decimals and dates as text."""
    loaded = yaml.load(path.read_text(encoding="utf-8"), Loader=StoryLoader)  # noqa: S506 - a SafeLoader underneath
    assert isinstance(loaded, dict), f"{path.name} is no story"
    return loaded


def story_files(folder: Path) -> list[Path]:
    """Return the stories of a folder in the order of their names, none when the folder is absent."""
    return sorted(path for path in folder.glob("*.yaml") if path.stem != "base")


def all_files() -> list[Path]:
    """Return every story there is: the golden ones first, then ours."""
    return [*story_files(GOLDEN), *story_files(OWN)]


def load(path: Path) -> Story:
    """Read one story over the base of its folder."""
    body, base = read(path), read(path.parent / "base.yaml")
    rules = tomllib.loads((path.parent / "base.toml").read_text(encoding="utf-8"))
    return Story(
        path=path,
        body=body,
        rulebook=over(rules, dated(body.get("rulebook") or {})),
        now=str(body.get("now", base["now"])),
        practice=base["practice"],
        books=base["books"],
    )


def over(base: Shape, changes: Mapping[str, Any]) -> Shape:
    """Lay tables over tables; any other value replaces what was there."""
    out = dict(base)
    for key, value in changes.items():
        held = out.get(key)
        out[key] = over(held, value) if isinstance(held, dict) and isinstance(value, Mapping) else value
    return out


def dated(value: Any) -> Any:
    """Turn dates in text into dates, as a rulebook has them."""
    if isinstance(value, dict):
        return {key: dated(held) for key, held in value.items()}
    if isinstance(value, list):
        return [dated(held) for held in value]
    if isinstance(value, str) and _DAY.match(value):
        return date.fromisoformat(value)
    return value


def practice_key(record: Shape, kind: str) -> object:
    """Return by what a record of the practice is found."""
    return record["number"] if kind == "invoices" else record["id"]


def books_key(record: Shape, kind: str) -> object:
    """Return by what a record of the books is found."""
    match kind:
        case "invoices":
            return record["number"]
        case "contacts":
            return record.get("number") or record["name"]
        case "accounts":
            return record["code"]
        case "tracking":
            return record["name"]
        case _:
            return record["id"]


def referred(practice: Shape) -> Iterator[tuple[str, object]]:
    """Yield the people that invoices, appointments and merges refer to."""
    for invoice in practice.get("invoices") or ():
        if invoice.get("patient") is not None:
            yield "patients", invoice["patient"]
    for visit in practice.get("appointments") or ():
        yield "patients", visit["patient"]
    for group in practice.get("group_appointments") or ():
        for attendee in group.get("attendees") or ():
            yield "patients", attendee["patient"]
    for patient in practice.get("patients") or ():
        if patient.get("merged_with") is not None:
            yield "patients", patient["merged_with"]
