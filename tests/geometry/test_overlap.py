"""When two volumes meet, and what a meeting says."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.adversaries import OPEN, TOUCHING, duels
from tests.pictures import box, hour, volume

from antalya.geometry.overlap import Part, distance_m, meet, meet_many, overlaps
from antalya.geometry.shape import shape, shapes
from antalya.geometry.touch import closer
from antalya.model.volume import Circle, Minima, MultiPolygon, Outline, Polygon, Volume

LEVEL = Minima()
MAKERS = [*OPEN, *TOUCHING]


def meets(a: Volume, b: Volume, **minima: float) -> bool:
    both = {meet(a, b, Minima(**minima)) is not None, meet(b, a, Minima(**minima)) is not None}
    assert len(both) == 1
    return both.pop()


def test_all_three_dimensions_must_meet() -> None:
    a = volume(box(0, 0, 5, 5), 6, 8, 300, 1_000)
    assert meets(a, volume(box(4, 4, 9, 9), 7, 9, 900, 1_200))
    assert not meets(a, volume(box(6, 4, 9, 9), 7, 9, 900, 1_200))
    assert not meets(a, volume(box(4, 4, 9, 9), 9, 10, 900, 1_200))
    assert not meets(a, volume(box(4, 4, 9, 9), 7, 9, 1_100, 1_200))


def test_touching_is_not_meeting_in_any_dimension() -> None:
    a = volume(box(0, 0, 5, 5), 6, 8, 300, 1_000)
    assert not meets(a, volume(box(5, 0, 9, 5)))
    assert not meets(a, volume(box(0, 0, 5, 5), 8, 9, 300, 1_000))
    assert not meets(a, volume(box(0, 0, 5, 5), 6, 8, 1_000, 2_000))


def test_with_a_minimum_touching_is_too_near_and_the_minimum_itself_is_far_enough() -> None:
    a = volume(box(0, 0, 5, 5), 6, 8, 300, 1_000)
    assert meets(a, volume(box(5, 0, 9, 5)), across_m=0.01)
    assert meets(a, volume(start=8, end=9), seconds=1)
    assert meets(a, volume(start=8.5, end=9), seconds=1_801)
    assert not meets(a, volume(start=8.5, end=9), seconds=1_800)
    assert meets(a, volume(lower_m=1_000, upper_m=2_000), up_m=1)
    assert meets(a, volume(lower_m=1_300, upper_m=2_000), up_m=301)
    assert not meets(a, volume(lower_m=1_300, upper_m=2_000), up_m=300)


def test_a_window_of_no_length_meets_nothing_unless_a_minimum_says_so() -> None:
    instant = volume(start=7, end=7)
    assert not meets(instant, volume(start=6, end=8))
    assert not meets(instant, instant)
    assert meets(instant, volume(start=6, end=8), seconds=1)
    assert meets(instant, volume(start=7.5, end=8), seconds=1_801)
    assert not meets(instant, volume(start=7.5, end=8), seconds=1_800)


def test_circles_are_discs() -> None:
    far = distance_m(shape(Circle(center=(38, 36), radius_m=1e-3)), shape(Circle(center=(38.02, 36.01), radius_m=1e-3))) + 2e-3
    a = volume(Circle(center=(38, 36), radius_m=far - 500))
    assert meets(a, volume(Circle(center=(38.02, 36.01), radius_m=500.01)))
    assert not meets(a, volume(Circle(center=(38.02, 36.01), radius_m=500)))
    assert not meets(a, volume(Circle(center=(38.02, 36.01), radius_m=499.99)))
    assert meets(a, volume(Circle(center=(38.02, 36.01), radius_m=400)), across_m=100.01)


def test_the_parts_of_a_meeting_are_what_lies_within_the_minima() -> None:
    a = volume(box(0, 0, 5, 5), 6, 8, 300, 1_000)
    b = volume(box(5.5, 0, 9, 5), 8.25, 10, 1_100, 2_000)
    found = meet(a, b, Minima(across_m=600, up_m=200, seconds=1_800))
    assert found is not None
    assert found.part_a == Part(hour(7.75), hour(8), 900, 1_000)
    assert found.part_b == Part(hour(8.25), hour(8.5), 1_100, 1_200)
    assert (found.starts_at, found.ends_at, found.lower_m, found.upper_m) == (hour(7.75), hour(8.5), 900, 1_200)
    assert (found.vertical_gap_m, found.time_gap_s) == (100, 900)
    assert found.distance_m == pytest.approx(500, rel=0.01)


def test_at_minima_of_0_a_meeting_is_what_both_share() -> None:
    a, b = volume(box(0, 0, 5, 5), 6, 8, 300, 1_000), volume(box(4, 4, 9, 9), 7, 9, 900, 1_200)
    found = meet(a, b, LEVEL)
    assert found is not None
    assert found.part_a == found.part_b == Part(hour(7), hour(8), 900, 1_000)
    assert (found.distance_m, found.vertical_gap_m, found.time_gap_s) == (0, 0, 0)
    assert shape(found.region).area_m2 == pytest.approx(1e6, rel=0.01)


def test_the_ends_of_the_calendar() -> None:
    first, last = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    always = Volume(outline=box(0, 0, 5, 5), lower_m=0, upper_m=100, starts_at=first, ends_at=last)
    found = meet(always, always, Minima(seconds=86_400, up_m=10, across_m=10))
    assert found is not None
    assert (found.starts_at, found.ends_at) == (first, last)


@pytest.mark.parametrize("make", MAKERS)
def test_symmetric_and_wider_minima_meet_more(make) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(5)
    for duel in duels(make, 20, seed=5):
        a, b = shape(duel.a), shape(duel.b)
        gap = distance_m(a, b)
        assert distance_m(b, a) == pytest.approx(gap, abs=1e-6)
        answers = []
        for across in sorted([0.0, 0.001, gap, *(gap + rng.normal(0, 1, 3)), *rng.uniform(0, 20_000, 2)]):
            across = max(0.0, float(across))
            assert closer(a, b, across) == closer(b, a, across) or abs(across - gap) < 1e-6
            answers.append(closer(a, b, across))
        assert answers == sorted(answers)


def turned(outline: Outline, by: float) -> Outline:
    def at(lon: float) -> float:
        return (lon + by + 180) % 360 - 180

    match outline:
        case Circle(center=(lon, lat), radius_m=radius):
            return Circle(center=(at(lon), lat), radius_m=radius)
        case Polygon(coordinates=rings):
            return Polygon(coordinates=tuple(tuple((at(x), y) for x, y in ring) for ring in rings))
        case MultiPolygon(coordinates=several):
            return MultiPolygon(coordinates=tuple(
                tuple(tuple((at(x), y) for x, y in ring) for ring in rings) for rings in several))


@pytest.mark.parametrize("make", MAKERS)
def test_turning_the_globe_changes_nothing(make) -> None:  # type: ignore[no-untyped-def]
    for duel in duels(make, 12, seed=6):
        a, b = shape(duel.a), shape(duel.b)
        for by in (90.0, 123.456, 180.0, 200.5):
            c, d = shape(turned(duel.a, by)), shape(turned(duel.b, by))
            assert distance_m(a, b) == pytest.approx(distance_m(c, d), abs=1e-5)
            assert overlaps(a, b) == overlaps(c, d)


@pytest.mark.parametrize("make", MAKERS)
def test_many_at_once_are_the_same_as_one_by_one(make) -> None:  # type: ignore[no-untyped-def]
    found = duels(make, 20, seed=8)
    at, until = hour(6), hour(7)
    others = [Volume(outline=d.b, lower_m=0, upper_m=100, starts_at=at, ends_at=until) for d in found]
    for duel in found[:4]:
        one = Volume(outline=duel.a, lower_m=50, upper_m=100, starts_at=at, ends_at=until + timedelta(hours=1))
        for minima in (LEVEL, Minima(across_m=5_000), Minima(across_m=500_000)):
            alone = [meet(one, other, minima) is not None for other in others]
            assert [m is not None for m in meet_many(one, others, minima)] == alone
    assert meet_many(one, [], LEVEL) == []


@given(st.integers(0, 2_000))
@settings(max_examples=80, deadline=None)
def test_the_distance_is_the_oracles(seed: int) -> None:
    (duel,) = duels(MAKERS[seed % len(MAKERS)], 1, seed)
    (gap,), (judged,) = oracle.clear([(duel.a, duel.b)], np.array([(duel.in_a, duel.in_b)]))
    assert abs(distance_m(*shapes([duel.a, duel.b])) - gap) < 0.001 or judged < 0
