"""Movers against volumes: every stay, against pyproj's geodesics through tests/oracle.py at many moments."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from pyproj import Geod
from tests import oracle
from tests.adversaries import OPEN, TOUCHING, Duel, Random, duels

from antalya.geometry.approach import States
from antalya.geometry.entering import Entries, into_volumes
from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, Minima, MultiPolygon, Outline, Polygon, Position, Volume

GEOD = Geod(ellps="WGS84")
NOW = datetime(2017, 3, 7, 12, tzinfo=UTC)
END = 300.0
FOOT_M = 0.3048
SURE_M = 0.002
MOMENTS = 41

Array = np.ndarray[Any, Any]


def volume(outline: Outline, lower_m: float = 0, upper_m: float = 1_000, after_s: float = 0, until_s: float = 3_600) -> Volume:
    return Volume(outline=outline, lower_m=lower_m, upper_m=upper_m, starts_at=NOW + timedelta(seconds=after_s),
                  ends_at=NOW + timedelta(seconds=until_s))


def box(west: float, south: float, east: float, north: float) -> tuple[Position, ...]:
    return ((west, south), (east, south), (east, north), (west, north), (west, south))


def eastward(*, height_m: float = 500, rate_m_s: float = 0, speed_m_s: float = 200, lon: float = 0, lat: float = 0) -> States:
    """One mover, going east from (0, 0): 60 km in the look-ahead."""
    return States(*([v] for v in (lon, lat, height_m, 90, speed_m_s, rate_m_s)))


def stays(found: Entries) -> list[tuple[int, int, float, float]]:
    return list(zip(found.mover.tolist(), found.volume.tolist(), found.t_in_s.tolist(), found.t_out_s.tolist(), strict=True))


def reached(lon: float) -> float:
    """When the mover going east along the equator at 200 m/s comes to a longitude."""
    return float(np.radians(lon) * 6_378_137.0 / 200)


def around(made: list[Duel]) -> States:
    """Two movers for each outline: from a point inside towards somewhere, and from near it towards the inside."""
    dice = np.random.default_rng(11)
    rows = []
    for duel in made:
        bearing, _, away = GEOD.inv(*duel.in_b, *duel.in_a)
        way = max(away, 100.0) * dice.uniform(0.5, 3)
        rows.append((*duel.in_a, dice.uniform(0, 360), min(way, 900_000) / END))
        rows.append((*duel.in_b, bearing + dice.normal() * 10, min(way, 900_000) / END))
    lon, lat, track, speed = np.array(rows).T
    return States((lon + 180) % 360 - 180, lat, np.zeros(len(rows)), track % 360, speed, np.zeros(len(rows)))


def judged(of: States, made: list[Duel], when: float, across_m: float) -> tuple[Array, Array]:
    """Of each mover and its own outline, surely within, surely not, at one moment."""
    places = np.stack(GEOD.fwd(of.lon_deg, of.lat_deg, of.track_deg, of.speed_m_s * when)[:2], axis=1)
    figures = oracle.Figures.of([d.a for d in made])
    index = np.arange(len(of)) // 2
    away = oracle.gaps(places, np.arange(len(of)), figures, index, len(of))
    radius = figures.radius[index]
    inside = oracle.inside(places, np.arange(len(of)), figures, index) & (radius == 0)
    signed = np.where(radius > 0, away - radius, np.where(inside, -away, away))
    return signed < across_m - SURE_M, signed > across_m + SURE_M


@pytest.mark.parametrize("across_m", [0.0, 1_852.0, 60_000.0])
@pytest.mark.parametrize("make", [*OPEN, *TOUCHING])
def test_agrees_with_the_oracle_at_many_moments(make: Callable[[Random], Duel], across_m: float) -> None:
    made = duels(make, 40)
    of = around(made)
    found = into_volumes(of, [volume(d.a) for d in made], NOW, END, Minima(across_m=across_m))
    own = found.volume == found.mover // 2
    mover, t_in, t_out = found.mover[own], found.t_in_s[own], found.t_out_s[own]
    yes = no = 0
    for when in np.linspace(0, END * (1 - 1e-9), MOMENTS):
        within, without = judged(of, made, when, across_m)
        here = np.zeros(len(of), bool)
        here[mover[(t_in <= when) & (when < t_out)]] = True
        assert not (within & ~here).any()
        assert not (without & here).any()
        yes, no = yes + within.sum(), no + without.sum()
    assert yes > 40
    assert yes + no > 2_500


def test_the_times_of_a_stay_are_right_to_a_millimetre() -> None:
    found = into_volumes(eastward(), [volume(Polygon(coordinates=(box(0.1, -0.1, 0.2, 0.1),)))], NOW)
    assert stays(found) == [(0, 0, pytest.approx(reached(0.1), abs=5e-6), pytest.approx(reached(0.2), abs=5e-6))]


def test_holes_are_left_and_entered_again() -> None:
    holed = Polygon(coordinates=(box(0.05, -0.1, 0.45, 0.1), box(0.2, -0.05, 0.3, 0.05)))
    found = into_volumes(eastward(), [volume(holed)], NOW)
    assert [(a, b) for _, _, a, b in stays(found)] == [
        (pytest.approx(reached(a), abs=5e-6), pytest.approx(reached(b), abs=5e-6)) for a, b in ((0.05, 0.2), (0.3, 0.45))]
    near = into_volumes(eastward(), [volume(holed)], NOW, minima=Minima(across_m=6_000))  # the hole's middle is 5,550 m off
    assert len(near) == 1


def test_polygons_that_overlap_count_once() -> None:
    both = MultiPolygon(coordinates=((box(0.05, -0.1, 0.2, 0.1),), (box(0.15, -0.1, 0.3, 0.1),)))
    assert stays(into_volumes(eastward(), [volume(both)], NOW)) == [
        (0, 0, pytest.approx(reached(0.05), abs=5e-6), pytest.approx(reached(0.3), abs=5e-6))]


def test_circles_stay_circles() -> None:
    disc = Circle(center=(0.25, 0), radius_m=5_000)
    middle = reached(0.25)
    for across_m in (0.0, 1_000.0):
        (_, _, t_in, t_out), = stays(into_volumes(eastward(), [volume(disc)], NOW, minima=Minima(across_m=across_m)))
        assert (t_in, t_out) == pytest.approx((middle - (5_000 + across_m) / 200, middle + (5_000 + across_m) / 200), abs=1e-5)


def test_flying_along_an_edge_or_past_a_circle_is_not_within() -> None:
    """North along the meridian that is the volume's western edge; and past a circle that reaches as far as the way."""
    north = States([10], [0], [500], [0], [200], [0])
    assert not len(into_volumes(north, [volume(Polygon(coordinates=(box(10 + 1e-7, -1, 11, 1),)))], NOW))
    assert len(into_volumes(north, [volume(Polygon(coordinates=(box(10 - 1e-7, -1, 11, 1),)))], NOW)) == 1
    off = GEOD.inv(10, 0.2, 10.05, 0.2)[2]
    assert not len(into_volumes(north, [volume(Circle(center=(10.05, 0.2), radius_m=off - 1))], NOW))
    assert len(into_volumes(north, [volume(Circle(center=(10.05, 0.2), radius_m=off + 1))], NOW)) == 1


