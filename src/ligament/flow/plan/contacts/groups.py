"""Planning contact groups: who is put into one, who leaves one that we put them into, and which one is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from ligament.core.billing import Bill
from ligament.core.contacts import contact_number
from ligament.core.drafting import invoice_subject, visit_subject
from ligament.core.folding import folded
from ligament.core.groups import GroupRules, Wish, group_rules, record_wishes, uses_groups
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.ids import BooksId
from ligament.core.intents import Subject, SubjectKind, subject_from_key
from ligament.core.ledgers import BooksContact, ContactGroup, ContactStatus
from ligament.core.links import AgreedFields, ContactLink, Membership, Reason
from ligament.core.plans import Action, ActionKind, ContactStep, GroupStep, State
from ligament.core.private import Private
from ligament.core.records import Invoice, Party
from ligament.core.writes import ContactWrite
from ligament.flow.plan.builder import PlanBuilder, contact_outcome, refusal_hold
from ligament.flow.plan.rulings import ruling_for


@dataclass(slots=True, kw_only=True)
class _Membership:
    """One contact while its groups are decided; `link` and `contact` are None for one that this plan creates."""

    subject: Subject
    party: Party
    link: ContactLink | None
    contact: BooksContact | None
    wishes: dict[str, Wish] = field(default_factory=dict)
    undecided: set[str] = field(default_factory=set)

    @property
    def ours(self) -> tuple[Membership, ...]:
        """Return the groups that we put the contact into."""
        return _ours(self.link) if self.link is not None else ()

    @property
    def number(self) -> str:
        """Return the contact's number, for people."""
        theirs = self.contact.number if self.contact is not None else ""
        return self.link.number if self.link is not None else theirs or contact_number(self.subject)


def _ours(link: ContactLink) -> tuple[Membership, ...]:
    return link.agreed.groups or ()


def plan_groups(builder: PlanBuilder, invoices: list[Invoice]) -> None:
    """Plan the contact groups of everybody whose contact is settled; contacts and documents are planned before."""
    if not uses_groups(builder.rulebook) and not any(_ours(link) for link in builder.facts.contact_links.values()):
        return
    rules = group_rules(builder.rulebook)
    billed = _billed_into(builder, invoices, rules)
    for key in builder.contacts:
        party = builder.facts.parties.get(key)
        if party is not None:
            builder.guard(subject_from_key(key), partial(_plan_seat, builder, key, party, rules, billed))


def _plan_seat(
    builder: PlanBuilder, key: str, party: Party, rules: GroupRules, billed: Mapping[str, list[Wish]]
) -> None:
    ruling = builder.contact_rulings.get(key)
    seat = _seat(builder, key, party if ruling is None else ruling.party)
    if seat is None:
        return
    for wish in record_wishes(seat.party, builder.rulebook, rules, builder.around.evaluate, builder.around.express):
        if isinstance(wish, Wish):
            seat.wishes[wish.key] = wish
        else:
            seat.undecided.add(wish)
    for wish in billed.get(key, ()):
        seat.wishes.setdefault(wish.key, wish)
    if seat.wishes:
        _join(builder, seat)
    if seat.ours:
        _leave(builder, seat, rules)


def _seat(builder: PlanBuilder, key: str, party: Party) -> _Membership | None:
    """Return the contact of a party, or nothing where its groups are left as they are: archived, merged or gone."""
    if party.removed_at is not None or party.merged_into is not None or party.deleted:
        return None
    contact_id = builder.contacts[key]
    contact = builder.facts.contacts.get(contact_id) if contact_id is not None else None
    if contact_id is not None and (contact is None or contact.status is not ContactStatus.ACTIVE):
        return None
    link = builder.facts.contact_links.get(key)
    known = link if link is not None and link.contact_id == contact_id else None
    kind, _, identifier = key.partition(":")
    subject = Subject(kind=SubjectKind(kind), id=identifier)
    return _Membership(subject=subject, party=party, link=known, contact=contact)


