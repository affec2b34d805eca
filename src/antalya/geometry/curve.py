"""Rows in the order of a Hilbert curve over place, altitude and time: what lies together comes together. The widest come last.

Source: Skilling 2004, Programming the Hilbert curve.
"""

import math

import numpy as np

from antalya.geometry import making
from antalya.geometry.columns import LOWER, ORIGIN, RADIUS, Columns
from antalya.geometry.compiled import compiled
from antalya.geometry.ellipsoid import Floats, Ints

TOGETHER = 64
"""Rows whose places are reckoned at a time."""


def along(columns: Columns) -> Ints:
    """The rows in the curve's order; at least one."""
    bits = (64 - columns.size.bit_length()) // 4  # a key and its row's number in one word, which is sorted faster than both
    places = making.run(_places, columns.size, columns, np.empty((columns.size, 2)))
    scales = _scales(columns, places, (1 << bits) - 1)
    keys = making.run(_keys, columns.size, columns, places, scales, bits, np.empty(columns.size, np.uint64))
    keys.sort()
    keys &= np.uint64((1 << 64 - 4 * bits) - 1)
    order: Ints = keys.view(np.int64)
    return order


def every(count: int) -> int:
    """Of so many rows, every which one is enough to see what is usual."""
    return max(1, count // 10_000)


def _scales(columns: Columns, places: Floats, most_units: int) -> Floats:
    """Least value and unit of each dimension of the curve (time, altitude, longitude, latitude): a unit is a quarter of a
    row's usual extent, or what makes `most_units` of them. Then beyond which radius a row counts as wide."""
    some = slice(0, None, every(columns.size))
    wide = float(np.median(columns.radius[some])) + 1
    degrees = np.degrees(wide / 2 / 6_371_000)
    lon, lat = places.T
    units = [(columns.starts, float(np.median(columns.ends[some] - columns.starts[some])) / 4 + 1),
             (columns.lower, float(np.median(columns.upper[some] - columns.lower[some])) / 4 + 1),
             (lon, degrees / max(0.01, float(np.cos(np.radians(np.median(lat[some])))))), (lat, degrees)]
    out = np.empty((5, 2))
    for row, (values, unit) in enumerate(units):
        least, most = float(values.min()), float(values.max())
        out[row] = least, max(unit, (most - least) / most_units)
    out[4] = wide * 32, 0
    return out


@compiled
def _places(begin, end, c, out):  # type: ignore[no-untyped-def]
    """Degrees of the caps' centres on a sphere."""
    for k in range(begin, end):
        x, y, z = c.numbers[k, ORIGIN], c.numbers[k, ORIGIN + 1], c.numbers[k, ORIGIN + 2]
        out[k, 0], out[k, 1] = math.degrees(math.atan2(y, x)), math.degrees(math.asin(z / 6_378_137))


@compiled
def _keys(begin, end, c, places, scales, bits, out):  # type: ignore[no-untyped-def]
    """Each row's place on the curve, and its number in the bits that are left."""
    cells, top, last = np.zeros((4, TOGETHER), np.uint64), float((1 << bits) - 1), np.uint64((1 << 4 * bits) - 1)
    for at in range(begin, end, TOGETHER):
        past = min(at + TOGETHER, end)
        for k in range(at, past):
            for axis in range(4):
                value = float(c.windows[k, 0]) if axis == 0 else c.numbers[k, LOWER] if axis == 1 else places[k, axis - 2]
                cells[axis, k - at] = np.uint64(min(top, max(0.0, (value - scales[axis, 0]) / scales[axis, 1])))
        _hilbert(cells, bits)
        for k in range(at, past):
            key = cells[0, k - at]
            if c.numbers[k, RADIUS] > scales[4, 0]:  # the widest among themselves, at the end
                key = last - (key >> np.uint64(2 * bits))
            out[k] = key << np.uint64(64 - 4 * bits) | np.uint64(k)


@compiled
def _hilbert(cells, bits):  # type: ignore[no-untyped-def]
    """How far along the curve cells lie: by their coordinates (4, n) of so many bits, which are used up, into the first row. Each
    step for all of them, so that several are done at once."""
    one, many = np.uint64(1), cells.shape[1]
    for bit in range(bits - 1, 0, -1):
        for axis in range(4):
            for k in range(many):
                place, first, below = cells[axis, k], cells[0, k], (one << np.uint64(bit)) - one
                turned = (np.uint64(0) - (place >> np.uint64(bit) & one)) & below
                swapped = (first ^ place) & (below ^ turned)
                cells[axis, k] = place ^ swapped
                cells[0, k] = first ^ (swapped | turned)
    for k in range(many):
        x, y, z, w = cells[0, k], cells[1, k], cells[2, k], cells[3, k]
        y ^= x
        z ^= y
        w ^= z
        gray = w >> one
        gray ^= gray >> one
        gray ^= gray >> np.uint64(2)
        gray ^= gray >> np.uint64(4)
        gray ^= gray >> np.uint64(8)
        cells[0, k] = (_spread(x ^ gray) << np.uint64(3) | _spread(y ^ gray) << np.uint64(2) | _spread(z ^ gray) << one
                       | _spread(w ^ gray))


@compiled
def _spread(place):  # type: ignore[no-untyped-def]
    """A bit of it every four bits."""
    place = (place | place << np.uint64(24)) & np.uint64(0x000000FF000000FF)
    place = (place | place << np.uint64(12)) & np.uint64(0x000F000F000F000F)
    place = (place | place << np.uint64(6)) & np.uint64(0x0303030303030303)
    return (place | place << np.uint64(3)) & np.uint64(0x1111111111111111)
