"""What a check found, as JSON, GeoJSON and CSV.

One entry for each finding; for a clash that is one for each pair of operations, with every meeting of their volumes under
`met`. Heights are metres above WGS84, times RFC 3339 in UTC.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import msgspec
import shapely

from antalya.geometry.outlining import outline_of, to_outline
from antalya.geometry.shape import shape
from antalya.model.findings import Finding, Met, Severity
from antalya.model.operations import Operation
from antalya.model.volume import Circle, Outline, Polygon, Position

Entry = dict[str, Any]

COLUMNS = ("kind", "severity", "effect", "operation", "other", "party", "other_party", "rule", "rule_kind", "site", "from", "to",
           "lower_m", "upper_m", "distance_m", "vertical_gap_m", "time_gap_s", "longitude", "latitude", "text", "remedies",
           "gives_way")
_GRAVEST: tuple[Severity, ...] = ("critical", "warning", "caution", "info")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%")


@dataclass(frozen=True)
class Report:
    """What a check found, gravest first.

    `operations` by id, `places` of their volumes in the files, `unnamed` parties (made up for operations without one),
    `altitudes`: the conversion models used, with the largest uncertainty in metres that widened a band; `warnings` in words.
    """

    findings: tuple[Finding, ...]
    operations: Mapping[str, Operation]
    places: Mapping[str, Sequence[str]] = field(default_factory=dict)
    unnamed: frozenset[str] = frozenset()
    altitudes: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def clear(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @cached_property
    def entries(self) -> list[Entry]:
        """The findings as JSON values."""
        return [self._entry(finding) for finding in self.findings]

    def first(self, count: int) -> list[Entry]:
        """The first of the entries, the gravest."""
        return [self._entry(finding) for finding in self.findings[:count]]

    def to_dict(self) -> dict[str, Any]:
        """`{"findings": [{"kind": "clash", "between": ["A", "B"], "where": …, "from": …, "to": …, …}], "clear": …, …}`."""
        return {
            "clear": self.clear, "findings": self.entries, "operations": len(self.operations),
            "volumes": sum(len(operation.volumes) for operation in self.operations.values()),
            "altitudes": [{"model": model, "uncertainty_m": metres} for model, metres in sorted(self.altitudes.items())],
            "warnings": list(self.warnings),
        }

    def to_geojson(self) -> dict[str, Any]:
        """A FeatureCollection: one feature for each finding, its `where` as the geometry, the rest as properties."""
        return {"type": "FeatureCollection", "features": [
            {"type": "Feature", "id": entry["id"], "geometry": entry["where"],
             "properties": {k: v for k, v in entry.items() if k not in ("id", "where", "met")}} for entry in self.entries]}

    def to_csv(self) -> str:
        """A table (RFC 4180) with the columns `COLUMNS`; text that a spreadsheet would take for a formula gets a quote
        before it (OWASP, CSV injection)."""
        out = io.StringIO(newline="")
        rows = csv.writer(out, lineterminator="\r\n")
        rows.writerow(COLUMNS)
        for entry in self.entries:
            rows.writerow([_cell(value) for value in _row(entry)])
        return out.getvalue()

    def _entry(self, finding: Finding) -> Entry:
        met, between = finding.met, self._sides(finding)
        each = [self._met(finding, m) for m in met]
        starts_at = finding.starts_at or min((m.starts_at for m in met), default=None)
        ends_at = finding.ends_at or max((m.ends_at for m in met), default=None)
        return {
            "id": finding.id, "kind": finding.kind, "between": between, "parties": [self._party(id_) for id_ in between],
            "gives_way": finding.operation if finding.other is not None else None,
            "where": each[0]["where"] if len(met) == 1 else where([m.region for m in met if m.region is not None]),
            "from": _text(starts_at), "to": _text(ends_at),
            "lower_m": _least(m.lower_m for m in met), "upper_m": _most(m.upper_m for m in met),
            "distance_m": _least(m.distance_m for m in met), "vertical_gap_m": _least(m.vertical_gap_m for m in met),
            "time_gap_s": _least(m.time_gap_s for m in met),
            "severity": finding.severity, "effect": finding.effect, "why": finding.why, "text": finding.text,
            "params": finding.params, "understanding": finding.understanding, "rule": finding.rule,
            "rule_kind": finding.rule_kind, "site": finding.site, "asks_of": list(finding.asks_of),
            "remedies": [msgspec.to_builtins(remedy) for remedy in finding.remedies],
            "met": each,
        }

    @cached_property
    def _order(self) -> dict[str, int]:
        return {id_: i for i, id_ in enumerate(self.operations)}

    def _sides(self, finding: Finding) -> list[str]:
        """The operations a finding is about, in the order in which they were given."""
        sides = [id_ for id_ in (finding.operation, finding.other) if id_ is not None]
        return sorted(sides, key=lambda id_: self._order.get(id_, len(self._order)))

    def _party(self, operation: str) -> str | None:
        party = self.operations[operation].party if operation in self.operations else None
        return None if party in self.unnamed else party

    def _met(self, finding: Finding, met: Met) -> Entry:
        indices = {finding.operation: met.volume, finding.other: met.other_volume}
        volumes = [self._place(id_, i) for id_ in self._sides(finding) if (i := indices[id_]) is not None]
        return {"volumes": volumes, "where": where([] if met.region is None else [met.region]), "from": _text(met.starts_at),
                "to": _text(met.ends_at), "lower_m": met.lower_m, "upper_m": met.upper_m, "distance_m": met.distance_m,
                "vertical_gap_m": met.vertical_gap_m, "time_gap_s": met.time_gap_s}

    def _place(self, operation: str, volume: int) -> str:
        places = self.places.get(operation)
        return places[volume] if places and volume < len(places) else f"{operation}: volumes[{volume}]"


def by_whom(remedies: Iterable[Entry], names: Mapping[str, str]) -> tuple[str, ...]:
    """What would remove a finding, each once; of a clash either side may do something, and `names` says who, by operation."""
    said = [(names.get(r["operation"]), r["text"]) for r in remedies]
    return tuple(dict.fromkeys(text if name is None else f"{name}: {text}" for name, text in said))


def sides(entry: Entry) -> dict[str, str]:
    """The names of a clash's two operations, for `by_whom`; of another finding none, since it is about one."""
    return {name: name for name in entry["between"]} if entry["gives_way"] else {}


