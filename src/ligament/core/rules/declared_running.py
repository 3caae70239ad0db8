"""Settings of what runs by itself: how often, what is compared, kept and told, and to whom."""

from __future__ import annotations

from ligament.core.rules import kinds, model
from ligament.core.rules.settings import Section, Setting, Systems

_HOURS = (
    Setting(
        name="poll_seconds",
        kind=kinds.whole(5, 86_400),
        default="30",
        sentence="The pause between two looks at both systems of a running service, while the clinic is open",
        mistake="Expecting 5 to be kept: reading stays within a tenth of the limit of $practice_title, so that"
        " it is about eleven",
    ),
    Setting(
        name="open_from",
        kind=kinds.OPENS_AT,
        default='"07:00"',
        sentence="When the clinic opens, by its own clock; while it is closed a running service looks a quarter"
        " as often, but every five minutes at least",
    ),
    Setting(
        name="open_until",
        kind=kinds.CLOSES_AT,
        default='"20:00"',
        sentence="When it closes",
        mistake="Leaving it at that with an evening practice: what happens after eight arrives later",
    ),
    Setting(
        name="open_days",
        kind=kinds.WEEK_DAYS,
        default='["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]',
        sentence="On which days it is open",
        example='["monday", "tuesday"]',
        mistake="Opening on Sundays and not saying so",
    ),
    Setting(
        name="reconcile_daily_at",
        kind=kinds.CLOCK_TIME,
        default='"02:00"',
        sentence="When both systems are compared each day, by the clinic's clock",
    ),
    Setting(
        name="reconcile_weekly_on",
        kind=kinds.WEEK_DAY,
        default='"sunday"',
        sentence="On which day the larger comparison of the week is made",
    ),
)


def _sync(books: str) -> Section:
    limits = (
        Setting(
            name=f"{books}_daily_calls",
            field="daily_calls",
            kind=kinds.whole(20, 10**7),
            default="1000",
            sentence="How many calls a day $books_title allows this app for each organisation",
            mistake="More than the plan of your developer account allows",
        ),
        Setting(
            name=f"{books}_reserve",
            field="reserve",
            kind=kinds.FRACTION,
            default="0.1",
            sentence="Which share of them is kept for people",
            mistake="`0`: nothing is left for a look at noon",
        ),
    )
    return Section(name="sync", record=model.SyncSection, settings=(*_HOURS, *limits))


RECONCILE = Section(
    name="reconcile",
    record=model.ReconcileSection,
    settings=(
        Setting(
            name="send",
            kind=kinds.choice(model.SendReport),
            default='"when_needed"',
            sentence='Whether the report of a comparison is sent by the alerts: "when_needed" (something new needs'
            ' a person), "always" or "never"',
        ),
        Setting(
            name="formats",
            kind=kinds.words(("xlsx", "pdf", "html", "csv", "json"), '["xlsx", "pdf"]'),
            default='["xlsx", "pdf"]',
            sentence="The files that are sent with it",
        ),
    ),
)

JOURNAL = Section(
    name="journal",
    record=model.JournalSection,
    settings=(
        Setting(
            name="keep_years",
            kind=kinds.whole(7, 100),
            default="7",
            sentence="How many years the history is kept, seven at least. So far nothing of it is ever removed",
            mistake="Fewer than the law of your country wants for health and tax records",
        ),
    ),
)


def _audience(name: str) -> Section:
    return Section(
        name=name,
        record=model.AudienceSection,
        settings=(
            Setting(
                name="audience",
                kind=kinds.TEXT,
                default='""',
                sentence="The mailing list that recalls go to, by name or id. It may be left out when there is one",
                example='"Clinic news"',
            ),
        ),
    )


HOOKS = Section(
    name="hooks",
    record=model.HooksSection,
    settings=(
        Setting(
            name="allow_private",
            kind=kinds.NETWORKS,
            default="[]",
            sentence="Addresses or networks that webhooks may reach although they are private",
            example='["192.168.1.20", "10.0.0.0/24"]',
            mistake="A whole network where one address would do",
        ),
        Setting(
            name="retry_seconds",
            kind=kinds.PAUSES,
            default="[5, 30, 300, 1800, 7200, 21600, 43200, 86400, 86400]",
            sentence="The pauses before a webhook that was not taken is tried again",
        ),
    ),
)

ALERTS = Section(
    name="alerts",
    record=model.AlertsSection,
    settings=(
        Setting(
            name="urls",
            kind=kinds.ADDRESSES,
            default="[]",
            sentence="Where messages go: one address for each mailbox, chat or telephone, in the form of Apprise;"
            " secrets as `$${NAME}` from the environment",
            example='["mailtos://desk:$${MAIL_PASSWORD}@clinic.example"]',
            mistake="A password in the file",
        ),
        Setting(
            name="people",
            kind=kinds.PEOPLE,
            default="",
            sentence="Where messages for one person of the dashboard go, by the e-mail address that they sign in with;"
            " when something waits for a yes, they get a link that answers it",
            example='"kim@clinic.example" = "mailtos://desk:$${MAIL_PASSWORD}@clinic.example?to=kim@clinic.example"',
            mistake="A mailbox that several people read: whoever opens the link answers as that person",
            is_table=True,
        ),
        Setting(
            name="quiet_hours",
            kind=kinds.SPAN,
            default='"20:00-07:00"',
            sentence='When nothing is sent, by the clinic\'s clock; it is sent afterwards. "" is never quiet',
            mistake='`"20-7"`: write hours and minutes',
        ),
        Setting(
            name="digest_at",
            kind=kinds.DIGEST_AT,
            default='"08:00"',
            sentence="When the daily summary of lesser things is sent, if there are any",
        ),
        Setting(
            name="link",
            kind=kinds.LINK,
            default='""',
            sentence="Where your pages are; messages end with this link",
            example='"https://ligament.clinic.example"',
            mistake="An address that only the server itself can reach",
        ),
    ),
)


def sections(systems: Systems) -> tuple[Section, ...]:
    """Return the sections about running; some of their names are those of the systems."""
    audience = (_audience(systems.audience),) if systems.audience else ()
    return (_sync(systems.books), RECONCILE, JOURNAL, *audience, HOOKS, ALERTS)
