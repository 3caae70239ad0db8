"""From the plain values of a rulebook file to a Rulebook, with every problem named by its dotted key."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ligament.core.rules import declared_documents, declared_people, declared_running, model
from ligament.core.rules.kinds import CODES
from ligament.core.rules.parse_entries import UNCHECKED, Checks, contact_rules, lookups, recalls, rules
from ligament.core.rules.reading import Problem, Table, TableReader, section_values
from ligament.core.rules.settings import Section, Systems

_ENTRIES = ("taxes", "lookups", "rules", "contact_rules", "recalls")
_NO_DEFAULT = 'This is needed: the account code for sales, as in default = "200" ("" if every item is mapped).'
_NO_REPORT = (
    '"report" cannot be used yet: no payments report is read in this version. Write "inferred" (an invoice marked as'
    ' paid gets one payment) or "off" (payments are entered by hand).'
)
_NO_CLEARING = 'This is needed unless source = "off": the code of the clearing account, as in account = "090".'


@lru_cache
def sections(systems: Systems) -> tuple[Section, ...]:
    """Return the declaration of every section, in the order of the file."""
    return (*declared_documents.SECTIONS, *declared_people.sections(systems), *declared_running.sections(systems))


def rulebook(
    table: Table, systems: Systems | tuple[str, str], checks: Checks = UNCHECKED
) -> tuple[model.Rulebook, tuple[Problem, ...]]:
    """Read a whole rulebook; `systems` are the names of the systems, `checks` judge the expressions of rules.

    Returns the rulebook with defaults where a value did not fit, and every problem found; it may be used only when
    there is none.
    """
    named = systems if isinstance(systems, Systems) else Systems(practice=systems[0], books=systems[1])
    problems: list[Problem] = []
    declared = sections(named)
    top = TableReader(table, "", problems)
    top.known.extend((*(section.name for section in declared if "." not in section.name), *_ENTRIES))
    top.finish()
    values = _values(table, declared, problems)
    _check_needed(table, values, problems)
    wins, custom = values["contacts.wins"], values["contacts.custom_fields"]
    defaults = model.ContactsSection()
    contacts = model.ContactsSection(
        **values["contacts"],
        wins={held: wins.get(held.value, defaults.wins[held]) for held in model.Field},
        custom_fields={held: custom[held.value] for held in model.CustomField if custom.get(held.value)},
    )
    result = model.Rulebook(
        clinic=model.ClinicSection(**values["clinic"]),
        invoices=model.InvoicesSection(**values["invoices"]),
        accounts=model.AccountsSection(**values["accounts"]),
        taxes=TableReader({"taxes": table.get("taxes", {})}, "", problems).value("taxes", CODES, {}),
        tracking=model.TrackingSection(**values["tracking"]),
        payments=model.PaymentsSection(**values["payments"]),
        contacts=contacts,
        approval=model.ApprovalSection(**values["approval"]),
        sync=model.SyncSection(**values["sync"]),
        reconcile=model.ReconcileSection(**values["reconcile"]),
        journal=model.JournalSection(**values["journal"]),
        audience=model.AudienceSection(**values.get(named.audience, {})),
        hooks=model.HooksSection(**values["hooks"]),
        alerts=model.AlertsSection(**values["alerts"]),
        lookups=lookups(table.get("lookups"), problems),
        rules=rules(table.get("rules"), problems, checks),
        contact_rules=contact_rules(table.get("contact_rules"), problems, checks, contacts.custom_fields),
        recalls=recalls(table.get("recalls"), problems),
    )
    return result, tuple(problems)


def _values(table: Table, declared: tuple[Section, ...], problems: list[Problem]) -> dict[str, dict[str, Any]]:
    """Return what each section says, by the names of its record; what does not fit is left to the record's default."""
    inner = {
        section.name: tuple(
            other.name.partition(".")[2] for other in declared if other.name.startswith(f"{section.name}.")
        )
        for section in declared
    }
    return {
        section.name: section_values(_at(table, section.name), section, problems, inner[section.name])
        for section in declared
    }


def _at(table: Table, name: str) -> object:
    outer, _, inside = name.partition(".")
    held = table.get(outer)
    if not inside:
        return held
    return held.get(inside) if isinstance(held, Mapping) else None


def _check_needed(table: Table, values: Mapping[str, Mapping[str, Any]], problems: list[Problem]) -> None:
    given = table.get("accounts")
    if not isinstance(given, Mapping) or "default" not in given:
        problems.append(Problem(key="accounts.default", sentence=_NO_DEFAULT))
    payments = values["payments"]
    written = table.get("payments")
    is_given = isinstance(written, Mapping) and "account" in written
    if payments.get("source") is not model.PaymentSource.OFF and not is_given:
        problems.append(Problem(key="payments.account", sentence=_NO_CLEARING))
    if payments.get("source") is model.PaymentSource.REPORT:
        # It would post no payment at all, and nobody would say so.
        problems.append(Problem(key="payments.source", sentence=_NO_REPORT))
