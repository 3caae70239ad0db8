"""Settings of contacts and of what is asked before it is done."""

from __future__ import annotations

from ligament.core.rules import kinds, model
from ligament.core.rules.settings import Section, Setting, Systems

_MERGES = "A field won by one side flows only from it"


def _wins(systems: Systems) -> Section:
    kind = kinds.one_of(
        {
            systems.practice: model.Winner.PRACTICE,
            systems.books: model.Winner.BOOKS,
            "newest": model.Winner.NEWEST,
            "ask": model.Winner.ASK,
        }
    )
    practice = f'"{systems.practice}"'
    told = f'"{systems.practice}", "{systems.books}", "newest" (the later change) or "ask" (a hold)'
    fields = {"name": practice, "email": '"newest"', "phones": '"newest"', "address": '"newest"'}
    return Section(
        name="contacts.wins",
        record=dict,
        settings=tuple(
            Setting(name=name, kind=kind, default=default, sentence=f"Who wins the {word} when both changed it: {told}")
            for (name, default), word in zip(
                fields.items(), ("name", "e-mail address", "telephone numbers", "address"), strict=True
            )
        ),
        note=_MERGES,
    )


_CUSTOM = (
    ("account_number", "the contact's account number", '"a1b2c3"'),
    ("tax_number", "its tax number, such as the ABN", ""),
    ("company_number", "its company number", ""),
    ("contact_group", "a contact group: what stands in the field is the group's name", ""),
)
CUSTOM_FIELDS = Section(
    name="contacts.custom_fields",
    record=dict,
    settings=tuple(
        Setting(
            name=name,
            kind=kinds.TRIMMED,
            default='""',
            sentence=f"The token of the custom field of $practice_title that becomes {what} in $books_title",
            example=example,
        )
        for name, what, example in _CUSTOM
    ),
)

CONTACTS = Section(
    name="contacts",
    record=model.ContactsSection,
    settings=(
        Setting(
            name="privacy",
            kind=kinds.choice(model.Privacy),
            default='"full"',
            sentence='How much of a patient $books_title gets: "full", "name", "initials", "code" (no name at all) or'
            ' "pooled" (one contact for each location)',
            mistake="Turning it up later: names then reach $books_title for everybody",
        ),
        Setting(
            name="privacy_payer",
            kind=kinds.choice(model.Privacy),
            default='"full"',
            sentence="The same for insurers and other payers",
            mistake="Coding payers, who then cannot be told apart on statements",
        ),
        Setting(
            name="two_way",
            kind=kinds.FLAG,
            default="true",
            sentence="Changes of name, e-mail, telephone and address made in $books_title go to $practice_title too",
            mistake="`true` with an API user who may not edit patients",
        ),
        Setting(
            name="create",
            kind=kinds.choice(model.CreateContacts),
            default='"all"',
            sentence='Who gets a contact: "all" active patients, or "on_document", those with a first invoice',
            example='"on_document"',
            mistake="`all` with 20,000 old patients nobody will bill again",
        ),
        Setting(
            name="archive_contacts",
            kind=kinds.FLAG,
            default="true",
            sentence="Archives the contact of an archived or merged patient when nothing is owed",
        ),
        Setting(
            name="payer_unknown",
            kind=kinds.choice(model.PayerUnknown),
            default='"patient"',
            sentence='An invoice addressed to nobody known: bill the "patient", or "ask"',
            example='"ask"',
            mistake='`"patient"` for a clinic that bills insurers by hand-typed names',
        ),
        Setting(
            name="write_old_reference_id",
            field="write_foreign_reference",
            kind=kinds.FLAG,
            default="false",
            sentence="Writes the contact's id into the patient's old reference where that is empty; with"
            ' `privacy = "full"` only',
            mistake="`true` while another program uses that field",
        ),
        Setting(
            name="name_likeness",
            kind=kinds.FRACTION,
            default="0.9",
            sentence="How alike two names must be, from 0 to 1, to take over a contact with the same e-mail",
            mistake="`0.5`: couples become one person",
        ),
        Setting(
            name="create_groups",
            kind=kinds.FLAG,
            default="false",
            sentence="Makes a contact group in $books_title that is named in this file and missing there",
        ),
    ),
)

_ASKS = '"auto" does it, "ask" waits for a yes, "ask above 500.00" waits for larger amounts only'


def _policy(name: str, default: str, sentence: str, mistake: str = "") -> Setting:
    return Setting(name=name, kind=kinds.POLICY, default=default, sentence=sentence, mistake=mistake)


APPROVAL = Section(
    name="approval",
    record=model.ApprovalSection,
    note=_ASKS,
    settings=(
        _policy("first_run", '"ask"', "Everything in the first run", "`auto` before anybody has read a plan"),
        _policy("create", '"auto"', "New invoices, credit notes and tracking options"),
        _policy("update", '"auto"', "Changes to documents that are there"),
        _policy("payment", '"auto"', "Payments, taking ours back, and using credit"),
        _policy(
            "void",
            '"ask"',
            "Voids, and deleting drafts",
            "`auto`: one archived batch in $practice_title then empties a month in $books_title",
        ),
        _policy(
            "contact",
            '"auto"',
            "Contacts: making, changing, archiving, and writing back to $practice_title",
            '`"ask above ..."`: contacts have no amount, so it never asks',
        ),
        _policy(
            "fix",
            '"ask"',
            "Mending what a comparison found",
            "`auto` before you have read a comparison: what a person changed in $books_title on purpose is put back",
        ),
        _policy("undo", '"ask"', "Taking back what a run posted"),
        Setting(
            name="max_existing_changes",
            kind=kinds.whole(),
            default="100",
            sentence="A plan that changes more existing records than this asks for all of them",
            mistake='A very high number "to be left in peace"',
        ),
        Setting(
            name="four_eyes",
            kind=kinds.words(tuple(model.APPROVAL_KINDS), '["void", "undo", "fix"]'),
            default="[]",
            sentence="The kinds of action that need a second person: the one who approved first is not enough",
            example='["void", "undo", "fix"]',
            mistake="Naming a kind in a clinic where only one person can approve",
        ),
        Setting(
            name="expire_days",
            kind=kinds.whole(1, 3650),
            default="14",
            sentence="An approval that was not used ends after so many days",
        ),
        Setting(
            name="remind_hours",
            kind=kinds.whole(0, 8760),
            default="24",
            sentence="Whoever can approve is reminded once of what has waited for so many hours; 0 is never",
        ),
        Setting(
            name="link_hours",
            kind=kinds.whole(1, 720),
            default="72",
            sentence="For so many hours the link in a message to one of the `people` under `[alerts]` works, once",
        ),
        Setting(
            name="link_limit",
            kind=kinds.AMOUNT,
            default="500.00",
            sentence="Above this amount in all, and for voids and undos, such a link still asks for sign-in",
            mistake="A very high amount: whoever reads that mailbox can then approve it",
        ),
    ),
)


def sections(systems: Systems) -> tuple[Section, ...]:
    """Return the sections about people; some of their words are the names of the systems."""
    return (CONTACTS, _wins(systems), CUSTOM_FIELDS, APPROVAL)
