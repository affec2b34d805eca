"""What becomes of an outline, and which outlines are refused."""

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from tests.adversaries import OPEN, duels, ring, star

from antalya.geometry import rings
from antalya.geometry.shape import shape, shapes
from antalya.geometry.touch import distance_m, overlaps
from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, Position

GEOD = Geod(ellps="WGS84")


def polygon(*rings: list[Position]) -> Polygon:
    return Polygon(coordinates=tuple(ring(*r) for r in rings))


def box(west: float, south: float, east: float, north: float) -> list[Position]:
    return [(west, south), (east, south), (east, north), (west, north)]


def code(outline: Outline) -> str:
    with pytest.raises(AntalyaError) as refusal:
        shape(outline)
    return refusal.value.code.name


WHOLE = box(38, 36, 39, 37)
NEAR_EDGE = [(38.4, 36.2), (38.6, 36.4)]


def test_a_bow_tie_is_refused() -> None:
    assert code(polygon([(38, 36), (39, 37), (39, 36), (38, 37)])) == "ring_crosses_itself"


def test_a_bow_tie_with_a_corner_where_it_crosses_is_refused() -> None:
    assert code(polygon([(38, 36), (38.5, 36.5), (39, 37), (39, 36), (38.5, 36.5), (38, 37)])) == "ring_crosses_itself"


def test_a_pentagram_is_refused() -> None:
    tips = [(38 + float(np.cos(t)) / 10, 36 + float(np.sin(t)) / 10) for t in np.arange(5) * 0.8 * np.pi]
    assert code(polygon(tips)) == "ring_crosses_itself"


@pytest.mark.parametrize("hole", [
    [(37.9, 36.5), *NEAR_EDGE], [(40.0, 36.5), (40.2, 36.5), (40.1, 36.6)], [(38.5, 36.0), *NEAR_EDGE]],
    ids=["over the edge", "elsewhere", "over the geodesic, which bulges north of the parallel"])
def test_a_hole_outside_is_refused(hole: list[Position]) -> None:
    assert code(polygon(WHOLE, hole)) == "ring_crosses_itself"


def test_holes_over_each_other_are_refused() -> None:
    assert code(polygon(WHOLE, box(38.2, 36.2, 38.5, 36.5), box(38.4, 36.4, 38.7, 36.7))) == "ring_crosses_itself"


def test_a_hole_that_is_everything_is_refused() -> None:
    assert code(polygon(WHOLE, WHOLE[::-1])) == "ring_crosses_itself"


@pytest.mark.parametrize("corners", [
    [(38, 36), (38, 36.5), (38, 37)], [(38, 0), (38.5, 0), (39, 0)], [(180, 10), (-180, 10), (180, 11)],
    [(10, 90), (20, 90), (30, 80)]], ids=["meridian", "equator", "antimeridian written twice", "pole written twice"])
def test_corners_on_one_line_are_refused(corners: list[Position]) -> None:
    assert code(polygon(corners)) == "ring_too_short"


def test_too_wide_is_refused() -> None:
    assert code(polygon(box(-60, -50, 60, 50))) == "outline_too_wide"
    assert code(polygon(box(-40, -30, 40, 30))) == "outline_too_wide"  # corners 5,390 km from the middle
    assert code(polygon([(0, 0), (120, 0), (-120, 0)])) == "outline_too_wide"
    assert code(MultiPolygon(coordinates=(polygon(WHOLE).coordinates, polygon(box(-141, -37, -140, -36)).coordinates))) \
        == "outline_too_wide"
    assert shape(polygon(box(-30, -25, 30, 25))).radius_m < 4_500_000


def test_of_many_the_bad_one_is_named() -> None:
    good, bad = polygon(WHOLE), polygon([(38, 36), (39, 37), (39, 36), (38, 37)])
    with pytest.raises(AntalyaError) as refusal:
        shapes([good, Circle(center=(1, 1), radius_m=5), bad])
    assert (refusal.value.code.name, refusal.value.at) == ("ring_crosses_itself", "[2].coordinates[0]")


