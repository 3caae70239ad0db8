"""What the client's tests share: simulated books under the real client, a virtual clock, a vault and a small memory."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ligament.connectors.xero.connecting import Account, Connection, Means, custom_connection
from ligament.connectors.xero.signin import Pin
from ligament.connectors.xero.simulator import Switches, World, australian_books, code_app, custom_app, handle, pkce_app
from ligament.connectors.xero.simulator.charts import CLIENT_SECRET, CUSTOM_CLIENT_ID
from ligament.core.ids import BooksId
from ligament.core.ledgers import BooksContact, BooksDocument, BooksLine, DocumentKind, DocumentStatus
from ligament.core.private import Private
from ligament.core.writes import ContactWrite, DocumentWrite, PaymentWrite, Verb
from ligament.net.meter import CallMeter
from ligament.simkit.faults import Fault, FaultKind, FaultScript, Rule
from ligament.simkit.hosting import Host
from tests.support.mounting import LOOPBACK, mounted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ligament.connectors.xero.port import XeroBooks
    from ligament.core.writes import BooksWrite, ElementResult
    from ligament.net.governor import Governor
    from ligament.net.session import Transport
    from ligament.net.token_vault import StoredTokens
    from ligament.ports.books import BooksPage

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
DAY = date(2026, 3, 1)


class VirtualClock:
    """A calendar that moves only when told to, or when somebody pauses."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at
        self.pauses: list[int] = []

    def now(self) -> datetime:
        return self.at

    def monotonic_ms(self) -> int:
        return (self.at - START) // timedelta(milliseconds=1)

    def pause_ms(self, milliseconds: int) -> None:
        self.pauses.append(milliseconds)
        self.at += timedelta(milliseconds=milliseconds)

    def forward(self, **length: int) -> None:
        self.at += timedelta(**length)


class MemoryVault:
    """A token vault in memory, with the lock that processes share."""

    def __init__(self) -> None:
        self.tokens: StoredTokens | None = None
        self.saves = 0
        self._lock = threading.Lock()

    def load(self) -> StoredTokens | None:
        return self.tokens

    def save(self, tokens: StoredTokens) -> None:
        assert self._lock.locked(), "saved without the lock"
        self.tokens = tokens
        self.saves += 1

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        with self._lock:
            yield


