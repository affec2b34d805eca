"""Outlines, bands, windows and volumes: where something will be, on WGS84, half-open in height and time."""

import math
from datetime import datetime
from typing import Annotated, TypeAlias

from msgspec import Meta

from antalya.model.base import Instant, Noun, set_utc
from antalya.model.errors import error

Position: TypeAlias = tuple[float, float]
"""(longitude, latitude) in degrees on WGS84; longitude in [-180, 180], latitude in [-90, 90]."""

Ring: TypeAlias = tuple[Position, ...]
"""A closed ring: first and last position are the same; edges are geodesics."""

Altitude = Annotated[float, Meta(ge=-12_000, le=200_000)]
"""Metres above the WGS84 ellipsoid."""


def check_position(position: Position, at: str) -> None:
    """Raises not_a_position, or swapped_position where swapping the numbers would be on the globe."""
    lon, lat = position
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise error("not_a_position", "a coordinate is not a finite number", at=at)
    if abs(lat) > 90 and abs(lat) <= 180 and abs(lon) <= 90:
        raise error("swapped_position", f"latitude {lat} is impossible, longitude would be possible", at=at)
    if abs(lon) > 180 or abs(lat) > 90:
        raise error("not_a_position", f"[{lon}, {lat}] is not on the globe", at=at)


def _check_ring(ring: Ring, at: str) -> None:
    for lon, lat in ring:
        if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):  # no NaN is either
            for i, position in enumerate(ring):
                check_position(position, f"{at}[{i}]")
    if len(ring) < 2 or ring[0] != ring[-1]:
        raise error("ring_not_closed", "the last position differs from the first", at=at)
    if len(set(ring[:4])) < 3 and len(set(ring)) < 3:
        raise error("ring_too_short", "fewer than three different corners", at=at)


class Polygon(Noun, frozen=True, kw_only=True, tag_field="type", tag="Polygon", cache_hash=True):
    """A polygon with holes, as GeoJSON has it: the first ring is the outer one; edges are geodesics.

    Ring direction does not matter: the inside is the smaller side. Raises ring_not_closed, ring_too_short,
    not_a_position, swapped_position. Crossings are found by `geometry.shape` (they need the frame).
    """

    coordinates: Annotated[tuple[Ring, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        for i, ring in enumerate(self.coordinates):
            _check_ring(ring, f"coordinates[{i}]")


class MultiPolygon(Noun, frozen=True, kw_only=True, tag_field="type", tag="MultiPolygon", cache_hash=True):
    """Several polygons that together are one outline, as GeoJSON has it."""

    coordinates: Annotated[tuple[Annotated[tuple[Ring, ...], Meta(min_length=1)], ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        for p, polygon in enumerate(self.coordinates):
            for i, ring in enumerate(polygon):
                _check_ring(ring, f"coordinates[{p}][{i}]")


class Circle(Noun, frozen=True, kw_only=True, tag_field="type", tag="Circle", cache_hash=True):
    """All points nearer than `radius_m` (geodesic distance, metres) to `center`; never made into a polygon to decide."""

    center: Position
    radius_m: Annotated[float, Meta(gt=0, le=2_000_000)]

    def __post_init__(self) -> None:
        check_position(self.center, "center")


Outline: TypeAlias = Polygon | MultiPolygon | Circle


def vertices(outline: Outline) -> int:
    """How many positions an outline has."""
    match outline:
        case Circle():
            return 1
        case Polygon(coordinates=rings):
            return sum(map(len, rings))
        case MultiPolygon(coordinates=polygons):
            return sum(len(ring) for rings in polygons for ring in rings)


class Window(Noun, frozen=True, kw_only=True):
    """[starts_at, ends_at) in UTC. A window of no length is allowed and meets nothing at a minimum of 0 seconds."""

    starts_at: Instant
    ends_at: Instant

    def __post_init__(self) -> None:
        set_utc(self, "starts_at", "ends_at")
        if self.ends_at < self.starts_at:
            raise error("bad_window", "ends_at is before starts_at", at="ends_at")

    def holds(self, moment: datetime) -> bool:
        """Whether the moment lies in the window (half-open)."""
        return self.starts_at <= moment < self.ends_at


class Volume(Noun, frozen=True, kw_only=True):
    """Outline × [lower_m, upper_m) above the WGS84 ellipsoid × [starts_at, ends_at) in UTC.

    Raises bad_band, bad_window and what its outline raises.
    """

    outline: Outline
    lower_m: Altitude
    upper_m: Altitude
    starts_at: Instant
    ends_at: Instant

    def __post_init__(self) -> None:
        set_utc(self, "starts_at", "ends_at")
        if not self.lower_m < self.upper_m:
            raise error("bad_band", f"lower_m {self.lower_m} is not below upper_m {self.upper_m}", at="upper_m")
        if self.ends_at < self.starts_at:
            raise error("bad_window", "ends_at is before starts_at", at="ends_at")

    @property
    def window(self) -> Window:
        """When."""
        return Window(starts_at=self.starts_at, ends_at=self.ends_at)


class Minima(Noun, frozen=True, kw_only=True, cache_hash=True):
    """Separation minima: metres across, metres up, seconds. Closer than all three at once is a clash."""

    across_m: Annotated[float, Meta(ge=0, le=500_000)] = 0.0
    up_m: Annotated[float, Meta(ge=0, le=50_000)] = 0.0
    seconds: Annotated[float, Meta(ge=0, le=7 * 86_400)] = 0.0

    def widest(self, other: "Minima") -> "Minima":
        """The larger of each."""
        return Minima(across_m=max(self.across_m, other.across_m), up_m=max(self.up_m, other.up_m),
                      seconds=max(self.seconds, other.seconds))
