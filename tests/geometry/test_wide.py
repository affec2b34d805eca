"""Outlines of thousands of kilometres, where the plane's distances are wrong by hundreds of metres: what overlaps still does."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adversaries import GEOD, go, place, ring

from antalya.geometry import batch
from antalya.geometry.columns import of_shapes
from antalya.geometry.overlap import distance_m
from antalya.geometry.pairs import closer_each
from antalya.geometry.shape import Shape, shape
from antalya.geometry.touch import closer, overlaps
from antalya.model.volume import Circle, Outline, Polygon, Position, Volume

ACROSS_M = [0.0, 0.001, 0.1, 1.0, 20.0, 50.0, 250.0, 1_000.0, 20_000.0]
DAY = datetime(2017, 3, 7, tzinfo=UTC)


def regular(about: Position, radius_m: float, corners: int = 24, first: float = 0.0) -> Polygon:
    """Corners all as far from a position, from a bearing on."""
    bearings = first + np.arange(corners) * 360 / corners
    lon, lat, _ = GEOD.fwd(np.full(corners, about[0]), np.full(corners, about[1]), bearings, np.full(corners, radius_m))
    return Polygon(coordinates=(ring(*zip(lon.tolist(), lat.tolist(), strict=True)),))


def corridor(middle: Position, bearing: float, length_m: float, width_m: float) -> Polygon:
    """A long box."""
    corners = []
    for way in (bearing, bearing + 180):
        end = go(middle, way, length_m / 2)
        onwards = GEOD.inv(*end, *middle)[0] + 180
        corners += [go(end, onwards - 90, width_m / 2), go(end, onwards + 90, width_m / 2)]
    return Polygon(coordinates=(ring(*corners),))


@st.composite
def wide_pairs(draw: st.DrawFn) -> tuple[Outline, Outline]:
    """One in the other, little smaller; corridors that cross or nearly do; neighbours; a circle and a ring about the same."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    about, size_m = place(rng), float(rng.uniform(800_000, 3_200_000))
    by_m, kind = float(10 ** rng.uniform(-2, 3.3)), draw(st.sampled_from(["nested", "corridors", "neighbours", "circle"]))
    if kind == "nested":
        first = float(rng.uniform(0, 360))
        return regular(about, size_m, 24, first), regular(about, size_m - by_m, 24, first)
    if kind == "corridors":
        other = go(about, rng.uniform(0, 360), rng.uniform(0, size_m / 2))
        return (corridor(about, rng.uniform(0, 360), 1.5 * size_m, 250.0),
                corridor(other, rng.uniform(0, 360), 1.5 * size_m, by_m + 1))
    if kind == "neighbours":
        return regular(about, size_m / 2), regular(go(about, rng.uniform(0, 360), size_m + rng.normal(0, by_m)), size_m / 2)
    return Circle(center=about, radius_m=size_m / 2), regular(about, size_m / 2 + rng.normal(0, by_m))


def compiled(a: Shape, b: Shape) -> list[bool]:
    """For each of `ACROSS_M`, whether they are closer: decided by the kernel wherever it is sure."""
    many = len(ACROSS_M)
    found: list[bool] = closer_each([a] * many, [b] * many, np.array(ACROSS_M), few=0).tolist()
    return found


@given(wide_pairs())
@settings(max_examples=40, deadline=None)
def test_what_meets_with_smaller_minima_meets_with_wider_ones(pair: tuple[Outline, Outline]) -> None:
    a, b = shape(pair[0]), shape(pair[1])
    answers = [closer(a, b, across_m) for across_m in ACROSS_M]
    assert answers == sorted(answers)
    assert [closer(b, a, across_m) for across_m in ACROSS_M] == answers
    assert compiled(a, b) == answers


@pytest.mark.parametrize(("radius_m", "by_m"), [(3_000_000.0, 300.0), (2_000_000.0, 100.0), (1_400_000.0, 25.0), (3e6, 0.2)])
def test_one_in_the_other_meets_it_at_any_minimum(radius_m: float, by_m: float) -> None:
    a, b = shape(regular((30, 36), radius_m)), shape(regular((30, 36), radius_m - by_m))
    assert overlaps(a, b)
    assert distance_m(a, b) == 0
    assert [closer(a, b, across_m) for across_m in ACROSS_M] == [True] * len(ACROSS_M) == compiled(a, b)


def test_a_join_finds_it_too() -> None:
    a, b = shape(regular((30, 36), 3_000_000)), shape(regular((30, 36), 2_999_700))
    volumes = [Volume(outline=s.outline, lower_m=0, upper_m=100, starts_at=DAY, ends_at=DAY.replace(hour=1)) for s in (a, b)]
    for few in (0, 150):
        assert batch.join(of_shapes([a, b], volumes), np.array([[(50.0, 0.0, 0.0)]]), few=few).tolist() == [[0, 1]]


def test_corridors_that_cross_meet() -> None:
    rng = np.random.default_rng(11)
    for _ in range(30):
        middle, bearing = place(rng), rng.uniform(0, 360)
        across = rng.uniform(5, 175)
        crossing = go(middle, bearing, rng.uniform(-2_000_000, 2_000_000))
        way = GEOD.inv(*crossing, *go(middle, bearing, 2_400_000))[0]
        a, b = shape(corridor(middle, bearing, 5_000_000, 250.0)), shape(corridor(crossing, way + across, 5_000_000, 250.0))
        assert all(closer(a, b, across_m) for across_m in (0.0, 1.0, 250.0)), (middle, bearing, across)
