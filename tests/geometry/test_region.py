"""Where two shapes meet: the region holds what it must, little else, and is good GeoJSON."""

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from tests import oracle
from tests.adversaries import OPEN, Duel, Random, duels, go, ring

from antalya.geometry.line import clip, within_m
from antalya.geometry.region import meeting_region
from antalya.geometry.shape import shape
from antalya.geometry.touch import closer, distance_m
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon

Array = np.ndarray


def polygons(outline: Outline) -> tuple[object, ...]:
    assert isinstance(outline, Polygon | MultiPolygon)
    return outline.coordinates if isinstance(outline, MultiPolygon) else (outline.coordinates,)


def good_geojson(outline: Outline) -> None:
    """Valid in degrees, within ±180, outer rings counter-clockwise, and an outline this package itself accepts."""
    for rings in polygons(outline):
        area = shapely.polygons(rings[0], rings[1:] or None)  # type: ignore[index]
        assert shapely.is_valid(area)
        assert shapely.is_ccw(shapely.get_exterior_ring(area))
        assert np.abs(shapely.get_coordinates(area)[:, 0]).max() <= 180
    assert shape(outline).area_m2 > 0


def away(points: Array, outline: Outline) -> Array:
    """The distance of each point to an outline, by the oracle: 0 inside."""
    figures, n = oracle.Figures.of([outline]), len(points)
    first = np.zeros(n, dtype=int)
    gap = oracle.gaps(points, np.arange(n), figures, first, n) - figures.radius[0]
    if figures.radius[0] == 0:
        gap[oracle.inside(points, np.arange(n), figures, first)] = 0
    return np.maximum(gap, 0)


def sampled(duel: Duel, rng: Random) -> Array:
    """Points in and about both outlines."""
    reach = [shape(o).radius_m for o in (duel.a, duel.b)]
    return np.array([go(c, rng.uniform(0, 360), rng.uniform(0, 1.3) * r)
                     for c, r in zip((duel.in_a, duel.in_b), reach, strict=True) for _ in range(40)])


@pytest.mark.parametrize("make", OPEN)
def test_the_region_is_what_lies_within_the_minimum(make: Callable[[Random], Duel]) -> None:
    rng = np.random.default_rng(11)
    for duel in duels(make, 12, seed=12):
        a, b = shape(duel.a), shape(duel.b)
        for across in (0.0, distance_m(a, b) + float(10 ** rng.uniform(0, 4))):
            if not closer(a, b, across):
                continue
            region = meeting_region(a, b, across)
            good_geojson(region)
            points = sampled(duel, rng)
            to_a, to_b, off = away(points, duel.a), away(points, duel.b), away(points, region)
            edge = 0.02
            if across:
                must = ((to_a == 0) & (to_b < across - edge)) | ((to_b == 0) & (to_a < across - edge))
                may = ((to_a < edge) & (to_b < across * 1.01 + edge)) | ((to_b < edge) & (to_a < across * 1.01 + edge))
            else:
                must, may = (to_a == 0) & (to_b == 0), (to_a < edge) & (to_b < edge)
            if isinstance(duel.a, Circle) or isinstance(duel.b, Circle):  # polygons round circles: 0.03 % wider
                wide = edge + max(a.disc_m, b.disc_m) * 4e-4
                may = (to_a < wide) & (to_b < across * 1.01 + wide) | (to_b < wide) & (to_a < across * 1.01 + wide)
            assert (off[must] < edge).all()
            assert may[off == 0].all()


def test_a_region_round_a_pole() -> None:
    cap = shape(Polygon(coordinates=(ring((0, 80), (90, 80), (180, 80), (-90, 80)),)))
    region = meeting_region(cap, shape(Circle(center=(0, 90), radius_m=100_000)), 0.0)
    good_geojson(region)
    assert shape(region).area_m2 == pytest.approx(np.pi * 1e10, rel=2e-3)


def test_a_region_with_a_hole_round_a_pole() -> None:
    outer, inner = ((0, 80), (90, 80), (180, 80), (-90, 80)), ((0, 88), (90, 88), (180, 88), (-90, 88))
    cap = shape(Polygon(coordinates=(ring(*outer), ring(*inner))))
    region = meeting_region(cap, shape(Circle(center=(0, 90), radius_m=500_000)), 0.0)
    good_geojson(region)
    hole = shape(Polygon(coordinates=(ring(*inner),))).area_m2
    assert shape(region).area_m2 == pytest.approx(np.pi * 2.5e11 - hole, rel=2e-3)


def test_a_region_over_the_antimeridian_is_cut_there() -> None:
    box = shape(Polygon(coordinates=(ring((179, -17), (-179, -17), (-179, -16), (179, -16)),)))
    region = meeting_region(box, box, 0.0)
    assert isinstance(region, MultiPolygon)
    for rings in region.coordinates:
        longitudes = [x for x, _ in rings[0]]
        assert max(longitudes) - min(longitudes) <= 1.0000001
    good_geojson(region)
    assert shape(region).area_m2 == pytest.approx(box.area_m2, rel=1e-6)


def test_an_overlap_too_small_for_the_digits_has_a_region_still() -> None:
    a = shape(Polygon(coordinates=(ring((38, 36), (38.1, 36), (38.1, 36.1), (38, 36.1)),)))
    b = shape(Polygon(coordinates=(ring((38.09999996, 36.03), (38.2, 36.03), (38.2, 36.07), (38.09999996, 36.07)),)))
    assert closer(a, b, 0.0)
    good_geojson(meeting_region(a, b, 0.0))
    assert clip(a, b) is not None


def test_clip_and_within() -> None:
    a = shape(Polygon(coordinates=(ring((38, 36), (38.1, 36), (38.1, 36.1), (38, 36.1)),)))
    beside = shape(Polygon(coordinates=(ring((38.1, 36), (38.2, 36), (38.2, 36.1), (38.1, 36.1)),)))
    over = shape(Polygon(coordinates=(ring((38.05, 36), (38.2, 36), (38.2, 36.1), (38.05, 36.1)),)))
    assert clip(a, beside) is None
    assert within_m(a, beside, 0.0) is None
    half, strip = clip(a, over), within_m(a, beside, 1_000)
    assert half is not None
    assert strip is not None
    assert shape(half).area_m2 == pytest.approx(a.area_m2 / 2, rel=1e-3)
    assert shape(strip).area_m2 == pytest.approx(1_000 * 11_095, rel=0.01)
    assert within_m(a, shape(Circle(center=(39, 36), radius_m=1_000)), 1_000) is None
