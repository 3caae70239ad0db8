"""The beginning: what every page says while its clinic is not connected, so that nothing on it can work yet."""

from __future__ import annotations

from dataclasses import dataclass

from ligament.app.connections import connections
from ligament.core.access import Right
from ligament.web.page import Visit
from ligament.wiring.clinic import Clinic


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What is missing, and where it is mended; nobody is sent to a page that is not for them."""

    sentence: str
    link: str
    words: str


def beginning(visit: Visit, clinic: Clinic) -> Beginning | None:
    """Return what to begin with; nothing once both systems are connected."""
    if all(one["connected"] or one["paused"] for one in connections(clinic)):
        return None
    both = f"{visit.clinic.practice.title} and {visit.clinic.books.title}"
    if visit.may(Right.CONNECT):
        sentence = f"Connect {both} first; what they hold is shown here then."
        return Beginning(sentence=sentence, link=f"{visit.clinic_path}/connect", words="Set up this clinic")
    return Beginning(sentence=f"An owner connects {both} first; what they hold is shown here then.", link="", words="")
