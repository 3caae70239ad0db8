"""The doctor: whether everything that a run needs is there, fits together and is switched on."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from ligament.connectors.registry import Manifest
from ligament.core.ledgers import BooksUser, Chart, Organisation
from ligament.core.periods import australian, is_zone
from ligament.core.records import Location, PracticeSettings, Practitioner
from ligament.core.rules.model import PaymentSource
from ligament.flow.read import selection_of  # noqa: F401 - placeholder, removed below
from ligament.net.governor import DAY_LEFT
from ligament.net.opening import Notebook, Opening
from ligament.ports.errors import PortError
from ligament.ports.practice import PracticeIdentity, ReadingScope
from ligament.ports.windows import Full, Window, WindowStore
from ligament.wiring.app import DONE, WAITS, App, Verdict
from ligament.wiring.build import Clinic
from ligament.wiring.checks import Check, Standing, bad, ok, warn
from ligament.wiring.connecting import Draft, role_warnings
from ligament.wiring.mapping_checks import mapping_checks
from ligament.wiring.settings import KEY_FILE

UNREACHABLE = 3
_REFERENCE = {"settings", "location", "practitioner"}
_HOME, _CONNECTIONS, _PRACTICE, _BOOKS, _PEOPLE = "Home", "Connections", "Practice", "Books", "People"
