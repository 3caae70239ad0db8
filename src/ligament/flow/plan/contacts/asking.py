"""Rules about contacts in a plan: what they make of a person, and what is asked before a contact is touched."""

from __future__ import annotations

from ligament.core.billing import party_subject
from ligament.core.holds import Hold, HoldCode, HoldKind
from ligament.core.intents import Subject
from ligament.core.links import DecisionKind
from ligament.core.records import Party
from ligament.core.rules.contact_rules import ContactRuling, contact_ruling
from ligament.flow.plan.builder import PlanBuilder


def said_by_rules(builder: PlanBuilder, party: Party) -> ContactRuling:
    """Return what the clinic's rules make of a person, and keep it for what is planned of them later."""
    around = builder.around
    ruling = contact_ruling(party, builder.rulebook, around.evaluate, around.express)
    if builder.rulebook.contact_rules:
        builder.contact_rulings[party_subject(party).key] = ruling
    return ruling


def fixed_by_rules(builder: PlanBuilder, subject: Subject) -> frozenset[str]:
    """Return the fields that a rule set: the practice says them, and they never flow back."""
    ruling = builder.contact_rulings.get(subject.key)
    return frozenset() if ruling is None else ruling.fixed


def question(builder: PlanBuilder, subject: Subject, number: str) -> Hold | None:
    """Return the hold of a rule that asks about a person or cannot be judged, unless somebody said yes to it."""
    ruling = builder.contact_rulings.get(subject.key)
    if ruling is None or not (ruling.asked_by or ruling.unjudged):
        return None
    rule = ruling.unjudged or ruling.asked_by
    sentence = f'The rule "{rule}" {ruling.question}' if ruling.unjudged else ruling.question
    hold = Hold(
        subject=subject,
        code=HoldCode.RULE if ruling.unjudged else HoldCode.ASK,
        kind=HoldKind.CONTACT,
        number=number,
        sentence=sentence,
        todo="Approve to go on with the contact as it is." if ruling.asked_by else "Change the patient or the rule.",
        rule=rule,
        detail={"rule": rule},
    )
    return None if builder.decision(hold) is DecisionKind.APPROVED else hold