@pytest.mark.parametrize("level", range(0, 601, 7))
def test_bands_are_half_open_in_feet(level: int) -> None:
    floor, lid = 100 * level * FOOT_M, (100 * level + 1_000) * FOOT_M
    there = [volume(Polygon(coordinates=(box(-1, -1, 1, 1),)), floor, lid)]
    heights = [(-1_000, False), (-0.001, False), (0, True), (999.999, True), (1_000, False), (2_000, False)]
    assert [bool(len(into_volumes(eastward(height_m=(100 * level + ft) * FOOT_M), there, NOW))) for ft, _ in heights] == [
        meet for _, meet in heights]
    apart = Minima(up_m=1_000 * FOOT_M)
    heights = [(-1_000, False), (-999.999, True), (0, True), (1_999.999, True), (2_000, False)]
    assert [bool(len(into_volumes(eastward(height_m=(100 * level + ft) * FOOT_M), there, NOW, minima=apart))) for ft, _ in heights
            ] == [meet for _, meet in heights]


def test_climbing_through_a_band_takes_its_time() -> None:
    there = [volume(Polygon(coordinates=(box(-1, -1, 1, 1),)), 1_000, 1_500)]
    assert stays(into_volumes(eastward(height_m=500, rate_m_s=5), there, NOW)) == [(0, 0, pytest.approx(100), pytest.approx(200))]
    down = eastward(height_m=2_000, rate_m_s=-5)
    assert stays(into_volumes(down, there, NOW)) == [(0, 0, pytest.approx(100), pytest.approx(200))]
    assert stays(into_volumes(down, there, NOW, minima=Minima(up_m=100)))[0][2:] == pytest.approx((80, 220))


