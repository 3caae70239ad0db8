"""Start a connector: a folder with every part that a connector has, which works against a simulator of its own."""

from __future__ import annotations

import re
import sys
from pathlib import Path

CONNECTORS = Path(__file__).parents[1] / "src" / "ligament" / "connectors"
TEMPLATE = Path(__file__).parent / "connector_template"
_ENDING = ".txt"


def main(arguments: list[str]) -> int:
    """Write the folder and say what comes next; return the exit code."""
    if len(arguments) != 1 or not re.fullmatch(r"[a-z][a-z0-9]*", arguments[0]):
        print("The name is one word of small letters and digits, like a folder's: make new-connector NAME=myob")
        return 2
    name = arguments[0]
    folder = CONNECTORS / name
    if folder.exists():
        print(f"{name} is there already.")
        return 2
    count = write(folder)
    print(f"Written: {count} files for {name}, a practice system of an invented interface that passes the conformance")
    print(f"suite. Next: manifest.toml and wire.py as the vendor describes them, then make conformance NAME={name}")
    return 0


def write(folder: Path) -> int:
    """Write every part of a connector named like its folder; return how many files it has."""
    count = 0
    for template in sorted(TEMPLATE.rglob(f"*{_ENDING}")):
        path = folder / _named(template.relative_to(TEMPLATE).as_posix().removesuffix(_ENDING), folder.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_named(template.read_text(encoding="utf-8"), folder.name), encoding="utf-8")
        count += 1
    return count


def _named(text: str, name: str) -> str:
    """Put the system's name in the place of the template's."""
    return text.replace("STARTER", name.upper()).replace("Starter", name.capitalize()).replace("starter", name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
