"""Movers against volumes: who will be in, or too near to, which volume, and from when to when.

Movers move as in `approach`. One is too near to a volume while the geodesic distance to its outline is less than `across_m`,
its altitude less than `up_m` from the band, and the moment less than `seconds` from the window. Where a minimum is 0 it must
be within: off the edge, in [lower, upper), in [start, end). See docs/tracks.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from antalya.geometry.approach import LOOK_AHEAD_S, States, check_reach
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.overlap import SAME_HEIGHT_M
from antalya.geometry.shape import Shape
from antalya.geometry.shape import shapes as prepared
from antalya.model.base import utc
from antalya.model.errors import error
from antalya.model.volume import Minima, Volume

NONE = Minima()


@dataclass(frozen=True, eq=False)
class Entries:
    """Stays of movers in volumes, sorted by `mover`, `volume`, `t_in_s`.

    `mover`, `volume`: rows of the states, places in the sequence. `t_in_s`, `t_out_s`: seconds from now, within the look-ahead;
    who leaves and comes back stays twice.
    """

    mover: Ints
    volume: Ints
    t_in_s: Floats
    t_out_s: Floats

    def __len__(self) -> int:
        return len(self.mover)


def into_volumes(
    states: States, volumes: Sequence[Volume], now: datetime, look_ahead_s: float = LOOK_AHEAD_S, minima: Minima = NONE,
    shapes: Sequence[Shape] | None = None,
) -> Entries:
    """Every stay of a mover in, or nearer than the minima to, a volume in [now, now + look-ahead).

    The altitudes of the states are metres above the WGS84 ellipsoid, as those of volumes; one nearer to a limit than a
    micrometre is at it. Places are true to 2 mm up to 10 km `across_m`, 1 cm up to 100 km, 0.5 m up to 500 km; at the edge of
    a circle to 2 mm up to 500 km radius, 1 m up to 2,000 km. A way of less than a millimetre through it is none.
    `shapes`: the outlines, prepared before. Raises naive_time, bad_field (the look-ahead is not above 0 or longer than a day,
    or a mover goes farther than 1,000 km in it), and what `shapes` raises.
    """
    if not 0 < look_ahead_s <= 86_400:
        raise error("bad_field", f"{look_ahead_s} is not above 0 and at most 86,400", at="look_ahead_s")
    check_reach(states, look_ahead_s)
    moment = utc(now, "now")
    if not len(states) or not volumes:
        return Entries(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    from antalya.geometry import staying  # numba takes a moment to load

    windows = np.array([((v.starts_at - moment).total_seconds(), (v.ends_at - moment).total_seconds()) for v in volumes])
    windows += (-minima.seconds, minima.seconds)
    bands = np.array([(v.lower_m, v.upper_m) for v in volumes], dtype=np.float64)
    # half-open at a minimum of 0, open at another: in both, what is at the limit by a rounding is at the limit
    bands += (-SAME_HEIGHT_M, -SAME_HEIGHT_M) if not minima.up_m else (SAME_HEIGHT_M - minima.up_m, minima.up_m - SAME_HEIGHT_M)
    rows, moments = staying.stays(
        states, shapes or prepared([v.outline for v in volumes]), windows, bands, float(minima.across_m), float(look_ahead_s)
    )
    order = np.lexsort((moments[:, 0], rows[:, 1], rows[:, 0]))
    return Entries(*rows[order].T.copy(), *moments[order].T.copy())