def gravest_first(finding: Finding) -> tuple[int, datetime, str, str]:
    """A sort key: severity, then time, then whom it is about."""
    starts_at = finding.starts_at or datetime.min.replace(tzinfo=UTC)
    return _GRAVEST.index(finding.severity), starts_at, finding.operation, finding.id


def where(regions: Sequence[Outline]) -> Entry | None:
    """Regions together as one GeoJSON Polygon or MultiPolygon, right-handed (RFC 7946 section 3.1.6); None for none.

    Cut at the antimeridian, so their union may be taken in degrees: it is for people to look at.
    """
    areas = [area for region in regions for area in _areas(region)]
    whole = areas[0] if len(areas) == 1 else shapely.union_all([shapely.make_valid(area) for area in areas])
    outline = outline_of(whole)
    return None if outline is None else msgspec.to_builtins(outline)


def _areas(outline: Outline) -> list[shapely.Polygon]:
    """The polygons of an outline in degrees: a circle as one, what crosses the antimeridian cut there."""
    if not isinstance(outline, Circle):
        polygons = (outline.coordinates,) if isinstance(outline, Polygon) else outline.coordinates
        if all(max(lons) - min(lons) <= 180 for rings in polygons for lons in [[lon for lon, _ in rings[0]]]):
            return [_polygon(rings) for rings in polygons]
    whole = shape(outline)
    cut = to_outline(whole.rim.plane(whole.frame), whole.frame)
    if cut is None or isinstance(cut, Circle):
        return []
    return [_polygon(rings) for rings in ((cut.coordinates,) if isinstance(cut, Polygon) else cut.coordinates)]


def _polygon(rings: Sequence[Sequence[Position]]) -> shapely.Polygon:
    return shapely.polygons(rings[0], [shapely.linearrings(hole) for hole in rings[1:]] or None)


def _middle(geometry: Entry | None) -> tuple[float | None, float | None]:
    """A position within a geometry, to a tenth of a metre."""
    if geometry is None:
        return None, None
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    point = shapely.point_on_surface(shapely.multipolygons([_polygon(rings) for rings in polygons]))
    return round(point.x, 6), round(point.y, 6)


def _row(entry: Entry) -> list[object]:
    pair = (*entry["between"], None)[:2]
    parties = (*entry["parties"], None)[:2]
    return [entry["kind"], entry["severity"], entry["effect"], *pair, *parties, entry["rule"], entry["rule_kind"], entry["site"],
            entry["from"], entry["to"], entry["lower_m"], entry["upper_m"], entry["distance_m"], entry["vertical_gap_m"],
            entry["time_gap_s"], *_middle(entry["where"]), entry["text"],
            "; ".join(by_whom(entry["remedies"], sides(entry))), entry["gives_way"]]


def _cell(value: object) -> object:
    if isinstance(value, str) and value.lstrip(" ").startswith(_FORMULA):
        return f"'{value}"
    return value


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _least(values: Any) -> float | None:
    return min(values, default=None)


def _most(values: Any) -> float | None:
    return max(values, default=None)
