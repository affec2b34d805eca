"""Closest approach of movers, against stepping through time with pyproj's geodesics."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.movers import GEOD, Array, check, crowds, pairs, states

from antalya.geometry import closing
from antalya.geometry.approach import ACROSS_M, LOOK_AHEAD_S, UP_M, Approaches, States, approaches


def chosen(of: States, rows: Array) -> States:
    return States(*(getattr(of, f.name)[rows] for f in fields(of)))


@given(crowds())
@settings(max_examples=70, deadline=None)
def test_nothing_is_missed_and_every_moment_is_right(of: States) -> None:
    check(of)


@pytest.mark.parametrize("north_deg", [90, 89.95, -90, -89.6])
@given(data=st.data())
@settings(max_examples=25, deadline=None)
def test_at_the_poles(north_deg: float, data: st.DataObject) -> None:
    check(data.draw(crowds(north_deg=north_deg)), steps=60)


@given(crowds(east_deg=180))
@settings(max_examples=25, deadline=None)
def test_at_the_antimeridian(of: States) -> None:
    check(of, steps=60)


@given(crowds(), st.sampled_from([(50.0, 15.0, 60.0), (400_000.0, 9_000.0, 30.0), (9_260.0, 304.8, 1_400.0)]))
@settings(max_examples=30, deadline=None)
def test_with_other_minima_and_look_aheads(of: States, minima: tuple[float, float, float]) -> None:
    check(of, *minima, steps=60)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_side_by_side_where_geodesics_draw_together(seed: int) -> None:
    """Almost the same course and speed, up to an hour and 990 km, minima of 10 m to 200 km: no distance is straight there."""
    dice, count = np.random.default_rng(seed), 6
    lon, lat = dice.uniform(-180, 180), dice.choice([np.degrees(np.arcsin(dice.uniform(-1, 1))), dice.uniform(89.5, 90)])
    end, across_m, up_m = dice.choice([60.0, 300.0, 3_600.0]), 10 ** dice.uniform(1, 5.3), 10 ** dice.uniform(0, 3.5)
    speed = dice.uniform(0, min(990_000 / end - 5, 900)) + dice.choice([0, 1e-6, 1e-3, 0.1, 5], count) * dice.random(count)
    east, north, _ = GEOD.fwd(np.full(count, lon), np.full(count, lat), dice.uniform(0, 360, count),
                              across_m * dice.uniform(0, 2.5, count))
    there, back, _ = GEOD.inv(np.full(count, lon), np.full(count, lat), east, north)
    track = dice.uniform(0, 360) - np.array(there) + np.array(back) + 180  # the course carried along
    track += dice.choice([0, 1e-6, 1e-3, 0.05, 1, 180], count) * dice.uniform(-1, 1, count)
    check(States((east + 180) % 360 - 180, north, dice.uniform(0, 2 * up_m, count), track % 360, speed,
                 dice.choice([0, 1e-7, 0.01, 1, -2], count)), across_m, up_m, end, steps=100)


@given(crowds(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_movers_changes_no_bit(of: States, dice: Any) -> None:
    order = np.array(dice.sample(range(len(of)), len(of)))
    found, other = approaches(of), approaches(chosen(of, order))
    renamed = np.sort(order[np.column_stack([other.i, other.j])], axis=1)
    sort = np.lexsort((renamed[:, 1], renamed[:, 0]))
    assert [tuple(p) for p in renamed[sort].tolist()] == pairs(found)
    for name in ("t_in_s", "t_out_s", "t_cpa_s", "distance_m", "height_m"):
        np.testing.assert_array_equal(getattr(other, name)[sort], getattr(found, name))


@given(crowds(), st.floats(-180, 180))
@settings(max_examples=30, deadline=None)
def test_turning_the_globe_changes_nothing(of: States, by_deg: float) -> None:
    turned = States((of.lon_deg + by_deg + 180) % 360 - 180, of.lat_deg, of.altitude_m, of.track_deg, of.speed_m_s, of.rate_m_s)
    # rounding may decide only what a millimetre decides
    sure, found = set(pairs(approaches(of, ACROSS_M - 1e-3))), set(pairs(approaches(turned)))
    assert sure <= found <= set(pairs(approaches(of, ACROSS_M + 1e-3)))


def test_many_as_all_pairs_in_numpy() -> None:
    """3,000 in a plane at the equator, where a pair's plane is the map: the pairs differ only where a model's error decides."""
    dice = np.random.default_rng(3)
    count = 3_000
    east, north = dice.uniform(-300_000, 300_000, (2, count))
    track, speed, rate = dice.uniform(0, 360, count), dice.uniform(100, 260, count), dice.choice([0.0, -8.0, 8.0], count)
    height = dice.uniform(3_000, 9_000, count)
    a, e2 = 6_378_137.0, 0.00669437999014
    of = States(np.degrees(east / a), np.degrees(north / (a * (1 - e2))), height, track, speed, rate)
    u, v = speed * np.sin(np.radians(track)), speed * np.cos(np.radians(track))
    i, j = np.triu_indices(count, 1)
    x, y, z, du, dv, dw = (w[j] - w[i] for w in (east, north, height, u, v, rate))
    with np.errstate(divide="ignore", invalid="ignore"):
        climb = np.sort([(-UP_M - z) / dw, (UP_M - z) / dw], axis=0)
    begin = np.where(dw == 0, 0, np.maximum(climb[0], 0))
    stop = np.where(dw == 0, np.where(np.abs(z) < UP_M, LOOK_AHEAD_S, 0), np.minimum(climb[1], LOOK_AHEAD_S))
    when = np.clip(-(x * du + y * dv) / (du**2 + dv**2), begin, stop)
    off = np.where(begin < stop, np.hypot(x + when * du, y + when * dv), np.inf)
    found = set(pairs(approaches(of)))
    for limit, holds in ((ACROSS_M - 150, found.issuperset), (ACROSS_M + 150, found.issubset)):
        near = off < limit
        assert holds(zip(i[near].tolist(), j[near].tolist(), strict=True))
    assert len(found) > 500


def test_threads_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(5)
    count = closing.MANY + 1_000
    of = States(dice.uniform(-180, 180, count), 90 - np.sqrt(dice.uniform(0, 400, count)), dice.uniform(3_000, 4_000, count),
                dice.uniform(0, 360, count), dice.uniform(0, 300, count), dice.uniform(-5, 5, count))
    found = approaches(of)
    monkeypatch.setattr(closing, "MANY", 10**9)
    monkeypatch.setattr(closing, "ROOM", 0)
    alone = approaches(of)
    for field in fields(Approaches):
        np.testing.assert_array_equal(getattr(found, field.name), getattr(alone, field.name))
    assert len(found) > 400


def test_many_on_one_spot_all_meet() -> None:
    same = approaches(states(*[(30.5, 36.9, 1_000.0, 10.0, 120.0, 0.0)] * 100))
    assert len(same) == 100 * 99 / 2
    assert set(same.t_in_s.tolist()) == {0.0}
    assert set(same.t_out_s.tolist()) == {LOOK_AHEAD_S}
    assert set(same.distance_m.tolist()) == {0.0}


def test_over_the_pole() -> None:
    """From 100 km south of it on meridians 90 degrees apart, at 250 m/s: nearest at the pole, after 400 s."""
    lat = GEOD.fwd(0, 90, 180, 100_000)[1]
    found = approaches(states((0, lat, 0, 0, 250, 0), (90, lat, 0, 0, 250, 0)), look_ahead_s=600)
    assert found.t_cpa_s[0] == pytest.approx(400, abs=1e-6)
    assert found.distance_m[0] == pytest.approx(0, abs=1e-3)
