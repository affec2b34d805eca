"""Altitudes at the door: whatever they are measured from, as metres above the WGS84 ellipsoid, wider where unsure.

Each limit of a band becomes an interval that certainly holds it; the lower limit takes the interval's bottom, the upper
its top. So a converted band is never smaller than what was meant. docs/reference/altitude.md has the sums.

- WGS84: taken as it is.
- MSL: the geoid EGM96 over the outline, ±`MSL_M` for the model, its interpolation and local vertical datums.
- AGL: needs the ground's lowest and highest height (WGS84) under the outline.
- FL: pressure altitude in the ISA (ICAO Doc 7488). The sea-level pressure moves the surface up or down, the warmth of the
  air below stretches it (ICAO Doc 8168: about 4 % for every 10 °C); then as MSL.
- SFC, as a lower limit: the ground if it is given, else `SURFACE_M`, which lies under all dry land.
"""

import math
import re
import sys
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from antalya.geometry.geoid import undulation_range
from antalya.model.errors import error
from antalya.model.volume import Outline

Datum: TypeAlias = Literal["WGS84", "MSL", "AGL", "FL", "SFC"]
Unit: TypeAlias = Literal["m", "ft", "FL"]
Ground: TypeAlias = tuple[float, float]
"""(lowest, highest) height of the ground under an outline, metres above WGS84."""

FOOT_M = 0.3048
MSL_M = 3.0
SURFACE_M = -500.0
QNH_HPA = (950.0, 1050.0)
WARMTH_K = 20.0
GRAVITY = 0.003
"""How far a geopotential metre differs from a metre between equator and pole, at most (g 9.780 to 9.832 m/s²)."""
HIGHEST_FL = 1_000.0
GREATEST = sys.float_info.max
"""JSON has integers of any length: those beyond are no numbers to reckon with."""

_T0, _LAPSE, _P0, _TROPOPAUSE_M, _T_STRATOSPHERE = 288.15, 0.0065, 1013.25, 11_000.0, 216.65
_ISA_EXPONENT = 0.190263
_EARTH_M = 6_356_766.0
_SPOKEN = re.compile(r"(?P<surface>SFC|GND|SURFACE)|FL\s*(?P<level>\d{1,4})"
                     r"|(?P<value>[+-]?\d+(?:\.\d+)?)\s*(?P<unit>m|ft)?\s*(?P<datum>WGS84|HAE|A?MSL|AGL)?", re.IGNORECASE)
_DATUMS: dict[str, Datum] = {"WGS84": "WGS84", "HAE": "WGS84", "MSL": "MSL", "AMSL": "MSL", "AGL": "AGL", "FL": "FL",
                             "SFC": "SFC"}


@dataclass(frozen=True, slots=True)
class Limit:
    """One end of a band as it was given: 115 FL, 1500 ft MSL, SFC (value 0)."""

    value: float
    datum: Datum = "WGS84"
    unit: Unit = "m"


@dataclass(frozen=True, slots=True)
class Converted:
    """A band in metres above WGS84, the model it was converted with, and the most a limit was moved outwards."""

    lower_m: float
    upper_m: float
    model: str
    uncertainty_m: float


def limit(value: float | str, datum: str = "WGS84", unit: str | None = None, at: str = "") -> Limit:
    """Reads one limit: a number in `unit` above `datum`, or text (`SFC`, `FL115`, `1500 ft`, `450 m MSL`), which may name
    its own unit and datum. With FL the unit is FL (hundreds of feet) unless it is given.

    Raises unknown_datum (datum, or unit) and bad_field (not a number).
    """
    known = _DATUMS.get(datum.upper() if isinstance(datum, str) else "")
    if known is None:
        raise error("unknown_datum", f"{datum!r}", at="datum")
    if unit is not None and unit not in get_args(Unit):
        raise error("unknown_datum", f"the unit {unit!r}", at="unit")
    if isinstance(value, str):
        return _spoken(value, known, unit, at)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= GREATEST:
        raise error("bad_field", "an altitude that is not a finite number", at=at)
    if unit == "FL" and known != "FL":
        raise error("unknown_datum", "the unit FL goes with the datum FL", at="unit")
    chosen: Unit = unit if unit is not None else "FL" if known == "FL" else "m"  # type: ignore[assignment]
    return Limit(float(value), known, chosen)


def _spoken(text: str, datum: Datum, unit: str | None, at: str) -> Limit:
    said = _SPOKEN.fullmatch(text.strip())
    if said is None:
        raise error("bad_field", f"{text[:40]!r} is not an altitude; write a number, SFC, FL115 or 1500 ft MSL", at=at)
    if said["surface"]:
        return Limit(0.0, "SFC")
    if said["level"]:
        return Limit(float(said["level"]), "FL", "FL")
    own = _DATUMS[said["datum"].upper()] if said["datum"] else datum
    return limit(float(said["value"]), own, said["unit"].lower() if said["unit"] else unit, at)


