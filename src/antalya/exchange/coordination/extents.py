"""From the volumes of a message to cells, heights and times."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from antalya.geometry.cells import cell_outline, footprint, parents
from antalya.geometry.densify import check_added
from antalya.geometry.shape import shape
from antalya.model import f3548
from antalya.model.coordination import FIRST, LAST, Extent
from antalya.model.errors import AntalyaError, error
from antalya.model.limits import Limits
from antalya.model.volume import Circle, Outline, Polygon, Ring, Volume
from antalya.steps.refer import HIGHEST_M, LOWEST_M

T = TypeVar("T")
LEVEL = 13
AREA_KM2 = 2_500.0
"""The largest area of one outline."""
LARGEST_RADIUS_M = 30_000.0
"""No circle of 2,500 km² is wider."""
MOST_CELLS = 20_000
"""Cells of all different outlines of one message, each counted with all of its own: about 25,000 km². It bounds the work that
one message makes, so outlines that lie over each other count as well."""
MOST_ROUGH = 64
"""Volumes of what nothing but its cells is known of."""


@dataclass(frozen=True, slots=True)
class Given:
    """The volumes of a message as one extent; times and heights that were left out are None."""

    cells: frozenset[int]
    starts_at: datetime | None
    ends_at: datetime | None
    lower_m: float | None
    upper_m: float | None

    @property
    def extent(self) -> Extent:
        """The same, unbounded where nothing was said."""
        every = Extent(self.cells)
        return Extent(self.cells, self.starts_at or FIRST, self.ends_at or LAST,
                      every.lower_m if self.lower_m is None else self.lower_m,
                      every.upper_m if self.upper_m is None else self.upper_m)

    def not_over(self, now: datetime) -> None:
        """Raises window_past where all of the volumes are over. Some may be: who flies a plan of many need not take out those
        that are behind him to say that something has changed."""
        if self.ends_at is not None and self.ends_at < now:
            raise error("window_past", "all of it is in the past", at="extents")


def area_of(query: f3548.Query, limits: Limits) -> Extent:
    """Where a query looks. Raises as `given`."""
    if query.area_of_interest is None:
        raise error("bad_field", "missing", at="area_of_interest")
    return given((query.area_of_interest,), limits, at="area_of_interest").extent


def given(volumes: Sequence[f3548.Volume4D], limits: Limits, *, times: bool = False, heights: bool = False,
          at: str = "extents") -> Given:
    """All volumes together: the union of their cells, the hull of their heights and times.

    `times`, `heights`: must be there. Raises bad_field, bad_band, bad_window, area_too_large, too_many_volumes,
    too_many_vertices, and what an outline raises that is none.
    """
    if len(volumes) > limits.volumes:
        raise error("too_many_volumes", f"{len(volumes)} volumes, at most {limits.volumes}", at=at)
    corners = sum(len(v.volume.outline_polygon.vertices) for v in volumes if v.volume.outline_polygon is not None)
    if corners > limits.vertices:
        raise error("too_many_vertices", f"{corners} vertices, at most {limits.vertices}", at=at)
    check_added([_ring(v.volume.outline_polygon) for v in volumes if v.volume.outline_polygon is not None], at)
    cells: dict[tuple[f3548.Circle | None, f3548.Polygon | None], tuple[int, ...]] = {}
    for i, volume in enumerate(volumes):
        place, space = f"{at}[{i}]" if at == "extents" else at, volume.volume
        _check(volume, times, heights, place)
        outline = space.outline_circle, space.outline_polygon
        if outline not in cells:
            cells[outline] = _cells(space, f"{place}.volume")
            if sum(map(len, cells.values())) > MOST_CELLS:
                raise error("area_too_large", "the volumes together cover too much", at=at)
    starts, ends = [_moment(v.time_start) for v in volumes], [_moment(v.time_end) for v in volumes]
    lows, highs = [_metres(v.volume.altitude_lower) for v in volumes], [_metres(v.volume.altitude_upper) for v in volumes]
    return Given(frozenset().union(*cells.values()), _outermost(starts, min), _outermost(ends, max), _outermost(lows, min),
                 _outermost(highs, max))


def _moment(time: f3548.Time | None) -> datetime | None:
    return None if time is None else time.value


def _metres(altitude: f3548.Altitude | None) -> float | None:
    return None if altitude is None else altitude.value


def _outermost(values: Sequence[T | None], of: Callable[[list[T]], T]) -> T | None:
    """The least or greatest of bounds; None, which is no bound, goes beyond all."""
    known = [value for value in values if value is not None]
    return of(known) if len(known) == len(values) else None


def _check(volume: f3548.Volume4D, times: bool, heights: bool, at: str) -> None:
    start, end, low, high = volume.time_start, volume.time_end, volume.volume.altitude_lower, volume.volume.altitude_upper
    if times and (start is None or end is None):
        raise error("bad_field", "time_start and time_end are required", at=at)
    if heights and (low is None or high is None):
        raise error("bad_field", "altitude_lower and altitude_upper are required", at=f"{at}.volume")
    if start is not None and end is not None and start.value > end.value:
        raise error("bad_window", "time_start is after time_end", at=f"{at}.time_end")
    if low is not None and high is not None and low.value > high.value:
        raise error("bad_band", "altitude_lower is above altitude_upper", at=f"{at}.volume.altitude_upper")


def _cells(volume: f3548.Volume3D, at: str) -> tuple[int, ...]:
    if (volume.outline_circle is None) == (volume.outline_polygon is None):
        raise error("bad_field", "exactly one of outline_circle and outline_polygon is required", at=at)
    try:
        made = shape(outline_of(volume))
        if made.area_m2 > AREA_KM2 * 1e6:
            raise error("area_too_large", f"{made.area_m2 / 1e6:.0f} km², at most {AREA_KM2:.0f}")
        return footprint(made, LEVEL)
    except AntalyaError as refusal:
        raise AntalyaError(refusal.code, refusal.detail, at=at, **refusal.extra) from None


def outline_of(volume: f3548.Volume3D) -> Outline:
    """A volume's outline as ours. Raises bad_field and what an outline raises that is none."""
    if volume.outline_polygon is not None:
        return Polygon(coordinates=(_ring(volume.outline_polygon),))
    circle = volume.outline_circle
    if circle is None or circle.center is None or circle.radius is None:
        raise error("bad_field", "center and radius are required")
    if circle.radius.value > LARGEST_RADIUS_M:
        raise error("area_too_large", f"a radius of {circle.radius.value:.0f} m covers more than {AREA_KM2:.0f} km²")
    return Circle(center=(circle.center.lng, circle.center.lat), radius_m=circle.radius.value)


