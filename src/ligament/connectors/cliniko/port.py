"""Cliniko as a practice: identity, reading, and writing the four kinds of contact fields of a patient."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from ligament.connectors.cliniko import listing, recalls, wire
from ligament.connectors.cliniko.client import ClinikoClient, WrongKey, base_url_of, shard_of, user_agent
from ligament.connectors.cliniko.declared import declared
from ligament.connectors.cliniko.guarding import guarded
from ligament.connectors.cliniko.mapping import invoice_of, patient_of
from ligament.connectors.cliniko.patients import body_of, refusal_of
from ligament.connectors.cliniko.reading import Choices, Reading, lines_of, read_settings
from ligament.connectors.cliniko.visits import ARCHIVED, REMOVED, PriceBook
from ligament.core.ids import SourceId
from ligament.core.oddities import Heed, unheeded
from ligament.core.records import PracticeSettings, Removal
from ligament.core.writes import ElementResult, ElementVerdict, PreparedCall, Verb
from ligament.net.session import Session
from ligament.ports.errors import OutcomeUnknown, Rejected, SignInAgain
from ligament.ports.practice import PracticeIdentity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from ligament.core.recalls import OwnRecall
    from ligament.core.records import Invoice, Party
    from ligament.core.writes import PartyWrite
    from ligament.net.governor import Governor
    from ligament.net.meter import CallMeter
    from ligament.net.session import Observer, Transport
    from ligament.ports.clocks import Clock
    from ligament.ports.practice import KnownRows, ListedInvoices, PracticePage, ReadingScope
    from ligament.ports.recalls import RecallPage, RecallScope


class ClinikoPractice:
    """One Cliniko account behind the practice port.

    `prices_include_tax` settles whether item prices include tax; None asks the newest invoice.
    """

    def __init__(
        self,
        client: ClinikoClient,
        *,
        choices: Choices,
        host: str = "",
        prices_include_tax: bool | None = None,
        heed: Heed = unheeded,
    ) -> None:
        self._client = client
        self._choices = choices
        self._host = host
        self._prices = PriceBook(client=client, forced=prices_include_tax)
        self._web_base = ""
        self._heed = heed

    def identify(self) -> PracticeIdentity:
        """Ask who the key belongs to; raises SignInAgain when it does not work."""
        user = self._client.one("/user", wire.UserRow)
        role = wire.text(user.role)
        notes = () if role in ("administrator", "") else ("Use the key of an administrator: others may not see all.",)
        try:
            settings = read_settings(self._client, self._choices)
        except (SignInAgain, Rejected):
            settings, notes = PracticeSettings(), (*notes, "This user may not see the settings.")
        return PracticeIdentity(
            account_name=settings.name,
            account_id=settings.account_id,
            subdomain=settings.subdomain,
            role=role,
            host=self._host,
            notes=notes,
        )

    def read(self, scope: ReadingScope, known: KnownRows) -> Iterator[PracticePage]:
        """Read what changed since the cursors, page by page."""
        reading = Reading(
            client=self._client,
            prices=self._prices,
            choices=self._choices,
            scope=scope,
            known=known,
            heed=self._heed,
        )
        yield from reading.pages()

    def count_invoices(self, first: date, last: date) -> int:
        return listing.count_invoices(self._client, first, last)

    def list_invoices(self, first: date, last: date, known: KnownRows) -> Iterator[ListedInvoices]:
        return listing.list_invoices(self._client, (first, last), known, self._links(), self._heed)

    def read_invoices(self, ids: Iterable[SourceId]) -> tuple[Invoice, ...]:
        """Read invoices by id, removed ones too, each with its lines that still count."""
        wanted = list(ids)
        raws = list(self._client.by_ids("/invoices", "id", wanted, REMOVED))
        found = (wire.decode(raw, wire.InvoiceRow) for raw in raws)
        rows = [guarded(row, lambda one: invoice_of(one, self._links()), self._heed) for row in found]
        invoices = [row for row in rows if row is not None]
        lines = lines_of(self._client, [invoice.id for invoice in invoices], self._heed)
        return tuple(
            invoice.with_lines(tuple(line for line in lines if line.invoice_id == invoice.id)) for invoice in invoices
        )

    def read_parties(self, ids: Iterable[SourceId]) -> tuple[Party | Removal, ...]:
        """Read patients by id; one that is not listed is asked for by itself, and only a clear no is a Removal."""
        wanted = list(dict.fromkeys(ids))
        raws = list(self._client.by_ids("/patients", "id", wanted, ARCHIVED))
        found = {party.id: party for raw in raws if (party := self._party(raw)) is not None}
        return tuple(found[identifier] if identifier in found else self._alone(identifier) for identifier in wanted)

    def count_patients(self, first: SourceId, last: SourceId) -> int:
        """Return how many patients have ids from `first` to `last`, archived ones too; one call that brings one row."""
        return listing.count_patients(self._client, first, last)

    # --- what recalls need --------------------------------------------------------------------------------------------
    def settings(self) -> PracticeSettings:
        """Return what the account says of itself."""
        return read_settings(self._client, self._choices)

    def appointment_types(self) -> Mapping[str, str]:
        """Return the names of the appointment types by id, archived ones too."""
        return recalls.appointment_types(self._client)

    def read_recall_facts(self, scope: RecallScope) -> Iterator[RecallPage]:
        """Read people, appointments and who came, as far as they changed since the cursors."""
        yield from recalls.RecallReading(client=self._client, scope=scope).pages()

    def own_recalls(self) -> tuple[OwnRecall, ...] | None:
        """Return Cliniko's own recalls; None where the account has none."""
        return recalls.own_recalls(self._client)

    def links_to(self, system: str) -> bool:
        """Say whether the account's own link to another system is switched on."""
        return recalls.links_to(self._client, system)

    # --- writing ------------------------------------------------------------------------------------------------------
    def prepare(self, write: PartyWrite) -> PreparedCall:
        """Turn one change of a patient into bytes; only contact fields can be written."""
        if not write.id.isdecimal():
            raise Rejected("This is no Cliniko patient.", "the id is not a number")
        return PreparedCall(
            verb=Verb.UPDATE_PARTY, method="PATCH", target=f"/patients/{write.id}", body=body_of(write), elements=1
        )

    def send(self, call: PreparedCall) -> ElementResult:
        """Send one prepared change once; refusals of the patient's data come back as a result."""
        reply = self._client.send(call.method, call.target, call.body)
        refused = refusal_of(reply)
        if refused is not None:
            return refused
        party = self._party(reply.body)
        if party is None:
            sentence = "Cliniko's answer to the change could not be read; it must be looked up whether it was saved."
            raise OutcomeUnknown(sentence, "the body is no patient")
        return ElementResult(verdict=ElementVerdict.DONE, result=party)

    def close(self) -> None:
        self._client.close()

    def _party(self, raw: bytes | msgspec.Raw) -> Party | None:
        try:
            row = wire.decode(raw, wire.PatientRow)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        party = guarded(row, lambda one: patient_of(one, self._choices.custom_fields), self._heed)
        return replace(party, concession=self._prices.concession_name(party.concession)) if party else None

    def _alone(self, identifier: SourceId) -> Party | Removal:
        try:
            row = self._client.one(f"/patients/{identifier}", wire.PatientRow, filters=ARCHIVED)
        except Rejected as trouble:
            if "404" not in trouble.detail:
                raise
            return Removal(kind="party", id=identifier)
        party = guarded(row, lambda one: patient_of(one, self._choices.custom_fields), self._heed)
        if party is None:
            return Removal(kind="party", id=identifier)
        return replace(party, concession=self._prices.concession_name(party.concession))

    def _links(self) -> str:
        if not self._web_base:
            self._web_base = read_settings(self._client, self._choices).web_base
        return self._web_base


