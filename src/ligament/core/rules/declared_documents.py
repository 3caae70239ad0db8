"""Settings of the clinic, its invoices, accounts, taxes, tracking and payments."""

from __future__ import annotations

from ligament.core.rules import kinds, model
from ligament.core.rules.settings import Section, Setting

CLINIC = Section(
    name="clinic",
    record=model.ClinicSection,
    settings=(
        Setting(
            name="id",
            kind=kinds.CLINIC_ID,
            default='""',
            sentence="Everything that is kept is filed under this; `ligament init` writes it. Never change it",
            example='"riverside"',
            mistake="Changing it: a clinic with another id starts from nothing",
        ),
        Setting(
            name="name",
            kind=kinds.TEXT,
            default='""',
            sentence="The clinic's name, for people and for `--clinic`. It may be changed",
            example='"Riverside Physio"',
        ),
        Setting(
            name="contact",
            kind=kinds.MAIL,
            default='""',
            sentence="Goes into every call, so that the vendor of $practice_title can write to you about it",
            example='"desk@clinic.example"',
            mistake="Leaving it empty: the vendor may block calls without a contact",
        ),
        Setting(
            name="time_zone",
            kind=kinds.ZONE,
            default='"Australia/Melbourne"',
            sentence="Turns an instant into a day wherever a location has no time zone of its own in $practice_title",
            example='"Australia/Perth"',
            mistake='`"AWST"`: use the name of the place',
        ),
        Setting(
            name="country",
            kind=kinds.choice(model.Country),
            default='"AU"',
            sentence="AU, NZ or UK: how telephone numbers are read, and the tax type of rounding lines",
            mistake="Expecting it to choose your tax types. It only suggests",
        ),
        Setting(
            name="practice",
            kind=kinds.TEXT,
            default='""',
            sentence="The practice system of this clinic, where several are installed. Empty: the one that is there",
            example='"$practice"',
            mistake="Writing its title instead of its short name",
        ),
        Setting(
            name="books",
            kind=kinds.TEXT,
            default='""',
            sentence="The books of this clinic, where several systems are installed. Empty: the one that is there",
            example='"$books"',
            mistake="Writing their title instead of their short name",
        ),
    ),
)

INVOICES = Section(
    name="invoices",
    record=model.InvoicesSection,
    settings=(
        Setting(
            name="from",
            field="source",
            kind=kinds.choice(model.InvoiceSource),
            default='"invoices"',
            sentence='"invoices": only what was invoiced in $practice_title. "appointments": attended appointments'
            " without an invoice are charged too",
            mistake='`"appointments"` while reception still makes invoices days later. Choose a longer grace',
        ),
        Setting(
            name="appointment_grace_minutes",
            kind=kinds.whole(0, 100_000),
            default="60",
            sentence="How long after its end an appointment waits for its invoice in $practice_title",
            example="120",
            mistake="`0`",
        ),
        Setting(
            name="prefix",
            kind=kinds.PREFIX,
            default='"CLK-"',
            sentence="Stands before the number in $books_title: invoice 1042 becomes CLK-1042",
            mistake="Changing it after the first run: documents already posted keep theirs",
        ),
        Setting(
            name="status",
            field="draft",
            kind=kinds.DRAFT_OR_NOT,
            default='"AUTHORISED"',
            sentence='"AUTHORISED", or "DRAFT" when somebody approves each invoice in $books_title',
            mistake="`DRAFT` together with payments: payments then wait for each approval",
        ),
        Setting(
            name="start_on",
            kind=kinds.DAY,
            default="",
            sentence="Invoices issued earlier are skipped. Without it: the day of the first connection",
            example="2026-07-01",
            mistake="Quotes around the date; or a day inside a period that was reported already",
        ),
        Setting(
            name="terms_days",
            kind=kinds.whole(0, 3650),
            default="0",
            sentence="Days until an invoice to a patient is due",
            example="7",
        ),
        Setting(
            name="terms_days_payer",
            kind=kinds.whole(0, 3650),
            default="30",
            sentence="Days until an invoice to an insurer or another payer is due",
        ),
        Setting(
            name="bill_to",
            kind=kinds.choice(model.BillTo),
            default='"payer"',
            sentence='"payer": whom the invoice is addressed to. "patient": always the patient',
            mistake='`"patient"` while insurers get statements from $books_title',
        ),
        Setting(
            name="zero_total",
            kind=kinds.choice(model.ZeroTotal),
            default='"skip"',
            sentence='An invoice over 0.00: "skip" it, or "post" it',
        ),
        Setting(
            name="text",
            kind=kinds.choice(model.LineText),
            default='"item"',
            sentence='What a line says: "item", the name of what was sold, or "generic", always `generic_text`',
            example='"generic"',
            mistake='Coded names with `text = "item"`: the item still says what was treated',
        ),
        Setting(
            name="generic_text",
            kind=kinds.TEXT,
            default='"Health services"',
            sentence="The words on every line then",
        ),
        Setting(
            name="rounding_account",
            kind=kinds.TEXT,
            default='""',
            sentence="Where a difference of up to ten cents goes. Empty: the rounding account that $books_title has",
            example='"860"',
        ),
        Setting(
            name="paid_edits",
            kind=kinds.choice(model.PaidEdits),
            default='"hold"',
            sentence='An invoice that was changed after it was paid: "hold" it and show the difference, or "adjust":'
            " post the difference without asking",
            mistake="`adjust` in the first month",
        ),
        Setting(
            name="open_before_start",
            field="post_open_before_start",
            kind=kinds.SKIP_OR_POST,
            default='"skip"',
            sentence='Older invoices that are still open when first connected: "skip" them, or "post" them',
            mistake="`post` when the opening debtors are in $books_title already by journal",
        ),
        Setting(
            name="appointment_prices_include_tax",
            kind=kinds.YES_NO_OR_BLANK,
            default='""',
            sentence='Whether prices of appointments include tax: true, false, or "" to do as the newest invoice does',
        ),
    ),
)