@dataclass
class Memory:
    """Keeps rows and cursors as the store does, only simpler."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    cursors: dict[str, str] = field(default_factory=dict)

    def keep(self, page: BooksPage) -> None:
        held = self.rows.setdefault(page.stream, {})
        held.update({row.id: row for row in page.contacts})
        held.update({row.id: row for row in page.documents})
        self.cursors.update(page.cursors)

    def updated(self, stream: str, ids: Sequence[str]) -> Mapping[str, datetime]:
        held = self.rows.get(stream, {})
        return {key: held[key].updated_at for key in ids if key in held}

    def count_since(self, stream: str, since: datetime) -> int:
        return sum(row.updated_at >= since for row in self.rows.get(stream, {}).values())


@dataclass
class Desk:
    """A host with an organisation, our books on it, and what reading kept."""

    host: Host[World]
    clock: VirtualClock
    vault: MemoryVault
    meter: CallMeter
    connection: Connection
    books: XeroBooks
    pin: Pin
    memory: Memory = field(default_factory=Memory)

    def read(self, books: XeroBooks | None = None) -> list[BooksPage]:
        """Read as the flow does, keeping each page; advance the clock a second, as time goes by."""
        self.clock.forward(seconds=1)
        pages = []
        for page in (books or self.books).read(dict(self.memory.cursors), self.memory, self.clock.now()):
            self.memory.keep(page)
            pages.append(page)
        return pages

    def write(self, verb: Verb, *writes: BooksWrite, key: str = "") -> tuple[ElementResult, ...]:
        self.clock.forward(seconds=1)
        return self.books.send(self.books.prepare(verb, writes), key)

    def contact(self, name: str = "Ada Quill", number: str = "CLK-1") -> BooksContact:
        made = self.write(Verb.CREATE_CONTACTS, contact_write(name, number))[0].result
        assert isinstance(made, BooksContact)
        return made

    def invoice(self, contact: BooksContact, number: str = "CLK-100", **changes: Any) -> BooksDocument:
        made = self.write(Verb.CREATE_INVOICES, invoice_write(contact, number, **changes))[0].result
        assert isinstance(made, BooksDocument), made
        return made

    def note(self, contact: BooksContact, number: str = "CLK-900", **changes: Any) -> BooksDocument:
        wanted = replace(invoice_write(contact, number), kind=DocumentKind.CREDIT_NOTE, due_on=None, **changes)
        made = self.write(Verb.CREATE_CREDIT_NOTES, wanted)[0].result
        assert isinstance(made, BooksDocument), made
        return made

    def fail(self, kind: FaultKind, *, method: str = "", path: str = "2.0", at_most: int = 1, **fault: Any) -> None:
        """Let the next matching request go wrong."""
        rule = Rule(fault=Fault(kind=kind, **fault), method=method, path=path, at_most=at_most)
        self.host.faults = FaultScript(rules=(rule,))

    def calls(self) -> Counter[str]:
        log = self.host.log
        return Counter(f"{it.request.method} {it.request.path.removeprefix('/api.xro/2.0/')}" for it in log)

    def change(self, fn: Any) -> None:
        self.host.change(fn)


def desk(
    *,
    switches: Switches | None = None,
    governor: Governor | None = None,
    clock: VirtualClock | None = None,
    transport: Transport | None = None,
) -> Desk:
    """Return simulated books behind a custom connection, mounted in this process."""
    clock = clock or VirtualClock()
    books = australian_books()
    apps = [custom_app(books), code_app(), pkce_app()]
    # Most tests make more than 60 calls in a virtual minute.
    switches = switches or Switches(minute_limit=1_000_000)
    world = World.new(books, apps=apps, switches=switches)
    host = Host(handle, world, clock=clock.now, pause=lambda _: None, patience_ms=1)
    vault, meter = MemoryVault(), CallMeter()
    means = Means(
        vault=vault,
        meter=meter,
        clock=clock,
        jitter=lambda most: most // 2,
        governor=governor,
        transport=transport or mounted(host),
    )
    connection = custom_connection(account(), means)
    pin = Pin(
        tenant_id=world.tenant_id,
        name=books.organisation.name,
        organisation_id=books.organisation.organisation_id,
    )
    return Desk(
        host=host, clock=clock, vault=vault, meter=meter, connection=connection, books=connection.books(pin), pin=pin
    )


def account(url: str = LOOPBACK, **changes: Any) -> Account:
    """Return the credentials of the custom connection."""
    base = Account(
        client_id=CUSTOM_CLIENT_ID,
        client_secret=Private(CLIENT_SECRET),
        # With tracking options, which the smallest scope leaves out.
        scope="accounting.contacts accounting.invoices accounting.payments accounting.settings",
        api_url=url,
        identity_url=url,
        login_url=f"{url}/identity",
    )
    return replace(base, **changes)


def contact_write(name: str = "Ada Quill", number: str = "CLK-1", **fields: Any) -> ContactWrite:
    return ContactWrite(number=number, name=Private(name), **fields)


def line(**changes: Any) -> BooksLine:
    base = BooksLine(
        text="Visit",
        quantity=Decimal(1),
        unit_amount=Decimal("110.00"),
        amount=Decimal("110.00"),
        account="200",
        tax_type="OUTPUT",
    )
    return replace(base, **changes)


def invoice_write(contact: BooksContact, number: str = "CLK-100", **changes: Any) -> DocumentWrite:
    base = DocumentWrite(
        kind=DocumentKind.INVOICE,
        number=number,
        contact_id=contact.id,
        reference=f"Invoice {number}",
        on=DAY,
        due_on=date(2026, 3, 15),
        status=DocumentStatus.AUTHORISED,
        lines=(line(),),
    )
    return replace(base, **changes)


def payment_write(invoice: BooksDocument, amount: str = "110.00", reference: str = "CLK-100/paid") -> PaymentWrite:
    return PaymentWrite(
        invoice_id=BooksId(invoice.id), account="090", on=DAY, amount=Decimal(amount), reference=reference
    )
