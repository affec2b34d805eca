"""Volumes as flat arrays, for work on many at once: what the compiled kernel and the tree read.

Corners are points in space (ECEF metres), pieces between them geodesics of at most `LONGEST_M`: longer than those of a
`Shape`, since whatever is near the limit is decided by shapes (`kernel`). One row costs about 220 bytes and 25 a corner.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from antalya.geometry import ellipsoid
from antalya.geometry.densify import WIDEST_M, between, divided
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.shape import Shape
from antalya.model.errors import error
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, Position, Volume

Codes: TypeAlias = NDArray[np.uint8]

LONGEST_M = 20_000.0
EDGE, RING_ENDS, POLYGON_ENDS = 1, 0, 2
"""What follows a corner: a piece to the next one; nothing, its ring being closed; nor another ring of its polygon."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BENT = 1.15
ORIGIN, RADIUS, DISC, STEP, LOWER, UPPER, CORE, BASIS, BEND, NUMBERS = 0, 3, 4, 5, 6, 7, 8, 9, 15, 17


class Columns(NamedTuple):
    """m volumes with n corners.

    `points` (n, 3) and `codes` (n): the corners of each, rings closed; of a circle its centre. `first` (m + 1): where each
    one's corners begin. `numbers` (m, NUMBERS), at ORIGIN, BASIS and BEND the plane about the centre of a cap that holds it
    (`ellipsoid.Frame`); at RADIUS the cap's radius in metres, at DISC a circle's (else 0), at STEP the longest piece; at LOWER
    and UPPER metres above WGS84; at CORE how deep the centre lies in it, at least (`making.cores`; 0: not reckoned).
    `windows` (m, 2): start and end in microseconds since 1970. In the index they are less (`held`).
    """

    points: Floats
    codes: Codes
    first: Ints
    numbers: Floats
    windows: Ints

    @property
    def origin(self) -> Floats:
        """Centres of the caps in space, (m, 3)."""
        return self.numbers[:, ORIGIN:RADIUS]

    @property
    def radius(self) -> Floats:
        """Radii of the caps in metres."""
        return self.numbers[:, RADIUS]

    @property
    def disc(self) -> Floats:
        """Radii of circles in metres, else 0."""
        return self.numbers[:, DISC]

    @property
    def lower(self) -> Floats:
        """Metres above WGS84."""
        return self.numbers[:, LOWER]

    @property
    def upper(self) -> Floats:
        """Metres above WGS84."""
        return self.numbers[:, UPPER]

    @property
    def starts(self) -> Ints:
        """Microseconds since 1970."""
        return self.windows[:, 0]

    @property
    def ends(self) -> Ints:
        """Microseconds since 1970."""
        return self.windows[:, 1]

    @property
    def size(self) -> int:
        """How many volumes."""
        return len(self.first) - 1

    @property
    def nbytes(self) -> int:
        """Bytes they take."""
        return sum(column.nbytes for column in self)

    def outline(self, row: int) -> Outline:
        """The outline of one of them, with the corners it has here."""
        here = slice(self.first[row], self.first[row + 1])
        lon, lat = ellipsoid.to_degrees(self.points[here])
        if self.disc[row]:
            return Circle(center=(float(lon[0]), float(lat[0])), radius_m=float(self.disc[row]))
        codes = self.codes[here]
        rings = np.split(np.column_stack([lon, lat]), np.flatnonzero(codes != EDGE) + 1)[:-1]
        polygons: list[list[tuple[Position, ...]]] = [[]]
        for ring, code in zip(rings, codes[codes != EDGE].tolist(), strict=True):
            polygons[-1].append(tuple((x, y) for x, y in ring.tolist()))
            if code == POLYGON_ENDS:
                polygons.append([])
        found = tuple(tuple(polygon) for polygon in polygons[:-1])
        return Polygon(coordinates=found[0]) if len(found) == 1 else MultiPolygon(coordinates=found)

    def rows(self, rows: Ints) -> "Columns":
        """Some of them, in that order."""
        counts = self.first[rows + 1] - self.first[rows]
        first = np.concatenate([[0], np.cumsum(counts)])
        where = np.repeat(self.first[rows] - first[:-1], counts) + np.arange(first[-1])
        return Columns(self.points[where], self.codes[where], first, self.numbers[rows], self.windows[rows])


