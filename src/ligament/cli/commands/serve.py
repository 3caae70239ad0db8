"""`ligament serve`, `ligament worker` and `ligament webhooks`."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ligament.cli.commands.watch import Teller, alert, end, opened_settings, stopping, tell
from ligament.cli.session import Session
from ligament.cli.views.progress import console
from ligament.service.opening import begin, door, need_shared_database, working
from ligament.service.stopping import StopSign


def serve(session: Session, host: str, port: int) -> None:
    """Run scheduler, worker and HTTP in one process until SIGTERM or Ctrl-C."""
    # The two skins do not know each other; this command only starts the other one, with the same verbs.
    listen = import_module("ligament.web.serving").listen
    sign = StopSign()
    with (
        stopping(sign),
        opened_settings(session) as settings,
        door(settings, sign=sign, alert=alert, heard=Teller(session)) as opened,
    ):

        def ready(address: str) -> None:
            begin(opened.place)
            names = ", ".join(opened.place.clinics)
            tell(session, {"serving": address}, f"Serving {names} on {address}. Ctrl-C stops.")

        listen(opened, host, port, ready)
        end(session, ended=opened.place.stop())


def work(session: Session) -> None:
    """Run a further worker until SIGTERM or Ctrl-C."""
    sign = StopSign()
    with stopping(sign), opened_settings(session) as settings:
        need_shared_database(settings)
        with working(settings, sign=sign, alert=alert, heard=Teller(session)) as place:
            begin(place)
            tell(session, {"working": place.executor}, f"Working as {place.executor}. Ctrl-C stops.")
            while not sign.wait(1):
                pass
            end(session, ended=place.stop())


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