ACCOUNTS = Section(
    name="accounts",
    record=model.AccountsSection,
    settings=(
        Setting(
            name="default",
            kind=kinds.TEXT,
            default="",
            sentence="**Needed.** The sales account when nothing else applies. Empty: every item must be mapped",
            example='"200"',
            mistake="A code without quotes",
        ),
        Setting(
            name="bad_debt",
            kind=kinds.TEXT,
            default='""',
            sentence="The account for write-off items. It must take the tax type of the line",
            example='"205"',
            mistake="An expense account: in Australia it has to be of the revenue class",
        ),
        Setting(
            name="items",
            kind=kinds.CODES,
            default="",
            sentence="Accounts by item or product: its id, its code or its name, exactly as in $practice_title",
            example='"RB-01" = "210"',
            mistake="A name spelt differently from $practice_title",
            is_table=True,
        ),
        Setting(
            name="practitioners",
            kind=kinds.CODES,
            default="",
            sentence="Accounts by practitioner, id or name, where the item has none of its own",
            example='"Sam Lee" = "220"',
            mistake="Using it for reports by practitioner. Tracking does that better",
            is_table=True,
        ),
        Setting(
            name="businesses",
            kind=kinds.CODES,
            default="",
            sentence="Accounts by location, id or name, where neither item nor practitioner has one",
            example='"Northside" = "230"',
            is_table=True,
        ),
        Setting(
            name="write_off_items",
            kind=kinds.WRITE_OFFS,
            default='items = ["Write off"]',
            sentence="Items that stand for a debt given up, by id, code or name. Their lines go to `bad_debt`",
            mistake="Forgetting the second item, the one with tax",
            is_table=True,
        ),
    ),
)

TRACKING = Section(
    name="tracking",
    record=model.TrackingSection,
    settings=(
        Setting(
            name="business",
            kind=kinds.TEXT,
            default='""',
            sentence="The tracking category of $books_title that gets the location. Empty is off",
            example='"Location"',
            mistake="A category that $books_title does not have. We never create categories",
        ),
        Setting(
            name="practitioner",
            kind=kinds.TEXT,
            default='""',
            sentence="The category that gets the practitioner. Empty is off",
            example='"Practitioner"',
        ),
        Setting(
            name="create_options",
            kind=kinds.FLAG,
            default="false",
            sentence="Adds missing options, such as a new practitioner; one that was renamed there is used under its "
            "new name. Needs the wider scope `accounting.settings`",
            mistake="Switching it on without giving $books_title's consent again",
        ),
    ),
)

PAYMENTS = Section(
    name="payments",
    record=model.PaymentsSection,
    settings=(
        Setting(
            name="source",
            kind=kinds.choice(model.PaymentSource),
            default='"inferred"',
            sentence='"inferred": an invoice marked as paid gets one payment. "off": payments are entered by'
            ' hand. "report" is **later**, and refused until then',
        ),
        Setting(
            name="account",
            kind=kinds.TEXT,
            default='""',
            sentence="**Needed** unless off. The code of the clearing account",
            example='"090"',
            mistake="The real bank account: the bank feed brings the same money again",
        ),
        Setting(
            name="methods",
            kind=kinds.CODES,
            default="",
            sentence="**Later**, for `report`: the clearing account of each payment method",
            example='"HICAPS" = "091"',
            is_table=True,
        ),
    ),
)

SECTIONS = (CLINIC, INVOICES, ACCOUNTS, TRACKING, PAYMENTS)
