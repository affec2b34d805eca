"""`touch.closer` for many pairs of shapes at once, in numpy and shapely; the few pairs near the limit go the exact way."""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from antalya.geometry import ellipsoid, touch
from antalya.geometry.ellipsoid import Bools, Floats, Ints
from antalya.geometry.overlay import common, snapped
from antalya.geometry.shape import TOUCH_M, Shape, cores_m

CHUNK_POINTS = 400_000
CORE_SHARE = 0.5
"""How much of a core counts in a plane about somewhere else: far less than any plane here leaves of it."""


class Pack:
    """Shapes laid end to end, at least one."""

    def __init__(self, shapes: Sequence[Shape]) -> None:
        self.shapes = shapes
        self.flat: NDArray[np.object_] = np.empty(len(shapes), dtype=object)
        self.flat[:] = [s.flat for s in shapes]
        self.origin = np.array([s.frame.origin for s in shapes])
        self.basis = np.array([s.frame.basis for s in shapes])
        self.bend = np.array([s.frame.bend for s in shapes])
        numbers = np.array([(s.radius_m, s.disc_m, s.step_m, *s.centre) for s in shapes])
        self.radius, self.disc, self.step, self.lon, self.lat = numbers.T
        self.points = np.concatenate([s.points for s in shapes])
        self.rings = _lengths([s.ring_ends for s in shapes])
        self.polygons = _lengths([s.polygon_ends for s in shapes])
        counts = np.array([(len(s.points), len(s.ring_ends) - 1, len(s.polygon_ends) - 1) for s in shapes])
        self.counts = counts.T
        self.starts = np.cumsum(counts, axis=0).T - self.counts

    @cached_property
    def core(self) -> Floats:
        """`Shape.core_m` of each."""
        return cores_m(self.flat)

    def spans(self, what: int, index: Ints) -> Ints:
        """Positions of all points (0), rings (1) or polygons (2) of the shapes at `index`, one after the other."""
        count = self.counts[what][index]
        ends = np.cumsum(count)
        return np.repeat(self.starts[what][index] - ends + count, count) + np.arange(ends[-1])

    def laid(self, index: Ints, frame: Ints) -> NDArray[np.object_]:
        """The polygons at `index`, each in the plane of the shape at `frame`."""
        rows = self.spans(0, index)
        about = np.repeat(frame, self.counts[0][index])
        flat = snapped(ellipsoid.lay(self.points[rows] - self.origin[about], self.basis[about], self.bend[about]))
        ends = (_ends(self.rings[self.spans(1, index)]), _ends(self.polygons[self.spans(2, index)]))
        return np.asarray(shapely.from_ragged_array(
            shapely.GeometryType.MULTIPOLYGON, flat, (*ends, _ends(self.counts[2][index]))
        ))


def _lengths(ends: Sequence[Ints]) -> Ints:
    """The differences within each of the arrays, one after the other."""
    lengths = np.diff(np.concatenate(ends))
    return np.delete(lengths, np.cumsum([len(e) for e in ends])[:-1] - 1)


def _ends(counts: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)])


def closer_each(a: Sequence[Shape], b: Sequence[Shape], across_m: Floats) -> Bools:
    """Row by row, `touch.closer(a, b, across_m)`."""
    if not len(a):
        return np.zeros(0, dtype=np.bool_)
    unique = {id(s): s for s in (*a, *b)}
    index = {key: i for i, key in enumerate(unique)}
    left, right = np.array([index[id(s)] for s in a]), np.array([index[id(s)] for s in b])
    return closer_of(Pack(list(unique.values())), left, right, across_m)


def closer_of(pack: Pack, left: Ints, right: Ints, across_m: Floats) -> Bools:
    """The same for shapes of a pack, by their indices."""
    meets = np.zeros(len(left), dtype=np.bool_)
    between = pack.origin[left] - pack.origin[right]
    reach = pack.radius[left] + pack.radius[right] + across_m
    near = np.flatnonzero(np.einsum("ni,ni->n", between, between) <= reach * reach)
    discs = (pack.disc[left[near]] > 0) & (pack.disc[right[near]] > 0)
    rows = near[discs]
    meets[rows] = _discs_meet(pack, left[rows], right[rows], across_m[rows])
    near = near[~discs]
    many = pack.counts[0][left[near]] * pack.counts[0][right[near]] > touch.MANY
    for k in near[many]:
        meets[k] = touch.closer(pack.shapes[left[k]], pack.shapes[right[k]], float(across_m[k]))
    rows = near[~many]
    swap = _swapped(pack, left[rows], right[rows])
    place, other = np.where(swap, right[rows], left[rows]), np.where(swap, left[rows], right[rows])
    for first, last in _chunks(pack.counts[0][other]):
        here = slice(first, last)
        meets[rows[here]] = _meet(pack, place[here], other[here], across_m[rows[here]])
    return meets