TOUCHING = {
    "two lobes at a corner": ([(38, 36), (38.5, 36.5), (39, 36), (39, 37), (38.5, 36.5), (38, 37)], (38.9, 36.5), (38.5, 36.2)),
    "a hole drawn from the edge": (
        [(38, 36), (38.5, 36.0), (38.4, 36.2), (38.6, 36.2), (38.5, 36.0), (39, 36), (39, 37), (38, 37)], (38.5, 36.5),
        (38.5, 36.15)),
    "out and back along a line": ([(38, 36), (39, 36), (39, 37), (39.5, 37), (39, 37), (38, 37)], (38.5, 36.5), (39.4, 37)),
    "a corner given twice": ([(38, 36), (39, 36), (39, 36), (39, 37), (38, 37)], (38.5, 36.5), (39.4, 37)),
}


@pytest.mark.parametrize("name", TOUCHING)
def test_a_ring_that_touches_itself_is_what_it_encloses(name: str) -> None:
    corners, within, without = TOUCHING[name]
    for order in (corners, corners[::-1], corners[3:] + corners[:3]):
        found = shape(polygon(order))
        assert shapely.is_valid(found.flat)
        assert overlaps(found, shape(Circle(center=within, radius_m=1)))
        assert not overlaps(found, shape(Circle(center=without, radius_m=1)))


def test_a_hole_may_touch_its_outer_ring() -> None:
    found = shape(polygon(WHOLE, [(38, 36.5), *NEAR_EDGE]))
    assert overlaps(found, shape(Circle(center=(38.1, 36.1), radius_m=1)))
    assert not overlaps(found, shape(Circle(center=(38.35, 36.4), radius_m=1)))


def test_polygons_of_one_outline_may_overlap_and_count_once() -> None:
    two = MultiPolygon(coordinates=(polygon(WHOLE).coordinates, polygon(box(38.5, 36, 39.5, 37)).coordinates))
    assert shape(two).area_m2 == pytest.approx(shape(polygon(WHOLE)).area_m2 * 1.5, rel=1e-3)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_ring_round_a_pole_holds_the_pole(reverse: bool) -> None:
    corners: list[Position] = [(0, 80), (90, 80), (180, 80), (-90, 80)]
    cap = shape(polygon(corners[::-1] if reverse else corners))
    assert overlaps(cap, shape(Circle(center=(123, 90), radius_m=1)))
    assert not overlaps(cap, shape(Circle(center=(45, 79), radius_m=1)))
    assert cap.area_m2 == pytest.approx(2.507e12, rel=1e-3)


def test_a_box_over_the_antimeridian_is_the_small_one() -> None:
    found = shape(polygon([(179, -17), (-179, -17), (-179, -16), (179, -16)]))
    assert found.area_m2 == pytest.approx(2.363e10, rel=1e-3)
    assert overlaps(found, shape(Circle(center=(180, -16.5), radius_m=1)))
    assert overlaps(found, shape(Circle(center=(-180, -16.5), radius_m=1)))


def test_areas_are_those_of_pyproj() -> None:
    for duel in duels(OPEN[0], 50):
        (corners,) = duel.a.coordinates
        area = abs(GEOD.polygon_area_perimeter(*np.array(corners[:-1]).T)[0])
        assert shape(duel.a).area_m2 == pytest.approx(area, rel=1e-6)
    holed = shape(polygon(WHOLE, box(38.2, 36.2, 38.4, 36.4)))
    assert holed.area_m2 == pytest.approx(
        shape(polygon(WHOLE)).area_m2 - shape(polygon(box(38.2, 36.2, 38.4, 36.4))).area_m2)


@pytest.mark.parametrize("radius", [1.0, 50_000.0, 2_000_000.0])
def test_a_circles_area(radius: float) -> None:
    lon, lat, _ = GEOD.fwd(np.full(3600, 40.0), np.full(3600, 35.0), np.arange(3600) / 10, np.full(3600, radius))
    assert shape(Circle(center=(40, 35), radius_m=radius)).area_m2 == pytest.approx(
        abs(GEOD.polygon_area_perimeter(lon, lat)[0]), rel=1e-3)


