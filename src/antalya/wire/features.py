"""Features as operations: which properties mean what, what is assumed where one is missing, what is refused.

docs/how-to/check-files.md lists them. A property that nobody knows is let be, with a warning where it looks like one that
is meant (`start_at`), because a time or a height that is silently not read would be a conflict not found.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import lru_cache
from pathlib import PurePath
from typing import Any, cast

import msgspec

from antalya.geometry.datum import Converted, to_wgs84
from antalya.model.base import plain_text, utc
from antalya.model.errors import AntalyaError, error
from antalya.model.operations import ACTIVITIES, Activity, Operation, Strength
from antalya.model.volume import Circle, Volume
from antalya.wire.geojson import Feature

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


@dataclass(frozen=True, slots=True)
class Read:
    """What files hold: operations; where each of their volumes stands (`places`, by operation id); who filed when, where it
    is said; parties that nobody named (`unnamed`); the altitude models used, with the largest uncertainty; warnings."""

    operations: tuple[Operation, ...]
    places: dict[str, tuple[str, ...]]
    filed_at: dict[str, datetime]
    unnamed: frozenset[str]
    altitudes: dict[str, float]
    warnings: tuple[str, ...]


@dataclass(slots=True)
class _Draft:
    """An operation that is being put together; `said` are properties of the whole, in which its features may not differ."""

    name: str
    party: str | None
    file: str
    place: str
    written: str
    said: dict[str, Any] = field(default_factory=dict)
    volumes: list[Volume] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    forces: dict[str, None] = field(default_factory=dict)
    title: str = ""
    note: str = ""


def operations_of(features: Iterable[tuple[str, int, Feature]]) -> Read:
    """Operations of features, each with its file's name and its number there.

    Features of the same party and operation are one operation, in whatever files; without a party, those of the same
    operation in the same file. Raises bad_field, bad_text, naive_time, bad_window, and what `to_wgs84` raises, with the place.
    """
    drafts: dict[tuple[str, str], _Draft] = {}
    altitudes: dict[str, float] = {}
    strays: Counter[tuple[str, str, str]] = Counter()
    unread_radii: Counter[str] = Counter()
    for file, index, feature in features:
        try:
            draft = _draft(drafts, file, index, feature)
            volume, band = _volume(feature)
        except AntalyaError as wrong:
            at = f"{feature.place}.properties.{wrong.at}".rstrip(".") if not wrong.at.startswith(feature.place) else wrong.at
            raise error(wrong.code.name, wrong.detail + _hint(wrong.at, feature.properties), at=at) from None
        draft.volumes.append(volume)
        draft.places.append(feature.place)
        if band.model != "WGS84":
            altitudes[band.model] = max(altitudes.get(band.model, 0.0), band.uncertainty_m)
        if feature.properties.get("radius_m") is not None and not isinstance(feature.outline, Circle):
            unread_radii[file] += 1
        if not KNOWN.issuperset(feature.properties):
            strays.update((file, *stray) for stray in _strays(feature.properties))
    warnings = [f"{file}: {_printable(key)!r} is not read; did you mean {meant!r}? ({_count(count, 'feature')})"
                for (file, key, meant), count in strays.items()]
    warnings += [f"{file}: 'radius_m' is read of a Point only, an outline is taken as it is drawn ({_count(n, 'feature')})"
                 for file, n in unread_radii.items()]
    silent = Counter(draft.file for draft in drafts.values() if "activity" not in draft.said)
    warnings += [f"{file}: no activity, taken as {DEFAULT_ACTIVITY!r} ({_count(n, 'operation')})" for file, n in silent.items()]
    return _finished(list(drafts.values()), altitudes, warnings)


def _draft(drafts: dict[tuple[str, str], _Draft], file: str, index: int, feature: Feature) -> _Draft:
    """The draft a feature belongs to, with what the feature says of the operation as a whole."""
    given = feature.properties
    party = _text(given, "party", 100)
    name, written = _name(given.get("operation")) or _name(feature.id) or (
        plain_text(f"{PurePath(file).stem[:80]}[{index}]", "operation"), "nowhere")
    key = (f"party {party}" if party is not None else f"file {file}", name)
    draft = drafts.get(key)
    if draft is None:
        draft = drafts[key] = _Draft(name, party, file, feature.place, written)
    if written != draft.written:  # two operations, perhaps, which would not be compared with each other
        raise error("bad_field", f"{name!r} is written {written} here and {draft.written} before: write it the same way",
                    at="operation")
    for what in _SAYS.keys() & given.keys():
        value = None if given[what] is None else _SAYS[what](given, what)
        if value is not None and draft.said.setdefault(what, value) != value:
            raise error("bad_field", f"the operation {name!r} said otherwise before", at=what)
    for force in (*_texts(given, "force"), *_texts(given, "forces")):
        draft.forces[force] = None
    draft.title = draft.title or _text(given, "title", 500) or ""
    draft.note = draft.note or _text(given, "note", 3_500) or ""
    return draft


def _name(value: Any) -> tuple[str, str] | None:
    """What an operation is called, and how that is written; None where it is not said."""
    name = _text({"operation": value}, "operation", 100)
    return None if name is None else (name, "as text" if isinstance(value, str) else "as a number")


def _volume(feature: Feature) -> tuple[Volume, Converted]:
    given = feature.properties
    starts_at, ends_at = _time(given, "starts_at"), _time(given, "ends_at")
    if starts_at is None or ends_at is None:
        raise error("bad_field", "it is missing", at="ends_at" if ends_at is None else "starts_at")
    band = to_wgs84(_limit(given, "lower"), _limit(given, "upper"), given.get("datum") or "WGS84", given.get("unit"),
                    feature.outline, _ground(given))
    try:
        volume = msgspec.convert({"outline": feature.outline, "lower_m": band.lower_m, "upper_m": band.upper_m,
                                  "starts_at": starts_at, "ends_at": ends_at}, Volume)
    except msgspec.ValidationError as wrong:
        raise error("bad_field", str(wrong).split(" - at")[0], at=str(wrong).rpartition("$.")[2].rstrip("`")) from None
    return volume, band


def _limit(given: dict[str, Any], end: str) -> Any:
    names = [name for name in (f"{end}_m", end) if given.get(name) is not None]
    if len(names) != 1:
        raise error("bad_field", "it is missing" if not names else f"give {end}_m or {end}, not both", at=f"{end}_m")
    return given[names[0]]


def _ground(given: dict[str, Any]) -> tuple[float, float] | None:
    low, high = (_number(given, name) for name in ("ground_lower_m", "ground_upper_m"))
    if (low is None) != (high is None):
        raise error("bad_field", "ground_lower_m and ground_upper_m go together", at="ground_upper_m")
    return None if low is None or high is None else (low, high)


def _number(given: dict[str, Any], name: str) -> float | None:
    value = given.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise error("bad_field", "a number is wanted", at=name)
    return value


def _text(given: dict[str, Any], name: str, longest: int) -> str | None:
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


def _texts(given: dict[str, Any], name: str) -> list[str]:
    value = given.get(name)
    values = value if isinstance(value, list) else [value]
    if len(values) > 64:
        raise error("bad_field", "at most 64 forces", at=name)
    return [text for item in values if (text := _text({name: item}, name, 100)) is not None]


def _time(given: dict[str, Any], name: str) -> datetime | None:
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


def _activity(given: dict[str, Any], name: str) -> Activity:
    value = given.get(name, DEFAULT_ACTIVITY)
    if value not in ACTIVITIES:
        raise error("bad_field", f"one of {', '.join(ACTIVITIES)} is wanted", at=name)
    return cast(Activity, value)


def _priority(given: dict[str, Any], name: str) -> int:
    value = given.get(name, 3)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 9:
        raise error("bad_field", "a whole number from 0 to 9 is wanted", at=name)
    return value


def _emergency(given: dict[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        raise error("bad_field", "true or false is wanted", at=name)
    return value


def _strength(given: dict[str, Any], name: str) -> Strength:
    try:
        return msgspec.convert(given.get(name) or {}, Strength)
    except msgspec.ValidationError as wrong:
        raise error("bad_field", str(wrong), at=name) from None


_SAYS: dict[str, Callable[[dict[str, Any], str], object]] = {
    "activity": _activity, "priority": _priority, "emergency": _emergency, "strength": _strength, "filed_at": _time,
}


def _finished(drafts: list[_Draft], altitudes: dict[str, float], warnings: list[str]) -> Read:
    """Operations with ids that differ: the operation's name where it is the only one of that name."""
    names = Counter(draft.name for draft in drafts)
    ids, parties = set[str](), {draft.party for draft in drafts if draft.party is not None}
    read = Read((), {}, {}, frozenset(), altitudes, tuple(warnings))
    operations, unnamed = [], set[str]()
    for draft in drafts:
        whole = f"{draft.party or PurePath(draft.file).name}/{draft.name}"
        id_ = _unused(draft.name if names[draft.name] == 1 else whole, ids)
        party = draft.party
        if party is None:
            party = _unused(f"unnamed ({id_})", parties)
            unnamed.add(party)
        if len(draft.volumes) > 10_000:
            raise error("too_many_volumes", f"the operation {draft.name!r} has {len(draft.volumes):,}, at most 10,000",
                        at=draft.place)
        filed_at = draft.said.pop("filed_at", None)
        if filed_at is not None:
            read.filed_at[id_] = filed_at
        said = {"activity": DEFAULT_ACTIVITY, **draft.said}
        operations.append(Operation(id=id_, party=party, volumes=tuple(draft.volumes), forces=tuple(draft.forces),
                                    title=draft.title, note=draft.note, source=plain_text(draft.place[:500], ""), **said))
        read.places[id_] = tuple(draft.places)
    return Read(tuple(operations), read.places, read.filed_at, frozenset(unnamed), altitudes, tuple(warnings))