def _billed_into(builder: PlanBuilder, invoices: list[Invoice], rules: GroupRules) -> dict[str, list[Wish]]:
    """Return the groups that documents put the contacts into that they are billed to."""
    found: dict[str, list[Wish]] = {}
    for invoice in invoices if rules.documents else ():
        if invoice.removed_at is not None or invoice.defect:
            continue
        ruling = ruling_for(builder, invoice)
        is_posted = bool(_links(builder, invoice))
        if not ruling.groups or ruling.skipped_by or (not is_posted and (ruling.stop or ruling.ask)):
            continue
        wishes = [Wish(name=Private(name), reason=Reason.DOCUMENT) for name in ruling.groups]
        found.setdefault(_billed_to(builder, invoice), []).extend(wishes)
    return found


def _links(builder: PlanBuilder, invoice: Invoice) -> tuple[str, ...]:
    links = builder.facts.document_links.get(_subject(builder, invoice).key, ())
    return tuple(link.sent.party.key if link.sent is not None else "" for link in links)


def _billed_to(builder: PlanBuilder, invoice: Invoice) -> str:
    bill = builder.bills.get(_subject(builder, invoice).key)
    if isinstance(bill, Bill):
        return bill.subject.key
    return next((key for key in _links(builder, invoice) if key), "")


def _subject(builder: PlanBuilder, invoice: Invoice) -> Subject:
    return invoice_subject(invoice) if invoice.id in builder.facts.invoices else visit_subject(invoice.id)


def _join(builder: PlanBuilder, seat: _Membership) -> None:
    if builder.facts.chart.groups is None:
        # The groups of the books are read before anything is written, and this is planned again then.
        return
    missing: list[Wish] = []
    ours = {folded(held.name.reveal()) for held in seat.ours} | {held.group_id for held in seat.ours}
    there = {group.id for group in builder.facts.chart.groups if group.active}
    for wish in seat.wishes.values():
        group = builder.facts.chart.group(wish.name.reveal())
        if group is None and builder.rulebook.contacts.create_groups:
            # Made once more under its old name, it would stand beside the one that people renamed.
            group = builder.facts.chart.renamed_group(wish.name.reveal())
        # A group of ours that people renamed in the books is still that group.
        renamed = any(folded(held.name.reveal()) == wish.key and held.group_id in there for held in seat.ours)
        if renamed or (group is not None and group.id in ours) or _is_member(seat, group):
            continue
        if group is None and not builder.rulebook.contacts.create_groups:
            missing.append(wish)
            continue
        _act(builder, seat, _joining(seat, wish, group), () if group is not None else (_making(wish),))
    if missing:
        _hold(builder, seat, _missing(builder, seat, missing))


def _is_member(seat: _Membership, group: ContactGroup | None) -> bool:
    """Say whether a person put the contact into the group: then it is theirs, and we neither write nor remove it."""
    return group is not None and seat.contact is not None and group.id in seat.contact.groups


def _joining(seat: _Membership, wish: Wish, group: ContactGroup | None) -> Action:
    step = GroupStep(
        name=wish.name,
        group_id=group.id if group is not None else None,
        contact_id=seat.contact.id if seat.contact is not None else None,
        reason=wish.reason,
    )
    return Action(
        kind=ActionKind.JOIN_GROUP,
        subject=seat.subject,
        number=seat.number,
        sentence=f"Put the contact {seat.number} into {_called(wish)}.",
        existing=seat.contact is not None,
        group=step,
        trail=(f'The rule "{wish.rule}" applies.',) if wish.rule else (),
    )


def _called(wish: Wish) -> str:
    """Return how a group is spoken of: by the rulebook's word, never by what a patient's field says."""
    if _by_field(wish):
        return "the contact group that a custom field names"
    return f'the contact group "{wish.name.reveal()}"'


def _by_field(wish: Wish) -> bool:
    return wish.reason is Reason.RECORD and not wish.rule