def to_wgs84(lower: float | str | Limit, upper: float | str | Limit, datum: str = "WGS84", unit: str | None = None,
             outline: Outline | None = None, ground: Ground | None = None) -> Converted:
    """The band [lower, upper) in metres above the WGS84 ellipsoid, never smaller than meant.

    `outline` is needed for MSL and FL, `ground` for AGL and for SFC as an upper limit. Raises unknown_datum, bad_field,
    bad_band (empty or upside down as given, when both limits have one datum), datum_needs_terrain.
    """
    low = lower if isinstance(lower, Limit) else limit(lower, datum, unit, at="lower_m")
    high = upper if isinstance(upper, Limit) else limit(upper, datum, unit, at="upper_m")
    if ground is not None and not (all(abs(height) <= GREATEST for height in ground) and ground[0] <= ground[1]):
        raise error("bad_field", "ground_lower_m is above ground_upper_m", at="ground_upper_m")
    if low.datum == high.datum and not _metres(low) < _metres(high):
        raise error("bad_band", f"{_text(low)} is not below {_text(high)}", at="upper_m")
    bottom, below, model = _interval(low, outline, ground, "lower_m")
    above, top, other = _interval(high, outline, ground, "upper_m")
    models = model if model == other else f"{model} to {other}"
    return Converted(bottom, top, models, round(max(below - bottom, top - above) / 2, 3))


def _metres(one: Limit) -> float:
    return one.value * {"m": 1.0, "ft": FOOT_M, "FL": 100 * FOOT_M}[one.unit]


def _text(one: Limit) -> str:
    if one.datum == "SFC":
        return "SFC"
    return f"FL{one.value:g}" if one.unit == "FL" else f"{one.value:g} {one.unit} {one.datum}"


def _interval(one: Limit, outline: Outline | None, ground: Ground | None, at: str) -> tuple[float, float, str]:
    """Where a limit may lie above WGS84 (from, to), and by which model."""
    metres = _metres(one)
    match one.datum:
        case "WGS84":
            return metres, metres, "WGS84"
        case "MSL":
            return *_above_geoid(metres, metres, outline, at), "EGM96"
        case "FL":
            if not -10 * FOOT_M * 100 <= metres <= HIGHEST_FL * 100 * FOOT_M:
                raise error("bad_field", f"{_text(one)} is not a flight level between -10 and {HIGHEST_FL:g}", at=at)
            return *_above_geoid(*pressure_altitude(metres), outline, at), "ISA and EGM96"
        case "SFC" if ground is None and at == "lower_m":
            return SURFACE_M, SURFACE_M, "under all land"
        case _:
            if ground is None:
                raise error("datum_needs_terrain", f"{_text(one)} without the ground's height", at=at)
            return ground[0] + metres, ground[1] + metres, "ground as given"


def _above_geoid(least: float, most: float, outline: Outline | None, at: str) -> tuple[float, float]:
    if outline is None:
        raise error("bad_field", "this datum needs the outline", at=at)
    low, high = undulation_range(outline)
    return least + low - MSL_M, most + high + MSL_M


def pressure_altitude(metres: float) -> tuple[float, float]:
    """The least and greatest height above mean sea level (metres) of a pressure altitude in metres.

    For sea-level pressures of `QNH_HPA`, air up to `WARMTH_K` colder or warmer than the ISA all the way down, and gravity
    anywhere. Above 20 km the ISA warms again; taking it as cold as below widens a little more, on the safe side.
    """
    heights = []
    for qnh in QNH_HPA:
        sea = _T0 / _LAPSE * (1 - (qnh / _P0) ** _ISA_EXPONENT)
        for warmth in (-WARMTH_K, WARMTH_K):
            geopotential = metres - sea + warmth * (_cold(metres) - _cold(sea))
            height = _EARTH_M * geopotential / (_EARTH_M - geopotential)
            heights += [height * (1 - GRAVITY), height * (1 + GRAVITY)]
    return min(heights), max(heights)


def _cold(metres: float) -> float:
    """The integral of dz / T(z) from sea level, metres per kelvin: by it one kelvin more stretches the air below."""
    below = min(metres, _TROPOPAUSE_M)
    return math.log(_T0 / (_T0 - _LAPSE * below)) / _LAPSE + max(metres - _TROPOPAUSE_M, 0.0) / _T_STRATOSPHERE
