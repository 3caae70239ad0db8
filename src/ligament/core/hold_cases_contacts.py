"""What waits about contacts and mapping: each code once, with all that a person needs to know."""

from __future__ import annotations

from ligament.core.hold_case import (
    APPROVE,
    BOOKS,
    DISMISS,
    MAP,
    PRACTICE,
    SAME,
    SEPARATE,
    HoldCase,
)
from ligament.core.holds import HoldCode

CONTACTS = (
    HoldCase(
        code=HoldCode.SAME_EMAIL_OTHER_NAME,
        title="Same e-mail, other name",
        happened="A free contact in $books_title has the same e-mail under another name. Families often share one",
        todo="Look at both: `holds show` shows them",
        clears="When one of the e-mails changes",
        approve="Links the patient with that contact",
        dismiss="`--as separate`, or dismiss: makes a contact of its own",
        advice=SAME,
        answers=(APPROVE, SEPARATE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.PROBABLY_SAME_PERSON,
        title="Probably the same person",
        happened="A contact has the same name and the same phone or address; or several have this e-mail and name",
        todo="Look at both: `holds show` shows them",
        clears="When the details differ",
        approve="Links with the contact shown first",
        dismiss="`--as separate`, or dismiss: makes a contact of its own",
        advice=SAME,
        answers=(APPROVE, SEPARATE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.CONTACT_ARCHIVED,
        title="The contact is archived",
        happened="The contact is archived in $books_title, and $books_title lets nobody write on it",
        todo="Restore it in $books_title",
        clears="Yes, once restored",
        dismiss="Off the list, but its invoices go on waiting. Restore it, or dismiss the invoices too",
    ),
    HoldCase(
        code=HoldCode.FIELD_CONFLICT,
        title="Not the same on both sides",
        happened="A field was changed in both systems, or never was the same, and its rule is `ask`; or the "
        "contact was merged in $books_title into another one, whose details are not the patient's",
        todo="Choose",
        clears="When both say the same",
        approve="Takes $practice_title's value, as does `--as practice`",
        dismiss="`holds show` shows both values, when each side changed and who changed it in $books_title "
        "($practice_title does not say who); `--as books` takes $books_title's value; dismiss leaves "
        "both as they are",
        advice="Say for each whose value counts.",
        answers=(APPROVE, PRACTICE, BOOKS, DISMISS),
    ),
    HoldCase(
        code=HoldCode.PAYER_UNKNOWN,
        title="The payer is not known",
        happened="The first line of the invoice's addressee is neither the patient nor a payer (asked only with "
        '`payer_unknown = "ask"`), or two payers have that name',
        todo="Correct the addressee, add the payer, or rename one of two",
        approve="Bills the patient. No effect when two payers share the name",
        dismiss="Leaves the invoice out",
        answers=(APPROVE, DISMISS),
    ),
    HoldCase(
        code=HoldCode.NO_PARTY,
        title="Nobody to bill",
        happened="Nobody can be billed: the patient was deleted, or a pooled invoice names no location",
        todo="Set the patient or business in $practice_title",
        dismiss="Leaves it out; post it by hand if it belongs in the books",
    ),
    HoldCase(
        code=HoldCode.UNMAPPED_CONTACT,
        title="A rule names a contact that is missing",
        happened="A rule bills a payer that $practice_title does not have",
        todo="Correct the rule or add the payer",
        advice=MAP,
    ),
)
MAPPING = (
    HoldCase(
        code=HoldCode.UNMAPPED_ITEM,
        title="Items without an account",
        happened="No account is chosen for an item, or an earlier release erased its name with the patient and no code "
        "says which it has",
        todo="Add it under `[accounts.items]`, or set a default",
        advice=MAP,
    ),
    HoldCase(
        code=HoldCode.UNMAPPED_ACCOUNT,
        title="Accounts that cannot be used",
        happened="The chosen account is missing, archived or a bank account; or the clearing account takes no "
        "payments; or there is no rounding account",
        todo="Choose another account, or restore it in $books_title",
        dismiss="Leaves the invoice or payment out",
        advice=MAP,
    ),
    HoldCase(
        code=HoldCode.UNMAPPED_TAX,
        title="Taxes without a tax type",
        happened="No tax type is chosen; or it is archived, has another rate, or cannot be used with the account",
        todo="Add it under `[taxes]`, or correct the account",
        advice=MAP,
    ),
    HoldCase(
        code=HoldCode.UNMAPPED_TRACKING,
        title="Tracking that is missing",
        happened="The tracking category or option does not exist, or the option is archived",
        todo="Add or restore it in $books_title, or set `create_options = true`; one that is archived is "
        "never made a second time",
        advice=MAP,
    ),
    HoldCase(
        code=HoldCode.UNMAPPED_GROUP,
        title="A contact group that is missing",
        happened="A rule or a custom field names a contact group that $books_title does not have; invoices go on "
        "meanwhile",
        todo="Make it in $books_title, or set `create_groups = true`",
        dismiss="Leaves the contact out of it",
        advice=MAP,
    ),
    HoldCase(
        code=HoldCode.NOT_REGISTERED_FOR_GST,
        title="Tax, but no registration for it",
        happened="A line carries GST, but the $books_title organisation is not registered",
        todo="Take the tax off in $practice_title, or correct the registration in $books_title",
    ),
)