def test_windows_are_half_open_and_widened_by_seconds() -> None:
    outline = Polygon(coordinates=(box(-1, -1, 1, 1),))

    def times(after_s: float, until_s: float, seconds: float = 0) -> list[tuple[float, float]]:
        found = into_volumes(eastward(), [volume(outline, after_s=after_s, until_s=until_s)], NOW, END, Minima(seconds=seconds))
        return [(a, b) for _, _, a, b in stays(found)]

    assert times(100, 200) == [(100, 200)]
    assert times(-50, 50) == [(0, 50)]
    assert times(-50, 0) == times(END, END + 1) == times(100, 100) == []
    assert times(100, 200, seconds=30) == [(70, 230)]
    assert times(-50, -10, seconds=30) == [(0, 20)]
    assert times(-50, -10, seconds=10) == []
    assert times(1e-6, 2e-6) == [(1e-6, 2e-6)]


def test_who_stands_still_is_within_all_the_time_or_never() -> None:
    there = [volume(Polygon(coordinates=(box(-1, -1, 1, 1), box(-0.1, -0.1, 0.1, 0.1)))), volume(Circle(center=(0, 0), radius_m=9))]
    for lon, lat, volumes_ in ((0.5, 0.5, [0]), (0, 0, [1]), (0.05, 0.05, []), (2, 0, [])):
        found = into_volumes(eastward(lon=lon, lat=lat, speed_m_s=0), there, NOW)
        assert stays(found) == [(0, k, 0.0, END) for k in volumes_]
    creeping = into_volumes(eastward(lon=0.5, lat=0.5, speed_m_s=1e-9), there, NOW)
    assert stays(creeping) == [(0, 0, 0.0, END)]
    pole = States([20, 20], [90, -90], [0, 0], [0, 0], [0, 0], [0, 0])
    cap = Polygon(coordinates=(((0, 89), (120, 89), (-120, 89), (0, 89)),))
    assert stays(into_volumes(pole, [volume(cap)], NOW)) == [(0, 0, 0.0, END)]


def test_many_are_told_apart_and_threads_find_the_same() -> None:
    """500 movers, 400 small volumes: what each mover does alone."""
    dice = np.random.default_rng(2)
    count = 500
    of = States(dice.uniform(30, 31, count), dice.uniform(36, 37, count), dice.uniform(0, 2_000, count),
                dice.uniform(0, 360, count), dice.uniform(0, 200, count), dice.uniform(-5, 5, count))
    corners = dice.uniform((30, 36), (31, 37), (400, 2))
    there = [volume(Polygon(coordinates=(box(x, y, x + 0.05, y + 0.05),)), 500, 1_200) for x, y in corners.tolist()]
    found = into_volumes(of, there, NOW)
    assert len(found) > 300
    alone = []
    for k in range(0, count, 50):
        some = States(*(v[k:k + 50] for v in (of.lon_deg, of.lat_deg, of.altitude_m, of.track_deg, of.speed_m_s, of.rate_m_s)))
        alone += [(m + k, v, a, b) for m, v, a, b in stays(into_volumes(some, there, NOW))]
    assert alone == stays(found)
    assert stays(found) == sorted(stays(found))


def test_nobody_and_nothing() -> None:
    assert not len(into_volumes(eastward(), [], NOW))
    assert not len(into_volumes(States([], [], [], [], [], []), [volume(Circle(center=(0, 0), radius_m=1))], NOW))


@pytest.mark.parametrize(("given", "code", "at"), [
    ({"look_ahead_s": 0}, "bad_field", "look_ahead_s"), ({"look_ahead_s": 86_401}, "bad_field", "look_ahead_s"),
    ({"look_ahead_s": 5_001}, "bad_field", "speed_m_s[0]"), ({"now": NOW.replace(tzinfo=None)}, "naive_time", "now"),
])
def test_what_can_not_be_is_refused(given: dict[str, Any], code: str, at: str) -> None:
    with pytest.raises(AntalyaError) as refused:
        into_volumes(**{"states": eastward(), "volumes": [], "now": NOW, **given})
    assert (refused.value.code.name, refused.value.at) == (code, at)