def _unused(wanted: str, used: set[str]) -> str:
    """`wanted`, or with a number so that it differs from all that are used; it is used from then on."""
    name, number = wanted[:128], 1
    while name in used:
        number += 1
        name = f"{wanted[:120]} #{number}"
    used.add(name)
    return name


@lru_cache(maxsize=4_096)
def _meant(key: str) -> str | None:
    """The known property that an unknown one looks like."""
    plain = key.lower().strip().replace("-", "_").replace(" ", "_")
    if plain in KNOWN or plain in SYNONYMS:
        return SYNONYMS.get(plain, plain)
    close = get_close_matches(plain[:40], (*KNOWN, *SYNONYMS), n=1, cutoff=0.8)
    return SYNONYMS.get(close[0], close[0]) if close else None


def _strays(given: dict[str, Any]) -> list[tuple[str, str]]:
    """Unknown properties that look like a known one which is not there, with it."""
    found = []
    for key in given.keys() - KNOWN:
        meant = _meant(key)
        if meant is not None and meant not in given and meant.removesuffix("_m") not in given:
            found.append((key, meant))
    return found


def _hint(at: str, given: dict[str, Any]) -> str:
    for key, meant in _strays(given):
        if meant == at:
            return f" (did you mean it by {_printable(key)!r}?)"
    return ""


def _printable(key: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in key[:60])


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'s' if n != 1 else ''}"
