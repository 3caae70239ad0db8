"""Systems: meeting both systems once, and what they said about themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from ligament.app.setup.connect import Draft
from ligament.connectors.registry import books_connector, practice_connector
from ligament.core.groups import uses_groups
from ligament.core.ids import SourceId
from ligament.core.ledgers import BooksUser, Chart, Organisation
from ligament.core.records import Location, PracticeSettings, Practitioner
from ligament.net.governor import DAY_LEFT, Priority
from ligament.net.opening import Notebook, Opening
from ligament.ports.practice import PracticeIdentity, ReadingScope
from ligament.ports.windows import Full, SharedQuota, Window, WindowStore
from ligament.wiring.clinic import Clinic


@dataclass(slots=True)
class Watched:
    """A window store that also remembers what the servers said is left of the day."""

    store: WindowStore
    day_left: int | None = None

    def take(self, scope: str, windows: Sequence[Window], at_ms: int, quota: SharedQuota | None = None) -> Full | None:
        """Record a call unless a window is full."""
        return self.store.take(scope, windows, at_ms, quota)

    def enter(self, scope: str, slots: int, at_ms: int, lease_ms: int) -> str | None:
        """Occupy a place."""
        return self.store.enter(scope, slots, at_ms, lease_ms)

    def leave(self, scope: str, slot: str) -> None:
        """Give the place back."""
        self.store.leave(scope, slot)

    def numbers(self, scope: str) -> Mapping[str, int]:
        return self.store.numbers(scope)

    def keep(self, scope: str, numbers: Mapping[str, int]) -> None:
        self.day_left = numbers.get(DAY_LEFT, self.day_left)
        self.store.keep(scope, numbers)


@dataclass(slots=True, kw_only=True)
class PracticeSide:
    """What the practice says of itself."""

    identity: PracticeIdentity
    settings: PracticeSettings
    locations: dict[SourceId, Location] = field(default_factory=dict)
    practitioners: dict[SourceId, Practitioner] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksSide:
    """What the books say of themselves; `lacking` are permissions that were asked for and not given."""

    organisation: Organisation
    chart: Chart
    users: tuple[BooksUser, ...]
    lacking: tuple[str, ...]
    day_left: int | None


def meet_practice(clinic: Clinic) -> PracticeSide:
    """Ask the practice who we are, and read its settings, places and people; raises the port errors."""
    manifest = clinic.practice_manifest
    opening = replace(clinic.opening(manifest, clinic.books_manifest), lane=Priority.PEOPLE)
    with closing(practice_connector(manifest).open_port(opening)) as practice:
        side = PracticeSide(identity=practice.identify(), settings=PracticeSettings())
        scope = ReadingScope(cursors=clinic.store.cursors("practice"), now=clinic.clock.now())
        for page in practice.read(scope, clinic.store.known_rows()):
            # Settings, places and people come before everything else, and only they are wanted.
            if page.cursors or not all(_take(side, row) for row in page.rows):
                break
    return side


def _take(side: PracticeSide, row: object) -> bool:
    match row:
        case PracticeSettings():
            side.settings = row
        case Location():
            side.locations[row.id] = row
        case Practitioner():
            side.practitioners[row.id] = row
        case _:
            return False
    return True


def meet_books(clinic: Clinic) -> BooksSide:
    """Sign in to the books, and read organisation, chart and users; nothing is pinned by it; raises the port errors."""
    manifest = clinic.books_manifest
    lent = clinic.opening(manifest, clinic.practice_manifest)
    windows, draft = Watched(lent.windows), Draft(clinic)
    opening = replace(
        lent, windows=windows, notebook=Notebook(read=draft.read, write=draft.write), lane=Priority.PEOPLE
    )
    connector = books_connector(manifest)
    lacking = connector.check(opening).lacking
    with closing(connector.open_port(opening)) as books:
        organisation, chart, users = books.organisation(), books.chart(), books.users()
        if uses_groups(clinic.settings.rulebook):
            chart = replace(chart, groups=books.groups())
    return BooksSide(
        organisation=organisation, chart=chart, users=users, lacking=lacking, day_left=_day_left(windows, opening)
    )


def _day_left(windows: Watched, opening: Opening) -> int | None:
    return windows.day_left if windows.day_left is not None else opening.daily_calls or None
