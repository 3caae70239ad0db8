"""Mailchimp as a mailing list: one audience read, people added who are not there, and our own tags."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from ligament.connectors.mailchimp import wire
from ligament.connectors.mailchimp.client import BAD_REQUEST, MailchimpClient
from ligament.connectors.mailchimp.errors import REFUSED_FOR_GOOD, title_of
from ligament.connectors.mailchimp.mapping import body_of, mark_of, member_of, standing_of
from ligament.core.periods import iso_instant
from ligament.ports.audience import AudienceIdentity, AudiencePage, Standing
from ligament.ports.errors import OutcomeUnknown, Rejected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from ligament.core.private import Private
    from ligament.net.session import Reply
    from ligament.ports.audience import Newcomer

PER_PAGE = 1000
OPERATIONS = 1000
TAGGED_AT_ONCE = 500
ONE_BY_ONE = 4
"""Up to so many people a batch costs more calls than it saves: starting it, asking for it, and reading back."""
_MEMBERS = "members"
_FIELDS = "members.id,members.email_address,members.status,members.tags,total_items"
_FIRST_WAIT_MS, _NEXT_WAIT_MS, _MOST_WAITS = 3_000, 10_000, 90
_CLOCKS_DIFFER = timedelta(minutes=10)
_MS_PER_OPERATION = 40
"""How long an operation of a batch takes, roughly: it is asked for when it should be over, not every second."""


class MailchimpAudience:
    """One audience behind the port; `wanted` is its name or id, or empty when the account has only one."""

    def __init__(self, client: MailchimpClient, *, wanted: str = "") -> None:
        self._client = client
        self._wanted = wanted
        self._found: AudienceIdentity | None = None

    def identify(self) -> AudienceIdentity:
        """Return the audience; raises SignInAgain for a wrong key, Rejected where none or several fit."""
        query = {"fields": "lists.id,lists.name,total_items", "count": str(PER_PAGE)}
        found = self._client.get("/lists", wire.AudienceList, query).lists
        fits = [one for one in found if self._wanted in {"", one.id} or one.name.strip() == self._wanted.strip()]
        if len(fits) != 1:
            names = ", ".join(f'"{one.name}"' for one in found) or "none"
            sentence = f"Mailchimp has these audiences: {names}. Say which one in [mailchimp] audience."
            raise Rejected(sentence, f"{len(fits)} audiences fit")
        self._found = AudienceIdentity(id=fits[0].id, name=fits[0].name)
        return self._found

    def mark_of(self, email: Private[str]) -> str:
        return mark_of(email)

    def read(self, cursors: Mapping[str, str], known: object, now: datetime) -> Iterator[AudiencePage]:
        """Read the members that changed since the cursor, everybody without one."""
        del known
        query = {"fields": _FIELDS, "count": str(PER_PAGE)}
        if cursors.get(_MEMBERS):
            query["since_last_changed"] = cursors[_MEMBERS]
        done = 0
        while True:
            answer = self._client.get(self._path("/members"), wire.MemberList, {**query, "offset": str(done)})
            rows = tuple(member for row in answer.members if (member := member_of(row)) is not None)
            done += len(answer.members)
            is_last = not answer.members or done >= answer.total_items
            position = {_MEMBERS: iso_instant(now)} if is_last else {}
            yield AudiencePage(rows=rows, done=done, total=answer.total_items, cursors=position)
            if is_last:
                return

    # --- adding -----------------------------------------------------------------------------------------------------
    def add(self, people: Collection[Newcomer]) -> Mapping[str, Standing]:
        """Add people who are not there, one by one or in batches; returns how each stands afterwards, by id."""
        if not people:
            return {}
        with_name = self._keeps_first_names()
        if len(people) <= ONE_BY_ONE:
            return {mark_of(one.email): self._add_one(one, with_name=with_name) for one in people}
        operations = [self._operation(one, with_name=with_name) for one in people]
        began_at = self._client.now()
        for start in range(0, len(operations), OPERATIONS):
            self._batch(operations[start : start + OPERATIONS])
        return self._read_back({mark_of(one.email) for one in people}, began_at - _CLOCKS_DIFFER)

    def _keeps_first_names(self) -> bool:
        """Look whether the audience still has the field for first names: it can be renamed or gone."""
        query = {"fields": "merge_fields.tag", "count": str(PER_PAGE)}
        fields = self._client.get(self._path("/merge-fields"), wire.MergeFieldList, query).merge_fields
        return any(one.tag == "FNAME" for one in fields)

    def _add_one(self, person: Newcomer, *, with_name: bool) -> Standing:
        path = self._path(f"/members/{mark_of(person.email)}")
        body = body_of(person, with_name=with_name)
        reply = self._client.send("PUT", path, body, {"skip_merge_validation": "true"})
        if reply.status == BAD_REQUEST:
            return _refused(reply)
        try:
            # An audience may answer another standing than the one that was asked for: it is read, never assumed.
            return standing_of(msgspec.json.decode(reply.body, type=wire.MemberRow).status)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            sentence = "Mailchimp's answer could not be read; run it again, nobody is added twice."
            raise OutcomeUnknown(sentence, "the body is no member") from None

    def _operation(self, person: Newcomer, *, with_name: bool) -> dict[str, object]:
        body = msgspec.json.encode(body_of(person, with_name=with_name)).decode()
        path = self._path(f"/members/{mark_of(person.email)}").removeprefix("/")
        return {"method": "PUT", "path": path, "params": {"skip_merge_validation": "true"}, "body": body}

    def _batch(self, operations: Sequence[dict[str, object]]) -> None:
        reply = self._client.send("POST", "/batches", {"operations": operations})
        try:
            batch = msgspec.json.decode(reply.body, type=wire.BatchRow)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            sentence = "Mailchimp's answer could not be read; run it again, nobody is added twice."
            raise OutcomeUnknown(sentence, "the body is no batch") from None
        self._client.pause_ms(_FIRST_WAIT_MS + len(operations) * _MS_PER_OPERATION)
        for _ in range(_MOST_WAITS):
            if self._client.get(f"/batches/{batch.id}", wire.BatchRow).status == "finished":
                return
            self._client.pause_ms(_NEXT_WAIT_MS)
        sentence = "Mailchimp has not finished adding people; run it again later, nobody is added twice."
        raise OutcomeUnknown(sentence, "the batch is still under way")

    def _read_back(self, marks: set[str], since: datetime) -> dict[str, Standing]:
        """Return how people stand now; who is not there was refused.

        The results of a batch lie on another host. The list itself says the same, and our key goes nowhere else.
        """
        found: dict[str, Standing] = {}
        for page in self.read({_MEMBERS: iso_instant(since)}, None, since):
            found |= {member.id: member.standing for member in page.rows if member.id in marks}
            if len(found) == len(marks):
                break
        return {mark: found.get(mark, Standing.REFUSED) for mark in marks}

    # --- tags -------------------------------------------------------------------------------------------------------
    def tag(self, name: str, *, put: Collection[Private[str]], take: Collection[Private[str]]) -> None:
        """Put our tag on some members and take it off others; no other tag is touched."""
        if not put and not take:
            return
        segment = self._segment(name)
        if segment is None:
            made = self._client.send("POST", self._path("/segments"), {"name": name, "static_segment": []})
            segment = _id_of(made) or self._segment(name)
        if segment is None:
            raise Rejected("Mailchimp did not keep the tag.", "the new tag is not found")
        adding, removing = list(put), list(take)
        for start in range(0, max(len(adding), len(removing)), TAGGED_AT_ONCE):
            part = slice(start, start + TAGGED_AT_ONCE)
            lists = {"members_to_add": adding[part], "members_to_remove": removing[part]}
            body = {key: [email.reveal() for email in some] for key, some in lists.items() if some}
            self._client.send("POST", self._path(f"/segments/{segment}"), body)

    def _segment(self, name: str) -> str | None:
        found = self._client.get(self._path("/tag-search"), wire.TagList, {"name": name}).tags
        return next((str(tag.id) for tag in found if tag.name == name and tag.id is not None), None)

    def close(self) -> None:
        self._client.close()

    def _path(self, rest: str) -> str:
        found = self._found or self.identify()
        return f"/lists/{found.id}{rest}"


def _id_of(reply: Reply) -> str:
    """Return the id of a tag that was just made, or nothing where the answer cannot be read: then it is looked for."""
    try:
        found = msgspec.json.decode(reply.body, type=wire.TagRow).id
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""
    return str(found) if found is not None else ""


def _refused(reply: Reply) -> Standing:
    title = title_of(reply)
    if title in REFUSED_FOR_GOOD:
        return Standing.REFUSED
    # A fake address, too many sign-ups of it lately: nothing lasting, and nothing that is known.
    return Standing.UNKNOWN
