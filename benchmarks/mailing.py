"""How many calls a push of recalls to the mailing list costs, beside the least that its page and batch sizes allow.

The least, with M members on the list, N people who are new, and the larger of those tagged and untagged T:

    1 (which list)  +  M/1000 (who is there)  +  1 (which fields)  +  2 N/1000 (batches begun, each asked for once)
    +  N/1000 (how they stand now)  +  1 (which tag)  +  T/500 (tagged)  +  1 where the tag is new;  each rounded up

What is repeated because it takes longer than foreseen, or read twice, is above the least.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import ceil

from benchmarks.figures import Figure
from ligament.connectors.mailchimp import simulator
from ligament.connectors.mailchimp.port import OPERATIONS, PER_PAGE, TAGGED_AT_ONCE
from ligament.connectors.mailchimp.simulator.world import hash_of
from ligament.connectors.mailchimp.tests.kit import NEWS, Account, account, people
from ligament.ports.audience import Standing

MEMBERS, NEWCOMERS, FEW, TAG, LIMIT = 20_000, 10_000, 2_000, "Six-month check", 1.05


def measure(*, small: bool = False) -> list[Figure]:
    """Push to a list that has members, once with a new tag and once more when half of them are no longer due."""
    members, new = (FEW, FEW) if small else (MEMBERS, NEWCOMERS)
    rows = {
        hash_of(email): simulator.Member(email=email) for email in (f"m{one}@mail.example" for one in range(members))
    }
    held = account(simulator.World().with_audience(replace(NEWS, members=rows)))
    first = _pushed(held, range(new), due=range(new))
    again = _pushed(held, (), due=range(new // 2))
    least_first = 3 + _pages(members, PER_PAGE) + 2 * _pages(new, OPERATIONS) + _pages(new, PER_PAGE)
    least_first += 1 + _pages(new, TAGGED_AT_ONCE)
    least_again = 2 + _pages(members + new, PER_PAGE) + _pages(new // 2, TAGGED_AT_ONCE)
    return [
        _figure(f"{new:,} new on a list of {members:,}: calls", first, least_first),
        _figure(f"{new // 2:,} of {members + new:,} not due any more: calls", again, least_again),
    ]


def _figure(name: str, calls: int, least: int) -> Figure:
    return Figure(name=name, measured=calls, yardstick=least, against="the least with batches", limit=LIMIT)


def _pages(rows: int, size: int) -> int:
    return ceil(rows / size)


def _pushed(held: Account, new: Iterable[int], *, due: Iterable[int]) -> int:
    """Do what a push does through the port, and return how many calls the account saw."""
    before, port, now = len(held.host.log), held.port, held.clock.now()
    port.identify()
    there = {one.id: one for page in port.read({}, None, now) for one in page.rows}
    placed = port.add(people(*new))
    assert all(standing is Standing.SUBSCRIBED for standing in placed.values())
    wanted = {port.mark_of(one.email): one.email for one in people(*due)}
    bearers = {mark: one.email for mark, one in there.items() if TAG in one.tags}
    put = [email for mark, email in wanted.items() if mark not in bearers]
    port.tag(TAG, put=put, take=[email for mark, email in bearers.items() if mark not in wanted])
    assert held.news.tags[TAG] == frozenset(wanted)
    return len(held.host.log) - before