def joined(parts: Sequence[Columns]) -> Columns:
    """Several one after the other, at least one."""
    if len(parts) == 1:
        return parts[0]
    steps = np.cumsum([0, *(len(part.points) for part in parts)])
    first = np.concatenate([np.zeros(1, np.int64), *(part.first[1:] + step for part, step in zip(parts, steps, strict=False))])
    points, codes, _, numbers, windows = zip(*parts, strict=True)
    return Columns(np.concatenate(points), np.concatenate(codes), first, np.concatenate(numbers), np.concatenate(windows))


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970-01-01Z."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def of_shapes(shapes: Sequence[Shape], volumes: Sequence[Volume]) -> Columns:
    """Volumes whose shapes are prepared, row by row; at least one. Without volumes: their outlines alone."""
    bands = [(v.lower_m, v.upper_m) for v in volumes] or [(0.0, 0.0)] * len(shapes)
    numbers = np.zeros((len(shapes), NUMBERS))
    for row, s, band in zip(numbers, shapes, bands, strict=True):
        row[:RADIUS], row[BASIS:] = s.laying[:RADIUS], s.laying[RADIUS:]
        row[RADIUS:CORE] = s.radius_m, s.disc_m, s.step_m, *band
    windows = np.array([(microseconds(v.starts_at), microseconds(v.ends_at)) for v in volumes] or [(0, 0)] * len(shapes))
    counts, points, codes = [len(s.points) for s in shapes], [s.points for s in shapes], [_codes(s) for s in shapes]
    first = np.array([0, *accumulate(counts)])
    if len(shapes) == 1:
        return Columns(points[0], codes[0], first, numbers, windows)
    return Columns(np.concatenate(points), np.concatenate(codes), first, numbers, windows)


def _codes(shape: Shape) -> Codes:
    codes = np.full(len(shape.points), EDGE, dtype=np.uint8)
    if len(shape.ring_ends) == 2:
        codes[-1] = POLYGON_ENDS
        return codes
    ends = shape.ring_ends[1:] - 1
    codes[ends] = RING_ENDS
    codes[ends[shape.polygon_ends[1:] - 1]] = POLYGON_ENDS
    return codes


def of_degrees(lon: Floats, lat: Floats, codes: Codes, first: Ints, disc: Floats, lower: Floats, upper: Floats, starts: Ints,
               ends: Ints) -> Columns:
    """Volumes from arrays of positions in degrees that are known to be valid (no ring crosses or touches itself).

    Raises outline_too_wide where one does not fit into a cap of 4,000 km radius, too_many_vertices as `densify.divided`.
    """
    from antalya.geometry import making
    lon, lat, disc, lower, upper = (np.ascontiguousarray(values, np.float64) for values in (lon, lat, disc, lower, upper))
    count, windows = len(first) - 1, np.column_stack([starts, ends]).astype(np.int64, copy=False)
    made = Columns(np.empty((len(lon), 3)), codes, first, np.empty((count, NUMBERS)), windows)
    making.run(making.rows, count, lon, lat, disc, lower, upper, made)
    if count and made.numbers[:, STEP].max() > LONGEST_M * BENT:
        made = _divided(lon, lat, made)
        making.run(making.shaped, count, disc, lower, upper, made)
    narrow = made.radius < 0.8 * WIDEST_M
    if not narrow.all():
        raise error("outline_too_wide", "the outline does not fit into a cap of 4,000 km radius",
                    at=f"[{int(np.argmin(narrow))}].outline")
    return made


def _divided(lon: Floats, lat: Floats, made: Columns) -> Columns:
    """With pieces longer than `LONGEST_M` divided along their geodesics."""
    points, codes, first = made[:3]
    lon = np.where(np.abs(lat) == 90, 0.0, np.where(lon == -180, 180.0, lon))
    chord = np.zeros(len(points))
    chord[:-1] = np.linalg.norm(points[1:] - points[:-1], axis=1)
    pieces = divided(np.where(codes == EDGE, chord, 0), LONGEST_M, first[:-1])
    long = np.flatnonzero(pieces > 1)
    at = np.concatenate([[0], np.cumsum(pieces)])
    out, more = np.empty((at[-1], 3)), np.full(at[-1], EDGE, dtype=np.uint8)
    out[at[:-1]], more[at[1:] - 1] = points, codes
    inside = np.ones(len(out), dtype=np.bool_)
    inside[at[:-1]] = False
    out[inside] = between(lon, lat, long, pieces[long])
    return Columns(out, more, at[first], made.numbers, made.windows)
