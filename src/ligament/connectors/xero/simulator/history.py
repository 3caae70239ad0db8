"""Notes in the history of a record: append only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ligament.connectors.xero.simulator.envelope import Call, answer, invalid
from ligament.connectors.xero.simulator.errors import NotFound
from ligament.connectors.xero.simulator.records import HistoryNote
from ligament.connectors.xero.simulator.wire import Json, read_text, wire_date_text, wire_instant

if TYPE_CHECKING:
    from ligament.connectors.xero.simulator.desk import Desk
    from ligament.simkit.messages import Response

_MAX_LENGTH = 2_500


def serve(desk: Desk, call: Call, record_id: str) -> Response:
    """Serve /{Endpoint}/{id}/History."""
    if call.method == "GET":
        return answer(desk, call, "HistoryRecords", [_render(it) for it in desk.history.get(record_id) or ()])
    if call.method not in {"PUT", "POST"}:
        raise NotFound
    made = []
    for element in call.elements("HistoryRecords"):
        details = read_text(element, "Details") or ""
        if not details or len(details) > _MAX_LENGTH:
            text = f"Details must have 1 to {_MAX_LENGTH} characters."
            return invalid([{"Details": details[:50], "ValidationErrors": [{"Message": text}]}])
        made.append(HistoryNote(details=details, user="System Generated", changes="Note", noted_at=desk.at))
    desk.history.put(record_id, (*(desk.history.get(record_id) or ()), *made))
    return answer(desk, call, "HistoryRecords", [_render(it) for it in made])


def record(desk: Desk, record_id: str, changes: str, details: str) -> None:
    """Keep what was done to a record, and who did it."""
    made = HistoryNote(details=details, user=desk.person, changes=changes, noted_at=desk.at)
    desk.history.put(record_id, (*(desk.history.get(record_id) or ()), made))


def _render(note: HistoryNote) -> Json:
    return {
        "Changes": note.changes,
        "DateUTCString": wire_date_text(note.noted_at.date())[:11] + f"{note.noted_at:%H:%M:%S}",
        "DateUTC": wire_instant(note.noted_at),
        "User": note.user,
        "Details": note.details,
    }
