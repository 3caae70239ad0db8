"""Mailchimp's answers as they come over the wire: only what is needed, unknown fields dropped."""

from __future__ import annotations

from typing import Any

import msgspec

Given = Any
"""A JSON value of any type."""


class AudienceRow(msgspec.Struct, kw_only=True):
    """One of the account's audiences."""

    id: str = ""
    name: str = ""


class AudienceList(msgspec.Struct, kw_only=True):
    """An answer of /lists."""

    lists: list[AudienceRow]
    total_items: int = 0


class TagRow(msgspec.Struct, kw_only=True):
    """A tag, which is kept as a static segment; its id is the segment's."""

    id: Given = None
    name: str = ""


class MemberRow(msgspec.Struct, kw_only=True):
    """A member; `id` is the MD5 of the address in lower case."""

    id: str = ""
    email_address: str = ""
    status: str = ""
    tags: list[TagRow] = []


class MemberList(msgspec.Struct, kw_only=True):
    """An answer of /lists/{id}/members."""

    members: list[MemberRow]
    total_items: int = 0


class TagList(msgspec.Struct, kw_only=True):
    """An answer of /lists/{id}/tag-search."""

    tags: list[TagRow]


class MergeFieldRow(msgspec.Struct, kw_only=True):
    """A field of the audience beside the address."""

    tag: str = ""


class MergeFieldList(msgspec.Struct, kw_only=True):
    """An answer of /lists/{id}/merge-fields."""

    merge_fields: list[MergeFieldRow]


class BatchRow(msgspec.Struct, kw_only=True):
    """A batch of operations under way."""

    id: str
    status: str = ""


class Problem(msgspec.Struct, kw_only=True):
    """What stands in the body of a refusal; `detail` names the address and is never read."""

    title: str


ROWS: tuple[type, ...] = (AudienceList, MemberRow, MemberList, TagRow, TagList, MergeFieldList, BatchRow, Problem)
"""Every answer there is, so that all can be prepared before threads share them."""
