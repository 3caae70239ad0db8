"""The bill of materials names what is locked, all of it, and the same list gives the same bill."""

from __future__ import annotations

import json
import re
import subprocess
import sys

from tools.sbom import LOCKED, REPOSITORY, bill, libraries


def test_every_locked_library_stands_in_the_bill_with_its_version_and_digests() -> None:
    run = subprocess.run(
        [sys.executable, "tools/sbom.py"], cwd=REPOSITORY, capture_output=True, text=True, check=True, timeout=60
    )
    document = json.loads(run.stdout)
    locked = LOCKED.read_text(encoding="utf-8")
    assert document["bomFormat"] == "CycloneDX"
    named = {part["name"]: part["version"] for part in document["components"]}
    assert len(named) == len(re.findall(r"^\S+==", locked, re.MULTILINE))
    assert named["sqlalchemy"] in locked
    digests = [one["value"] for part in document["components"] for one in part["properties"]]
    assert len(digests) == locked.count("--hash=sha256:")
    refs = {part["bom-ref"] for part in document["components"]}
    assert set(document["dependencies"][0]["dependsOn"]) == refs


def test_extras_markers_and_signs_in_names_are_read() -> None:
    locked = (
        'psycopg[binary]==3.2.1 ; python_version < "4" \\\n    --hash=sha256:'
        + "a" * 64
        + "\n# via x\nZope.Thing_a==1\n"
    )
    assert list(libraries(locked)) == [("psycopg", "3.2.1", ["a" * 64]), ("zope-thing-a", "1", [])]
    assert bill(locked, "1") == bill(locked, "1")
    assert bill(locked, "1")["serialNumber"] != bill(locked, "2")["serialNumber"]
