"""Serving: what `serve`, `worker` and `webhooks` run once their arguments are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from ligament.app.access.demo import demo_link
from ligament.app.access.first_start import start_link
from ligament.cli.session import Session
from ligament.cli.views.progress import console
from ligament.cli.watching import Teller, alert, end, opened_settings, stopping, tell
from ligament.service.opening import begin, door, need_shared_database, working
from ligament.service.stopping import StopSign
from ligament.wiring.access import open_access
from ligament.wiring.errors import ConfigurationError
from ligament.wiring.one_service import only_service
from ligament.wiring.settings import Settings

DEMO_PORT = 8321


def serve(session: Session, host: str, port: int) -> None:
    """Run scheduler, worker and HTTP in one process until SIGTERM or Ctrl-C."""
    from ligament.web.serving import listen  # noqa: PLC0415 - the web library is slow to load

    sign = StopSign()
    with (
        stopping(sign),
        opened_settings(session, may_be_empty=True, without_broken=True) as settings,
        only_service(settings.home, settings.database_url),
        door(settings, sign=sign, alert=alert, on_report=Teller(session, settings)) as opened,
    ):

        def ready(address: str) -> None:
            begin(opened.place)
            names = ", ".join(opened.place.clinics) or "no clinic yet"
            link = start_link(settings, opened.place.runner.database, address)
            tell(session, {"serving": address, **({"setup": link} if link else {})}, _serving(names, address, link))

        listen(opened, host, port, ready)
        end(session, opened.place)


def serve_demo(settings: Settings, now: datetime) -> None:
    """Serve the dashboard of the demo, on its usual port or a free one, with a link that signs in."""
    from ligament.web.serving import listen  # noqa: PLC0415 - as above

    sign, session = StopSign(), Session()
    later = replace(settings, now=now)
    with stopping(sign), door(later, sign=sign, alert=alert, on_report=Teller(session, settings)) as opened:

        def ready(address: str) -> None:
            begin(opened.place)
            access = open_access(lambda: later, opened.place.runner.database)
            access.serves_at(address)
            tell(
                session,
                {},
                f"The dashboard of the made-up clinic, signed in already (Ctrl-C ends it):\n{demo_link(access)}",
            )

        try:
            listen(opened, "127.0.0.1", DEMO_PORT, ready)
        except ConfigurationError:
            listen(opened, "127.0.0.1", 0, ready)
        end(session, opened.place)


def _serving(names: str, address: str, link: str) -> str:
    first = f"\nNobody owns this installation yet. Open this link in a browser to begin:\n{link}" if link else ""
    return f"Serving {names} on {address}. Ctrl-C stops.{first}"


def work(session: Session) -> None:
    """Run a further worker until SIGTERM or Ctrl-C."""
    sign = StopSign()
    with stopping(sign), opened_settings(session, may_be_empty=True, without_broken=True) as settings:
        need_shared_database(settings)
        with working(settings, sign=sign, alert=alert, on_report=Teller(session, settings)) as place:
            begin(place)
            tell(session, {"working": place.executor}, f"Working as {place.executor}. Ctrl-C stops.")
            while not sign.wait(1):
                pass
            end(session, place)


def show_webhooks(document: dict[str, Any], _command: Callable[[str], str]) -> None:
    """Print how to set webhooks up, and whether they arrive."""
    out = console()

    def line(words: str) -> None:
        out.print(words, markup=False, highlight=False)

    line(f"In {document['system']}'s developer portal, under Webhooks, tick {', '.join(document['events'])}")
    line(f"and enter this address: {document['address']}")
    line("(it must be reachable from the internet over https; put a proxy in front of `ligament serve`).")
    keys = {"environment": "is set in the environment", "vault": "is kept in the vault", "missing": "is missing"}
    line(f"The signing key {keys[document['key']]}.")
    if document["newest"]:
        line(f"Events arrive: the newest came at {document['newest']}; {document['waiting']} wait.")
    else:
        line("No event has arrived for this clinic yet. Changes are found by polling until then.")
    if document["strangers"]:
        line(f"{document['strangers']} events were about organisations that no clinic here is connected to.")
