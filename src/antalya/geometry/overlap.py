"""Whether two volumes meet, and where, when and how high.

They meet when they are nearer than all three minima at once: the geodesic distance of the outlines less than `across_m`, the
gap of the altitude bands less than `up_m`, the gap of the windows less than `seconds`. Where a minimum is 0 the interiors
must meet in that dimension: touching is not meeting. Bands and windows are half-open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import shapely

from antalya.geometry import touch
from antalya.geometry.once import once
from antalya.geometry.pairs import FEW, closer_each
from antalya.geometry.region import Planes, meeting_regions, planes
from antalya.geometry.shape import Shape, shape
from antalya.geometry.touch import distance_m, overlaps
from antalya.geometry.tracing import Traced, traced
from antalya.model.volume import Minima, Outline, Volume

__all__ = ["Meeting", "Part", "distance_m", "measure", "meet", "meet_many", "meeting", "overlaps"]

SAME_HEIGHT_M = 1e-6
"""Heights nearer than this are the same: feet turned into metres differ by their rounding (3,000 ft are not 914.39999… m).
Where a band is thinner than twice that, half of it."""


_NO_TIME = timedelta()


class Part(NamedTuple):
    """A window and an altitude band, half-open."""

    starts_at: datetime
    ends_at: datetime
    lower_m: float
    upper_m: float


@dataclass(eq=False)  # nobody changes it; a frozen one takes three times as long to make
class Meeting:
    """Where two volumes A and B come nearer than the minima.

    `part_a`: what of A's window and band lies within the minima of B's; `part_b` the other way round. `starts_at`,
    `ends_at`, `lower_m`, `upper_m` hold both. `vertical_gap_m`, `time_gap_s`: 0 where they overlap or touch.
    """

    part_a: Part
    part_b: Part
    vertical_gap_m: float
    time_gap_s: float
    minima: Minima
    shape_a: Shape = field(repr=False)
    shape_b: Shape = field(repr=False)

    @property
    def turned(self) -> "Meeting":
        """The same from the other side."""
        return Meeting(self.part_b, self.part_a, self.vertical_gap_m, self.time_gap_s, self.minima, self.shape_b, self.shape_a)

    @property
    def starts_at(self) -> datetime:
        """When the meeting begins."""
        return min(self.part_a.starts_at, self.part_b.starts_at)

    @property
    def ends_at(self) -> datetime:
        """When the meeting is over."""
        return max(self.part_a.ends_at, self.part_b.ends_at)

    @property
    def lower_m(self) -> float:
        """The meeting's lower altitude."""
        return min(self.part_a.lower_m, self.part_b.lower_m)

    @property
    def upper_m(self) -> float:
        """The meeting's upper altitude."""
        return max(self.part_a.upper_m, self.part_b.upper_m)

    @once
    def distance_m(self) -> float:
        """The geodesic distance of the outlines; 0 where they touch or overlap."""
        meet = None
        if not (self.shape_a.is_circle or self.shape_b.is_circle):
            meet = self._traced.meet if self._traced else bool(shapely.intersects(*self._laid[1:3]))
        return distance_m(self.shape_a, self.shape_b, meet)

    @once
    def region(self) -> Outline:
        """{p in A nearer than across_m to B} and {q in B nearer than across_m to A}; at 0 what A and B share."""
        return self._traced.region if self._traced else meeting_regions([self._laid], [self.minima.across_m])[0]

    @once
    def _traced(self) -> Traced | None:
        return traced(self.shape_a, self.shape_b, self.minima.across_m)

    @once
    def _laid(self) -> Planes:
        return planes([(self.shape_a, self.shape_b)])[0]


def measure(meetings: Sequence[Meeting]) -> None:
    """Finds the regions that are not plain of many meetings together, some times faster than each when it is asked for."""
    new = [m for m in meetings if "region" not in m.__dict__ and not m._traced]
    if not new:
        return
    for m, laid in zip(new, planes([(m.shape_a, m.shape_b) for m in new]), strict=True):
        m.__dict__["_laid"] = laid  # where the cached properties keep it
    for m, region in zip(new, meeting_regions([m._laid for m in new], [m.minima.across_m for m in new]), strict=True):
        m.__dict__["region"] = region


