"""Closest approach of movers, against stepping through time with pyproj's geodesics."""

import subprocess
import sys
from dataclasses import fields
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from antalya.geometry import closing
from antalya.geometry.approach import ACROSS_M, LOOK_AHEAD_S, UP_M, Approaches, States, approaches
from antalya.model.errors import AntalyaError

GEOD = Geod(ellps="WGS84")
FOOT_M, KNOT_M_S, FPM_M_S = 0.3048, 1852 / 3600, 0.3048 / 60
Array = np.ndarray[Any, Any]


def states(*rows: tuple[float, float, float, float, float, float]) -> States:
    """Of (longitude, latitude, altitude, track, speed, rate)."""
    return States(*np.array(rows, dtype=float).reshape(-1, 6).T)


def chosen(of: States, rows: Array) -> States:
    return States(*(getattr(of, f.name)[rows] for f in fields(of)))


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


@given(crowds())
@settings(max_examples=150, deadline=None)
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
@settings(max_examples=60, deadline=None)
def test_with_other_minima_and_look_aheads(of: States, minima: tuple[float, float, float]) -> None:
    check(of, *minima, steps=60)


@given(crowds(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_movers_changes_no_bit(of: States, dice: Any) -> None:
    order = np.array(dice.sample(range(len(of)), len(of)))
    found, other = approaches(of), approaches(chosen(of, order))
    renamed = np.sort(order[np.column_stack([other.i, other.j])], axis=1)
    sort = np.lexsort((renamed[:, 1], renamed[:, 0]))
    assert [tuple(p) for p in renamed[sort].tolist()] == pairs(found)
    for name in ("t_in_s", "t_out_s", "t_cpa_s", "distance_m", "height_m"):
        np.testing.assert_array_equal(getattr(other, name)[sort], getattr(found, name))


@given(crowds(), st.floats(-180, 180))
@settings(max_examples=60, deadline=None)
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


LEVELS = range(601)


def over_each_other(gap_ft: float, rate_low_fpm: float = 0, rate_high_fpm: float = 0) -> States:
    """At every flight level from 0 to 600, two that fly along together, so many feet apart; each two far from the others."""
    rows = [(-180 + k % 30 * 12, -76 + k // 30 * 7.5, (100 * k + up) * FOOT_M, 80, 220, rate * FPM_M_S)
            for k in LEVELS for up, rate in ((0.0, rate_low_fpm), (gap_ft, rate_high_fpm))]
    return states(*rows)


@pytest.mark.parametrize(("gap_ft", "meet"), [(1_000, False), (1_000.00001, False), (999.999, True), (975, True), (1_025, False)])
def test_a_thousand_feet_are_a_thousand_feet_at_every_flight_level(gap_ft: float, meet: bool) -> None:
    assert pairs(approaches(over_each_other(gap_ft))) == ([(2 * k, 2 * k + 1) for k in LEVELS] if meet else [])


def test_climbing_together_or_away_keeps_a_thousand_feet() -> None:
    assert not len(approaches(over_each_other(1_000, 1_500, 1_500)))
    assert not len(approaches(over_each_other(1_000, 0, 1_500)))
    assert not len(approaches(over_each_other(1_000, -700, 0)))


@pytest.mark.parametrize("minutes", [1, 2, 5])
def test_climbing_to_a_thousand_feet_below_by_the_end_is_not_too_near(minutes: int) -> None:
    assert not len(approaches(over_each_other(4_000, 3_000 / minutes, 0), look_ahead_s=60 * minutes))
    assert len(approaches(over_each_other(4_000, 3_001 / minutes, 0), look_ahead_s=60 * minutes)) == len(LEVELS)


def test_climbing_through_takes_as_long_as_two_thousand_feet_take() -> None:
    found = approaches(over_each_other(3_000, 1_200, -300))  # 1,500 ft a minute: from 80 s to 160 s
    assert pairs(found) == [(2 * k, 2 * k + 1) for k in LEVELS]
    np.testing.assert_allclose(found.t_in_s, 80, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.t_out_s, 160, rtol=0, atol=1e-6)


def test_touching_is_not_meeting() -> None:
    still = states((30, 36, 1_000, 0, 0, 0), (30.1, 36, 1_000, 0, 0, 0))
    exactly = float(approaches(still).distance_m[0])
    assert exactly == pytest.approx(GEOD.inv(30, 36, 30.1, 36)[2], abs=1e-5)
    assert not len(approaches(still, across_m=exactly))
    assert len(approaches(still, across_m=np.nextafter(exactly, np.inf))) == 1


def test_the_look_ahead_ends_before_its_end() -> None:
    """Head-on along the equator, 260 m/s each: 5 NM are reached after (60,000 − 9,260) / 520 s."""
    a = 6_378_137.0
    head_on = states((0, 0, 0, 90, 260, 0), (np.degrees(60_000 / a), 0, 0, 270, 260, 0))
    reached = (60_000 - ACROSS_M) / 520
    assert not len(approaches(head_on, look_ahead_s=reached - 1e-6))
    found = approaches(head_on, look_ahead_s=reached + 1e-6)
    assert found.t_in_s[0] == pytest.approx(reached, abs=1e-8)
    whole = approaches(head_on)
    assert (whole.t_in_s[0], whole.t_cpa_s[0], whole.t_out_s[0]) == pytest.approx(
        (reached, 60_000 / 520, (60_000 + ACROSS_M) / 520), abs=1e-8)
    assert whole.distance_m[0] < 1e-6


def test_over_the_pole() -> None:
    """From 100 km south of it on meridians 90 degrees apart, at 250 m/s: nearest at the pole, after 400 s."""
    lat = GEOD.fwd(0, 90, 180, 100_000)[1]
    found = approaches(states((0, lat, 0, 0, 250, 0), (90, lat, 0, 0, 250, 0)), look_ahead_s=600)
    assert found.t_cpa_s[0] == pytest.approx(400, abs=1e-6)
    assert found.distance_m[0] == pytest.approx(0, abs=1e-3)


def test_no_movers_and_one_meet_nobody() -> None:
    assert pairs(approaches(states())) == pairs(approaches(states((0, 0, 0, 0, 0, 0)))) == []


GOOD = {"lon_deg": [1.0, 2], "lat_deg": [3.0, 4], "altitude_m": [0.0, 0], "track_deg": [0.0, 0], "speed_m_s": [1.0, 1],
        "rate_m_s": [0.0, 0]}


@pytest.mark.parametrize(("name", "value", "code", "at"), [
    ("lon_deg", [1, 181], "not_a_position", "lon_deg[1]"), ("lat_deg", [-90.1, 0], "not_a_position", "lat_deg[0]"),
    ("altitude_m", [0, np.nan], "bad_field", "altitude_m[1]"), ("altitude_m", [0, 3e5], "bad_field", "altitude_m[1]"),
    ("track_deg", [0, np.inf], "bad_field", "track_deg[1]"), ("track_deg", [361, 0], "bad_field", "track_deg[0]"),
    ("speed_m_s", [0, -1], "bad_field", "speed_m_s[1]"), ("rate_m_s", [13_000, 0], "bad_field", "rate_m_s[0]"),
    ("rate_m_s", [0], "bad_field", "rate_m_s"), ("track_deg", [[0, 0]], "bad_field", "track_deg"),
    ("speed_m_s", ["fast", "slow"], "bad_field", "speed_m_s"), ("speed_m_s", 3.0, "bad_field", "speed_m_s"),
])
def test_states_that_can_not_be_are_refused(name: str, value: Any, code: str, at: str) -> None:
    with pytest.raises(AntalyaError) as refused:
        States(**{**GOOD, name: value})
    assert (refused.value.code.name, refused.value.at) == (code, at)


@pytest.mark.parametrize("wrong", [{"across_m": 0}, {"up_m": -1}, {"look_ahead_s": np.nan}, {"across_m": 500_001},
                                   {"look_ahead_s": 86_401}])
def test_minima_that_can_not_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(AntalyaError) as refused:
        approaches(States(**GOOD), **wrong)
    assert (refused.value.code.name, refused.value.at) == ("bad_field", *wrong)


def test_who_goes_too_far_is_refused() -> None:
    with pytest.raises(AntalyaError) as refused:
        approaches(States(**{**GOOD, "speed_m_s": [1.0, 4_000]}))
    assert (refused.value.code.name, refused.value.at) == ("bad_field", "speed_m_s[1]")


def test_states_keep_a_copy_nobody_can_change() -> None:
    given_ = np.array([1.0, 2.0])
    of = States(**{**GOOD, "lon_deg": given_})
    given_[0] = 50
    assert of.lon_deg[0] == 1
    assert not of.lon_deg.flags.writeable


def test_the_compiler_is_loaded_only_when_it_is_needed() -> None:
    code = "import sys, antalya.geometry.approach; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
