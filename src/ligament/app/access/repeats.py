"""Repeated calls of the interface: what was answered the first time is answered again, and nothing is done twice."""

from __future__ import annotations

from ligament.store.writes import answers
from ligament.wiring.access import Access
from ligament.wiring.ambient import random_bytes

AnotherCall = answers.AnotherCall
"""Raised when a key was used for another call."""
UnderWay = answers.UnderWay
"""Raised while the same call is being answered."""
Answers = answers.Answers
KeptAnswer = answers.KeptAnswer
KeyOfCall = answers.KeyOfCall


def answers_of(access: Access) -> Answers:
    return Answers(access.database, access.now, random_bytes)
