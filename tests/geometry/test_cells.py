"""Coarse cells are those that are touched, and none of them is missed."""

from collections.abc import Callable

import numpy as np
import pytest
import s2geometry as s2
from pyproj import Geod
from tests import oracle
from tests.adversaries import OPEN, TOUCHING, Duel, Random, duels, go, place, star

from antalya.geometry.cells import cell_outline, cell_range, cells_outline, coarse, parents, roughly, within
from antalya.geometry.shape import Shape, shape
from antalya.geometry.touch import distance_m, overlaps
from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, MultiPolygon, Position

GEOD = Geod(ellps="WGS84")
MAKERS = [*OPEN, *TOUCHING]


def leaf(at: Position) -> int:
    number = s2.S2CellId(s2.S2LatLng.FromDegrees(at[1], at[0])).id()
    return number - (1 << 64) if number >= 1 << 63 else number


def holds(cells: tuple[int, ...], at: Position) -> bool:
    return any(low <= leaf(at) <= high for low, high in map(cell_range, cells))


def edge_points(of: Shape, rng: Random) -> list[Position]:
    """Points of a shape: corners, on its edges, or on a circle's rim."""
    if of.is_circle:
        return [go(of.centre, b, of.disc_m - 0.001) for b in rng.uniform(0, 360, 8)]
    lon = np.degrees(np.arctan2(of.points[:, 1], of.points[:, 0]))
    lat = np.degrees(np.arctan2(of.points[:, 2], np.hypot(of.points[:, 0], of.points[:, 1]) * (6356752.314245179 / 6378137) ** 2))
    some = rng.integers(0, len(lon), 8)
    return [(float(lon[i]), float(lat[i])) for i in some]


def test_cells_are_signed_and_their_ranges_nest() -> None:
    cells = coarse(shape(star(np.random.default_rng(1), (-100.0, -40.0), 30_000.0)), 10)  # face 4: above 2^63
    assert all(-(1 << 63) <= c < 0 for c in cells)
    for cell in cells:
        low, high = cell_range(cell)
        assert low <= cell <= high
        inner = within(cell, 13)
        assert within(cell, 10) == (cell,)
        assert (len(inner), min(inner) > low, max(inner) < high) == (64, True, True)
        assert {s2.S2CellId(c & (1 << 64) - 1).parent(10).id() for c in inner} == {cell & (1 << 64) - 1}


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
        assert all(holds(found, at) for at in edge_points(of, rng))
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


def test_coarser_cells_hold_all_of_those_they_stand_for() -> None:
    cells = coarse(shape(Circle(center=(37.95, 36.53), radius_m=9_000)), 13)
    assert parents(cells, len(cells)) == cells
    found = parents(reversed(cells), 40)
    assert len(found) <= 40 < len(cells)
    ranges = [cell_range(cell) for cell in found]
    assert all(any(low <= cell <= high for low, high in ranges) for cell in cells)
    spread = [cell for lon in range(-180, 180, 20) for cell in coarse(shape(Circle(center=(lon, 36.53), radius_m=10)), 13)]
    assert {s2.S2CellId(cell & (1 << 64) - 1).level() for cell in parents(spread, 3)} == {4}
