"""Start a connector: a folder with every part that a connector has, ready to be filled."""

from __future__ import annotations

import re
import sys
from pathlib import Path

CONNECTORS = Path(__file__).parents[1] / "src" / "ligament" / "connectors"

# One entry per file; NAME stands for the system's name.
TEMPLATES = {
    "__init__.py": '"""The connector to NAME."""\n',
    "manifest.toml": '# What wiring must know of NAME without loading it.\nname = "NAME"\n',
    "quality.toml": (
        "# Which points of the quality list are met; an exemption says why.\n"
        "[points]\nconformance = false\nsimulator = false\nerrors = false\ndocumented = false\n"
    ),
    "README.md": "# NAME\n\nWhat is read and written, the limits, the quirks with source and date.\n",
    "wire.py": '"""The records of NAME as they travel, decoded strictly."""\n',
    "client.py": '"""The calls of NAME that we use, one function each."""\n',
    "errors.py": '"""What NAME answers when it will not, turned into the five errors of ports."""\n',
    "mapping.py": '"""From the records of NAME to ours, and back."""\n',
    "port.py": '"""What the flow sees of NAME."""\n',
    "simulator/__init__.py": '"""A stand-in for NAME, written from its description and not from our client."""\n',
    "simulator/handle.py": '"""One request, one world, one response and the world after it."""\n',
    "tests/__init__.py": '"""Tests of the connector to NAME."""\n',
    "tests/test_mapping.py": '"""Records of NAME become ours without loss."""\n',
}


def main(arguments: list[str]) -> int:
    """Write the folder and say what comes next; return the exit code."""
    if len(arguments) != 1 or not re.fullmatch(r"[a-z][a-z0-9]*", arguments[0]):
        print("The name is one word of small letters and digits, like a folder's: make new-connector NAME=myob")
        return 2
    folder = CONNECTORS / arguments[0]
    if folder.exists():
        print(f"{arguments[0]} is there already.")
        return 2
    write(folder)
    print(
        f"Written: {len(TEMPLATES)} files for {arguments[0]}. Next: wire.py, then make conformance NAME={arguments[0]}"
    )
    return 0


def write(folder: Path) -> None:
    """Write every part of a connector named like its folder."""
    for name, text in TEMPLATES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("NAME", folder.name), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
