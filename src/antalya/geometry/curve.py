"""Rows in the order of a Morton curve over place, altitude and time: what lies together comes together. The widest come last."""

import math

import numpy as np

from antalya.geometry import making
from antalya.geometry.columns import LOWER, ORIGIN, RADIUS, Columns
from antalya.geometry.compiled import compiled
from antalya.geometry.ellipsoid import Floats, Ints


def along(columns: Columns) -> Ints:
    """The rows in the curve's order; at least one."""
    places = making.run(_places, columns.size, columns, np.empty((columns.size, 2)))
    keys = making.run(_keys, columns.size, columns, places, _scales(columns, places), np.empty(columns.size, np.uint64))
    return np.argsort(keys)


def every(count: int) -> int:
    """Of so many rows, every which one is enough to see what is usual."""
    return max(1, count // 10_000)


def _scales(columns: Columns, places: Floats) -> Floats:
    """Least value and unit of each dimension of the curve (time, altitude, longitude, latitude): a unit is a quarter of a
    row's usual extent, or what makes 65,535 of them. Then beyond which radius a row counts as wide."""
    some = slice(0, None, every(columns.size))
    wide = float(np.median(columns.radius[some])) + 1
    degrees = np.degrees(wide / 2 / 6_371_000)
    lon, lat = places.T
    units = [(columns.starts, float(np.median((columns.ends - columns.starts)[some])) / 4 + 1),
             (columns.lower, float(np.median((columns.upper - columns.lower)[some])) / 4 + 1),
             (lon, degrees / max(0.01, float(np.cos(np.radians(np.median(lat[some])))))), (lat, degrees)]
    out = np.empty((5, 2))
    for row, (values, unit) in enumerate(units):
        least, most = float(values.min()), float(values.max())
        out[row] = least, max(unit, (most - least) / 65_535)
    out[4] = wide * 32, 0
    return out


@compiled
def _places(begin, end, c, out):  # type: ignore[no-untyped-def]
    """Degrees of the caps' centres on a sphere."""
    for k in range(begin, end):
        x, y, z = c.numbers[k, ORIGIN], c.numbers[k, ORIGIN + 1], c.numbers[k, ORIGIN + 2]
        out[k, 0], out[k, 1] = math.degrees(math.atan2(y, x)), math.degrees(math.asin(z / 6_378_137))


@compiled
def _keys(begin, end, c, places, scales, out):  # type: ignore[no-untyped-def]
    for k in range(begin, end):
        key = np.uint64(0)
        for axis in range(4):
            value = float(c.windows[k, 0]) if axis == 0 else c.numbers[k, LOWER] if axis == 1 else places[k, axis - 2]
            place = np.uint64(min(65_535.0, max(0.0, (value - scales[axis, 0]) / scales[axis, 1])))
            place = (place | place << np.uint64(24)) & np.uint64(0x000000FF000000FF)  # a bit of it every four bits
            place = (place | place << np.uint64(12)) & np.uint64(0x000F000F000F000F)
            place = (place | place << np.uint64(6)) & np.uint64(0x0303030303030303)
            place = (place | place << np.uint64(3)) & np.uint64(0x1111111111111111)
            key |= place << np.uint64(axis)
        if c.numbers[k, RADIUS] > scales[4, 0]:  # the widest among themselves, at the end
            key = np.uint64(0xFFFFFFFFFFFFFFFF) - (key >> np.uint64(32))
        out[k] = key
