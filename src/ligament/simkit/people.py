"""Invented people: varied Australian names, families, namesakes, addresses and numbers that belong to nobody."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

_FIRST_NAMES = (
    "Amelia Jack Charlotte Noah Isla Oliver Mia Leo Grace Thomas Ava Henry Ruby Lucas Zoe Ethan Matilda Cooper Evie "
    "Archie Priya Arjun Wei Mei Hiroshi Yuki Nguyet Minh Fatima Yusuf Layla Omar Chidi Amara Tomasz Zofia Renée André "
    "Zoë José Sofía Niamh Seán Björn Åsa Tahlia Jarrah Kirra Lachlan Bronte Siobhán Marlee Koa Alinta Darcy Elspeth "
    "Harriet Imogen Jasper Keira Malik Nadia Otto Paige Quinn Rohan Saskia Teagan Una Violet Wyatt Xanthe Zachary"
)
_LAST_NAMES = (
    "Nguyen|Smith|Jones|Williams|Brown|Wilson|Taylor|Singh|Patel|Kaur|Li|Wang|Zhang|Chen|Tran|O'Brien|O'Connor|"
    "McDonald|MacKenzie|van der Berg|de Souza|García|Müller|Søndergaard|Kowalski|Nowak|Papadopoulos|Rossi|Esposito|"
    "Haddad|Khoury|Abdi|Okafor|Osei|Tanaka|Sato|Kim|Park|Fraser|Campbell|Whitlam-Reid|Fitzgerald|Doherty|Pemberton|"
    "Ashworth|Blackwood|Carmody|Dunstan|Everingham|Farrugia|Galea|Hollis|Ivanova|Jankovic|Lindqvist|Marchetti"
)
_STREET_NAMES = (
    "Acacia Banksia Callistemon Dryandra Eucalypt Grevillea Hakea Kurrajong Lomandra Melaleuca Wattle Waratah"
)
_STREET_KINDS = "Street Road Avenue Lane Parade Crescent Court Terrace"
FIRST = _FIRST_NAMES.split()
LAST = _LAST_NAMES.split("|")
STREETS = _STREET_NAMES.split()
KINDS = _STREET_KINDS.split()


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """An address: one street line, suburb, state and post code."""

    street: str
    suburb: str
    state: str
    post_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A patient: `joined_on` is when the clinic first saw them, `merged_into` names the record that survived."""

    key: str
    title: str = ""
    first: str
    last: str
    email: str = ""
    mobile: str = ""
    landline: str = ""
    home: Home
    is_concession: bool = False
    joined_on: date
    left_on: date | None = None
    merged_into: str = ""

    @property
    def name(self) -> str:
        """Return first and last name."""
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suburb:
    """Where people of one location live."""

    name: str
    state: str
    post_code: str


SUBURBS = {
    "melbourne": (
        Suburb(name="Brunswick", state="VIC", post_code="3056"),
        Suburb(name="Coburg", state="VIC", post_code="3058"),
        Suburb(name="Fitzroy North", state="VIC", post_code="3068"),
        Suburb(name="Preston", state="VIC", post_code="3072"),
    ),
    "perth": (
        Suburb(name="Fremantle", state="WA", post_code="6160"),
        Suburb(name="Subiaco", state="WA", post_code="6008"),
        Suburb(name="Mount Lawley", state="WA", post_code="6050"),
    ),
}


def happens(rng: random.Random, per_mille: int) -> bool:
    """Draw whether something happens that does so in that many of a thousand cases."""
    return rng.randrange(1000) < per_mille


def make_people(rng: random.Random, count: int, today: date) -> tuple[Person, ...]:
    """Return that many patients: single people, families under one roof and e-mail, and three pairs of namesakes."""
    made: list[Person] = []
    taken: set[str] = set()
    while len(made) < count:
        size = rng.choice((1, 1, 1, 1, 2, 3, 4))
        made.extend(_household(rng, min(size, count - len(made)), len(made), taken, today))
    return tuple(_with_namesakes(made))


def _household(rng: random.Random, size: int, start: int, taken: set[str], today: date) -> list[Person]:
    last, home = rng.choice(LAST), _home(rng, "melbourne" if happens(rng, 600) else "perth")
    landline = f"(0{3 if home.state == 'VIC' else 8}) 5550 {rng.randint(0, 9999):04}" if happens(rng, 400) else ""
    made: list[Person] = []
    for place in range(size):
        first = _free_first(rng, last, taken)
        is_child = place >= 2  # noqa: PLR2004 - two grown-ups, then children, who share the first one's e-mail
        shared = made[0].email if is_child or (place and happens(rng, 300)) else ""
        made.append(
            Person(
                key=f"p{start + place + 1}",
                title="" if is_child else rng.choice(("", "", "", "Mr", "Ms", "Mx", "Dr")),
                first=first,
                last=last,
                email=shared or _email(rng, first, last, start + place),
                mobile="" if is_child else f"0491 57{rng.randint(0, 9)} {rng.randint(0, 999):03}",
                landline=landline,
                home=home,
                is_concession=happens(rng, 200),
                joined_on=today - timedelta(days=rng.randint(150, 1500)),
            )
        )
    return made


def _free_first(rng: random.Random, last: str, taken: set[str]) -> str:
    """Draw a first name that makes nobody a namesake by chance."""
    for _ in range(500):
        first = rng.choice(FIRST)
        if f"{first} {last}" not in taken:
            break
    taken.add(f"{first} {last}")
    return first


def _email(rng: random.Random, first: str, last: str, number: int) -> str:
    if happens(rng, 80):
        return ""
    return f"{_plain(first)}.{_plain(last)}{number}@{rng.choice(('example.com', 'example.net', 'example.org'))}"


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    return "".join(letter for letter in bare.lower() if letter.isalnum())


def _home(rng: random.Random, place: str) -> Home:
    suburb = rng.choice(SUBURBS[place])
    street = f"{rng.randint(1, 240)} {rng.choice(STREETS)} {rng.choice(KINDS)}"
    return Home(street=street, suburb=suburb.name, state=suburb.state, post_code=suburb.post_code)


def _with_namesakes(made: list[Person]) -> list[Person]:
    """Give three people the names of three others, who live elsewhere and have nothing else in common."""
    renamed = list(made)
    for older, younger in ((3, -4), (5, -6), (8, -9)):
        source, target = made[older], made[younger]
        renamed[younger] = Person(
            key=target.key,
            first=source.first,
            last=source.last,
            email=f"{_plain(source.first)}{younger % 100}@example.net",
            mobile=f"0491 570 9{abs(younger):02}",
            home=target.home,
            is_concession=target.is_concession,
            joined_on=target.joined_on,
        )
    return renamed
