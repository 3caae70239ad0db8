"""Templates: one environment that escapes everything, and how amounts, days and moments are written for people."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ligament.core.money import readable
from ligament.service.progress import HowFar
from ligament.web.field_words import field_word
from ligament.web.hold_words import elsewhere

_FOLDER = Path(__file__).parent
_STATIC = _FOLDER / "static"
_HASH_LENGTH = 12
_MINUTE = 60
_BROWSERS = (
    ("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chromium/", "Chromium"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)  # fmt: skip
_MACHINES = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS X", "Mac"),
    ("CrOS", "Chromebook"), ("Linux", "Linux"),
)  # fmt: skip
MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def render(template: str, values: Mapping[str, Any]) -> str:
    """Return a page as text."""
    return _environment().get_template(f"{template}.html.jinja").render(values)


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        money=money,
        day=day,
        moment=moment,
        iso=iso,
        browser_name=browser_name,
        counted=counted,
        took=took,
        spell=spell,
        progress_words=progress_words,
        field_word=field_word,
    )
    made.globals.update(asset=asset, elsewhere=elsewhere)
    return made


# --- how things are written -------------------------------------------------------------------------------------------


def money(amount: Decimal | str | int) -> str:
    """Return an amount with two decimals and thousands, such as 1,234.50 or -85.00."""
    return readable(Decimal(amount))


def day(value: date | datetime | str | None, zone: str = "UTC") -> str:
    """Return a day as Australians write it, such as 3 Nov 2026."""
    found = _local(value, zone)
    return f"{found.day} {found:%b %Y}" if found else ""


def moment(value: datetime | str | None, zone: str = "UTC") -> str:
    """Return a moment on the wall of the clinic, such as 3 Nov 2026, 14:05."""
    found = _local(value, zone)
    return f"{found.day} {found:%b %Y, %H:%M}" if found else ""


def iso(value: datetime | str | None) -> str:
    """Return a moment as machines read it."""
    return value.isoformat() if isinstance(value, datetime) else value or ""


def browser_name(agent: str) -> str:
    """Return what a browser and its machine are called by people, as far as it tells."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    machine = next((name for mark, name in _MACHINES if mark in agent), "")
    return " on ".join(part for part in (browser, machine) if part) or "another program"


def counted(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, such as 1 invoice or 2 invoices."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def took(seconds: float) -> str:
    """Return how long something took, such as 0.4 s or 3 min 20 s."""
    if seconds < _MINUTE:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // _MINUTE} min {int(seconds) % _MINUTE} s"


def progress_words(work: HowFar) -> str:
    """Return how far work is in one sentence, such as Reading invoices: 120 of 600, about 3 minutes left."""
    count = f": {work.done:,} of {work.total:,}" if work.total else f": {work.done:,} so far" if work.done else ""
    left = f", about {spell(work.seconds_left)} left for this part" if work.seconds_left is not None else ""
    return f"{work.words}{count}{left}."


def spell(seconds: int) -> str:
    """Return a stretch of time as people say it, such as 40 seconds or 3 minutes."""
    return counted(seconds, "second") if seconds < _MINUTE else counted(-(-seconds // _MINUTE), "minute")


def _local(value: date | datetime | str | None, zone: str) -> date | datetime | None:
    if not value:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(ZoneInfo(zone))
    return value


# --- files of our own -------------------------------------------------------------------------------------------------


@cache
def assets() -> Mapping[str, Path]:
    """Return our own files by the name under which they are served, which changes with what is in them."""
    return {_served(file): file for file in sorted(_STATIC.iterdir()) if file.suffix in MEDIA_TYPES}


def asset(name: str) -> str:
    """Return the address of one of our own files."""
    return f"/static/{_served(_STATIC / name)}"


@cache
def _served(file: Path) -> str:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:_HASH_LENGTH]
    return f"{file.stem}-{digest}{file.suffix}"
