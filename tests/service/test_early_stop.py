"""A service that is asked to stop before it hears signals itself ends all the same."""

from __future__ import annotations

import threading
from pathlib import Path

from ligament.service.opening import door
from ligament.service.stopping import StopSign
from ligament.web.serving import listen
from ligament.wiring.settings import load_settings


def test_a_stop_between_opening_and_listening_is_not_lost(tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path / "home", environ={}, may_be_empty=True)
    sign = StopSign()
    with door(settings, sign=sign) as opened:

        def serve() -> None:
            listen(opened, "127.0.0.1", 0, lambda _address: sign.stop())

        served = threading.Thread(target=serve, daemon=True)
        served.start()
        served.join(timeout=60)
        assert not served.is_alive()