def _chunks(sizes: Ints) -> Iterator[tuple[int, int]]:
    """Runs of rows with about `CHUNK_POINTS` points each."""
    total = np.cumsum(sizes)
    first = 0
    while first < len(sizes):
        before = int(total[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(total, before + CHUNK_POINTS)))
        yield first, last
        first = last


def _swapped(pack: Pack, left: Ints, right: Ints) -> Bools:
    """Where the right one makes the better plane: as `touch.placed`."""
    circle_left, circle_right = pack.disc[left] > 0, pack.disc[right] > 0
    swap: Bools = np.where(circle_left != circle_right, circle_right, pack.radius[left] > pack.radius[right])
    return swap


def _limits(pack: Pack, a: Ints, b: Ints, across_m: Floats) -> Floats:
    """The distance below which centres, or a centre and a polygon, or two polygons meet."""
    disc_a, disc_b = pack.disc[a], pack.disc[b]
    halves = [np.where(disc > 0, disc / 2, np.inf) for disc in (disc_a, disc_b)]
    touch_m = np.minimum(TOUCH_M, np.minimum(*halves))
    limit: Floats = disc_a + disc_b + np.where(across_m > 0, across_m, -touch_m)
    return limit


def _discs_meet(pack: Pack, a: Ints, b: Ints, across_m: Floats) -> Bools:
    between = ellipsoid.geodesics_m(pack.lon[a], pack.lat[a], pack.lon[b], pack.lat[b])
    meets: Bools = between < _limits(pack, a, b, across_m)
    return meets


def _meet(pack: Pack, place: Ints, other: Ints, across_m: Floats) -> Bools:
    """For polygons, or a circle at `place` and a polygon."""
    first, second = pack.flat[place], pack.laid(other, place)
    meets = np.zeros(len(place), dtype=np.bool_)
    plain = (across_m == 0) & (pack.disc[place] == 0)
    rows = np.flatnonzero(~plain)
    if len(rows):
        limit = _limits(pack, place[rows], other[rows], across_m[rows])
        error = touch.errors_m(pack.radius[place[rows]], pack.disc[place[rows]], pack.step[place[rows]],
                               pack.step[other[rows]], limit)
        off = shapely.distance(first[rows], second[rows])
        meets[rows] = off < limit
        for k in np.flatnonzero(np.abs(off - limit) <= error):
            one, two = pack.shapes[place[rows[k]]], pack.shapes[other[rows[k]]]
            meets[rows[k]] = touch.exactly_closer(one, two, float(off[k]), float(limit[k]), float(error[k]))
    rows = np.flatnonzero(plain)
    if len(rows):
        meets[rows] = _interiors_meet(pack, place[rows], other[rows], first[rows], second[rows])
    return meets


def _interiors_meet(
    pack: Pack, place: Ints, other: Ints, first: NDArray[np.object_], second: NDArray[np.object_]
) -> Bools:
    """For polygons, each pair in the plane of the one at `place`."""
    error = touch.errors_m(pack.radius[place], pack.disc[place], pack.step[place], pack.step[other], np.zeros(len(place)))
    meets = np.zeros(len(place), dtype=np.bool_)
    near = shapely.dwithin(first, second, error)
    rows = np.flatnonzero(near)
    meets[rows] = _cores_meet(pack, place[rows], other[rows], first[rows], second[rows], 2 * error[rows] + TOUCH_M)
    rows = rows[~meets[rows]]
    shared = common(first[rows], second[rows])
    meets[rows] = shapely.area(shared) > shapely.length(shared) * (error[rows] + TOUCH_M)
    for k in np.flatnonzero(near & ~meets):
        one, two = pack.shapes[place[k]], pack.shapes[other[k]]
        meets[k] = touch.finely_meet(one, two, first[k], second[k], float(error[k]))
    return meets


def _cores_meet(
    pack: Pack, place: Ints, other: Ints, first: NDArray[np.object_], second: NDArray[np.object_], room: Floats
) -> Bools:
    """Whether one polygon certainly comes into the disc at the core of the other, by more than `room`."""
    meets: Bools = shapely.distance(second, shapely.points(0.0, 0.0)) < pack.core[place] - room
    middle = ellipsoid.lay(pack.origin[other] - pack.origin[place], pack.basis[place], pack.bend[place])
    meets |= shapely.distance(first, shapely.points(middle)) < pack.core[other] * CORE_SHARE - room
    return meets
