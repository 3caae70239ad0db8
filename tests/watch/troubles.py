"""What goes wrong at one clinic while others go on: each trouble begins, is said, and ends."""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ligament.connectors.xero.simulator import control as office
from ligament.simkit.faults import Fault, FaultKind
from ligament.simkit.messages import Request, Response
from tests.watch.town import STRANGER, Town, key_of, now, tenant_of

NESTED = b"[" * 5000 + b"]" * 5000
ODD: tuple[Mapping[str, object], ...] = (
    {"issue_date": "9999-12-31"},
    {"total_amount": b"1e999999999"},
    {"invoice_to": b'"Ad\xffa"'},
    {"patient": NESTED},
    {"closed_at": "0001-01-01T00:00:00+14:00"},
)
HALF_OPEN = 300


@dataclass(slots=True)
class Place:
    """Where a trouble happens: the town, the clinic, and where `serve` listens; `kept` is the trouble's own."""

    town: Town
    name: str
    port: int
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One trouble.

    `said` is the kind of the one alert it is worth, `outcome` how a turn of that clinic ends meanwhile; `held` is how
    many records wait with `bad_record`. `goes_on` says that even that clinic's other records are posted meanwhile.
    """

    name: str
    begin: Callable[[Place], None]
    end: Callable[[Place], None]
    said: str = ""
    outcome: str = ""
    held: int = 0
    goes_on: bool = False


# --- odd values -------------------------------------------------------------------------------------------------------


def _odd(place: Place) -> None:
    odd = {place.town.invoice(place.name): fields for fields in ODD}
    place.kept["odd"] = odd
    place.town.answers["practice", place.name] = lambda request, answer: _with_odd(odd, request, answer)


def _with_odd(odd: Mapping[str, Mapping[str, object]], request: Request, answer: Response) -> Response:
    if not request.path.endswith("/invoices") or answer.status != 200:
        return answer
    body, raw = json.loads(answer.body), dict[str, bytes]()

    def said(value: object) -> object:
        if not isinstance(value, bytes):
            return value
        raw[mark := f"@@{len(raw)}@@"] = value
        return mark

    for row in body["invoices"]:
        row.update({name: said(value) for name, value in odd.get(str(row["id"]), {}).items()})
    told = json.dumps(body).encode()
    for mark, value in raw.items():
        told = told.replace(f'"{mark}"'.encode(), value)
    return replace(answer, body=told)


def _mend_odd(place: Place) -> None:
    del place.town.answers["practice", place.name]
    for key in place.kept["odd"]:
        place.town.amend(place.name, "invoices", key)


# --- what a system says -----------------------------------------------------------------------------------------------


def _struck(system: str, fault: Fault) -> Callable[[Place], None]:
    def begin(place: Place) -> None:
        place.town.strikes[system, place.name] = fault

    return begin


def _unstruck(place: Place) -> None:
    for system in ("practice", "books"):
        place.town.strikes.pop((system, place.name), None)


def _forget_waits(place: Place) -> None:
    """Mend it as the doctor says."""
    _unstruck(place)
    place.town.type("doctor", "--forget-waits", "--clinic", place.name, "--json")


def _endless(place: Place) -> None:
    def turned(_request: Request, answer: Response) -> Response:
        if b'"links"' not in answer.body or answer.status != 200:
            return answer
        body = json.loads(answer.body)
        if "self" in body.get("links", {}):
            body["links"]["next"] = body["links"]["self"]
        return replace(answer, body=json.dumps(body).encode())

    place.town.answers["practice", place.name] = turned


def _as_before(place: Place) -> None:
    place.town.answers.pop(("practice", place.name), None)


def _other_key(place: Place) -> None:
    place.town.opens[key_of(place.name)] = STRANGER


def _no_key(place: Place) -> None:
    place.town.opens[key_of(place.name)] = ""


def _own_key(place: Place) -> None:
    place.town.opens[key_of(place.name)] = place.name


# --- files of this machine --------------------------------------------------------------------------------------------


def _typo(place: Place) -> None:
    broken = place.town.text(place.name).replace('default = "200"', 'default = ["200"')
    place.town.rulebook(place.name).write_text(broken, encoding="utf-8")


def _rubbish(place: Place) -> None:
    place.town.rulebook(place.name).write_bytes(bytes(range(256)) * 2000)


def _rewrite(place: Place) -> None:
    place.town.rulebook(place.name).write_text(place.town.text(place.name), encoding="utf-8")


def _head(place: Place) -> Path:
    return place.town.home / f"journal-{hashlib.sha256(place.name.encode()).hexdigest()[:12]}.head"


def _lose_head(place: Place) -> None:
    place.kept["head"] = _head(place).read_bytes()
    _head(place).write_bytes(b"{broken")


def _give_head(place: Place) -> None:
    _head(place).write_bytes(place.kept["head"])


# --- people in the books, and strangers at the door -------------------------------------------------------------------


def _merge(place: Place) -> None:
    tenant = tenant_of(place.name)
    active = [
        one for one in place.town.ledger(place.name).contacts.values() if one.status == "ACTIVE" and "Ada" in one.name
    ]
    loser = next(iter(active)).contact_id
    made = ""

    def change(world: Any) -> Any:
        nonlocal made
        world, made = office.create_contact(
            world, {"Name": f"Ada Sample {len(active)} {now()}"}, at=now(), tenant_id=tenant
        )
        return office.merge_contacts(world, loser_id=loser, winner_id=made, at=now(), tenant_id=tenant)

    place.town.books.change(change)
    place.kept["winner"] = made


def _is_with_winner(place: Place) -> None:
    """What was issued since the merge went to whom the books kept."""
    kept = place.town.ledger(place.name)
    newest = next(one for one in kept.invoices.values() if one.number == place.town.raised[place.name][-1])
    assert newest.contact_id == place.kept["winner"], "posted to somebody who was merged away"


def _half_open(place: Place) -> None:
    place.kept["sockets"] = made = []
    for _ in range(HALF_OPEN):
        one = socket.create_connection(("127.0.0.1", place.port), timeout=10)
        one.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1")
        made.append(one)


def _hang_up(place: Place) -> None:
    for one in place.kept["sockets"]:
        one.close()


_ENDLESS_WAIT = Fault(kind=FaultKind.ANSWER, status=429, headers=(("Retry-After", "9999999999"),))
_PAGE = Fault(kind=FaultKind.HTML, status=200)
_SILENCE = Fault(kind=FaultKind.DELAY_BEFORE, milliseconds=90_000)
_LOST_ANSWER = Fault(kind=FaultKind.DROP_AFTER)
_HALF_ANSWER = Fault(kind=FaultKind.CUT)

TROUBLES = (
    Trouble(name="odd values", begin=_odd, end=_mend_odd, held=len(ODD), goes_on=True),
    Trouble(name="another practice's key", begin=_other_key, end=_own_key, said="sign_in"),
    Trouble(name="a typo in the rulebook", begin=_typo, end=_rewrite, said="configuration"),
    Trouble(name="half-open connections", begin=_half_open, end=_hang_up, goes_on=True),
    Trouble(name="a head of the journal that is broken", begin=_lose_head, end=_give_head, said="journal"),
    Trouble(name="a revoked key", begin=_no_key, end=_own_key, said="sign_in"),
    Trouble(name="pages without end", begin=_endless, end=_as_before, said="broken"),
    Trouble(name="lost answers of the books", begin=_struck("books", _LOST_ANSWER), end=_unstruck, outcome="later"),
    Trouble(name="answers cut in half", begin=_struck("practice", _HALF_ANSWER), end=_unstruck, outcome="later"),
    Trouble(name="a web page for an answer", begin=_struck("practice", _PAGE), end=_unstruck, outcome="later"),
    Trouble(name="a practice that never answers", begin=_struck("practice", _SILENCE), end=_unstruck, outcome="later"),
    Trouble(name="a wait of 317 years", begin=_struck("practice", _ENDLESS_WAIT), end=_forget_waits, outcome="later"),
    Trouble(name="a rulebook of rubbish", begin=_rubbish, end=_rewrite, said="configuration"),
    Trouble(name="a contact merged in the books", begin=_merge, end=_is_with_winner, goes_on=True),
)  # fmt: skip
QUICK = TROUBLES[:3]
