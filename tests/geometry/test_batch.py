"""The join finds exactly the pairs that `meet` finds."""

from datetime import UTC, datetime, timedelta
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adversaries import OPEN, TOUCHING, Random, duels, go, place, star

from antalya.geometry.batch import join
from antalya.geometry.overlap import meet
from antalya.geometry.shape import Shape, shape, shapes
from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, Minima, Outline, Polygon, Position, Volume

DAY = datetime(2017, 3, 7, tzinfo=UTC)
CLASSES = [Minima(), Minima(across_m=3_000, up_m=150, seconds=900), Minima(across_m=20_000), Minima(seconds=3_600)]
WIDEST = CLASSES[0].widest(CLASSES[1]).widest(CLASSES[2]).widest(CLASSES[3])


def minima_of(i: int, j: int) -> Minima:
    return CLASSES[(i + j) % len(CLASSES)]


def in_time(rng: Random, outline: Outline, hours: float) -> Volume:
    low, start = float(rng.integers(0, 6) * 100), DAY + timedelta(minutes=float(rng.uniform(0, 60 * hours)))
    length = timedelta(minutes=int(rng.integers(0, 13)) * 10) if rng.random() < 0.9 else timedelta(days=30)
    return Volume(outline=outline, lower_m=low, upper_m=low + float(rng.integers(1, 4) * 100), starts_at=start,
                  ends_at=start + length)


def crowd(rng: Random, about: Position, count: int, spread_m: float, hours: float = 24) -> list[Volume]:
    found = []
    for _ in range(count):
        at = go(about, rng.uniform(0, 360), spread_m * rng.uniform(0, 1))
        size = float(10 ** rng.uniform(2, 4.3))
        outline = Circle(center=at, radius_m=size) if rng.random() < 0.3 else star(rng, at, size)
        found.append(in_time(rng, outline, hours))
    return found


def one_by_one(volumes: list[Volume], prepared: list[Shape]) -> list[tuple[int, int]]:
    return [(i, j) for i, j in combinations(range(len(volumes)), 2)
            if meet(volumes[i], volumes[j], minima_of(i, j), prepared[i], prepared[j])]


@pytest.mark.parametrize("about", [(38.0, 36.0), (180.0, 10.0), (-179.99, -70.0), (0.0, 90.0), (120.0, -89.5), (10.0, 84.0)])
def test_the_join_is_all_pairs_that_meet(about: Position) -> None:
    rng = np.random.default_rng(1)
    volumes = crowd(rng, about, 110, 25_000, 12)
    found = join(volumes, minima_of, WIDEST)
    assert found == one_by_one(volumes, shapes([v.outline for v in volumes]))
    assert len(found) > 100


@given(st.integers(0, 10_000), st.integers(2, 30), st.sampled_from([0.1, 2, 48]))
@settings(max_examples=40, deadline=None)
def test_the_join_anywhere(seed: int, count: int, hours: float) -> None:
    rng = np.random.default_rng(seed)
    volumes = crowd(rng, place(rng), count, 30_000, hours)
    assert join(volumes, minima_of, WIDEST) == one_by_one(volumes, [shape(v.outline) for v in volumes])


def test_the_join_of_hard_cases() -> None:
    rng = np.random.default_rng(2)
    outlines = [o for make in (*OPEN, *TOUCHING) for duel in duels(make, 6, seed=2) for o in (duel.a, duel.b)]
    volumes = [in_time(rng, outline, 2) for outline in outlines]
    assert join(volumes, minima_of, WIDEST) == one_by_one(volumes, shapes(outlines))


def test_wide_shapes_and_wide_minima() -> None:
    rng = np.random.default_rng(3)
    volumes = [in_time(rng, Circle(center=place(rng), radius_m=float(10 ** rng.uniform(3, 6.3))), 1) for _ in range(60)]
    volumes += [in_time(rng, star(rng, (0.0, 89.0), 2_000_000.0), 1), in_time(rng, star(rng, (175.0, 0.0), 3_000_000.0), 1)]
    far = Minima(across_m=500_000, up_m=1_000, seconds=7_200)
    found = join(volumes, lambda i, j: far, far)
    prepared = shapes([v.outline for v in volumes])
    assert found == [(i, j) for i, j in combinations(range(len(volumes)), 2)
                     if meet(volumes[i], volumes[j], far, prepared[i], prepared[j])]


def test_the_same_volumes_in_another_order_are_the_same_pairs() -> None:
    rng = np.random.default_rng(4)
    volumes = crowd(rng, (38.0, 36.0), 60, 40_000)
    narrow = Minima(across_m=500, up_m=50, seconds=60)
    order = rng.permutation(60)
    first = {frozenset(p) for p in join(volumes, lambda i, j: narrow, narrow)}
    second = join([volumes[k] for k in order], lambda i, j: narrow, narrow)
    assert first == {frozenset((int(order[i]), int(order[j]))) for i, j in second}


def test_pairs_of_no_interest_are_left_out_and_progress_is_told() -> None:
    rng = np.random.default_rng(5)
    volumes = crowd(rng, (38.0, 36.0), 80, 20_000)
    party = rng.integers(0, 3, 80)
    told: list[tuple[int, int]] = []
    whole = join(volumes, minima_of, WIDEST)
    found = join(volumes, minima_of, WIDEST, skip=lambda i, j: party[i] == party[j],
                 progress=lambda done, total: told.append((done, total)), shapes=shapes([v.outline for v in volumes]))
    assert found == [(i, j) for i, j in whole if party[i] != party[j]]
    assert told == sorted(told)
    assert told[-1] == (80, 80)


def test_one_or_none() -> None:
    assert join([], minima_of, WIDEST) == []
    assert join(crowd(np.random.default_rng(6), (38.0, 36.0), 1, 10), minima_of, WIDEST) == []


def test_all_at_one_instant_and_for_ever() -> None:
    always = [Volume(outline=Circle(center=(38, 36), radius_m=10), lower_m=0, upper_m=1, starts_at=start, ends_at=end)
              for start, end in ((DAY, DAY), (DAY, DAY), (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)))]
    assert join(always, lambda i, j: Minima(), Minima()) == []
    assert join(always, lambda i, j: Minima(seconds=1), Minima(seconds=1)) == [(0, 1), (0, 2), (1, 2)]


def test_a_bad_outline_is_named() -> None:
    bad = Polygon(coordinates=(((38, 36), (39, 37), (39, 36), (38, 37), (38, 36)),))
    rng = np.random.default_rng(7)
    with pytest.raises(AntalyaError) as refusal:
        join([*crowd(rng, (38.0, 36.0), 2, 10), in_time(rng, bad, 1)], minima_of, WIDEST)
    assert refusal.value.at == "[2].coordinates[0]"
