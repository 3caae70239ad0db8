"""`python -m tests.web.fuzzing SCHEMATHESIS [ARGUMENTS...]`: that program's calls, put to the served interface.

It makes them from the served description, and judges each answer by it. `make api-fuzz` runs it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from ligament.web.api.limits import Meter
from tests.browser.serving import listening
from tests.web.ground import Ground, opened_ground

LEFT_OUT = ("positive_data_acceptance",)
"""A name, a cursor or an address that has the right form may still lead nowhere, and is refused with 422."""


def main(arguments: Sequence[str]) -> int:
    """Serve a clinic with something of everything, and return what the program ends with."""
    program, *others = arguments
    # The limit for each token has tests of its own; here it would only make the program wait.
    Meter.wait_s = _at_once  # type: ignore[method-assign]
    with (
        tempfile.TemporaryDirectory() as folder,
        opened_ground(Path(folder) / "home") as ground,
        _working(ground),
        listening(ground.shop.app) as url,
    ):
        token = ground.tool("admin").token
        command = [program, "run", f"{url}/api/v1/openapi.json", "--header", f"Authorization: Bearer {token}"]
        left_out = ["--exclude-checks", ",".join(LEFT_OUT)]
        return subprocess.run([*command, *left_out, *others], check=False).returncode


def _at_once(self: Meter, token: str) -> int:
    del self, token
    return 0


@contextmanager
def _working(ground: Ground) -> Iterator[None]:
    """Do the runs that are asked for meanwhile, as the service does."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.2):
            ground.work()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
