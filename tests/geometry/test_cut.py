"""What is left of a shape outside others: never too little, and nothing where a shape lies wholly in a hole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from tests.pictures import box, circle
from tests.strategies import outlines

from antalya.geometry.cut import cut, lies_in
from antalya.geometry.shape import Shape, shape
from antalya.geometry.touch import closer, overlaps
from antalya.model import Circle, Polygon
from antalya.model.volume import Outline

GEOD = Geod(ellps="WGS84")


def left(of: Outline, *holes: Outline) -> Shape | None:
    rest = cut(shape(of), [shape(h) for h in holes])
    return None if rest is None else shape(rest)


def test_what_no_hole_meets_stays_as_it_is() -> None:
    whole = box(0, 0, 5, 5)
    assert cut(shape(whole), [shape(box(5, 0, 9, 5)), shape(circle(20, 20, 500))]) is whole
    assert cut(shape(whole), []) is whole


@pytest.mark.parametrize(("of", "hole"), [
    (box(0, 0, 5, 5), box(0, 0, 5, 5)), (box(1, 1, 4, 4), box(0, 0, 5, 5)), (circle(0, 0, 2_000), circle(0, 0, 2_000)),
    (circle(1, 0, 500), circle(0, 0, 2_000)), (circle(0, 0, 2_000), box(-3, -3, 3, 3)), (box(0, 0, 3, 3), circle(0, 0, 4_300)),
    (circle(0, 0, 55_000), circle(0, 0, 55_000))])
def test_what_lies_in_a_hole_is_gone(of: Outline, hole: Outline) -> None:
    assert left(of, hole) is None
    assert lies_in(shape(of), shape(hole))


def test_two_holes_together_can_cover_it() -> None:
    assert left(box(0, 0, 6, 6), box(-1, -1, 3, 7), box(3, -1, 7, 7)) is None


@pytest.mark.parametrize(("of", "hole", "km2"), [
    (box(0, 0, 6, 6), box(3, 0, 6, 6), 18), (box(0, 0, 6, 6), circle(3, 3, 1_000), 36 - 3.1416),
    (circle(0, 0, 3_000), circle(0, 0, 1_000), 8 * 3.1416)])
def test_how_much_is_left(of: Outline, hole: Outline, km2: float) -> None:
    rest = left(of, hole)
    assert rest is not None
    assert rest.area_m2 / 1e6 == pytest.approx(km2, rel=5e-3)


def test_across_the_antimeridian() -> None:
    west, east = 179.9, -179.9
    strip = Polygon(coordinates=(((west, 0.0), (east, 0.0), (east, 0.1), (west, 0.1), (west, 0.0)),))
    half = Polygon(coordinates=(((180.0, -1.0), (-179.0, -1.0), (-179.0, 1.0), (180.0, 1.0), (180.0, -1.0)),))
    rest = left(strip, half)
    assert rest is not None
    assert rest.area_m2 == pytest.approx(shape(strip).area_m2 / 2, rel=1e-4)


@given(outlines(), st.lists(outlines(), min_size=1, max_size=2),
       st.lists(st.tuples(st.floats(0, 360), st.floats(0, 1)), min_size=8, max_size=8))
@settings(max_examples=100, deadline=None)
def test_no_spot_outside_the_holes_is_lost_and_none_inside_is_left(of: Outline, holes: list[Outline],
                                                                   where: list[tuple[float, float]]) -> None:
    """Spots of a metre: 1 m and more from an edge they are either in a hole or in what is left."""
    whole, cuts, rest = shape(of), [shape(h) for h in holes], left(of, *holes)
    assert lies_in(whole, cuts[0]) == (cut(whole, cuts[:1]) is None)
    for bearing, share in where:
        lon, lat, _ = GEOD.fwd(*whole.centre, bearing, share * whole.radius_m)
        spot = shape(Circle(center=(lon, lat), radius_m=1.0))
        if not overlaps(spot, whole):
            continue
        if not any(closer(spot, c, 1.0) for c in cuts):
            assert rest is not None
            assert overlaps(spot, rest)
        elif any(cut(spot, [c]) is None and not _at_edge(spot, c) for c in cuts):
            assert rest is None or not overlaps(spot, rest)


def _at_edge(spot: Shape, hole: Shape) -> bool:
    """Whether the spot, grown to three metres, is no longer wholly in the hole."""
    return cut(shape(Circle(center=spot.centre, radius_m=3.0)), [hole]) is not None
