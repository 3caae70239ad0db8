"""Taking what happened as what our own story expects; never for the golden ones."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from tests.stories.clinic_records import PREFIX
from tests.stories.comparing import SKIPS_OF_VISITS, Run
from tests.stories.loading import Shape, Story
from tests.stories.running import Stage
from tests.stories.seeing import Shown


class _Dumper(yaml.SafeDumper):
    """Writes decimals as plain numbers, and every value where it stands."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never write a reference to a value above."""
        del data
        return True


_Dumper.add_representer(Decimal, lambda dumper, value: dumper.represent_scalar("tag:yaml.org,2002:float", f"{value:f}"))


def accept(story: Story) -> None:
    """Rewrite the expectations of one of our own stories from what happens."""
    assert story.is_own, "a golden story is never rewritten"
    with tempfile.TemporaryDirectory() as folder:
        runs = [told.run for told in Stage(story, Path(folder) / "home").play()][:-1]
    body: Shape = dict(story.body)
    for holder, run in zip([body, *body.get("steps", [])], runs, strict=True):
        holder["expect"] = seen(run, holder.get("expect") or {})
    text = yaml.dump(body, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120, default_flow_style=None)
    story.path.write_text(text, encoding="utf-8")


def seen(run: Run, former: Mapping[str, Any]) -> Shape:
    """Return an expectation that fits what happened; what a run says nothing about is kept as it was."""
    made: Shape = {}
    for kind in ("invoices", "credit_notes"):
        before, after = getattr(run.before, kind), getattr(run.after, kind)
        changed = [_document(one) for number, one in after.items() if before.get(number) != one]
        if changed:
            made[kind] = changed
    payments = [_payment(one) for key, one in run.after.payments.items() if run.before.payments.get(key) != one]
    if payments:
        made["payments"] = payments
    holds = [_hold(one) for one in run.report.get("holds") or () if one["code"] != "waits_for"]
    skips = [_skip(one) for one in run.report.get("skips") or () if _counts(one)]
    made |= {name: rows for name, rows in (("holds", holds), ("skipped", skips)) if rows}
    kept = ("contacts", "contact_count", "variances", "never_sent", "patients", "writes")
    return made | {name: former[name] for name in kept if name in former}


def _document(one: Shown) -> Shown:
    shown = {
        name: value for name, value in one.items() if name not in {"amounts_are", "billed_to", "due", "allocations"}
    }
    shown |= {name: one[name] for name in ("due", "allocations") if one.get(name)}
    shown["lines"] = [_line(line) for line in one["lines"]]
    return shown


def _line(line: Shown) -> Shown:
    shown = {key: value for key, value in line.items() if key != "tracking" or value}
    whole = line["qty"] == line["qty"].to_integral_value()
    exact = line["unit"] == round(line["unit"], 2)
    shown["qty"] = int(line["qty"]) if whole else line["qty"].normalize()
    shown["unit"] = round(line["unit"], 2) if exact else line["unit"].normalize()
    return shown


def _payment(one: Shown) -> Shown:
    return {name: value for name, value in one.items() if name != "status" or value == "DELETED"}


def _hold(one: Mapping[str, Any]) -> Shape:
    named: Shape = {"code": one["code"], "kind": one["kind"]}
    number = str(one.get("number") or "")
    if number.isdigit() and one["kind"] != "contact":
        return {**named, "number": int(number)}
    return {**named, "id": _short(str(one["source_id"]))} if one.get("source_id") else named


def _skip(one: Mapping[str, Any]) -> Shape:
    named: Shape = {"kind": one["kind"], "reason": one["reason"]}
    if one["kind"] in {"appointment", "attendee"}:
        return {**named, "id": _short(str(one["source_id"]))}
    return {**named, "number": int(one["number"])}


def _counts(one: Mapping[str, Any]) -> bool:
    return one["kind"] in {"invoice", "credit_note"} or one["reason"] in SKIPS_OF_VISITS


def _short(identifier: str) -> int:
    fitting = [prefix for prefix in PREFIX.values() if identifier.startswith(prefix)]
    return int(identifier[len(max(fitting, key=len)) :]) if fitting else int(identifier)
