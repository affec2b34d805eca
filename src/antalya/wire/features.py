"""Features as operations: which belong together, what is assumed where something is missing, what is refused.

A property that nobody knows (`wire.properties` has those that are) is let be, with a warning where it looks like one that is
meant (`start_at`), because a time or a height that is silently not read would be a conflict not found.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any

import msgspec

from antalya.geometry.datum import Converted, to_wgs84
from antalya.model.base import plain_text
from antalya.model.errors import AntalyaError, error
from antalya.model.operations import Operation
from antalya.model.volume import Circle, Volume
from antalya.wire.geojson import Feature
from antalya.wire.properties import (
    DEFAULT_ACTIVITY,
    KNOWN,
    WHOLE,
    hint,
    limit_of,
    lookalikes,
    printable,
    terrain_of,
    text_of,
    texts_of,
    time_of,
)


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
            raise error(wrong.code.name, wrong.detail + hint(wrong.at, feature.properties), at=at) from None
        draft.volumes.append(volume)
        draft.places.append(feature.place)
        if band.model != "WGS84":
            altitudes[band.model] = max(altitudes.get(band.model, 0.0), band.uncertainty_m)
        if feature.properties.get("radius_m") is not None and not isinstance(feature.outline, Circle):
            unread_radii[file] += 1
        if not KNOWN.issuperset(feature.properties):
            strays.update((file, *pair) for pair in lookalikes(feature.properties))
    warnings = [f"{file}: {printable(key)!r} is not read; did you mean {meant!r}? ({_count(count, 'feature')})"
                for (file, key, meant), count in strays.items()]
    warnings += [f"{file}: 'radius_m' is read of a Point only, an outline is taken as it is drawn ({_count(n, 'feature')})"
                 for file, n in unread_radii.items()]
    silent = Counter(draft.file for draft in drafts.values() if "activity" not in draft.said)
    warnings += [f"{file}: no activity, taken as {DEFAULT_ACTIVITY!r} ({_count(n, 'operation')})" for file, n in silent.items()]
    return _finished(list(drafts.values()), altitudes, warnings)


def _draft(drafts: dict[tuple[str, str], _Draft], file: str, index: int, feature: Feature) -> _Draft:
    """The draft a feature belongs to, with what the feature says of the operation as a whole."""
    given = feature.properties
    party = text_of(given, "party", 100)
    name, written = _name(given.get("operation")) or _name(feature.id) or (
        plain_text(f"{PurePath(file).stem[:80]}[{index}]", "operation"), "nowhere")
    key = (f"party {party}" if party is not None else f"file {file}", name)
    draft = drafts.get(key)
    if draft is None:
        draft = drafts[key] = _Draft(name, party, file, feature.place, written)
    if written != draft.written:  # two operations, perhaps, which would not be compared with each other
        raise error("bad_field", f"{name!r} is written {written} here and {draft.written} before: write it the same way",
                    at="operation")
    for what in WHOLE.keys() & given.keys():
        value = None if given[what] is None else WHOLE[what](given, what)
        if value is not None and draft.said.setdefault(what, value) != value:
            raise error("bad_field", f"the operation {name!r} said otherwise before", at=what)
    for force in (*texts_of(given, "force"), *texts_of(given, "forces")):
        draft.forces[force] = None
    draft.title = draft.title or text_of(given, "title", 500) or ""
    draft.note = draft.note or text_of(given, "note", 3_500) or ""
    return draft


def _name(value: Any) -> tuple[str, str] | None:
    """What an operation is called, and how that is written; None where it is not said."""
    name = text_of({"operation": value}, "operation", 100)
    return None if name is None else (name, "as text" if isinstance(value, str) else "as a number")


def _volume(feature: Feature) -> tuple[Volume, Converted]:
    given = feature.properties
    starts_at, ends_at = time_of(given, "starts_at"), time_of(given, "ends_at")
    if starts_at is None or ends_at is None:
        raise error("bad_field", "it is missing", at="ends_at" if ends_at is None else "starts_at")
    band = to_wgs84(limit_of(given, "lower"), limit_of(given, "upper"), given.get("datum") or "WGS84", given.get("unit"),
                    feature.outline, terrain_of(given))
    try:
        volume = msgspec.convert({"outline": feature.outline, "lower_m": band.lower_m, "upper_m": band.upper_m,
                                  "starts_at": starts_at, "ends_at": ends_at}, Volume)
    except msgspec.ValidationError as wrong:
        raise error("bad_field", str(wrong).split(" - at")[0], at=str(wrong).rpartition("$.")[2].rstrip("`")) from None
    return volume, band


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


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'s' if n != 1 else ''}"
