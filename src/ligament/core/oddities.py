"""Odd values: what no practice and no books can mean, found before anything is calculated with it or printed.

The unforeseen is met by `attempt`, round each row that is read and each record that is planned: it costs that record a
hold with a reference, and the rest goes on.
"""

from __future__ import annotations

import hashlib
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import PurePath
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")

MARK = "\ufdd0"
"""Stands where a piece of an answer could not be read; a character that no text may hold."""
NUL = "\x00"
"""A character that PostgreSQL keeps in no text, and that nobody can type."""
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
_MOST_PLACES = 18
_FRAMES = 4


def is_odd_text(text: str) -> bool:
    """Say whether a text holds something that could not be read, or cannot be kept."""
    return MARK in text or NUL in text


def is_odd_number(number: Decimal) -> bool:
    """Say whether a number is none, or so large or long that writing it out would take the machine's memory."""
    if not number.is_finite():
        return True
    digits, exponent = len(number.as_tuple().digits), int(number.as_tuple().exponent)
    return abs(exponent) > _MOST_PLACES * 2 or digits > _MOST_PLACES * 2 or number.adjusted() > _MOST_PLACES


def is_odd_day(day: date) -> bool:
    """Say whether no document can be dated so: 9999-12-31 has no day after it."""
    return not EARLIEST <= day <= LATEST


class SenselessRecord(Exception):
    """A record that this one leans on makes no sense; the text is for the bookkeeper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oddity:
    """Something unforeseen: where it was met, in code and in records, and a reference that people can quote.

    Nothing of it comes from the record but its key: the text of an unknown error may name a person. `known` is the
    sentence of what was foreseen: the other side's record makes no sense, and its reader said why.
    """

    reference: str = ""
    record: str
    error: str = ""
    known: str = ""

    def sentence(self) -> str:
        told = f"Something about this record was not foreseen, so it is left alone (reference {self.reference})."
        return self.known or told


Heed = Callable[[Oddity], None]
"""Takes note of something unforeseen, in the log."""


def unheeded(_: Oddity) -> None:
    """Take no note."""


def attempt(work: Callable[[], T], record: str, foreseen: tuple[type[BaseException], ...] = ()) -> T | Oddity:
    """Return what the work returns, or what was odd about it; the record is named by kind and id.

    What is foreseen is raised: that a system cannot be reached is no matter of one record.
    """
    try:
        return work()
    except MemoryError:
        raise
    except foreseen:
        raise
    except SenselessRecord as trouble:
        return Oddity(record=record, known=str(trouble))
    except Exception as error:  # noqa: BLE001 - whatever it is, it must cost one record and not the clinic
        return _oddity(error, record)


def attempt_each(records: Iterable[S], work: Callable[[S], object], name: Callable[[S], str]) -> list[Oddity]:
    """Do the same work for each record, as `attempt` does it for one, and return what was odd about some of them."""
    odd: list[Oddity] = []
    for record in records:
        try:
            work(record)
        except MemoryError:
            raise
        except SenselessRecord as trouble:
            odd.append(Oddity(record=name(record), known=str(trouble)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must cost one record and not the clinic
            odd.append(_oddity(error, name(record)))
    return odd


def _oddity(error: Exception, record: str) -> Oddity:
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(frames)]
    told = f"{type(error).__name__} at {' < '.join(places)}"
    mark = hashlib.blake2b(f"{record}|{told}".encode(), digest_size=4).hexdigest()
    return Oddity(reference=mark, record=record, error=told)
