"""From the plain values of a rulebook file to a Rulebook, with every problem named by its dotted key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from ligament.core.periods import is_zone
from ligament.core.rules import hours, model

_ADDRESS = re.compile(r"[^@\s()<>]+@[^@\s()<>]+\.[^@\s()<>]+")
_PREFIX = re.compile(r"[A-Za-z0-9_/-]{0,20}")
_LONGEST_SHOWN = 60
E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")
Table = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong in a rulebook: the dotted key it is at, and what to do about it in a sentence."""

    key: str
    sentence: str


class _Reader:
    """Reads one table, collecting problems and complaining about keys nobody asked for."""

    def __init__(self, table: object, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.known: list[str] = []
        self.table: Table = table if isinstance(table, Mapping) else {}
        if table is not None and not isinstance(table, Mapping):
            problems.append(
                Problem(key=path, sentence="This must be a table, written as a line with its name in brackets.")
            )

    def trouble(self, key: str, sentence: str) -> None:
        self.problems.append(Problem(key=f"{self.path}.{key}" if self.path else key, sentence=sentence))

    def value(self, key: str, default: T, convert: Callable[[object], T | None], wanted: str) -> T:
        self.known.append(key)
        if key not in self.table:
            return default
        result = convert(self.table[key])
        if result is None:
            self.trouble(key, f"{_shown(self.table[key])} does not fit: give {wanted}.")
            return default
        return result

    def text(self, key: str, default: str) -> str:
        return self.value(key, default, lambda v: v if isinstance(v, str) else None, 'a text in quotes, as in "200"')

    def flag(self, key: str, *, default: bool) -> bool:
        return self.value(key, default, lambda v: v if isinstance(v, bool) else None, "true or false")

    def whole(self, key: str, default: int, lowest: int = 0, highest: int = 10**9) -> int:
        def convert(value: object) -> int | None:
            fits = isinstance(value, int) and not isinstance(value, bool) and lowest <= value <= highest
            return value if fits and isinstance(value, int) else None

        return self.value(key, default, convert, f"a whole number from {lowest} to {highest}")

    def fraction(self, key: str, default: Decimal) -> Decimal:
        def convert(value: object) -> Decimal | None:
            number = _decimal(value)
            return number if number is not None and 0 <= number <= 1 else None

        return self.value(key, default, convert, "a number from 0 to 1")

    def choice(self, key: str, default: E, names: Mapping[str, E] | None = None) -> E:
        options = names or {member.value: member for member in type(default)}

        def convert(value: object) -> E | None:
            return options.get(value) if isinstance(value, str) else None

        return self.value(key, default, convert, "one of " + ", ".join(f'"{name}"' for name in options))

    def codes(self, key: str) -> Mapping[str, str]:
        self.known.append(key)
        held = self.table.get(key, {})
        if not isinstance(held, Mapping):
            self.trouble(key, 'This must be a table of "name" = "code" lines.')
            return {}
        result = {}
        for name, code in held.items():
            if isinstance(code, str):
                result[str(name)] = code
            else:
                self.trouble(f'{key}."{name}"', f'{_shown(code)} does not fit: write the code in quotes, as in "200".')
        return result

    def finish(self) -> None:
        for key in self.table:
            if key not in self.known:
                near = difflib.get_close_matches(str(key), self.known, n=1, cutoff=0)
                hint = f' Did you mean "{near[0]}"?' if near else ""
                self.trouble(str(key), f'"{key}" is not a known key here.{hint}')


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."


def _decimal(value: object) -> Decimal | None:
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return None
    return value if isinstance(value, date) else None


def _policy(value: object) -> model.Policy | None:
    if value == "auto":
        return model.Policy(mode=model.PolicyMode.AUTO)
    if value == "ask":
        return model.Policy(mode=model.PolicyMode.ASK)
    if isinstance(value, str) and value.startswith("ask above "):
        amount = _decimal(value.removeprefix("ask above ").strip())
        if amount is not None and amount >= 0:
            return model.Policy(mode=model.PolicyMode.ASK_ABOVE, above=amount)
    return None


def _clinic(reader: _Reader) -> model.ClinicSection:
    def address(value: object) -> str | None:
        return value if isinstance(value, str) and (value == "" or _ADDRESS.fullmatch(value)) else None

    def zone(value: object) -> str | None:
        return value if isinstance(value, str) and is_zone(value) else None

    return model.ClinicSection(
        name=reader.text("name", ""),
        contact=reader.value("contact", "", address, 'an e-mail address such as "desk@clinic.example"'),
        time_zone=reader.value("time_zone", "Australia/Melbourne", zone, 'a time zone such as "Australia/Perth"'),
        country=reader.choice("country", model.Country.AU),
    )


def _invoices(reader: _Reader) -> model.InvoicesSection:
    def yes_no_or_blank(value: object) -> str | None:
        if isinstance(value, bool):
            return "yes" if value else "no"
        return "" if value == "" else None

    def prefix(value: object) -> str | None:
        return value if isinstance(value, str) and _PREFIX.fullmatch(value) else None

    status = reader.value(
        "status", "AUTHORISED", lambda v: str(v) if v in {"AUTHORISED", "DRAFT"} else None, '"AUTHORISED" or "DRAFT"'
    )
    tax = reader.value("appointment_prices_include_tax", "", yes_no_or_blank, 'true, false or ""')
    before = reader.value(
        "open_before_start", "skip", lambda v: str(v) if v in {"skip", "post"} else None, '"skip" or "post"'
    )
    start = reader.value("start_on", date.min, _day, "a date without quotes, as in 2026-07-01")
    return model.InvoicesSection(
        source=reader.choice("from", model.InvoiceSource.INVOICES),
        appointment_grace_minutes=reader.whole("appointment_grace_minutes", 60, 0, 100_000),
        prefix=reader.value("prefix", "CLK-", prefix, "up to 20 letters, digits, hyphens, underscores or slashes"),
        draft=status == "DRAFT",
        start_on=None if start == date.min else start,
        terms_days=reader.whole("terms_days", 0, 0, 3650),
        terms_days_payer=reader.whole("terms_days_payer", 30, 0, 3650),
        bill_to=reader.choice("bill_to", model.BillTo.PAYER),
        zero_total=reader.choice("zero_total", model.ZeroTotal.SKIP),
        text=reader.choice("text", model.LineText.ITEM),
        generic_text=reader.text("generic_text", "Health services"),
        rounding_account=reader.text("rounding_account", ""),
        paid_edits=reader.choice("paid_edits", model.PaidEdits.HOLD),
        post_open_before_start=before == "post",
        appointment_prices_include_tax={"yes": True, "no": False}.get(tax),
    )


def _accounts(reader: _Reader) -> model.AccountsSection:
    given = "default" in reader.table
    default = reader.text("default", "")
    if not given:
        reader.trouble(
            "default", 'This is needed: the account code for sales, as in default = "200" ("" if every item is mapped).'
        )
    return model.AccountsSection(
        default=default,
        bad_debt=reader.text("bad_debt", ""),
        items=reader.codes("items"),
        practitioners=reader.codes("practitioners"),
        businesses=reader.codes("businesses"),
        write_off_items=_write_offs(reader),
    )


def _write_offs(reader: _Reader) -> frozenset[str]:
    reader.known.append("write_off_items")
    if "write_off_items" not in reader.table:
        return frozenset({"Write off"})
    table = reader.table["write_off_items"]
    held = table.get("items", []) if isinstance(table, Mapping) else table
    if isinstance(held, list | tuple) and all(isinstance(name, str) for name in held):
        return frozenset(str(name) for name in held)
    reader.trouble("write_off_items", 'This must be a list of ids, codes or names: items = ["Write off"].')
    return frozenset()


def _payments(reader: _Reader) -> model.PaymentsSection:
    section = model.PaymentsSection(
        source=reader.choice("source", model.PaymentSource.INFERRED),
        account=reader.text("account", ""),
        methods=reader.codes("methods"),
    )
    if section.source is not model.PaymentSource.OFF and not section.account:
        reader.trouble(
            "account", 'This is needed unless source = "off": the code of the clearing account, as in account = "090".'
        )
    return section


def _contacts(reader: _Reader, systems: tuple[str, str]) -> model.ContactsSection:
    defaults = model.ContactsSection()
    wins = _Reader(reader.table.get("wins"), f"{reader.path}.wins", reader.problems)
    reader.known.append("wins")
    winners = {
        systems[0]: model.Winner.PRACTICE,
        systems[1]: model.Winner.BOOKS,
        "newest": model.Winner.NEWEST,
        "ask": model.Winner.ASK,
    }
    chosen = {held: wins.choice(held.value, defaults.wins[held], winners) for held in model.Field}
    wins.finish()
    custom = _Reader(reader.table.get("custom_fields"), f"{reader.path}.custom_fields", reader.problems)
    reader.known.append("custom_fields")
    tokens = {held: custom.text(held.value, "").strip() for held in model.CustomField}
    custom.finish()
    return model.ContactsSection(
        privacy=reader.choice("privacy", model.Privacy.FULL),
        privacy_payer=reader.choice("privacy_payer", model.Privacy.FULL),
        two_way=reader.flag("two_way", default=True),
        create=reader.choice("create", model.CreateContacts.ALL),
        archive_contacts=reader.flag("archive_contacts", default=True),
        payer_unknown=reader.choice("payer_unknown", model.PayerUnknown.PATIENT),
        write_foreign_reference=reader.flag("write_old_reference_id", default=False),
        name_likeness=reader.fraction("name_likeness", defaults.name_likeness),
        custom_fields={held: token for held, token in tokens.items() if token},
        create_groups=reader.flag("create_groups", default=False),
        wins=chosen,
    )


def _approval(reader: _Reader) -> model.ApprovalSection:
    defaults = model.ApprovalSection()
    wanted = '"auto", "ask" or "ask above 500.00"'
    return model.ApprovalSection(
        first_run=reader.value("first_run", defaults.first_run, _policy, wanted),
        create=reader.value("create", defaults.create, _policy, wanted),
        update=reader.value("update", defaults.update, _policy, wanted),
        payment=reader.value("payment", defaults.payment, _policy, wanted),
        void=reader.value("void", defaults.void, _policy, wanted),
        contact=reader.value("contact", defaults.contact, _policy, wanted),
        max_existing_changes=reader.whole("max_existing_changes", 100),
    )


def _sync(reader: _Reader, books: str) -> model.SyncSection:
    days_wanted = 'a list of days such as ["monday", "tuesday"]'
    return model.SyncSection(
        poll_seconds=reader.whole("poll_seconds", 30, 5, 86_400),
        open_from=reader.value("open_from", "07:00", hours.clock_time, 'a time such as "07:00"'),
        open_until=reader.value("open_until", "20:00", hours.clock_time, 'a time such as "20:00"'),
        open_days=reader.value("open_days", frozenset(hours.OPEN_DAYS), hours.week_days, days_wanted),
        reconcile_daily_at=reader.value("reconcile_daily_at", "02:00", hours.clock_time, 'a time such as "02:00"'),
        reconcile_weekly_on=reader.value("reconcile_weekly_on", "sunday", hours.week_day, 'a day such as "sunday"'),
        daily_calls=reader.whole(f"{books}_daily_calls", 1000, 20, 10**7),
        reserve=reader.fraction(f"{books}_reserve", Decimal("0.1")),
    )


def _alerts(reader: _Reader) -> model.AlertsSection:
    def addresses(value: object) -> tuple[str, ...] | None:
        fits = isinstance(value, list | tuple) and all(isinstance(url, str) for url in value)
        return tuple(str(url) for url in value) if fits and isinstance(value, list | tuple) else None

    night = 'two times such as "20:00-07:00", or ""'
    return model.AlertsSection(
        urls=reader.value("urls", (), addresses, "a list of addresses in quotes"),
        quiet_hours=reader.value("quiet_hours", "20:00-07:00", hours.span, night),
        digest_at=reader.value("digest_at", "08:00", hours.clock_time, 'a time such as "08:00"'),
        link=reader.value("link", "", hours.web_address, 'an address such as "https://ligament.example"'),
    )


def _rules(held: object, problems: list[Problem], check: Callable[[str], str]) -> tuple[model.Rule, ...]:
    if held is None:
        return ()
    if not isinstance(held, list | tuple):
        problems.append(Problem(key="rules", sentence="Write each rule under its own [[rules]] line."))
        return ()
    rules = tuple(_rule(_Reader(table, f"rules[{place}]", problems), check) for place, table in enumerate(held, 1))
    names = [rule.name for rule in rules]
    twice = sorted({name for name in names if names.count(name) > 1})
    problems.extend(
        Problem(key="rules", sentence=f'Two rules are called "{name}"; each needs a name of its own.') for name in twice
    )
    return rules


def _rule(reader: _Reader, check: Callable[[str], str]) -> model.Rule:
    name = reader.text("name", "")
    when = reader.text("when", "")
    terms = reader.whole("terms_days", -1, 0, 3650)
    effects = model.Effects(
        skip=reader.text("skip", ""),
        hold=reader.text("hold", ""),
        ask=reader.text("ask", ""),
        account=reader.text("account", ""),
        tax_type=reader.text("tax_type", ""),
        tracking=reader.codes("tracking"),
        contact=reader.text("contact", ""),
        terms_days=None if terms < 0 else terms,
        reference=reader.text("reference", ""),
        branding_theme=reader.text("branding_theme", ""),
        line_text=reader.text("line_text", ""),
        group=" ".join(reader.text("group", "").split()),
    )
    reader.finish()
    if not name:
        reader.trouble("name", "Every rule needs a name.")
    complaint = check(when) if when else "Every rule needs a condition."
    if complaint:
        reader.trouble("when", complaint)
    if effects == model.Effects():
        reader.trouble("name", "This rule does nothing: give it an effect such as skip, hold, ask or account.")
    return model.Rule(name=name, when=when, effects=effects)


SECTIONS = ("clinic", "invoices", "accounts", "taxes", "tracking", "payments", "contacts", "approval", "sync", "alerts")


def rulebook(
    table: Table, systems: tuple[str, str], check: Callable[[str], str] = lambda _: ""
) -> tuple[model.Rulebook, tuple[Problem, ...]]:
    """Read a whole rulebook; `systems` are the names of practice and books, `check` judges a rule's condition.

    Returns the rulebook with defaults where a value did not fit, and every problem found; it may be used only when
    there is none.
    """
    problems: list[Problem] = []
    top = _Reader(table, "", problems)
    top.known.extend((*SECTIONS, "rules"))
    top.finish()

    def section(name: str) -> _Reader:
        return _Reader(table.get(name), name, problems)

    readers = {name: section(name) for name in SECTIONS}
    tracking = readers["tracking"]
    result = model.Rulebook(
        clinic=_clinic(readers["clinic"]),
        invoices=_invoices(readers["invoices"]),
        accounts=_accounts(readers["accounts"]),
        taxes=_Reader({"taxes": table.get("taxes", {})}, "", problems).codes("taxes"),
        tracking=model.TrackingSection(
            business=tracking.text("business", ""),
            practitioner=tracking.text("practitioner", ""),
            create_options=tracking.flag("create_options", default=False),
        ),
        payments=_payments(readers["payments"]),
        contacts=_contacts(readers["contacts"], systems),
        approval=_approval(readers["approval"]),
        sync=_sync(readers["sync"], systems[1]),
        alerts=_alerts(readers["alerts"]),
        rules=_rules(table.get("rules"), problems, check),
    )
    for name, reader in readers.items():
        if name != "taxes":
            reader.finish()
    return result, tuple(problems)
