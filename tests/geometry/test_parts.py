"""A join in parts finds exactly the pairs of the join as one, and each of them once."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adversaries import OPEN, TOUCHING, Random, duels, place, star
from tests.geometry.test_batch import DAY, TABLE, crowd, in_time

from antalya.geometry import batch, parts
from antalya.geometry.columns import of_shapes
from antalya.geometry.shape import shapes
from antalya.model.volume import Circle, Position, Volume

EVERYTHING_M = 3_900_000.0


def in_parts(volumes: list[Volume], size: int, groups: int | None = None) -> list[tuple[int, int]]:
    """Pairs found part by part; each was found by one part only, and none of it by two guests."""
    columns = of_shapes(shapes([v.outline for v in volumes]), volumes)
    kind, group = np.arange(len(volumes)) % len(TABLE), np.arange(len(volumes)) % (groups or len(volumes))
    every, owned = [], []
    for part in parts.parts(columns, TABLE, size):
        found = parts.found(columns.rows(part.rows), part.own, TABLE, kind[part.rows], group[part.rows])
        assert (found[:, :2].min(axis=1) < part.own).all()
        every.append(np.column_stack([np.sort(part.rows[found[:, :2]], axis=1), found[:, 2]]))
        owned += part.rows[:part.own].tolist()
    assert sorted(owned) == list(range(len(volumes)))
    whole = np.concatenate(every)
    assert len(np.unique(whole[:, :2], axis=0)) == len(whole)
    pairs = batch.decided(whole, columns, TABLE, kind)
    expected = batch.join(columns, TABLE, kind, group, few=0)
    assert pairs.tolist() == expected.tolist()
    return [(i, j) for i, j in pairs.tolist()]


def everything(rng: Random, about: Position) -> Volume:
    """One volume that holds all others of a test, in time too."""
    volume = in_time(rng, Circle(center=about, radius_m=EVERYTHING_M), 0)
    return Volume(outline=volume.outline, lower_m=-1_000.0, upper_m=90_000.0, starts_at=DAY.replace(year=2016),
                  ends_at=DAY.replace(year=2018))


@pytest.mark.parametrize("about", [(38.0, 36.0), (180.0, 10.0), (-179.99, -70.0), (0.0, 90.0), (120.0, -89.5)])
def test_parts_of_a_crowd_with_one_volume_over_everything(about: Position) -> None:
    rng = np.random.default_rng(1)
    volumes = [*crowd(rng, about, 300, 60_000, 12), everything(rng, about)]
    found = in_parts(volumes, 64)
    lasting = [k for k, v in enumerate(volumes[:300]) if v.starts_at < v.ends_at]
    assert {i for i, j in found if j == 300} >= set(lasting)


@given(st.integers(0, 10_000), st.integers(1, 400), st.sampled_from([64, 128, 320]), st.sampled_from([2, 3, None]))
@settings(max_examples=40, deadline=None)
def test_parts_of_volumes_anywhere_near_and_wide(seed: int, count: int, size: int, groups: int | None) -> None:
    rng = np.random.default_rng(seed)
    volumes = crowd(rng, place(rng), count, 30_000, 6) + crowd(rng, place(rng), 60, 3_000_000, 6)
    volumes += [in_time(rng, Circle(center=place(rng), radius_m=float(10 ** rng.uniform(3, 6.3))), 1) for _ in range(90)]
    in_parts([*volumes, everything(rng, place(rng))], size, groups)


def test_parts_of_hard_cases() -> None:
    rng = np.random.default_rng(2)
    outlines = [o for make in (*OPEN, *TOUCHING) for duel in duels(make, 6, seed=2) for o in (duel.a, duel.b)]
    assert in_parts([in_time(rng, outline, 2) for outline in outlines], 64)


def test_parts_of_one_spot() -> None:
    rng = np.random.default_rng(3)
    volumes = [everything(rng, (38.0, 36.0))] * 200 + [in_time(rng, star(rng, (38.0, 36.0), 900.0), 0)] * 100
    assert in_parts(volumes, 64) == list(combinations(range(300), 2))


def test_nothing_and_one_alone_have_no_pairs() -> None:
    rng = np.random.default_rng(4)
    one = [everything(rng, (0.0, 0.0))]
    assert list(parts.parts(of_shapes(shapes([v.outline for v in one]), one), TABLE, 64)) == []
    assert in_parts(one * 2, 64) == [(0, 1)]
