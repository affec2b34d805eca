"""The properties of a feature: which there are, what each has to be, and which one a property that nobody knows may be meant as.

docs/how-to/check-files.md lists them. Each function that reads one raises bad_field (or bad_text, naive_time) with its name.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from typing import Any, cast

import msgspec

from antalya.model.base import plain_text, utc
from antalya.model.errors import error
from antalya.model.operations import ACTIVITIES, Activity, Strength
from antalya.wire.geojson import Properties

KNOWN = frozenset({
    "operation", "party", "force", "forces", "activity", "lower_m", "upper_m", "lower", "upper", "datum", "unit",
    "ground_lower_m", "ground_upper_m", "starts_at", "ends_at", "priority", "emergency", "title", "note", "strength",
    "filed_at", "radius_m",
})
SYNONYMS = {
    "start": "starts_at", "begin": "starts_at", "from": "starts_at", "time_start": "starts_at", "end": "ends_at",
    "until": "ends_at", "to": "ends_at", "time_end": "ends_at", "floor": "lower_m", "bottom": "lower_m", "min_alt": "lower_m",
    "altitude_lower": "lower_m", "ceiling": "upper_m", "top": "upper_m", "max_alt": "upper_m", "altitude_upper": "upper_m",
    "radius": "radius_m", "owner": "party", "op": "operation", "operation_id": "operation", "vertical_datum": "datum",
}
DEFAULT_ACTIVITY: Activity = "flight"
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def limit_of(given: Properties, end: str) -> Any:
    """An altitude, `lower` or `upper`, as it is given: in metres with `_m` after its name, or as `to_wgs84` takes it."""
    names = [name for name in (f"{end}_m", end) if given.get(name) is not None]
    if len(names) != 1:
        raise error("bad_field", "it is missing" if not names else f"give {end}_m or {end}, not both", at=f"{end}_m")
    return given[names[0]]


def terrain_of(given: Properties) -> tuple[float, float] | None:
    """The lowest and the highest ground under an outline, in metres; None where that is not said."""
    low, high = (_number(given, name) for name in ("ground_lower_m", "ground_upper_m"))
    if (low is None) != (high is None):
        raise error("bad_field", "ground_lower_m and ground_upper_m go together", at="ground_upper_m")
    return None if low is None or high is None else (low, high)


def _number(given: Properties, name: str) -> float | None:
    value = given.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise error("bad_field", "a number is wanted", at=name)
    return value


def text_of(given: Properties, name: str, longest: int) -> str | None:
    """A property as text; numbers are taken as they are written. None where it is missing or empty."""
    value = given.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(int(value)) if value == value // 1 else str(value)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise error("bad_field", "text is wanted", at=name)
    if len(value) > longest:
        raise error("bad_field", f"at most {longest} characters", at=name)
    return plain_text(value, name)


def texts_of(given: Properties, name: str) -> list[str]:
    """A property that is a text of at most 100 characters or a list of them, at most 64."""
    value = given.get(name)
    values = value if isinstance(value, list) else [value]
    if len(values) > 64:
        raise error("bad_field", "at most 64 forces", at=name)
    return [text for item in values if (text := text_of({name: item}, name, 100)) is not None]


def time_of(given: Properties, name: str) -> datetime | None:
    """An instant in UTC, later than `EARLIEST` and earlier than `LATEST`. None where it is missing."""
    value = given.get(name)
    if value is None:
        return None
    try:
        moment = msgspec.convert(value, datetime)
    except msgspec.ValidationError:
        raise error("bad_field", "a time in RFC 3339 is wanted, for example 2017-03-07T06:00:00Z", at=name) from None
    if not EARLIEST.replace(tzinfo=moment.tzinfo) < moment < LATEST.replace(tzinfo=moment.tzinfo):
        raise error("bad_field", "a time between the years 1900 and 2200 is wanted", at=name)
    return utc(moment, name)


def _activity(given: Properties, name: str) -> Activity:
    value = given.get(name, DEFAULT_ACTIVITY)
    if value not in ACTIVITIES:
        raise error("bad_field", f"one of {', '.join(ACTIVITIES)} is wanted", at=name)
    return cast(Activity, value)


def _priority(given: Properties, name: str) -> int:
    value = given.get(name, 3)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 9:
        raise error("bad_field", "a whole number from 0 to 9 is wanted", at=name)
    return value


def _emergency(given: Properties, name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise error("bad_field", "true or false is wanted", at=name)
    return value


def _strength(given: Properties, name: str) -> Strength:
    try:
        return msgspec.convert(given.get(name) or {}, Strength)
    except msgspec.ValidationError as wrong:
        raise error("bad_field", str(wrong), at=name) from None


WHOLE: dict[str, Callable[[Properties, str], object]] = {
    "activity": _activity, "priority": _priority, "emergency": _emergency, "strength": _strength, "filed_at": time_of,
}
"""What is said of an operation as a whole, and how that is read: given the properties and its name among them."""


@lru_cache(maxsize=4_096)
def _meant(key: str) -> str | None:
    """The known property that an unknown one looks like."""
    plain = key.lower().strip().replace("-", "_").replace(" ", "_")
    if plain in KNOWN or plain in SYNONYMS:
        return SYNONYMS.get(plain, plain)
    close = get_close_matches(plain[:40], (*KNOWN, *SYNONYMS), n=1, cutoff=0.8)
    return SYNONYMS.get(close[0], close[0]) if close else None


def lookalikes(given: Properties) -> list[tuple[str, str]]:
    """Unknown properties that look like a known one which is not there, with it."""
    found = []
    for key in given.keys() - KNOWN:
        meant = _meant(key)
        if meant is not None and meant not in given and meant.removesuffix("_m") not in given:
            found.append((key, meant))
    return found


def hint(at: str, given: Properties) -> str:
    """What an error about a known property adds where another looks like it: perhaps nothing."""
    for key, meant in lookalikes(given):
        if meant == at:
            return f" (did you mean it by {printable(key)!r}?)"
    return ""


def printable(key: str) -> str:
    """The name of a property, shortened, for warnings."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in key[:60])
