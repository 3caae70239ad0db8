"""A CycloneDX bill of materials of what runs: every locked library with its version and digests."""

from __future__ import annotations

import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[1]
LOCKED = REPOSITORY / "requirements" / "runtime.txt"
_LIBRARY = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
_DIGEST = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def libraries(locked: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, version and digests of every library of a locked list, in its order."""
    found: tuple[str, str, list[str]] | None = None
    for line in locked.splitlines():
        named = _LIBRARY.match(line)
        if named is not None:
            if found is not None:
                yield found
            found = named[1].lower().replace("_", "-").replace(".", "-"), named[2], []
        if found is not None:
            found[2].extend(_DIGEST.findall(line))
    if found is not None:
        yield found


def bill(locked: str, version: str) -> dict[str, Any]:
    """Return the bill of materials; the same list gives the same bill, its serial number included."""
    parts = list(libraries(locked))
    whole = json.dumps([version, parts])
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, whole)}",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "ligament", "name": "ligament", "version": version}
        },
        "components": [_component(*part) for part in parts],
        "dependencies": [{"ref": "ligament", "dependsOn": [_address(name, at) for name, at, _ in parts]}],
    }


def _component(name: str, version: str, digests: list[str]) -> dict[str, Any]:
    address = _address(name, version)
    found: dict[str, Any] = {
        "type": "library", "bom-ref": address, "name": name, "version": version, "purl": address,
    }  # fmt: skip
    # Which of the files is installed depends on the machine, so that all stand as references and none as the digest.
    if digests:
        found["properties"] = [{"name": "locked:sha256", "value": digest} for digest in digests]
    return found


def _address(name: str, version: str) -> str:
    return f"pkg:pypi/{name}@{version}"


def main() -> None:
    """Write the bill to standard output."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    document = bill(LOCKED.read_text(encoding="utf-8"), str(project.get("version", "0")))
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
