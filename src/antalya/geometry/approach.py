"""Closest approach of movers, from where they are and how they move now (state-based).

Each mover keeps its ground speed along the geodesic on which its track sets out, and its vertical rate. Two come too near
when, at one moment in [0, look-ahead), the geodesic distance of their positions on the ellipsoid is less than `across_m`
and the difference of their altitudes less than `up_m`: touching is not meeting. See docs/tracks.md.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from antalya.geometry.ellipsoid import Bools, Floats, Ints
from antalya.geometry.overlap import SAME_HEIGHT_M
from antalya.model.errors import error

ACROSS_M = 9_260.0
"""5 NM."""
UP_M = 304.8
"""1,000 ft."""
LOOK_AHEAD_S = 300.0
FARTHEST_M = 1_000_000.0
"""No mover is looked after farther than that."""

_LIMITS = {
    "lon_deg": (-180.0, 180.0), "lat_deg": (-90.0, 90.0), "altitude_m": (-12_000.0, 200_000.0), "track_deg": (-360.0, 360.0),
    "speed_m_s": (0.0, 12_000.0), "rate_m_s": (-12_000.0, 12_000.0),
}
_MOST = {"across_m": 500_000.0, "up_m": 50_000.0, "look_ahead_s": 86_400.0}


@dataclass(frozen=True, eq=False)
class States:
    """Movers, one a row: where each is and how it moves. Anything numpy makes arrays of; kept as float64, read-only.

    `lon_deg`, `lat_deg`: on WGS84. `altitude_m`: of all in the same datum. `track_deg`: the direction over ground, clockwise
    from true north, −360 … 360 (at a pole, from the meridian `lon_deg`). `speed_m_s`: over the ellipsoid, 0 … 12,000.
    `rate_m_s`: climbing is positive, −12,000 … 12,000.
    Raises bad_field (not a row of numbers, rows of different lengths, out of range), not_a_position.
    """

    lon_deg: Floats
    lat_deg: Floats
    altitude_m: Floats
    track_deg: Floats
    speed_m_s: Floats
    rate_m_s: Floats

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _row(getattr(self, field.name), field.name))
        for name in _LIMITS:
            if len(getattr(self, name)) != len(self.lon_deg):
                raise error("bad_field", f"{len(getattr(self, name))} rows, lon_deg has {len(self.lon_deg)}", at=name)

    def __len__(self) -> int:
        return len(self.lon_deg)


@dataclass(frozen=True, eq=False)
class Approaches:
    """Pairs that come too near, sorted by `i`, then `j`; `i` < `j` are rows of the states.

    `t_in_s`, `t_out_s`: seconds from now between which distance and height are both less than the minima, within the
    look-ahead. `t_cpa_s`: when in the look-ahead they are nearest across, whatever their height (the earliest such moment);
    `distance_m`, `height_m`: how far apart they are then, across and up.
    """

    i: Ints
    j: Ints
    t_in_s: Floats
    t_out_s: Floats
    t_cpa_s: Floats
    distance_m: Floats
    height_m: Floats

    def __len__(self) -> int:
        return len(self.i)


def approaches(
    states: States, across_m: float = ACROSS_M, up_m: float = UP_M, look_ahead_s: float = LOOK_AHEAD_S
) -> Approaches:
    """Every pair of movers that comes nearer than `across_m` metres (geodesic) and `up_m` metres at once in [0, look-ahead).

    Altitudes nearer to `up_m` than a micrometre are `up_m` apart (`SAME_HEIGHT_M`): 1,000 ft given in feet and turned into
    metres are 1,000 ft, level or climbing. Distances are true to 1 mm, moments to 1 µs or to that millimetre.
    Raises bad_field: a minimum or look-ahead that is not above 0 or too large (500 km, 50 km, one day), or a mover that
    goes farther than 1,000 km in the look-ahead.
    """
    for (name, most), value in zip(_MOST.items(), (across_m, up_m, look_ahead_s), strict=True):
        if not 0 < value <= most:
            raise error("bad_field", f"{value} is not above 0 and at most {most:,.0f}", at=name)
    check_reach(states, look_ahead_s)
    from antalya.geometry import closing  # numba takes a moment to load

    pairs, moments = closing.pairs(states, float(across_m), float(up_m) - SAME_HEIGHT_M, float(look_ahead_s))
    order = np.lexsort((pairs[:, 1], pairs[:, 0]))
    return Approaches(*pairs[order].T.copy(), *moments[order].T.copy())


def check_reach(states: States, look_ahead_s: float) -> None:
    """Raises bad_field for a mover that goes farther than `FARTHEST_M` in the look-ahead."""
    _refuse(states.speed_m_s * look_ahead_s > FARTHEST_M, "speed_m_s", f"farther than 1,000 km in {look_ahead_s:g} s")


def _row(values: ArrayLike, name: str) -> Floats:
    """One row of numbers within their limits, copied."""
    try:
        row = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise error("bad_field", "not a row of numbers", at=name) from None
    if row.ndim != 1:
        raise error("bad_field", f"{row.ndim} dimensions instead of one", at=name)
    least, most = _LIMITS[name]
    code = "not_a_position" if name in ("lon_deg", "lat_deg") else "bad_field"
    _refuse(~((row >= least) & (row <= most)), name, f"not within {least:,.0f} … {most:,.0f}", code)
    row.flags.writeable = False
    return row


def _refuse(wrong: Bools, name: str, detail: str, code: str = "bad_field") -> None:
    if wrong.any():
        raise error(code, detail, at=f"{name}[{int(np.argmax(wrong))}]")
