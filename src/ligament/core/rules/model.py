"""The rulebook: a clinic's mapping, choices and rules, as plain values with the contract's defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from ligament.core.rules.entries import ContactRule, Lookup, Recall, Rule
from ligament.core.rules.hours import OPEN_DAYS


class Country(StrEnum):
    """Where the clinic is; suggestions only."""

    AU = "AU"
    NZ = "NZ"
    UK = "UK"


class InvoiceSource(StrEnum):
    """What becomes a document: invoices only, or completed appointments too."""

    INVOICES = "invoices"
    APPOINTMENTS = "appointments"


class BillTo(StrEnum):
    """Who is billed when an invoice is addressed to a payer."""

    PAYER = "payer"
    PATIENT = "patient"


class ZeroTotal(StrEnum):
    """What happens to an invoice that comes to nothing."""

    SKIP = "skip"
    POST = "post"


class LineText(StrEnum):
    """How much a line says."""

    ITEM = "item"
    GENERIC = "generic"


class PaidEdits(StrEnum):
    """What happens when a paid or locked document changes in the practice."""

    HOLD = "hold"
    ADJUST = "adjust"


class PaymentSource(StrEnum):
    """Where settlements come from."""

    OFF = "off"
    INFERRED = "inferred"
    REPORT = "report"


class Privacy(StrEnum):
    """How much of a person reaches the books."""

    FULL = "full"
    NAME = "name"
    INITIALS = "initials"
    CODE = "code"
    POOLED = "pooled"


class CreateContacts(StrEnum):
    """Whether every active patient gets a contact, or only with a first document."""

    ALL = "all"
    ON_DOCUMENT = "on_document"


class PayerUnknown(StrEnum):
    """What happens when the addressee is neither the patient nor a known payer."""

    PATIENT = "patient"
    ASK = "ask"


class Winner(StrEnum):
    """Whose value counts when both systems changed a field; the two systems are named in the rulebook."""

    PRACTICE = "practice"
    BOOKS = "books"
    NEWEST = "newest"
    ASK = "ask"


class CustomField(StrEnum):
    """The places on a contact of the books that can hold one of the practice's custom fields, or name its group."""

    ACCOUNT_NUMBER = "account_number"
    TAX_NUMBER = "tax_number"
    COMPANY_NUMBER = "company_number"
    CONTACT_GROUP = "contact_group"


