"""The smallest shift of a whole operation, in time or in height, that keeps it clear of others.

For pairs that are too near across, the shifts that don't help are open intervals, exactly known from windows and bands; the
smallest that helps lies at the end of one of them. It is rounded away to whole seconds or metres and compared again.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import NamedTuple

from msgspec.structs import replace

from antalya.geometry.overlap import SAME_HEIGHT_M, near_in_time_and_height
from antalya.geometry.touch import closer
from antalya.model.operations import Operation
from antalya.model.volume import Minima, Volume
from antalya.picture import Prepared

LOWEST_M, HIGHEST_M = -12_000.0, 200_000.0

Interval = tuple[float, float]
Pair = tuple[Volume, Volume, Minima]


class Shifts(NamedTuple):
    """By how much the whole operation would have to move, each alone being enough: seconds later or earlier, metres up or
    down (all positive). None where no shift within the bounds helps; 0 where nothing needs to move."""

    later_s: int | None
    earlier_s: int | None
    up_m: int | None
    down_m: int | None


def shifts(subject: Prepared, against: Sequence[tuple[Prepared, Minima]], *, not_before: datetime | None = None,
           not_after: datetime | None = None, lowest_m: float = LOWEST_M, highest_m: float = HIGHEST_M) -> Shifts:
    """The smallest shifts of an operation after which it keeps the given minima from every one of the others.

    `not_before`, `not_after` bound its window, `lowest_m`, `highest_m` its band (metres, WGS84). Each result is checked
    against all pairs of volumes before it is given.
    """
    pairs = [(own, theirs, minima) for other, minima in against
             for own, shape in zip(subject.operation.volumes, subject.shapes, strict=True)
             for theirs, across in zip(other.operation.volumes, other.shapes, strict=True)
             if closer(shape, across, minima.across_m)]
    starts, ends, lower, upper = _extent(subject.operation)
    latest = not_after or datetime.max.replace(tzinfo=UTC)
    earliest = not_before or datetime.min.replace(tzinfo=UTC)
    in_time = [_delays(*pair) for pair in pairs if _near_in_height(*pair) and _lasts(*pair)]
    in_height = [_raises(*pair) for pair in pairs if _near_in_time(*pair)]
    room = (latest - ends).total_seconds(), (starts - earliest).total_seconds(), highest_m - upper, lower - lowest_m
    least = (_least(in_time, room[0]), _least(_mirrored(in_time), room[1]), _least(in_height, room[2]),
             _least(_mirrored(in_height), room[3]))
    signed = (("seconds", 1), ("seconds", -1), ("metres", 1), ("metres", -1))
    return Shifts(*(_checked(pairs, unit, sign, by, most) for (unit, sign), by, most in zip(signed, least, room, strict=True)))


def shifted(operation: Operation, *, seconds: float = 0.0, metres: float = 0.0) -> Operation:
    """The operation with all its volumes moved in time and height."""
    return replace(operation, volumes=tuple(_moved(v, seconds, metres) for v in operation.volumes))


def _moved(volume: Volume, seconds: float, metres: float) -> Volume:
    by = timedelta(seconds=seconds)
    return replace(volume, starts_at=volume.starts_at + by, ends_at=volume.ends_at + by, lower_m=volume.lower_m + metres,
                   upper_m=volume.upper_m + metres)


def _extent(operation: Operation) -> tuple[datetime, datetime, float, float]:
    volumes = operation.volumes
    return (min(v.starts_at for v in volumes), max(v.ends_at for v in volumes), min(v.lower_m for v in volumes),
            max(v.upper_m for v in volumes))


def _near_in_height(own: Volume, theirs: Volume, minima: Minima) -> bool:
    return near_in_time_and_height(own, replace(theirs, starts_at=own.starts_at, ends_at=own.ends_at),
                                   replace(minima, seconds=max(minima.seconds, 1.0)))


def _lasts(own: Volume, theirs: Volume, minima: Minima) -> bool:
    """Whether the windows can be too near at all: at 0 seconds an instant meets nothing."""
    return bool(minima.seconds) or (own.starts_at < own.ends_at and theirs.starts_at < theirs.ends_at)


def _near_in_time(own: Volume, theirs: Volume, minima: Minima) -> bool:
    return near_in_time_and_height(own, replace(theirs, lower_m=own.lower_m, upper_m=own.upper_m),
                                   replace(minima, up_m=max(minima.up_m, 1.0)))


def _delays(own: Volume, theirs: Volume, minima: Minima) -> Interval:
    """The delays, in seconds, after which the two windows are still too near: an open interval."""
    return ((theirs.starts_at - own.ends_at).total_seconds() - minima.seconds,
            (theirs.ends_at - own.starts_at).total_seconds() + minima.seconds)


def _raises(own: Volume, theirs: Volume, minima: Minima) -> Interval:
    """The raises, in metres, after which the two bands are still too near: an open interval, but for what feet err by."""
    up_m = minima.up_m - SAME_HEIGHT_M
    return theirs.lower_m - own.upper_m - up_m, theirs.upper_m - own.lower_m + up_m


def _mirrored(intervals: Iterable[Interval]) -> list[Interval]:
    return [(-high, -low) for low, high in intervals]


def _least(forbidden: Sequence[Interval], most: float) -> int | None:
    """The least whole number from 0 to `most` in none of the open intervals."""
    by = 0
    for low, high in sorted(forbidden):
        if low < by < high:
            by = ceil(high)
    return by if by <= most else None


def _checked(pairs: Sequence[Pair], unit: str, sign: int, by: int | None, most: float) -> int | None:
    """The shift, if after it every pair keeps its minima; one more, where rounding in the comparison asks for it."""
    for amount in () if by is None else (by, by + 1):
        change = (float(sign * amount), 0.0) if unit == "seconds" else (0.0, float(sign * amount))
        if amount <= most and not any(near_in_time_and_height(_moved(own, *change), theirs, minima)
                                      for own, theirs, minima in pairs):
            return amount
    return None
