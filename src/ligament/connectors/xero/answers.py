"""What became of each element of a write, judged one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ligament.connectors.xero import errors, mapping, wire
from ligament.connectors.xero.currency import BooksCurrency
from ligament.connectors.xero.guarding import in_own_currency
from ligament.connectors.xero.wire_forms import Judged
from ligament.core.ledgers import DocumentKind
from ligament.core.writes import ElementResult, ElementVerdict, RefusalCode, Verb, Written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ligament.core.writes import PreparedCall
    from ligament.net.session import Reply

_OK: Final = 200
_BAD_REQUEST: Final = 400
_SAVED = frozenset({"OK", "WARNING"})
_CONTACTS = frozenset({Verb.CREATE_CONTACTS, Verb.UPDATE_CONTACTS})
_INVOICES = frozenset({Verb.CREATE_INVOICES, Verb.UPDATE_INVOICES})
_NOTES = frozenset({Verb.CREATE_CREDIT_NOTES, Verb.UPDATE_CREDIT_NOTES})
_AIMED = frozenset({
    Verb.UPDATE_CONTACTS, Verb.UPDATE_INVOICES, Verb.UPDATE_CREDIT_NOTES, Verb.ALLOCATE, Verb.UNPAY, Verb.ADD_OPTION,
    Verb.JOIN_GROUP,
})  # fmt: skip
_GONE = "The record was not found."


def judge(call: PreparedCall, reply: Reply, base: BooksCurrency | None = None) -> tuple[ElementResult, ...]:
    """Return a result per element in the order of the call; raises the five port errors for the call as a whole."""
    if call.verb is Verb.LEAVE_GROUP and (_OK <= reply.status < 300 or reply.status == errors.NOT_FOUND):  # noqa: PLR2004
        # The answer has no body; where contact or group is not there, nobody is in it any more.
        return (ElementResult(verdict=ElementVerdict.DONE),)
    if call.verb is Verb.DEALLOCATE and (_OK <= reply.status < 300 or reply.status == errors.NOT_FOUND):  # noqa: PLR2004
        # Where that use of the credit is not there, nothing is used any more.
        return (ElementResult(verdict=ElementVerdict.DONE),)
    if reply.status == _OK:
        return _judge_envelope(call, reply, base or BooksCurrency())
    if reply.status == _BAD_REQUEST:
        return _judge_refusal(call, reply)
    if reply.status == errors.NOT_FOUND and call.verb in _AIMED:
        gone = ElementResult(verdict=ElementVerdict.REFUSED, refusals=(_GONE,), code=RefusalCode.NOT_FOUND)
        return (gone,) * call.elements
    if _OK < reply.status < 300:  # noqa: PLR2004 - success in another form than the one described
        raise errors.unclear(reply, "success without an answer we know")
    raise errors.trouble_of_write(reply, call.target)


def _judge_envelope(call: PreparedCall, reply: Reply, base: BooksCurrency) -> tuple[ElementResult, ...]:
    try:
        rows = _rows(call.verb, wire.decode(reply.body, wire.Envelope))
        if call.verb is Verb.ADD_OPTION:
            rows = _own_option(call, rows)
        if len(rows) != call.elements:
            raise errors.unclear(reply, f"{len(rows)} elements for {call.elements}")
        personal = _personal(call)
        return tuple(_judge(call.verb, row, personal, reply, base) for row in _in_order(call, rows, reply))
    except wire.Unreadable as trouble:
        raise errors.unclear(reply, str(trouble)) from None


def _judge_refusal(call: PreparedCall, reply: Reply) -> tuple[ElementResult, ...]:
    fault = errors.fault_of(reply)
    if errors.is_misused_key(fault):
        raise errors.trouble_of_body(reply, fault)
    personal = _personal(call)
    told = [errors.messages_of(element) for element in fault.elements]
    if len(told) == call.elements and all(told):
        return tuple(_refused(messages, (), personal) for messages in told)
    if call.elements == 1:
        words = tuple(text for messages in told for text in messages)
        return (_refused(words or (fault.message or fault.detail or "No reason was given.",), (), personal),)
    if told or not fault.type:
        # A summary lists only the bad elements, although the good ones may have been saved (facts 0.3).
        raise errors.unclear(reply, "a refusal that does not speak of every element")
    raise errors.trouble_of_body(reply, fault)


def _judge(verb: Verb, row: Judged, personal: Sequence[str], reply: Reply, base: BooksCurrency) -> ElementResult:
    warnings = tuple(errors.scrubbed(text, personal) for text in errors.warnings_of(row))
    if not _is_saved(row):
        words = errors.messages_of(row) or ("No reason was given.",)
        return _refused(words, warnings, personal)
    return ElementResult(verdict=ElementVerdict.DONE, result=_result(verb, row, reply, base), warnings=warnings)


def _is_saved(row: Judged) -> bool:
    if row.status_attribute_string:
        return row.status_attribute_string.upper() in _SAVED
    return not (row.has_errors or row.has_validation_errors or row.validation_errors)


def _refused(words: Sequence[str], warnings: tuple[str, ...], personal: Sequence[str]) -> ElementResult:
    return ElementResult(
        verdict=ElementVerdict.REFUSED,
        refusals=tuple(errors.scrubbed(text, personal) for text in words),
        warnings=warnings,
        code=errors.code_of(words),
    )


def _result(verb: Verb, row: Judged, reply: Reply, base: BooksCurrency) -> Written:
    saved: Written
    match row:
        case wire.Contact() if verb is Verb.JOIN_GROUP and not wire.is_zero(row.contact_id):
            # Of a member only the id is told.
            saved = None
        case wire.Contact() if not wire.is_zero(row.contact_id):
            saved = mapping.contact(row)
        case wire.ContactGroup() if not wire.is_zero(row.contact_group_id):
            saved = mapping.group(row)
        case wire.Document() if verb in _INVOICES and not wire.is_zero(row.invoice_id):
            saved = in_own_currency(row, DocumentKind.INVOICE, base)
        case wire.Document() if verb in _NOTES and not wire.is_zero(row.credit_note_id):
            saved = in_own_currency(row, DocumentKind.CREDIT_NOTE, base)
        case wire.Payment() if not wire.is_zero(row.payment_id):
            if (row.status == "DELETED") != (verb is Verb.UNPAY):
                raise errors.unclear(reply, "a payment in a state that was not asked for")
            saved = mapping.payment(row)
        case wire.Allocation():
            saved = None
        case wire.TrackingOption() if not wire.is_zero(row.tracking_option_id):
            saved = mapping.option(row)
        case _:
            raise errors.unclear(reply, "an element said to be saved, without an id")
    return saved


def _rows(verb: Verb, envelope: wire.Envelope) -> tuple[Judged, ...]:
    if verb in _CONTACTS:
        return envelope.contacts
    if verb in _INVOICES:
        return envelope.invoices
    if verb in _NOTES:
        return envelope.credit_notes
    return {
        Verb.PAY: envelope.payments,
        Verb.UNPAY: envelope.payments,
        Verb.ALLOCATE: envelope.allocations,
        Verb.ADD_OPTION: envelope.options,
        Verb.ADD_GROUP: envelope.contact_groups,
        Verb.JOIN_GROUP: envelope.contacts,
    }.get(verb, ())


def _own_option(call: PreparedCall, rows: tuple[Judged, ...]) -> tuple[Judged, ...]:
    # The published description speaks of an array of options of the category: ours is found by its name.
    wanted = wire.decode(call.body, wire.TrackingOption).name.strip().casefold()
    named = [row for row in rows if isinstance(row, wire.TrackingOption) and row.name.strip().casefold() == wanted]
    return tuple(named[:1]) if named else rows


def _in_order(call: PreparedCall, rows: tuple[Judged, ...], reply: Reply) -> list[Judged]:
    """Return the rows in the order of the request: by key where the echo has one, else by position (facts 3.4)."""
    asked = _rows(call.verb, wire.decode(call.body, wire.Envelope))
    if len(asked) != call.elements:
        return list(rows)
    left = list(rows)
    found: list[Judged | None] = []
    for element in asked:
        match = next((row for row in left if _keys(element) & _keys(row)), None)
        if match is not None:
            left.remove(match)
        found.append(match)
    for position, element in enumerate(asked):
        if found[position] is None:
            row = left.pop(0)
            if _is_saved(row) and _names(element) and _names(row) and not _names(element) & _names(row):
                raise errors.unclear(reply, "an element that we did not send")
            found[position] = row
    return [row for row in found if row is not None]


def _keys(row: Judged) -> frozenset[str]:
    """Return what tells the element from others of the same call."""
    if isinstance(row, wire.Payment):
        return frozenset(f"{name} {row.reference} {mapping.plain_amount(row.amount)}" for name in _names(row))
    if isinstance(row, wire.Allocation):
        return frozenset(f"{name} {mapping.plain_amount(row.amount)}" for name in _names(row))
    return _names(row)


def _names(row: Judged) -> frozenset[str]:
    """Return the ids and numbers by which the element, or the document it belongs to, is known."""
    names: tuple[str, ...]
    match row:
        case wire.Contact():
            names = (row.contact_id, row.contact_number)
        case wire.Document() if row.credit_note_id or row.credit_note_number:
            names = (row.credit_note_id, row.credit_note_number)
        case wire.Document():
            names = (row.invoice_id, row.invoice_number)
        case wire.Payment() | wire.Allocation():
            held = (row.invoice, row.credit_note if isinstance(row, wire.Payment) else None)
            names = tuple(name for ref in held if ref for name in (ref.invoice_id, ref.credit_note_id))
        case _:
            names = ()
    return frozenset(name.casefold() for name in names if not wire.is_zero(name))


def _personal(call: PreparedCall) -> tuple[str, ...]:
    """Return the personal values in the request, so that an echo of them can be taken out of a message."""
    if call.verb is Verb.ADD_GROUP:
        return tuple(group.name for group in wire.decode(call.body, wire.Envelope).contact_groups)
    if call.verb not in _CONTACTS:
        return ()
    values: list[str] = []
    for contact in wire.decode(call.body, wire.Envelope).contacts:
        values += [contact.name, contact.first_name, contact.last_name, contact.email_address]
        values += [phone.phone_number for phone in contact.phones]
        for address in contact.addresses:
            values += [address.address_line1, address.address_line2, address.address_line3, address.address_line4]
    return tuple(value for value in values if value)