class Field(StrEnum):
    """The contact fields that have a winner."""

    NAME = "name"
    EMAIL = "email"
    PHONES = "phones"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicSection:
    """`[clinic]`; `contact` is an e-mail address that the practice system can write to about our calls.

    `practice` and `books` name the two systems, where several are there to choose from.
    """

    id: str = ""
    name: str = ""
    contact: str = ""
    time_zone: str = "Australia/Melbourne"
    country: Country = Country.AU
    practice: str = ""
    books: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicesSection:
    """`[invoices]`; `start_on` None is the day of the first connection."""

    source: InvoiceSource = InvoiceSource.INVOICES
    appointment_grace_minutes: int = 60
    prefix: str = "CLK-"
    draft: bool = False
    start_on: date | None = None
    terms_days: int = 0
    terms_days_payer: int = 30
    bill_to: BillTo = BillTo.PAYER
    zero_total: ZeroTotal = ZeroTotal.SKIP
    text: LineText = LineText.ITEM
    generic_text: str = "Health services"
    rounding_account: str = ""
    paid_edits: PaidEdits = PaidEdits.HOLD
    post_open_before_start: bool = False
    appointment_prices_include_tax: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountsSection:
    """`[accounts]`: account codes by id, code or name; None for `default` means that it was not given."""

    default: str | None = None
    bad_debt: str = ""
    items: Mapping[str, str] = field(default_factory=dict)
    practitioners: Mapping[str, str] = field(default_factory=dict)
    businesses: Mapping[str, str] = field(default_factory=dict)
    write_off_items: frozenset[str] = frozenset({"Write off"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSection:
    """`[tracking]`: the category of a dimension, or an empty text for none."""

    business: str = ""
    practitioner: str = ""
    create_options: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentsSection:
    """`[payments]`."""

    source: PaymentSource = PaymentSource.INFERRED
    account: str = ""
    methods: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactsSection:
    """`[contacts]`; `custom_fields` gives the practice's token for each place that is to hold a custom field.

    With `create_groups` a contact group that the books do not have yet is made.
    """

    privacy: Privacy = Privacy.FULL
    privacy_payer: Privacy = Privacy.FULL
    two_way: bool = True
    create: CreateContacts = CreateContacts.ALL
    archive_contacts: bool = True
    payer_unknown: PayerUnknown = PayerUnknown.PATIENT
    write_foreign_reference: bool = False
    name_likeness: Decimal = Decimal("0.9")
    custom_fields: Mapping[CustomField, str] = field(default_factory=dict)
    create_groups: bool = False
    wins: Mapping[Field, Winner] = field(
        default_factory=lambda: {
            Field.NAME: Winner.PRACTICE,
            Field.EMAIL: Winner.NEWEST,
            Field.PHONES: Winner.NEWEST,
            Field.ADDRESS: Winner.NEWEST,
        }
    )


class PolicyMode(StrEnum):
    """Whether an action runs by itself."""

    AUTO = "auto"
    ASK = "ask"
    ASK_ABOVE = "ask_above"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How one kind of action is approved; `above` counts for ASK_ABOVE only."""

    mode: PolicyMode = PolicyMode.AUTO
    above: Decimal = Decimal(0)

    def asks(self, amount: Decimal) -> bool:
        """Say whether a person is asked about an action of that amount."""
        if self.mode is PolicyMode.ASK_ABOVE:
            return abs(amount) > self.above
        return self.mode is PolicyMode.ASK


APPROVAL_KINDS = ("create", "update", "payment", "void", "contact", "fix", "undo")
"""The kinds of action that a policy speaks of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSection:
    """`[approval]`; `four_eyes` need a second person, a link asks for sign-in where it is worth over `link_limit`."""

    first_run: Policy = Policy(mode=PolicyMode.ASK)
    create: Policy = Policy()
    update: Policy = Policy()
    payment: Policy = Policy()
    void: Policy = Policy(mode=PolicyMode.ASK)
    contact: Policy = Policy()
    fix: Policy = Policy(mode=PolicyMode.ASK)
    undo: Policy = Policy(mode=PolicyMode.ASK)
    max_existing_changes: int = 100
    four_eyes: tuple[str, ...] = ()
    expire_days: int = 14
    remind_hours: int = 24
    link_hours: int = 72
    link_limit: Decimal = Decimal(500)


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncSection:
    """`[sync]`; `daily_calls` is the app's allowance for the books of one organisation.

    Between `open_from` and `open_until` on `open_days` a clinic is looked at every `poll_seconds`.
    """

    poll_seconds: int = 30
    open_from: str = "07:00"
    open_until: str = "20:00"
    open_days: frozenset[str] = frozenset(OPEN_DAYS)
    reconcile_daily_at: str = "02:00"
    reconcile_weekly_on: str = "sunday"
    daily_calls: int = 1000
    reserve: Decimal = Decimal("0.1")


class SendReport(StrEnum):
    """When the report of a comparison is sent."""

    WHEN_NEEDED = "when_needed"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileSection:
    """`[reconcile]`."""

    send: SendReport = SendReport.WHEN_NEEDED
    formats: tuple[str, ...] = ("xlsx", "pdf")


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSection:
    """`[journal]`."""

    keep_years: int = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceSection:
    """The section of the system that keeps mailing lists, named after it."""

    audience: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HooksSection:
    """`[hooks]`: private networks that webhooks may reach, and the pauses before they are tried again."""

    allow_private: tuple[str, ...] = ()
    retry_seconds: tuple[int, ...] = (5, 30, 300, 1800, 7200, 21600, 43200, 86400, 86400)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsSection:
    """`[alerts]`: notification addresses, secrets by ${ENV_NAME}; `quiet_hours` is "" for never quiet.

    `link` is the address of the pages, which messages end with; `people` are addresses by the e-mail address under
    which somebody signs in to the dashboard.
    """

    urls: tuple[str, ...] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    quiet_hours: str = "20:00-07:00"
    digest_at: str = "08:00"
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Everything `ligament.toml` says."""

    clinic: ClinicSection = ClinicSection()
    invoices: InvoicesSection = InvoicesSection()
    accounts: AccountsSection = AccountsSection()
    taxes: Mapping[str, str] = field(default_factory=dict)
    tracking: TrackingSection = TrackingSection()
    payments: PaymentsSection = PaymentsSection()
    contacts: ContactsSection = ContactsSection()
    approval: ApprovalSection = ApprovalSection()
    sync: SyncSection = SyncSection()
    reconcile: ReconcileSection = ReconcileSection()
    journal: JournalSection = JournalSection()
    audience: AudienceSection = AudienceSection()
    hooks: HooksSection = HooksSection()
    alerts: AlertsSection = AlertsSection()
    lookups: tuple[Lookup, ...] = ()
    rules: tuple[Rule, ...] = ()
    contact_rules: tuple[ContactRule, ...] = ()
    recalls: tuple[Recall, ...] = ()