def connect(  # noqa: PLR0913 - the one place where a practice is put together, by name
    *,
    api_key: str,
    contact: str,
    meter: CallMeter,
    clock: Clock,
    jitter: Callable[[int], int],
    governor: Governor | None = None,
    base_url: str = "",
    books: str = "",
    custom_fields: Iterable[str] = (),
    prices_include_tax: bool | None = None,
    transport: Transport | None = None,
    observer: Observer | None = None,
    may_write: Callable[[], None] | None = None,
    heed: Heed = unheeded,
    connect_s: int = 10,
    read_s: int = 45,
) -> ClinikoPractice:
    """Return the practice behind an API key; raises WrongKey, WrongAddress or ValueError for unusable settings.

    `base_url` (with `/v1`) replaces the address that the key's ending names; `books` is the name of the connected
    books, as the practice's settings call their own link to it.
    """
    address = base_url_of(api_key, base_url)
    session = Session(
        base_url=address,
        host_rule=declared().hosts,
        user_agent=user_agent(contact),
        meter=meter,
        governor=governor,
        connect_s=connect_s,
        read_s=read_s,
        transport=transport,
        system=declared().name,
        observer=observer,
        clock=clock,
        may_write=may_write,
    )
    client = ClinikoClient(session, api_key=api_key, clock=clock, jitter=jitter, governor=governor)
    choices = Choices(custom_fields=frozenset(custom_fields), books=books, shard=_shard_for_links(api_key))
    host = urlsplit(address).hostname or ""
    return ClinikoPractice(client, choices=choices, host=host, prices_include_tax=prices_include_tax, heed=heed)


def _shard_for_links(api_key: str) -> str:
    try:
        return shard_of(api_key)
    except WrongKey:
        return ""
