"""Movers as the tests of closest approach take them, and what stepping through time with pyproj says about them."""

from itertools import combinations
from typing import Any

import numpy as np
from hypothesis import strategies as st
from pyproj import Geod

from antalya.geometry.approach import ACROSS_M, LOOK_AHEAD_S, UP_M, Approaches, States, approaches

GEOD = Geod(ellps="WGS84")

Array = np.ndarray[Any, Any]


def states(*rows: tuple[float, float, float, float, float, float]) -> States:
    """Of (longitude, latitude, altitude, track, speed, rate)."""
    return States(*np.array(rows, dtype=float).reshape(-1, 6).T)


def pairs(found: Approaches) -> list[tuple[int, int]]:
    return list(zip(found.i.tolist(), found.j.tolist(), strict=True))


def apart(of: States, i: Array, j: Array, when: Array) -> tuple[Array, Array]:
    """Geodesic distance and difference of altitudes of each pair at its moment, by pyproj."""
    places = [GEOD.fwd(of.lon_deg[k], of.lat_deg[k], of.track_deg[k], of.speed_m_s[k] * when)[:2] for k in (i, j)]
    height = np.abs(of.altitude_m[j] - of.altitude_m[i] + (of.rate_m_s[j] - of.rate_m_s[i]) * when)
    return np.asarray(GEOD.inv(*places[0], *places[1])[2]), height


def stepped(of: States, across_m: float, up_m: float, end: float, steps: int) -> list[tuple[int, int, float]]:
    """(i, j, t) of every moment at which a pair is too near by more than a millimetre, and what all must be true of."""
    i, j = np.array(list(combinations(range(len(of)), 2))).T
    out = []
    for when in np.linspace(0, end, steps, endpoint=False):
        off, height = apart(of, i, j, np.full(len(i), when))
        near = (off < across_m - 1e-3) & (height < up_m - 2e-6)
        out += [(a, b, when) for a, b in zip(i[near].tolist(), j[near].tolist(), strict=True)]
    return out


def check(of: States, across_m: float = ACROSS_M, up_m: float = UP_M, end: float = LOOK_AHEAD_S, steps: int = 150) -> Approaches:
    """What is found has what stepping finds, within its times; and each time, distance and height is what pyproj says."""
    found = approaches(of, across_m, up_m, end)
    spans = {pair: (a, b) for pair, a, b in zip(pairs(found), found.t_in_s.tolist(), found.t_out_s.tolist(), strict=True)}
    for i, j, when in stepped(of, across_m, up_m, end, steps):
        begin, stop = spans[i, j]
        assert begin - 1e-6 <= when <= stop + 1e-6
    assert pairs(found) == sorted(pairs(found))
    assert (found.i < found.j).all()
    assert (found.t_in_s < found.t_out_s).all()
    for when, edge in ((found.t_in_s, 0.0), (found.t_out_s, end)):
        off, height = apart(of, found.i, found.j, when)
        assert (off < across_m + 1e-3).all()
        assert (height < up_m).all()
        assert ((when == edge) | (off > across_m - 1e-3) | (height > up_m - 1e-5)).all()
    off, height = apart(of, found.i, found.j, found.t_cpa_s)
    np.testing.assert_allclose(off, found.distance_m, rtol=0, atol=1e-3)
    np.testing.assert_allclose(height, found.height_m, rtol=0, atol=1e-6)
    for share in np.linspace(0, 1, 31):
        assert (apart(of, found.i, found.j, np.full(len(found), share * end))[0] > found.distance_m - 1e-3).all()
    return found


@st.composite
def crowds(draw: st.DrawFn, *, east_deg: float | None = None, north_deg: float | None = None) -> States:
    """Two to seven movers within about 60 km of a point anywhere."""
    lon = draw(st.floats(-180, 180)) if east_deg is None else east_deg
    lat = draw(st.floats(-90, 90)) if north_deg is None else north_deg
    count = draw(st.integers(2, 7))

    def each(least: float, most: float, *likely: float) -> Array:
        one = st.floats(least, most) | st.sampled_from(likely) if likely else st.floats(least, most)
        return np.array(draw(st.lists(one, min_size=count, max_size=count)))

    east, north, _ = GEOD.fwd(np.full(count, lon), np.full(count, lat), each(0, 360), each(0, 60_000, 0.0, 9_260.0))
    return States(east, north, each(0, 700, 0.0, UP_M, 2 * UP_M), each(-360, 360, 0.0, 90.0), each(0, 700, 0.0, 240.0),
                  each(-20, 20, 0.0, 5.0))