def test_the_cap_holds_everything() -> None:
    for make in OPEN:
        for duel in duels(make, 30):
            for found in (shape(duel.a), shape(duel.b)):
                lon, lat = np.degrees(np.arctan2(found.points[:, 1], found.points[:, 0])), found.points[:, 2]
                lat = np.degrees(np.arctan2(lat, np.hypot(found.points[:, 0], found.points[:, 1]) * 0.9933056200098587))
                n = len(lon)
                away = GEOD.inv(np.full(n, found.centre[0]), np.full(n, found.centre[1]), lon, lat)[2]
                assert np.max(away) + found.disc_m <= found.radius_m + 1e-6


@given(st.integers(0, 10_000), st.integers(1, 7), st.booleans())
@settings(max_examples=60, deadline=None)
def test_where_a_ring_begins_and_which_way_it_goes_does_not_matter(seed: int, turn: int, reverse: bool) -> None:
    rng = np.random.default_rng(seed)
    one = star(rng, (rng.uniform(-180, 180), rng.uniform(-90, 90)), 40_000.0, 7)
    corners = one.coordinates[0][:-1]
    again = ring(*(corners[turn:] + corners[:turn])[::-1 if reverse else 1])
    first, second = shape(one), shape(Polygon(coordinates=(again,)))
    assert {p.tobytes() for p in first.points} == {p.tobytes() for p in second.points}
    assert first.area_m2 == pytest.approx(second.area_m2, rel=1e-9)
    assert distance_m(first, second) == 0


def test_many_at_once_are_the_same_as_one_by_one() -> None:
    found = [outline for make in OPEN for duel in duels(make, 20) for outline in (duel.a, duel.b)]
    for one, outline in zip(shapes(found), found, strict=True):
        alone = shape(outline)
        assert (one.points == alone.points).all()
        assert one.radius_m == pytest.approx(alone.radius_m)
        assert (one.ring_ends.tolist(), one.polygon_ends.tolist()) == (alone.ring_ends.tolist(), alone.polygon_ends.tolist())


def test_a_scribble_is_refused_at_once() -> None:
    rng = np.random.default_rng(8)
    assert code(polygon([(float(x), float(y)) for x, y in rng.uniform(36, 37, (3_000, 2))])) == "ring_crosses_itself"


@pytest.mark.parametrize(("corners", "passes"), [(41, 10), (119, 0)])
def test_few_corners_with_many_crossings_are_refused_without_a_look_at_every_face(
        corners: int, passes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stars of edges of 3,500 km: 780 and 6,900 crossings, of 29,000 and 83,000 pieces."""
    looked, turns = [0], rings._turns

    def counted(*given: Any) -> int:
        looked[0] += 1
        return turns(*given)

    monkeypatch.setattr(rings, "_turns", counted)
    way = np.arange(corners) * (corners // 2) * 2 * np.pi / corners
    star_of = polygon([(30 + 16 * float(np.cos(t)), 10 + 16 * float(np.sin(t))) for t in way])
    assert code(star_of) == "ring_crosses_itself"
    assert looked[0] <= passes


def test_a_long_edge_that_is_touched_along_its_length_is_no_crossing() -> None:
    """Back along half of an edge of 8,400 km, from other corners: 2,500 of its pieces lie across each other by their rounding."""
    inner = GEOD.npts(0, 10, 80, 20, 99)
    found = shape(polygon([(0, 10), (80, 20), inner[70], inner[20], (10, 15)]))
    assert shapely.is_valid(found.flat)
    assert overlaps(found, shape(Circle(center=(9, 13), radius_m=1)))
    assert not overlaps(found, shape(Circle(center=(75, 22), radius_m=1)))


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_what_a_ring_encloses_is_where_it_goes_round_once(seed: int) -> None:
    """Corners on a small grid, so that it often touches itself: as many turns are counted as by a sum of angles."""
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 5, (int(rng.integers(3, 12)), 2)).astype(float)
    closed, points = np.vstack([corners, corners[:1]]), rng.integers(0, 4, (8, 2)) + rng.uniform(0.01, 0.99, (8, 2))
    tree = shapely.STRtree(shapely.linestrings(np.stack([closed[:-1], closed[1:]], axis=1)))
    for point in points:
        towards = np.arctan2(*(closed - point).T[::-1])
        turned = (np.diff(towards) + np.pi) % (2 * np.pi) - np.pi
        assert rings._turns(closed, tree, shapely.points(point)) == round(turned.sum() / (2 * np.pi))
