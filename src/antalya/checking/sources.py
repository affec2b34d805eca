"""Where plans and understandings for a check come from: files, GeoJSON mappings, operations."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from antalya.model.base import plain_text
from antalya.model.errors import AntalyaError, error
from antalya.model.operations import Operation
from antalya.model.parties import Party
from antalya.picture import Rulebook
from antalya.wire.features import Read, operations_of
from antalya.wire.geojson import Bounds, Feature, read_features
from antalya.wire.rulebook_file import RulebookFile, read_rulebook
from antalya.wire.theatre import check_theatre, look_for_swaps

NamedBytes: TypeAlias = tuple[str, bytes]
Source: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any] | Sequence[Operation] | NamedBytes | Any"
"""A path, a GeoJSON mapping (or what has `__geo_interface__`), operations, or bytes with the name they go by in errors."""

LARGEST_RULEBOOK = 16_000_000


def read_sources(sources: Sequence[Source], theatre: Sequence[float] | None, bounds: Bounds
                 ) -> tuple[Read, tuple[Operation, ...]]:
    """What the files hold, and all operations, in the order of their sources. Raises what reading raises."""
    given: list[Operation] = []
    files: dict[str, int] = {}
    order: dict[str, int] = {}
    features: list[tuple[str, int, Feature]] = []
    known: dict[str, bytes] = {}
    for number, source in enumerate(sources, 1):
        operations = _operations(source)
        if operations is not None:
            given += operations
            order |= {operation.id: number for operation in operations}
        else:
            name, data = _bytes(source, f"source {number}", bounds)
            digest = hashlib.sha256(data).digest()
            if known.setdefault(name, digest) != digest:  # an operation without a name goes by that of its file
                raise error("bad_input_file", "another source goes by that name", at=name)
            files.setdefault(name, number)
            features += [(name, i, feature) for i, feature in enumerate(read_features(data, name, bounds))]
    if not features and not given:
        raise error("bad_input_file", "nothing to check")
    swaps = look_for_swaps([(file, feature.place, feature.outline) for file, _, feature in features],
                           None if theatre is None else check_theatre(theatre))
    read = operations_of(features)
    seen = {operation.id for operation in read.operations}
    for operation in given:
        if operation.id in seen:
            raise error("duplicate_id", f"two operations are called {operation.id!r}")
        seen.add(operation.id)
    read = Read(read.operations, read.places, read.filed_at, read.unnamed, read.altitudes, (*swaps, *read.warnings))
    order |= {id_: files[places[0].rpartition(": ")[0]] for id_, places in read.places.items()}
    return read, tuple(sorted((*read.operations, *given), key=lambda operation: order[operation.id]))


def _operations(source: Source) -> list[Operation] | None:
    """The operations that a source is, or None where it is something else."""
    if not isinstance(source, list | tuple) or not source:
        return None
    operations = [item for item in source if isinstance(item, Operation)]
    return operations if len(operations) == len(source) else None


def _bytes(source: Source, name: str, bounds: Bounds) -> NamedBytes:
    """A source's bytes and the name it goes by."""
    if isinstance(source, str | os.PathLike):
        return _file(Path(source), bounds.bytes)
    if isinstance(source, tuple) and len(source) == 2 and isinstance(source[0], str) and isinstance(source[1], bytes):
        return source[0], source[1]
    source = getattr(source, "__geo_interface__", source)
    if not isinstance(source, Mapping):
        raise error("bad_input_file", f"a {type(source).__name__} is no path, GeoJSON mapping or sequence of operations", at=name)
    try:
        return name, msgspec.json.encode(source)
    except (TypeError, ValueError, RecursionError) as wrong:
        raise error("bad_json", str(wrong), at=name) from None


def _file(path: Path, most: int) -> NamedBytes:
    try:
        name = plain_text(str(path), "")
    except AntalyaError:
        raise error("bad_text", "the file's name has characters that could mislead a reader", at=ascii(str(path))) from None
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
    except FileNotFoundError:
        raise error("bad_input_file", "there is no such file", at=name) from None
    except (OSError, ValueError) as wrong:
        says = wrong.strerror.lower() if isinstance(wrong, OSError) and wrong.strerror else str(wrong)
        raise error("bad_input_file", f"it can't be read: {says}", at=name) from None
    if len(data) > most:
        raise error("too_large", f"more than {most:,} bytes", at=name)
    return name, data


def read_book(understandings: str | os.PathLike[str] | RulebookFile | None) -> RulebookFile:
    """The rulebook of a file, or one that was read before; an empty one for None. Raises bad_input_file, too_large and what
    `read_rulebook` raises."""
    if understandings is None:
        return RulebookFile({}, {}, {}, {}, {})
    if isinstance(understandings, RulebookFile):
        return understandings
    name, data = _file(Path(understandings), LARGEST_RULEBOOK)
    return read_rulebook(data, name)


def rulebook_of(book: RulebookFile, operations: Iterable[Operation], unnamed: frozenset[str]) -> tuple[Rulebook, list[str]]:
    """The rulebook, in which every operation's party is known; warnings where the file lists parties and misses one."""
    parties, strangers = dict(book.parties), dict[str, None]()
    for operation in operations:
        if operation.party not in parties:
            parties[operation.party] = Party(id=operation.party, name=operation.party)
            if book.listed and operation.party not in unnamed:
                strangers[operation.party] = None
    warnings = [f"the party {party!r} is not in the rulebook: rules that name parties don't bind it" for party in strangers]
    return Rulebook(version=1, parties=parties, forces=dict(book.forces), areas=dict(book.areas), sites=dict(book.sites),
                    understandings=dict(book.understandings)), warnings