def meet(
    a: Volume, b: Volume, minima: Minima, shape_a: Shape | None = None, shape_b: Shape | None = None
) -> Meeting | None:
    """The meeting of two volumes, None where they keep the minima. True to 1 cm on edges of 10 km, 1 m on 100 km.

    Shapes not given are made; raises what `shape` raises.
    """
    if not near_in_time_and_height(a, b, minima):
        return None
    shape_a, shape_b = shape_a or shape(a.outline), shape_b or shape(b.outline)
    return meeting(a, b, minima, shape_a, shape_b) if touch.closer(shape_a, shape_b, minima.across_m) else None


def meet_many(
    volume: Volume, others: Sequence[Volume], minima: Sequence[Minima] | Minima,
    shape_of: Shape | None = None, shapes: Sequence[Shape | None] | None = None,
) -> list[Meeting | None]:
    """`meet(volume, other, …)` for each other, with one minima for all or one for each, answered together."""
    each = [minima] * len(others) if isinstance(minima, Minima) else minima
    near = [i for i, other in enumerate(others) if near_in_time_and_height(volume, other, each[i])]
    found: list[Meeting | None] = [None] * len(others)
    if not near:
        return found
    own = shape_of or shape(volume.outline)
    theirs = [(shapes[i] if shapes else None) or shape(others[i].outline) for i in near]
    if len(near) <= FEW:
        meets = [touch.closer(own, other, each[i].across_m) for i, other in zip(near, theirs, strict=True)]
    else:
        meets = closer_each([own] * len(near), theirs, np.array([each[i].across_m for i in near], np.float64)).tolist()
    for i, other, yes in zip(near, theirs, meets, strict=True):
        if yes:
            found[i] = meeting(volume, others[i], each[i], own, other)
    return found


def whole(volume: Volume) -> Part:
    """A volume's own window and band."""
    return Part(volume.starts_at, volume.ends_at, volume.lower_m, volume.upper_m)


def near_in_time_and_height(a: Volume | Part, b: Volume | Part, minima: Minima) -> bool:
    """Whether windows and altitude bands come nearer than their minima."""
    up_m, seconds = minima.up_m - SAME_HEIGHT_M, minima.seconds
    if minima.up_m:  # heights are compared more quickly than times
        if b.lower_m - a.upper_m >= up_m or a.lower_m - b.upper_m >= up_m:
            return False
    elif not min(a.upper_m, b.upper_m) - max(a.lower_m, b.lower_m) > min(
            SAME_HEIGHT_M, (a.upper_m - a.lower_m) / 2, (b.upper_m - b.lower_m) / 2):
        return False
    if seconds:
        return (b.starts_at - a.ends_at).total_seconds() < seconds and (a.starts_at - b.ends_at).total_seconds() < seconds
    return max(a.starts_at, b.starts_at) < min(a.ends_at, b.ends_at)


def meeting(a: Volume, b: Volume, minima: Minima, shape_a: Shape, shape_b: Shape) -> Meeting:
    """The meeting of two volumes that are known to meet (`batch.join` found them)."""
    room, up_m = timedelta(seconds=minima.seconds), minima.up_m
    whole_a, whole_b = whole(a), whole(b)
    vertical_gap_m = max(0.0, whole_b.lower_m - whole_a.upper_m, whole_a.lower_m - whole_b.upper_m)
    time_gap = max(_NO_TIME, whole_b.starts_at - whole_a.ends_at, whole_a.starts_at - whole_b.ends_at)
    return Meeting(_near(whole_a, whole_b, room, up_m), _near(whole_b, whole_a, room, up_m), vertical_gap_m,
                   time_gap.total_seconds(), minima, shape_a, shape_b)


def _near(of: Part, other: Part, room: timedelta, up_m: float) -> Part:
    """What of one volume's window and band lies within the minima of the other's."""
    (begin, end, low, high), (start, stop, bottom, top) = of, other
    return Part(
        # compared before added, for windows at either end of the calendar
        begin if start - begin <= room else start - room,
        end if end - stop <= room else stop + room,
        max(low, bottom - up_m),
        min(high, top + up_m),
    )
