"""GeoJSON (RFC 7946) in: FeatureCollections, single Features and sequences of them (RFC 8142, or one a line) as features.

Bytes come in, outlines and properties go out; `wire.features` makes operations of them. Foreign members are let be, as
RFC 7946 section 6 wants it; a `crs` other than WGS84 is refused, since every number would mean something else.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from antalya.model.errors import AntalyaError, error
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, vertices

Properties = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bounds:
    """What bounds a file: bytes, features in it, positions of one outline."""

    bytes: int = 256_000_000
    features: int = 1_000_000
    vertices: int = 100_000


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: where it stands in its file (`place`: `A.geojson: features[3]`), its own id, outline and properties."""

    place: str
    id: str | int | float | None
    outline: Outline
    properties: Properties


class _Top(msgspec.Struct):
    type: str = ""
    features: list[msgspec.Raw] | None = None
    crs: Any = None


class _Feature(msgspec.Struct):
    type: str
    geometry: msgspec.Raw
    properties: msgspec.Raw = msgspec.Raw(b"")
    id: str | int | float | None = None


class _Point(msgspec.Struct, tag_field="type", tag="Point"):
    coordinates: tuple[float, ...]


class _Flat(msgspec.Struct, tag_field="type", tag="Polygon"):
    coordinates: list[list[tuple[float, ...]]]


class _Several(msgspec.Struct, tag_field="type", tag="MultiPolygon"):
    coordinates: list[list[list[tuple[float, ...]]]]


