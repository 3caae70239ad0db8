"""A dashboard that a browser can reach, and the browsers that open it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.web.browsing import Telephone
from tests.web.conftest import Shop

WIDE, NARROW = (1280, 800), (320, 720)


@dataclass(slots=True)
class Served:
    """A dashboard that a browser can reach, its owner's telephone, and what signs a browser in as the owner."""

    shop: Shop
    url: str
    telephone: Telephone | None = None
    session: str = ""

    def page(self, browser: Browser, *, size: tuple[int, int] = WIDE, dark: bool = False, script: bool = True) -> Page:
        """Open an empty page of a browser of its own; whatever it complains about fails the test."""
        context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            base_url=self.url,
            reduced_motion="reduce",
            locale="en-AU",
        )
        if self.session:
            context.add_cookies([{"name": "ligament_session", "value": self.session, "url": self.url}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda told: complaints.append(told.text) if _is_complaint(told) else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.complaints = complaints  # type: ignore[attr-defined]
        return page


def _is_complaint(told: ConsoleMessage) -> bool:
    """Leave out that a page was answered with 422, and that another system has no picture of its own."""
    is_expected = "status of 422" in told.text or told.location["url"].endswith("/favicon.ico")
    return told.type == "error" and not is_expected


@contextmanager
def listening(app: Any) -> Iterator[str]:
    """Serve an application on a free port of this machine."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
    began = threading.Event()
    server_began = server.startup

    async def startup(sockets: Any = None) -> None:
        await server_began(sockets)
        began.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    assert began.wait(20)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    # Whoever closes the home next must find nobody in it, however slow the machine is.
    thread.join(60)
