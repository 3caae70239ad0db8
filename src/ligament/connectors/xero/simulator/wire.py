"""How Xero writes JSON: exact numbers, its two date forms, and the envelope round every answer."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation

from ligament.connectors.xero.simulator.errors import BadPost
from ligament.connectors.xero.simulator.money import CENT, FOUR_PLACES
from ligament.connectors.xero.simulator.records import ZERO_GUID

Json = dict[str, object]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)
_MILLISECOND = timedelta(milliseconds=1)
# The control character DEL stands round each number until `dump` takes it and the quotes away: JSON leaves it as it
# is, and `load` takes it out of everything that comes in.
_MARK = "\x7f"
_MARKS = re.compile(r"\x7f|\\u007[fF]")
_SLASH_DATE = re.compile(r"^/Date\((-?\d+)([+-]\d{4})?\)/$")
_ISO_DATE = re.compile(r"^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$")
GUID = re.compile(r"^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$")


def number(amount: Decimal) -> str:
    """Mark a Decimal so that `dump` prints it as a JSON number, digit for digit."""
    return f"{_MARK}{amount:f}{_MARK}"


def number2(amount: Decimal) -> str:
    """Mark an amount of money, printed with two decimals."""
    return f"{_MARK}{amount.quantize(CENT)!s}{_MARK}"


def number4(amount: Decimal) -> str:
    """Mark a quantity or unit amount, printed with four decimals."""
    return f"{_MARK}{amount.quantize(FOUR_PLACES):f}{_MARK}"


def dump(document: object, *, numbers_as_text: bool = False) -> bytes:
    """Encode a document; Decimals marked by `number` come out exactly, never through binary floats."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    quote = '"' if numbers_as_text else ""
    return text.replace(f'"{_MARK}', quote).replace(f'{_MARK}"', quote).encode("utf-8")


def load(body: bytes) -> object:
    """Decode a request body with exact numbers; raises BadPost for anything that is not JSON."""
    try:
        text = body.decode("utf-8-sig")
        document: object = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
        return _without_marks(document) if _MARKS.search(text) else document
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as problem:
        raise BadPost(message="The request body is not valid JSON.") from problem


def milliseconds(at: datetime) -> int:
    """Return whole milliseconds since 1970."""
    return (at - _EPOCH) // _MILLISECOND


def wire_instant(at: datetime) -> str:
    """Return an instant in the slash form with zone suffix."""
    return f"/Date({milliseconds(at)}+0000)/"


def wire_date(on: date) -> str:
    """Return a calendar date in the slash form: midnight UTC of that day."""
    return f"/Date({(on - _EPOCH_DAY).days * 86_400_000}+0000)/"


def wire_date_text(on: date) -> str:
    """Return a calendar date in the companion form with a `T` and no zone."""
    return f"{on.isoformat()}T00:00:00"


def iso_instant(at: datetime) -> str:
    """Return an instant as ISO text with `Z`, as UpdatedDateUTCString has it since July 2026."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def http_date(at: datetime) -> str:
    """Return an instant as the HTTP Date header has it; English names whatever the locale."""
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    utc = at.astimezone(UTC)
    return f"{days[utc.weekday()]}, {utc:%d} {months[utc.month - 1]} {utc:%Y %H:%M:%S} GMT"


def read_date(element: Mapping[str, object], key: str) -> date | None:
    """Return a date sent by the client, in any form Xero accepts; raises BadPost for others."""
    value = element.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        if slash := _SLASH_DATE.match(value):
            return (_EPOCH + timedelta(milliseconds=int(slash[1]))).date()
        if (iso := _ISO_DATE.match(value)) is not None:
            try:
                return date.fromisoformat(iso[1])
            except ValueError as problem:
                raise BadPost(message=f"{key} '{value}' is not a date.") from problem
    raise BadPost(message=f"{key} '{value}' is not a date that can be read.")


def read_decimal(element: Mapping[str, object], key: str) -> Decimal | None:
    """Return a number sent as a JSON number or as text; raises BadPost for others."""
    value = element.get(key)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise BadPost(message=f"{key} is not a number.")
    try:
        amount = Decimal(value)
    except InvalidOperation as problem:
        raise BadPost(message=f"{key} '{value}' is not a number.") from problem
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** 16:
        raise BadPost(message=f"{key} '{value}' is out of range.")
    return amount


def read_text(element: Mapping[str, object], key: str) -> str | None:
    """Return a text sent by the client, or None when it is absent or null."""
    value = element.get(key)
    if value is None:
        return None
    if isinstance(value, (dict, list)):
        raise BadPost(message=f"{key} is not a text.")
    return str(value)


def read_bool(element: Mapping[str, object], key: str) -> bool | None:
    """Return a truth value sent as JSON or as quoted text."""
    value = element.get(key)
    if isinstance(value, str):
        return value.casefold() == "true"
    return value if isinstance(value, bool) else None


def read_guid(element: Mapping[str, object], key: str) -> str:
    """Return a GUID in lower case, or an empty text when absent or zero; raises BadPost for other text."""
    value = element.get(key)
    if value is None or value in ("", ZERO_GUID):
        return ""
    if not isinstance(value, str) or not GUID.match(value):
        raise BadPost(message=f"{key} '{value}' is not a GUID.")
    return value.lower()


def read_object(element: Mapping[str, object], key: str) -> Json:
    """Return a nested object, or an empty one."""
    value = element.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise BadPost(message=f"{key} is not an object.")
    return value


def read_objects(element: Mapping[str, object], key: str) -> list[Json] | None:
    """Return a nested list of objects, or None when the key is absent."""
    value = element.get(key)
    if value is None:
        return None
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadPost(message=f"{key} is not a list of objects.")
    return value


def _without_marks(value: object) -> object:
    if isinstance(value, str):
        return value.replace(_MARK, "")
    if isinstance(value, list):
        return [_without_marks(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_marks(item) for key, item in value.items()}
    return value


def _refuse_constant(text: str) -> object:
    raise BadPost(message=f"{text} is not a number.")
