"""At the limits: a thousand feet, touching, the end of the look-ahead, and what is refused."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from tests.movers import GEOD, pairs, states

from antalya.geometry.approach import ACROSS_M, States, approaches
from antalya.model.errors import AntalyaError

FOOT_M, FPM_M_S = 0.3048, 0.3048 / 60
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