_PATH = re.compile(r"^(?P<what>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
_COLON = re.compile(rb'"\s*:')
_SPELT = re.compile(rb"\\u00[67]")
"""A small letter by its number, as no program writes one."""
_GAPS = (b'" ', b'"\n', b'"\r', b'"\t')
"""What stands in a text where there is room before a colon; where there is none, colons are counted far quicker."""
_PLAIN = 4
"""Names in a feature without an id and properties: its own two, and its geometry's two."""
_exact = msgspec.json.Decoder(Polygon | MultiPolygon)
_loose = msgspec.json.Decoder(_Point | _Flat | _Several)
_feature = msgspec.json.Decoder(_Feature)
_properties = msgspec.json.Decoder(Properties | None)
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_features(data: bytes, file: str, bounds: Bounds | None = None) -> Iterator[Feature]:
    """The features of a file, in its order. `file` is its name, for the places in errors.

    Raises too_large, bad_json, bad_input_file (not GeoJSON, or without features), bad_field, too_many_vertices and what
    the outlines raise (ring_not_closed, ring_too_short, not_a_position, swapped_position), each with its place.
    """
    bounds = bounds or Bounds()
    if len(data) > bounds.bytes:
        raise error("too_large", f"{len(data):,} bytes, at most {bounds.bytes:,}", at=file)
    pieces = _pieces(data.removeprefix(b"\xef\xbb\xbf"), file)
    if not pieces:
        raise error("bad_input_file", "there is no feature in it", at=file)
    if len(pieces) > bounds.features:
        raise error("too_large", f"{len(pieces):,} features, at most {bounds.features:,}", at=file)
    for place, raw in pieces:
        yield _read(place, raw, bounds)


def _pieces(data: bytes, file: str) -> list[tuple[str, bytes | msgspec.Raw]]:
    """The JSON text of each feature, with its place."""
    start = data.lstrip(b" \t\r\n")[:1]
    if not start:
        raise error("bad_json", "the file is empty", at=file)
    try:
        data.decode()
    except UnicodeDecodeError as wrong:
        raise error("bad_json", f"the text is not UTF-8 at byte {wrong.start}", at=file) from None
    if start == b"\x1e":
        texts = [text for text in data.split(b"\x1e") if text.strip()]
        return [(f"{file}: record[{i}]", text) for i, text in enumerate(texts)]
    if start == b"[":
        raws = _decode(data, list[msgspec.Raw], file)
        return [(f"{file}: [{i}]", raw) for i, raw in enumerate(raws)]
    try:
        top = msgspec.json.decode(data, type=_Top)
    except msgspec.ValidationError as wrong:
        raise error("bad_input_file", f"this is not GeoJSON: {wrong}", at=file) from None
    except (msgspec.DecodeError, RecursionError) as wrong:
        lines = [line for line in data.splitlines() if line.strip()]
        if len(lines) > 1 and all(_stands_alone(line) for line in (lines[0], lines[-1])):
            return [(f"{file}: line[{i}]", line) for i, line in enumerate(lines)]
        raise _broken(wrong, data, file) from None
    if top.crs is not None and not re.search(r"CRS84|4326", str(top.crs)):
        raise error("bad_field", f"the coordinate system {str(top.crs)[:80]} is not WGS84", at=f"{file}: crs")
    if data.count(b'"features"') > 1 or data.count(b'"crs"') > 1 or _SPELT.search(data):
        _check_once(data, f"{file}: feature." if top.type == "Feature" else f"{file}: ")
    if top.type == "FeatureCollection" and top.features is not None:
        return [(f"{file}: features[{i}]", raw) for i, raw in enumerate(top.features)]
    if top.type == "Feature":
        return [(f"{file}: feature", data)]
    kind = repr(top.type[:40]) if top.type else "an object without a type"
    what = "one without features" if top.type == "FeatureCollection" else kind
    raise error("bad_input_file", f"a GeoJSON FeatureCollection or Feature is wanted, not {what}", at=file)


def _stands_alone(line: bytes) -> bool:
    try:
        return msgspec.json.decode(line, type=_Top).type == "Feature"
    except (msgspec.DecodeError, RecursionError):
        return False


def _decode(data: bytes, type_: Any, file: str) -> Any:
    try:
        return msgspec.json.decode(data, type=type_)
    except (msgspec.DecodeError, RecursionError) as wrong:
        raise _broken(wrong, data, file) from None


def _broken(wrong: Exception, data: bytes | msgspec.Raw, file: str) -> AntalyaError:
    """bad_json, with the line and column where the text breaks."""
    text, found = bytes(data), re.search(r"\(byte (\d+)\)", str(wrong))
    if isinstance(wrong, RecursionError):
        return error("bad_json", "nested too deeply", at=file)
    if found is None:
        return error("bad_json", str(wrong).lower(), at=file)
    byte = int(found[1])
    line, column = text.count(b"\n", 0, byte) + 1, byte - text.rfind(b"\n", 0, byte)
    what = str(wrong).split(" (byte")[0].removeprefix("JSON is malformed: ")
    if re.match(rb"-?(NaN|Inf)", text[byte:byte + 4]) or text[max(byte - 1, 0):byte + 3] == b"-Inf":
        what = "NaN and Infinity are not numbers in JSON"
    return error("bad_json", f"{what}, line {line}, column {column}", at=file)


def _read(place: str, raw: bytes | msgspec.Raw, bounds: Bounds) -> Feature:
    try:
        feature = _feature.decode(raw)
        at = f"{place}.properties"
        properties = _known(feature.properties, at)
    except msgspec.ValidationError as wrong:
        what, path = _said(wrong)
        raise error("bad_field", what, at=f"{place}.{path}".rstrip(".")) from None
    except (msgspec.DecodeError, RecursionError) as wrong:
        raise _broken(wrong, raw, place) from None
    if feature.type != "Feature":
        raise error("bad_field", f"a Feature is wanted, not {feature.type[:40]!r}", at=f"{place}.type")
    plain = _PLAIN + (feature.id is not None) + bool(bytes(feature.properties)) + len(properties)
    if _colons(raw) > plain:  # or foreign members, or a text with a colon
        for part, where in ((raw, place), (feature.geometry, f"{place}.geometry"), (feature.properties, at)):
            _check_once(part, f"{where}.")
    outline = _outline(feature.geometry, properties, place)
    if vertices(outline) > bounds.vertices:
        raise error("too_many_vertices", f"{vertices(outline):,} positions, at most {bounds.vertices:,}", at=f"{place}.geometry")
    return Feature(place, feature.id, outline, properties)


def _known(raw: msgspec.Raw, at: str) -> Properties:
    try:
        properties: Properties = (_properties.decode(raw) if bytes(raw) else None) or {}
    except msgspec.ValidationError as wrong:
        raise error("bad_field", _said(wrong)[0], at=at) from None
    return properties


def _colons(raw: bytes | msgspec.Raw) -> int:
    """How many names there are in an object and what is in it, or more where texts look like some."""
    data = bytes(raw)
    return len(_COLON.findall(data)) if any(gap in data for gap in _GAPS) else data.count(b'":')


def _check_once(raw: bytes | msgspec.Raw, at: str) -> None:
    """Raises bad_json where a name stands twice in an object: two readers could read two different plans."""
    members = _members.decode(raw) if bytes(raw)[:1] == b"{" else {}
    if _colons(raw) > len(members) + sum(map(_colons, members.values())):
        try:
            names = [name for name, _ in json.loads(bytes(raw), object_pairs_hook=list, parse_int=str, parse_float=str)]
        except RecursionError:
            raise error("bad_json", "nested too deeply", at=at.rstrip(": .")) from None
        for name in names:
            if names.count(name) > 1:
                raise error("bad_json", "it stands twice", at=f"{at}{name[:60]}")


def _outline(raw: msgspec.Raw, properties: Properties, place: str) -> Outline:
    at = f"{place}.geometry"
    try:
        try:
            outline: Outline = _exact.decode(raw)
        except msgspec.ValidationError:  # a point, positions with a third number, foreign members: read with more patience
            outline = _patient(raw, properties, place)
    except AntalyaError as wrong:
        inner = wrong.at if wrong.at.startswith(place) else f"{at}.{wrong.at.replace('center', 'coordinates')}".rstrip(".")
        raise error(wrong.code.name, wrong.detail, at=inner) from None
    except msgspec.ValidationError as wrong:
        what, path = _said(wrong)
        if "Invalid value" in what or "missing required field `type`" in what or (what.endswith("got `null`") and not path):
            what = "a Polygon, a MultiPolygon, or a Point with radius_m is wanted"
        raise error("bad_field", what, at=f"{at}.{path}".rstrip(".")) from None
    return outline


def _patient(raw: msgspec.Raw, properties: Properties, place: str) -> Outline:
    """An outline of two-dimensional positions, as heights come from the properties. A Point is a circle's centre."""
    geometry: _Point | _Flat | _Several = _loose.decode(raw)
    match geometry:
        case _Point(coordinates=position):
            radius = properties.get("radius_m")
            if radius is None:
                raise error("bad_field", "a Point needs radius_m", at=f"{place}.properties.radius_m")
            if isinstance(radius, bool) or not isinstance(radius, int | float) or not 0 < radius <= 2_000_000:
                raise error("bad_field", "metres above 0, at most 2,000,000, are wanted", at=f"{place}.properties.radius_m")
            return msgspec.convert({"type": "Circle", "center": position[:2], "radius_m": radius}, Circle)
        case _Flat(coordinates=rings):
            return msgspec.convert({"type": "Polygon", "coordinates": _flat(rings)}, Polygon)
        case _:
            several = [_flat(rings) for rings in geometry.coordinates]
            return msgspec.convert({"type": "MultiPolygon", "coordinates": several}, MultiPolygon)


def _flat(rings: list[list[tuple[float, ...]]]) -> list[list[tuple[float, ...]]]:
    return [[position[:2] for position in ring] for ring in rings]


def _said(wrong: msgspec.ValidationError) -> tuple[str, str]:
    """What a ValidationError says, and the path it says it of."""
    found = _PATH.match(str(wrong))
    return (found["what"], found["path"] or "") if found else (str(wrong), "")