def _making(wish: Wish) -> Action:
    step = GroupStep(name=wish.name)
    return Action(
        kind=ActionKind.ADD_GROUP,
        subject=Subject(kind=SubjectKind.CLINIC, id=f"group/{step.mark}"),
        sentence=f"Make {_called(wish)}.",
        group=step,
    )


def _act(builder: PlanBuilder, seat: _Membership, action: Action, first: tuple[Action, ...] = ()) -> None:
    """Plan an action with what it needs before, or hold the contact where one of them was refused in this form."""
    for wanted in (*first, action):
        hold = refusal_hold(builder, wanted, HoldKind.CONTACT, seat.number)
        if hold is not None:
            # The contact waits, though it was its group that was refused: to try again means to send both.
            detail = {**hold.detail, "refused": wanted.subject.key}
            _hold(builder, seat, replace(hold, subject=seat.subject, detail=detail))
            return
    for wanted in first:
        if wanted.key not in builder.groups:
            builder.groups.add(wanted.key)
            builder.act(wanted)
    builder.act(action)
    builder.outcome(contact_outcome(seat.subject, State.PLANNED))


def _hold(builder: PlanBuilder, seat: _Membership, hold: Hold) -> None:
    """Hold the contact for its group only: its documents go on."""
    builder.hold(hold)
    builder.outcome(contact_outcome(seat.subject, State.HELD, hold.code.value))


def _missing(builder: PlanBuilder, seat: _Membership, wishes: list[Wish]) -> Hold:
    books = builder.around.books_title
    named = ", ".join(f'"{wish.name.reveal()}"' for wish in wishes if not _by_field(wish))
    sentence = f"{books} has no contact group {named}." if named else ""
    if any(_by_field(wish) for wish in wishes):
        sentence = f"{sentence} {books} has no contact group of the name that stands in the custom field.".strip()
    return Hold(
        subject=seat.subject,
        code=HoldCode.UNMAPPED_GROUP,
        kind=HoldKind.CONTACT,
        number=seat.number,
        sentence=sentence,
        todo=f"Make it in {books}, or set create_groups = true under [contacts]; this goes on by itself then.",
        detail={"shown": ",".join(sorted(GroupStep(name=wish.name).mark for wish in wishes))},
    )


# --- leaving ---------------------------------------------------------------------------------------------------------


def _leave(builder: PlanBuilder, seat: _Membership, rules: GroupRules) -> None:
    """Take the contact out of groups that we put it into and that nothing speaks for any more."""
    by_document = rules.names_for_documents()
    gone: list[Membership] = []
    for held in seat.ours:
        name = folded(held.name.reveal())
        stays = held.reason is Reason.DOCUMENT and name in by_document
        if name in seat.wishes or name in seat.undecided or stays:
            continue
        if seat.contact is not None and held.group_id in seat.contact.groups:
            _act(builder, seat, _leaving(seat, held, seat.contact.id))
        else:
            gone.append(held)
    if gone and seat.link is not None:
        # A person took it out before us: nothing is written, and it is no longer ours.
        builder.act(_forgetting(seat, seat.link, gone))


def _leaving(seat: _Membership, held: Membership, contact_id: BooksId) -> Action:
    step = GroupStep(name=held.name, group_id=held.group_id, contact_id=contact_id, reason=held.reason)
    return Action(
        kind=ActionKind.LEAVE_GROUP,
        subject=seat.subject,
        number=seat.number,
        sentence=f"Take the contact {seat.number} out of a contact group that we put it into.",
        existing=True,
        group=step,
    )


def _forgetting(seat: _Membership, link: ContactLink, gone: list[Membership]) -> Action:
    left = tuple(held for held in seat.ours if held not in gone)
    return Action(
        kind=ActionKind.LINK_CONTACT,
        subject=seat.subject,
        number=link.number,
        sentence="Somebody took the contact out of a group before us.",
        contact=ContactStep(
            write=ContactWrite(id=link.contact_id, number=link.number),
            name=link.name,
            suffixed=link.suffixed,
            origin=link.origin,
            agreed=AgreedFields(groups=left),
        ),
    )