def _ring(polygon: f3548.Polygon) -> Ring:
    ring = tuple((vertex.lng, vertex.lat) for vertex in polygon.vertices)
    return ring if ring[0] == ring[-1] else (*ring, ring[0])


def volumes_of(volumes: Sequence[f3548.Volume4D]) -> tuple[Volume, ...]:
    """The volumes of a message that `given` took as ours. A bound that was left out is the last there is; what has no height is
    a millimetre high, and what has no length in time a microsecond long: here both ends belong to it, with us the later
    does not."""
    return tuple(map(_volume, volumes))


def _volume(given: f3548.Volume4D) -> Volume:
    space = given.volume
    lower_m, upper_m = _metres(space.altitude_lower), _metres(space.altitude_upper)
    starts_at, ends_at = _moment(given.time_start) or FIRST, _moment(given.time_end) or LAST
    return _made(outline_of(space), LOWEST_M if lower_m is None else lower_m, HIGHEST_M if upper_m is None else upper_m,
                 starts_at, ends_at)


def rough_volumes(at: Extent) -> tuple[Volume, ...]:
    """All of an extent as volumes, for what the DSS knows no more of than that: its cells, or coarser ones that hold them."""
    low, high = max(at.lower_m, LOWEST_M), min(at.upper_m, HIGHEST_M)
    return tuple(_made(cell_outline(cell), low, high, at.starts_at, at.ends_at) for cell in parents(at.cells, MOST_ROUGH))


def _made(outline: Outline, low: float, high: float, starts_at: datetime, ends_at: datetime) -> Volume:
    return Volume(outline=outline, lower_m=low, upper_m=high if low < high else low + 0.001, starts_at=starts_at,
                  ends_at=max(ends_at, starts_at + timedelta(microseconds=1)) if starts_at < LAST else ends_at)
