"""Coverings never miss, and coarse cells are those that are touched."""

from collections.abc import Callable

import numpy as np
import pytest
import s2geometry as s2
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from tests import oracle
from tests.adversaries import OPEN, TOUCHING, Duel, Random, duels, go, place, ring, star

from antalya.geometry.cells import WHOLE_EARTH, ancestors, cell_outline, cell_range, cells_outline, coarse, cover, roughly
from antalya.geometry.shape import Shape, shape
from antalya.geometry.touch import closer, distance_m, overlaps
from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, MultiPolygon, Polygon, Position

GEOD = Geod(ellps="WGS84")
MAKERS = [*OPEN, *TOUCHING]


def leaf(at: Position) -> int:
    number = s2.S2CellId(s2.S2LatLng.FromDegrees(at[1], at[0])).id()
    return number - (1 << 64) if number >= 1 << 63 else number


def holds(cells: tuple[int, ...], at: Position) -> bool:
    return any(low <= leaf(at) <= high for low, high in map(cell_range, cells))


def candidates(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    """What an index does: it keeps cells with their ancestors, and looks up cells, their ancestors and all within them."""
    return bool(set(ancestors(a)) & set(b)) or any(low <= c <= high for low, high in map(cell_range, a) for c in b)


def edge_points(of: Shape, margin_m: float, rng: Random) -> list[Position]:
    """Points within the margin of a shape: of its corners, its edges, or a circle's rim."""
    if of.is_circle:
        return [go(of.centre, b, of.disc_m + margin_m - 0.001) for b in rng.uniform(0, 360, 8)]
    lon = np.degrees(np.arctan2(of.points[:, 1], of.points[:, 0]))
    lat = np.degrees(np.arctan2(of.points[:, 2], np.hypot(of.points[:, 0], of.points[:, 1]) * (6356752.314245179 / 6378137) ** 2))
    some = rng.integers(0, len(lon), 8)
    return [go((float(lon[i]), float(lat[i])), rng.uniform(0, 360), margin_m * rng.uniform(0, 1)) for i in some]


@pytest.mark.parametrize("make", MAKERS)
def test_every_point_within_the_margin_is_covered(make: Callable[[Random], Duel]) -> None:
    rng = np.random.default_rng(4)
    for duel in duels(make, 15, seed=4):
        for of in (shape(duel.a), shape(duel.b)):
            margin = float(rng.choice([0, 10, 5_000, 200_000]))
            cells = cover(of, margin)
            assert list(cells) == sorted(set(cells))
            assert all(holds(cells, at) for at in edge_points(of, margin, rng))


@pytest.mark.parametrize("make", MAKERS)
def test_what_is_near_shares_candidates(make: Callable[[Random], Duel]) -> None:
    for duel in duels(make, 15, seed=9):
        a, b = shape(duel.a), shape(duel.b)
        for margin in (0.0, 1_000.0, distance_m(a, b) + 0.01):
            if closer(a, b, margin):
                one, two = cover(a, margin), cover(b, 0)
                assert candidates(one, two)
                assert candidates(two, one)


@given(st.integers(0, 10_000), st.floats(0, 100_000))
@settings(max_examples=60, deadline=None)
def test_what_touches_shares_candidates(seed: int, margin: float) -> None:
    (duel,) = duels(TOUCHING[seed % len(TOUCHING)], 1, seed)
    a, b = cover(shape(duel.a), margin), cover(shape(duel.b), 0)
    assert candidates(a, b)
    assert candidates(b, a)


def test_cells_are_signed_and_their_ranges_nest() -> None:
    cells = cover(shape(star(np.random.default_rng(1), (-100.0, -40.0), 30_000.0)), 0)  # face 4: above 2^63
    assert all(-(1 << 63) <= c < 0 for c in cells)
    for cell in cells:
        low, high = cell_range(cell)
        assert low <= cell <= high
        for above in ancestors([cell]):
            assert cell_range(above)[0] <= low <= high <= cell_range(above)[1]
    levels = {s2.S2CellId(c & (1 << 64) - 1).level() for c in ancestors(cells)}
    assert levels <= {4, 6, 8, 10, 12, 14, 16}
    assert 4 in levels


def test_a_wide_shape_is_covered_with_level_4() -> None:
    found = cover(shape(Circle(center=(0, 90), radius_m=2_000_000)), 100_000)
    assert all(holds(found, at) for at in [(0.0, 90.0), (10.0, 72.0), (-170.0, 71.2)])
    assert not holds(found, (0.0, 60.0))
    assert all(any(low <= c <= high for low, high in map(cell_range, WHOLE_EARTH)) for c in found)


@pytest.mark.parametrize("radius_m", [1.0, 900.0, 4_000.0, 20_000.0])
@pytest.mark.parametrize("centre", [(38.0, 36.5), (179.99, 12.0), (20.0, 89.9), (-60.0, -35.26)])
def test_rough_cells_are_those_touched_and_at_most_their_neighbours(centre: Position, radius_m: float) -> None:
    of = shape(Circle(center=centre, radius_m=radius_m))
    exact, rough = set(coarse(of, 9)), set(roughly(of, 9))
    assert exact <= rough
    assert len(rough) <= max(4, len(exact))



@pytest.mark.parametrize("make", MAKERS)
def test_coarse_cells_are_those_touched(make: Callable[[Random], Duel]) -> None:
    rng = np.random.default_rng(4)
    for duel in duels(make, 4, seed=4):
        of = shape(duel.a)
        found = coarse(of)
        assert all(holds(found, at) for at in edge_points(of, 0, rng))
        for cell in found[:20]:
            corners = cell_outline(cell).coordinates[0]
            assert distance_m(shape(cell_outline(cell)), of) < 1
            assert {s2.S2CellId(s2.S2LatLng.FromDegrees(y, x)).parent(9).level() for x, y in corners} == {9}


def test_corners_are_those_of_s2() -> None:
    rng = np.random.default_rng(3)
    for _ in range(300):
        at = place(rng)
        cell = s2.S2CellId(s2.S2LatLng.FromDegrees(at[1], at[0])).parent(int(rng.integers(1, 20)))
        own = cell_outline(cell.id()).coordinates[0]
        for k in range(4):
            p = s2.S2LatLng(s2.S2Cell(cell).GetVertex(k))
            assert GEOD.inv(*own[k], p.lng().degrees(), p.lat().degrees())[2] < 0.02
        assert max(x for x, _ in own) - min(x for x, _ in own) <= 180


def test_a_covering_of_too_much_is_refused() -> None:
    with pytest.raises(AntalyaError, match="area_too_large"):
        coarse(shape(Circle(center=(30, 40), radius_m=1_900_000)))
    assert len(coarse(shape(Circle(center=(30, 40), radius_m=1_900_000)), level=6)) < 1_000


@pytest.mark.parametrize("at", [(38.0, 36.0), (180.0, 10.0), (0.0, 90.0), (45.0, -90.0), (0.0, 0.0)])
def test_cells_together_are_one_outline(at: Position) -> None:
    of = shape(Circle(center=at, radius_m=60_000))
    found = cells_outline(coarse(of))
    assert found is not None
    whole = shape(found)
    assert whole.area_m2 == pytest.approx(sum(shape(cell_outline(c)).area_m2 for c in coarse(of)), rel=1e-4)
    assert all(overlaps(whole, shape(Circle(center=go(at, b, 59_000), radius_m=500))) for b in range(0, 360, 30))
    figures = oracle.Figures.of([found])
    points = np.array([go(at, b, 59_900) for b in range(5, 360, 30)])
    assert oracle.inside(points, np.arange(len(points)), figures, np.zeros(len(points), dtype=int)).all()
    assert isinstance(found, MultiPolygon) == (at == (180.0, 10.0))
    assert cells_outline(()) is None


def test_a_square_over_a_face_of_the_cube() -> None:
    square = Polygon(coordinates=(ring((44, -2), (46, -2), (46, 2), (44, 2)),))  # faces 0 and 1 meet at 45 E
    found = cover(shape(square), 0, max_cells=16)
    assert {s2.S2CellId(c & (1 << 64) - 1).face() for c in found} == {0, 1}
