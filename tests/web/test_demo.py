"""The demo goes on to serve its dashboard, and its link signs in."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from ligament.app.access.demo import demo_link
from tests.web.conftest import Shop

REPOSITORY = Path(__file__).parents[2]


@pytest.mark.process
def test_the_demo_serves_its_dashboard_until_it_is_stopped() -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY / "src"), "HOME": "/nonexistent"}
    command = [sys.executable, "-m", "ligament.cli.main", "demo", "--size", "small"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        link = next(
            found.group()
            for line in running.stdout
            if (found := re.search(r"http://127\.0\.0\.1:\d+/demo\?key=\S+", line))
        )
        browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        with browser.open(link, timeout=30) as answer:
            page = answer.read().decode()
        assert re.search(r"/c/[a-z-]+/$", answer.url)
        assert "<h1>" in page
        assert "Sign out" in page
        running.send_signal(signal.SIGINT)
        assert "Stopped." in running.stdout.read()
        assert running.wait(30) in {0, 1}


def test_the_style_guide_is_there_in_the_demo_only(shop: Shop) -> None:
    person = shop.person()
    assert person.get("/styleguide").status == 404
    demo_link(shop.access)
    page = person.get("/styleguide")
    assert page.status == 200
    assert page.text.count("<h2") > 6
    assert "-85.00" in page.text
