"""Style guide: every component in every state on one page, so that a change of looks is seen at once; the demo only."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from ligament.app.access.demo import is_demo
from ligament.app.setup.settings_fields import SettingField
from ligament.core.rules.kinds import Entry
from ligament.web.hold_words import WORDS
from ligament.web.page import Answer, NotThere, Page, Shown, Visit

LONG = (
    "A very long name that somebody typed without a single blank: Wollongong-Illawarra-Shoalhaven-Community-"
    "Physiotherapy-and-Hydrotherapy-Association-Incorporated"
)
_SIGNS = (
    ("well", "All is well: nothing waits for you."),
    ("waits", "3 records need an answer."),
    ("troubled", "It works, but something is not right."),
    ("stopped", "It cannot go on: sign in to the books again."),
    ("new", "Nothing has run yet."),
)
_SAMPLES = {
    Entry.TEXT: "CLK-",
    Entry.TIME: "02:00",
    Entry.DAY: "2026-07-01",
    Entry.WHOLE: "30",
    Entry.WHOLES: "5, 30, 300",
    Entry.NUMBER: "0.9",
    Entry.FLAG: "true",
    Entry.MAYBE: "",
    Entry.CHOICE: "skip",
    Entry.CHOICES: "skip\npost",
    Entry.LINES: "192.0.2.1\n192.0.2.0/24",
    Entry.ADDRESSES: "kept:1\njson://new.example",
}


def show(visit: Visit) -> Answer:
    """Show every component; outside the demo there is no such page."""
    if not is_demo(visit.access):
        raise NotThere
    samples = [_sample(entry) for entry in _SAMPLES]
    values = {
        "signs": _SIGNS,
        "answers": {word: said.format(practice="the practice", books="the books") for word, said in WORDS.items()},
        "long": LONG,
        "moment_now": datetime(2026, 11, 18, 3, 5, tzinfo=UTC),
        "amounts": [
            ("CLK-1042", "A plain line", Decimal("1234.50")),
            ("CLK-1043", "A credit", Decimal("-85.00")),
            (LONG, LONG, Decimal("0.00")),
        ],
        "samples": samples,
        "wrong": {one.name: "This does not fit: give what is asked for." for one in samples[::2]},
        "errors": {"sample-wrong": "Give a date, such as 2026-07-01."},
        "pages": {"first": 201, "last": 400, "total": 1042, "noun": "contact", "before": "#", "after": "#"},
    }
    return Shown(template="styleguide", values=values)


def _sample(entry: Entry) -> SettingField:
    options: tuple[tuple[str, str], ...] = ()
    if entry is Entry.ADDRESSES:
        options = (("kept:1", "address 1 (mailtos://...)"),)
    if entry in {Entry.CHOICE, Entry.CHOICES}:
        options = (("skip", "skip"), ("post", "post"))
    return SettingField(
        name=f"sample.{entry.value}",
        label=f"A setting given as {entry.value}",
        sentence="What it is for, with `code` in it",
        entry=entry,
        current=_SAMPLES[entry],
        default="",
        mistake="what people often do",
        options=options,
    )


PAGES = (Page(path="/styleguide", name="style guide", answer=show, is_open=True),)
