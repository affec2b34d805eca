"""Altitude datums: published sums, the safe side, and what is refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antalya.geometry.datum import MSL_M, SURFACE_M, Limit, limit, pressure_altitude, to_wgs84
from antalya.geometry.geoid import undulation
from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle

AINTAB = Circle(center=(37.38, 37.06), radius_m=4_000)


def code(call: object, *args: object, **named: object) -> tuple[str, str]:
    with pytest.raises(AntalyaError) as refused:
        call(*args, **named)  # type: ignore[operator]
    return refused.value.code.name, refused.value.at


def test_wgs84_metres_pass_unchanged_and_feet_are_exact() -> None:
    assert to_wgs84(100.5, 2000) == to_wgs84(100.5, 2000.0, "WGS84", "m")
    feet = to_wgs84(1000, 2000, "WGS84", "ft")
    assert (feet.lower_m, feet.upper_m, feet.uncertainty_m, feet.model) == (304.8, 609.6, 0.0, "WGS84")


def test_sea_level_heights_are_lifted_by_the_geoid_and_widened() -> None:
    band = to_wgs84(500, 1500, "MSL", outline=AINTAB)
    here = float(undulation(*AINTAB.center))
    assert band.model == "EGM96"
    assert band.lower_m <= 500 + here - MSL_M < band.lower_m + 1
    assert band.upper_m - 1 < 1500 + here + MSL_M <= band.upper_m
    assert MSL_M <= band.uncertainty_m < MSL_M + 1


def test_heights_above_ground_need_the_ground() -> None:
    assert code(to_wgs84, 0, 100, "AGL") == ("datum_needs_terrain", "lower_m")
    band = to_wgs84(50, 120, "AGL", "m", ground=(400.0, 460.0))
    assert (band.lower_m, band.upper_m, band.uncertainty_m) == (450.0, 580.0, 30.0)
    assert code(to_wgs84, 0, 100, "AGL", ground=(460.0, 400.0)) == ("bad_field", "ground_upper_m")
    for ground in ((math.nan, 400.0), (400.0, 10**400)):
        assert code(to_wgs84, 0, 100, "AGL", ground=ground) == ("bad_field", "ground_upper_m")


def test_the_surface_is_a_lower_limit_without_terrain_and_an_upper_one_only_with_it() -> None:
    assert to_wgs84("SFC", "2500 ft", "MSL", outline=AINTAB).lower_m == SURFACE_M
    assert to_wgs84("GND", 900, "WGS84", ground=(400.0, 450.0)).lower_m == 400.0
    assert code(to_wgs84, -200, "SFC") == ("datum_needs_terrain", "upper_m")
    assert to_wgs84(-200, "SFC", ground=(400.0, 450.0)).upper_m == 450.0


def true_height(pressure_hpa: float, qnh_hpa: float, warmth_k: float) -> float:
    """Metres above sea level of a pressure surface: the hydrostatic equation, integrated step by step (another method)."""
    steps, height = 4_000, 0.0
    for i in range(steps):
        log = math.log(qnh_hpa) + (math.log(pressure_hpa) - math.log(qnh_hpa)) * (i + 0.5) / steps
        isa = max(288.15 * (math.exp(log) / 1013.25) ** 0.190263, 216.65)
        height += 287.053 * (isa + warmth_k) / 9.80665 * (math.log(qnh_hpa) - math.log(pressure_hpa)) / steps
    return height


@pytest.mark.parametrize(("level", "pressure_hpa"),
                         [(50, 843.07), (100, 696.82), (180, 505.98), (300, 300.90), (390, 196.77)])
def test_a_flight_level_holds_every_weather_within_its_bounds_and_little_more(level: int, pressure_hpa: float) -> None:
    """Pressures of flight levels from the tables of the standard atmosphere (ICAO Doc 7488)."""
    low, high = pressure_altitude(level * 30.48)
    weather = [true_height(pressure_hpa, qnh, warmth) for qnh in (950, 1000, 1050) for warmth in (-20, -5, 10, 20)]
    assert true_height(pressure_hpa, 1013.25, 0) == pytest.approx(level * 30.48, abs=3)
    assert low < min(weather) < low + 20 + 0.004 * level * 30.48
    assert high - 20 - 0.006 * level * 30.48 < max(weather) < high


def test_flight_levels_are_hundreds_of_feet_unless_a_unit_says_otherwise() -> None:
    assert limit(115, "FL") == Limit(115.0, "FL", "FL")
    assert to_wgs84(100, 200, "FL", outline=AINTAB) == to_wgs84(10_000, 20_000, "FL", "ft", outline=AINTAB)
    assert to_wgs84("FL100", "FL 200", outline=AINTAB) == to_wgs84(100, 200, "FL", outline=AINTAB)
    assert to_wgs84("1500 ft MSL", "FL115", outline=AINTAB).model == "EGM96 to ISA and EGM96"
    assert code(to_wgs84, 0, 3000, "FL", outline=AINTAB) == ("bad_field", "upper_m")


@given(st.floats(-1000, 18_000), st.floats(1, 5_000), st.sampled_from(["WGS84", "MSL", "FL"]))
def test_no_band_ever_shrinks(lower: float, thick: float, datum: str) -> None:
    if datum == "FL":
        lower = max(lower, -300)
    band = to_wgs84(lower, lower + thick, datum, "m", outline=AINTAB)
    assert band.upper_m - band.lower_m >= thick * 0.9 if datum == "FL" else band.upper_m - band.lower_m >= thick - 1e-6
    assert band.uncertainty_m >= 0
    wider = to_wgs84(lower - 1 if datum != "FL" else max(lower - 1, -304), lower + thick + 1, datum, "m", outline=AINTAB)
    assert wider.lower_m <= band.lower_m
    assert band.upper_m <= wider.upper_m


@pytest.mark.parametrize(("args", "expected"), [
    ((0, 1, "NAVD88"), ("unknown_datum", "datum")), ((0, 1, "MSL", "yd"), ("unknown_datum", "unit")),
    ((0, 1, "MSL", "FL"), ("unknown_datum", "unit")), ((5, 5), ("bad_band", "upper_m")),
    ((5, 5, "MSL", "m"), ("bad_band", "upper_m")), ((9, 5, "FL"), ("bad_band", "upper_m")),
    ((math.nan, 5), ("bad_field", "lower_m")), ((-10**400, 5), ("bad_field", "lower_m")), ((0, 10**400), ("bad_field", "upper_m")),
    ((0, math.inf), ("bad_field", "upper_m")),
    ((True, 5), ("bad_field", "lower_m")), (("high", 5), ("bad_field", "lower_m")),
    (("1e3", 5), ("bad_field", "lower_m")), ((0, 5, "MSL"), ("bad_field", "lower_m")), ((None, 5), ("bad_field", "lower_m")),
    ((0, 5, None), ("unknown_datum", "datum")),
])
def test_what_is_refused(args: tuple[object, ...], expected: tuple[str, str]) -> None:
    assert code(to_wgs84, *args) == expected


def test_an_empty_band_is_refused_before_the_uncertainty_could_fill_it() -> None:
    assert code(to_wgs84, 500, 500, "MSL", outline=AINTAB) == ("bad_band", "upper_m")
    assert code(to_wgs84, "FL100", "FL100", outline=AINTAB) == ("bad_band", "upper_m")
