"""The join finds exactly the pairs that `meet` finds."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adversaries import OPEN, TOUCHING, Random, duels, go, place, star

from antalya.geometry import batch, kernel, making, pairing, tree
from antalya.geometry.columns import Codes, of_degrees, of_shapes
from antalya.geometry.overlap import meet
from antalya.geometry.shape import Shape, shape, shapes
from antalya.model.volume import Circle, Minima, MultiPolygon, Outline, Polygon, Position, Volume

DAY = datetime(2017, 3, 7, tzinfo=UTC)
CLASSES = [Minima(), Minima(across_m=3_000, up_m=150, seconds=900), Minima(across_m=20_000), Minima(seconds=3_600)]


def minima_of(i: int, j: int) -> Minima:
    return CLASSES[(i + j) % len(CLASSES)]


def table_of(classes: list[list[Minima]]) -> np.ndarray:
    return np.array([[(m.across_m, m.up_m, m.seconds) for m in row] for row in classes])


TABLE = table_of([[CLASSES[(k + n) % len(CLASSES)] for n in range(len(CLASSES))] for k in range(len(CLASSES))])


def join(volumes: list[Volume], one: Minima | None = None, few: int = 0, **more: Any) -> list[tuple[int, int]]:
    """Pairs that meet by `minima_of`, or `one` for all; compiled, unless `few` says otherwise."""
    if not volumes:
        return []
    columns = of_shapes(shapes([v.outline for v in volumes]), volumes)
    table, kind = (TABLE, np.arange(len(volumes)) % len(CLASSES)) if one is None else (table_of([[one]]), None)
    return [(i, j) for i, j in batch.join(columns, table, kind, few=few, **more).tolist()]


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
    found = join(volumes)
    assert found == one_by_one(volumes, shapes([v.outline for v in volumes]))
    assert len(found) > 100


@given(st.integers(0, 10_000), st.integers(2, 30), st.sampled_from([0.1, 2, 48]))
@settings(max_examples=40, deadline=None)
def test_the_join_anywhere(seed: int, count: int, hours: float) -> None:
    rng = np.random.default_rng(seed)
    volumes = crowd(rng, place(rng), count, 30_000, hours)
    assert join(volumes) == one_by_one(volumes, [shape(v.outline) for v in volumes])


def test_the_join_of_hard_cases() -> None:
    rng = np.random.default_rng(2)
    outlines = [o for make in (*OPEN, *TOUCHING) for duel in duels(make, 6, seed=2) for o in (duel.a, duel.b)]
    volumes = [in_time(rng, outline, 2) for outline in outlines]
    assert join(volumes) == one_by_one(volumes, shapes(outlines))


def test_wide_shapes_and_wide_minima() -> None:
    rng = np.random.default_rng(3)
    volumes = [in_time(rng, Circle(center=place(rng), radius_m=float(10 ** rng.uniform(3, 6.3))), 1) for _ in range(60)]
    volumes += [in_time(rng, star(rng, (0.0, 89.0), 2_000_000.0), 1), in_time(rng, star(rng, (175.0, 0.0), 3_000_000.0), 1)]
    far = Minima(across_m=500_000, up_m=1_000, seconds=7_200)
    found = join(volumes, far)
    prepared = shapes([v.outline for v in volumes])
    assert found == [(i, j) for i, j in combinations(range(len(volumes)), 2)
                     if meet(volumes[i], volumes[j], far, prepared[i], prepared[j])]


@pytest.mark.parametrize("count", [2, 15, 16, 17, 40])
def test_only_rows_that_are_there_are_read(count: int) -> None:
    """In ordinary Python, which looks at bounds; compiled code would read what lies behind."""
    volumes = crowd(np.random.default_rng(count), (38.0, 36.0), count, 10_000, 1)
    columns = of_shapes(shapes([v.outline for v in volumes]), volumes)
    boxed, corners, out = tree.tree(columns), int(np.diff(columns.first).max()), np.empty((1_000, 3), np.int64)
    making.run(making.cores, count, columns)
    kind, scratch, marks = np.zeros(count, np.int64), np.empty((kernel.SCRATCH, corners)), np.empty((2, corners), np.int64)
    found = [pairs(0, boxed.blocks, *boxed, columns, kind, TABLE, np.arange(count), TABLE.reshape(-1, 3).max(axis=0), scratch,
                   marks, out)[1] for pairs in (pairing.pairs.py_func, pairing.pairs)]
    assert found[0] == found[1] >= len(join(volumes, CLASSES[0]))


def test_the_same_volumes_in_another_order_are_the_same_pairs() -> None:
    rng = np.random.default_rng(4)
    volumes = crowd(rng, (38.0, 36.0), 60, 40_000)
    narrow = Minima(across_m=500, up_m=50, seconds=60)
    order = rng.permutation(60)
    first = {frozenset(p) for p in join(volumes, narrow)}
    second = join([volumes[k] for k in order], narrow)
    assert first == {frozenset((int(order[i]), int(order[j]))) for i, j in second}


def test_pairs_of_no_interest_are_left_out_and_progress_is_told() -> None:
    rng = np.random.default_rng(5)
    volumes = crowd(rng, (38.0, 36.0), 80, 20_000)
    party = rng.integers(0, 3, 80)
    told: list[tuple[int, int]] = []
    whole = join(volumes)
    made = shapes([v.outline for v in volumes])
    found = join(volumes, group=party, progress=lambda done, total: told.append((done, total)), shape_of=made.__getitem__)
    assert found == [(i, j) for i, j in whole if party[i] != party[j]]
    assert told == sorted(told)
    assert told[-1] == (80, 80)


def test_one_or_none() -> None:
    assert join([]) == []
    assert join(crowd(np.random.default_rng(6), (38.0, 36.0), 1, 10)) == []


def test_all_at_one_instant_and_for_ever() -> None:
    always = [Volume(outline=Circle(center=(38, 36), radius_m=10), lower_m=0, upper_m=1, starts_at=start, ends_at=end)
              for start, end in ((DAY, DAY), (DAY, DAY), (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)))]
    assert join(always, Minima()) == []
    assert join(always, Minima(seconds=1)) == [(0, 1), (0, 2), (1, 2)]


def test_compiled_and_one_by_one_are_the_same() -> None:
    rng = np.random.default_rng(8)
    for about in ((38.0, 36.0), (180.0, 10.0)):
        volumes = crowd(rng, about, 90, 30_000)
        assert join(volumes) == join(volumes, few=90) == one_by_one(volumes, shapes([v.outline for v in volumes]))


def test_a_thousand_on_one_spot() -> None:
    """The same area a thousand times: every pair meets, at once and however the rings begin."""
    rng = np.random.default_rng(9)
    ring = star(rng, (38.0, 36.0), 3_000.0).coordinates[0][:-1]
    turned = [ring[k % len(ring):] + ring[:k % len(ring)] for k in range(1_000)]
    volumes = [Volume(outline=Polygon(coordinates=((*r, r[0]),)), lower_m=0, upper_m=100, starts_at=DAY,
                      ends_at=DAY + timedelta(hours=1)) for r in turned]
    assert join(volumes, Minima()) == list(combinations(range(1_000), 2))


def test_one_over_everything() -> None:
    rng = np.random.default_rng(10)
    small = crowd(rng, (38.0, 36.0), 200, 300_000)
    whole = Volume(outline=star(rng, (38.0, 36.0), 2_000_000.0), lower_m=-500, upper_m=20_000, starts_at=DAY - timedelta(days=40),
                   ends_at=DAY + timedelta(days=90))
    found = join([*small, whole], Minima())
    assert {i for i, j in found if j == 200} == {i for i, v in enumerate(small) if v.ends_at > v.starts_at}
    assert [pair for pair in found if pair[1] < 200] == [(i, j) for i, j in combinations(range(200), 2)
                                                         if meet(small[i], small[j], Minima())]


@pytest.mark.parametrize("feet", [1_000, 3_000, 17_000, 45_000])
def test_touching_altitudes_in_feet_and_windows_of_a_microsecond(feet: int) -> None:
    disc, tick = Circle(center=(38, 36), radius_m=500), timedelta(microseconds=1)

    def band(low: int, high: int, start: datetime = DAY, end: datetime = DAY + timedelta(hours=1)) -> Volume:
        return Volume(outline=disc, lower_m=low * 0.3048, upper_m=high * 0.3048, starts_at=start, ends_at=end)
    stacked = [band(feet, feet + 1_000), band(feet + 1_000, feet + 2_000), band(feet + 2_000, feet + 3_000)]
    assert join(stacked, Minima()) == []
    assert join(stacked, Minima(up_m=304.8)) == [(0, 1), (1, 2)], "1,000 feet apart is enough"
    noon, night = DAY + timedelta(hours=1), DAY + timedelta(hours=2)
    assert join([band(0, feet), band(0, feet, noon, night), band(0, feet, noon - tick, night)], Minima()) == [(0, 2), (1, 2)]
    assert join([band(0, feet, DAY, DAY + tick), band(0, feet, DAY + tick, DAY + 2 * tick)], Minima()) == []


@pytest.mark.parametrize("thick_m", [1e-6, 5e-7, 1e-9, float(np.spacing(100.0))])
def test_a_band_thinner_than_what_feet_err_by_hides_nobody(thick_m: float) -> None:
    def band(low: float, high: float) -> Volume:
        return Volume(outline=Circle(center=(38, 36), radius_m=500), lower_m=low, upper_m=high, starts_at=DAY,
                      ends_at=DAY + timedelta(hours=1))
    thin, level = band(100, 100 + thick_m), Minima()
    volumes, met = [thin, thin, band(0, 200), band(0, 100), band(100 + thick_m, 200)], [(0, 1), (0, 2), (1, 2), (2, 3), (2, 4)]
    assert join(volumes, level) == join(volumes, level, few=150) == met
    assert [(i, j) for i, j in combinations(range(5), 2) if meet(volumes[i], volumes[j], level)] == met


def degrees(volumes: list[Volume]) -> Any:
    """The arguments of `of_degrees`."""
    points: list[Position] = []
    codes: list[Codes] = []
    first = [0]
    for volume in volumes:
        outline = volume.outline
        polygons = () if isinstance(outline, Circle) else (
            outline.coordinates if isinstance(outline, MultiPolygon) else (outline.coordinates,))
        for ring, last in ((ring, r == len(polygon) - 1) for polygon in polygons for r, ring in enumerate(polygon)):
            points += ring
            codes.append(np.array([1] * (len(ring) - 1) + [2 if last else 0], dtype=np.uint8))
        if isinstance(outline, Circle):
            points.append(outline.center)
            codes.append(np.array([2], dtype=np.uint8))
        first.append(len(points))
    lon, lat = np.array(points, dtype=np.float64).T
    made = of_shapes([shape(v.outline) for v in volumes], volumes)
    return (np.ascontiguousarray(lon), np.ascontiguousarray(lat), np.concatenate(codes), np.array(first),
            made.disc, made.lower, made.upper, made.starts, made.ends)


@pytest.mark.parametrize("about", [(38.0, 36.0), (180.0, 10.0), (-179.99, -70.0), (0.0, 90.0), (120.0, -89.5)])
def test_columns_from_degrees_give_the_same_pairs(about: Position) -> None:
    rng = np.random.default_rng(11)
    volumes = [*crowd(rng, about, 100, 25_000, 12), in_time(rng, star(rng, about, 400_000.0), 12)]
    kind = np.arange(len(volumes)) % len(CLASSES)
    found = batch.join(of_degrees(*degrees(volumes)), TABLE, kind, few=0)
    assert [tuple(pair) for pair in found.tolist()] == one_by_one(volumes, shapes([v.outline for v in volumes]))
