"""Typing what is printed: everything that a command names to type is typed next, in a copy of the home."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ligament.cli.main import app
from ligament.wiring import clinic as build
from tests.stories.acting import environment
from tests.stories.loading import Story
from tests.stories.practice import instant
from tests.stories.running import HOUR, MINUTE, Stage
from tests.support.mounting import LOOPBACK, mounted

PRINTED = re.compile(r"\bligament ([a-z].*?)(?=`|\s{2}|\)|\s\(|[;,.](?:\s|$)|[\"'](?:\s|$)|$)", re.MULTILINE)
"""A command within a line: it ends where the quote, the bracket or the sentence does, or where its column does."""
LOOKS = (
    ("plan",), ("plan", "--json"), ("holds",), ("variances",), ("status",), ("doctor",), ("duplicates",), ("runs",),
    ("alerts",), ("rules",), ("clinics",), ("journal",), ("approve",),
)  # fmt: skip
LASTING = ("serve", "worker", "demo", "init", "connect", "vault", "restore", "backup", "sync --watch", "webhooks")
"""What goes on for ever, talks to a browser, or changes the machine: its words are checked, and it is not run."""
FREE_TEXT = {"WHY": "seen by the test", "TEXT": "seen by the test", "NAME": "Other", "FILE": "file.json"}
"""What a person puts in the place of a word in capitals."""
MOST_DEEP = 3


@dataclass(frozen=True, slots=True)
class Said:
    """What a command printed, and how it ended."""

    code: int
    text: str


@dataclass(slots=True)
class Typist:
    """A person who types what the screen says, on a stage."""

    stage: Stage
    work: Path
    monkeypatch: pytest.MonkeyPatch
    trouble: list[str] = field(default_factory=list)
    typed: set[tuple[str, str]] = field(default_factory=set)
    count: int = 0
    where: str = ""

    def run(self, home: Path, *words: str) -> Said:
        """Type one command."""
        environ = {**environment(f"{LOOPBACK}/v1", LOOPBACK), "LIGAMENT_HOME": str(home)}
        done = CliRunner().invoke(app, list(words), input="", env=environ)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Said(done.exit_code, done.stdout + done.stderr)

    def look_around(self, home: Path, where: str, *, planned: bool) -> None:
        """Look at everything in a copy of the home, and type whatever that prints."""
        self.where, at = where, self.stage.clock.now()
        worlds = self.stage.cliniko.world, self.stage.xero.world
        looked = self._copy(home, "looked")
        for words in LOOKS:
            if words[0] == "plan" and not planned:
                continue
            self._type_all(looked, self.run(looked, *words), words, 0)
        for hold in self._open(looked):
            self._type_all(looked, self.run(looked, "holds", "show", hold["id"]), ("holds", "show", hold["code"]), 0)
        self.stage.cliniko.world, self.stage.xero.world = worlds
        self.stage.clock.put_back(at)
        shutil.rmtree(looked)

    def _open(self, home: Path) -> list[Any]:
        said = self.run(home, "holds", "--json")
        firsts: dict[str, Any] = {}
        for hold in json.loads(said.text)["holds"]:
            firsts.setdefault(hold["code"], hold)
        return list(firsts.values())

    def _type_all(self, home: Path, said: Said, source: tuple[str, ...], depth: int) -> None:
        named = printed(said.text)
        codes = {str(hold["id"]): str(hold["code"]) for hold in self.stage_holds(home)} if named else {}
        for text in named:
            # One of each kind: ids of holds count by the reason of the hold.
            key = " ".join(codes.get(word, word) for word in text.split()), self.where.partition(" ")[0]
            if key in self.typed or depth > MOST_DEEP:
                continue
            self.typed.add(key)
            self._type(home, text, source, depth)

    def stage_holds(self, home: Path) -> list[Any]:
        """Return every open hold of a home."""
        said = self.run(home, "holds", "--json")
        return list(json.loads(said.text)["holds"])

    def _type(self, home: Path, text: str, source: tuple[str, ...], depth: int) -> None:
        words = [FREE_TEXT.get(word, word) for word in shlex.split(text)]
        told = f"{self.where}: `ligament {text}`, printed by `ligament {' '.join(source)}`"
        self.count += 1
        if text.startswith(LASTING):
            said = self.run(home, *[word for word in words if not word.startswith("-")][:1], "--help")
            if said.code != 0:
                self.trouble.append(f"{told}: there is no such command")
            return
        worlds = self.stage.cliniko.world, self.stage.xero.world
        copy = self._copy(home, f"typed{depth}")
        before = {str(hold["id"]) for hold in self.stage_holds(copy)}
        asks = words[0] == "approve" and len([word for word in words if not word.startswith("-")]) == 1
        self.monkeypatch.chdir(copy)
        said = self.run(copy, *words, *(["--yes"] if asks else []))
        if said.code not in {0, 1}:
            self.trouble.append(f"{told}: ends with {said.code}: {said.text.strip()[:300]}")
        else:
            self._type_all(copy, said, tuple(words), depth + 1)
            self.trouble += [f"{told}: {one}" for one in self._wrong(copy, words, said, before)]
        self.stage.cliniko.world, self.stage.xero.world = worlds
        self.monkeypatch.chdir(self.work)
        shutil.rmtree(copy)

    def _wrong(self, home: Path, words: list[str], said: Said, before: set[str]) -> Iterator[str]:
        """Yield what was not done although the command says so."""
        match words:
            case ["sync", *_]:
                # To link what is there already is something done too, though nothing is posted.
                if "Done: nothing had to be posted" in said.text and " = planned 0 " in said.text:
                    yield f"it posts nothing: {said.text.strip()[:200]}"
            case ["approve", *_] if "Nothing" in said.text:
                yield f"it approves nothing: {said.text.strip()[:200]}"
            case ["approve" | "holds", *rest] if rest[:1] not in (["show"], ["list"]):
                yield from self._unanswered(home, [word for word in rest if word in before], retried="retry" in rest)
            case ["variances", "fix", *_] if "Nothing is to be mended" in said.text:
                yield "nothing is mended"
            case _:
                return

    def _unanswered(self, home: Path, named: list[str], *, retried: bool) -> Iterator[str]:
        """Yield the holds that look unanswered after they were answered, or that wait again after the next run."""
        open_ = {str(one["id"]): one for one in self.stage_holds(home)}
        for one in named:
            if not retried and one in open_ and not open_[one].get("answered"):
                yield f"{one} looks unanswered"
        if named and not retried:
            self.run(home, "sync", "--once")
            waiting = {str(one["id"]) for one in self.stage_holds(home)}
            yield from (f"{one} waits again after the next run" for one in named if one in waiting)

    def _copy(self, home: Path, name: str) -> Path:
        copy = self.work / name
        shutil.copytree(home, copy)
        return copy


def printed(text: str) -> list[str]:
    """Return the commands that a text names, each once, in order; in a JSON document, those in its texts."""
    try:
        held = json.loads(text)
    except ValueError:
        return list(dict.fromkeys(found.strip() for found in PRINTED.findall(text)))
    return list(dict.fromkeys(found for one in _texts(held) for found in printed(one)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value if not value.isdigit() else ""
    elif isinstance(value, Mapping):
        for held in value.values():
            yield from _texts(held)
    elif isinstance(value, list):
        for held in value:
            yield from _texts(held)


def type_along(story: Story, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Typist:
    """Play a story, and look around and type at each of its stages: before each run, and after it."""
    home = folder / "home"
    stage = Stage(story, home)
    mount(stage, monkeypatch)
    (folder / "work").mkdir()
    typist = Typist(stage, folder / "work", monkeypatch)
    at = instant(story.now)
    stage.clock.move_to(at - MINUTE)
    typist.look_around(home, "before the first run", planned=True)
    stage.clock.move_to(at)
    stage.way.sync(())
    typist.look_around(home, "after the first run", planned=False)
    for step in story.steps:
        at = instant(step["at"]) if "at" in step else at + HOUR
        stage.clock.move_to(at - MINUTE)
        stage.change(step, at - MINUTE)
        typist.look_around(home, f"before {step['what']}", planned=True)
        stage.clock.move_to(at)
        stage.way.sync(step.get("approve") or ())
        typist.look_around(home, f"after {step['what']}", planned=False)
    return typist


def mount(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every command that this process runs reach the simulators of a stage, on its clock."""
    assembled = build._assembled
    transports = {"cliniko": mounted(stage.cliniko), "xero": mounted(stage.xero)}

    def on_stage(settings: Any, chosen: Any, outside: Any, _: Any, database: Any) -> Any:
        outside = replace(outside, transports=transports, clock=stage.clock)
        return assembled(settings, chosen, outside, stage.clock, database)

    monkeypatch.setattr(build, "_assembled", on_stage)
