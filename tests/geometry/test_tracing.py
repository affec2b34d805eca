"""Traced regions beside general overlays: nothing of the true region is missing, hardly anything is too much, whatever the shape."""

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from benchmarks.plans import volumes

from antalya.geometry import curves, ellipsoid, tracing
from antalya.geometry.ellipsoid import Floats, Frame
from antalya.geometry.region import planes
from antalya.geometry.shape import Shape, shape, shapes
from antalya.geometry.touch import closer, placed
from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon

Random = np.random.Generator
Pair = tuple[Shape, Shape, float]
EDGE_M, DRAWN_OUTSIDE = 0.02, 1.0015
ACROSS_M = (0.0, 1.0, 20.0, 500.0, 1_852.0, 5_000.0, 20_000.0)


def outline(corners: Floats) -> Polygon:
    return Polygon(coordinates=(tuple(map(tuple, [*corners.tolist(), corners[0].tolist()])),))


def plans(count: int, seed: int) -> list[Pair]:
    """Polygons like those of real plans, each with another one near it."""
    rng, moved = np.random.default_rng(seed), []
    first = shapes([v.outline for v in volumes(count, seed=seed)])
    for one, volume in zip(first, volumes(count, seed=seed + 1), strict=True):
        assert isinstance(volume.outline, Polygon)
        corners = np.array(volume.outline.coordinates[0][:-1])
        moved.append(outline(corners - corners.mean(axis=0) + one.centre + rng.uniform(-0.06, 0.06, 2)))
    return [(a, b, float(rng.choice(ACROSS_M))) for a, b in zip(first, shapes(moved), strict=True)]


def star(rng: Random) -> Floats:
    """A star, spikes, or a comb between whose teeth a minimum may just close, about the origin, up to 30 km wide."""
    size = 10 ** rng.uniform(-0.5, 1.5) / 111
    if rng.random() < 0.25:
        teeth = int(rng.integers(2, 9))
        top = [(teeth - k - x, y) for k in range(teeth) for x, y in ((0, 1), (rng.uniform(0.2, 0.8), 1), (0.9, 0.1), (1, 0.1))][:-1]
        turn = rng.uniform(0, 2 * np.pi)
        corners = np.array([(0, 0), (teeth, 0), *top]) * size / 3
        return corners @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    many = int(rng.integers(3, 40))
    angle, away = np.sort(rng.uniform(0, 2 * np.pi, many)), size * rng.uniform(rng.choice([0.05, 0.5]), 1, many)
    corners = np.stack([away * np.cos(angle), away * np.sin(angle)], axis=1)
    return np.round(corners, 2) if rng.random() < 0.3 else corners


def adversaries(count: int, seed: int) -> list[Pair]:
    """Stars and combs near each other, the same twice, one moved by next to nothing, one within the other; all over the earth."""
    rng, made = np.random.default_rng(seed), list[Pair]()
    while len(made) < count:
        corners, other, lat = star(rng), star(rng), rng.uniform(-75, 75)
        size, place = np.abs(corners).max(), np.array([rng.uniform(-180, 180), lat])
        off = rng.uniform(-1.5, 1.5, 2) * size
        match rng.integers(0, 5):
            case 1:
                other = corners
            case 2:
                other, off = corners, np.array([rng.choice([0, 1e-6, 1e-3, size]), 0.0])
            case 3:
                other = other * 0.1
            case 4:
                off = np.round(off, 2)
        wide = np.array([1 / np.cos(np.radians(lat)), 1])
        across = float(rng.choice([*ACROSS_M, size * 111e3 * rng.uniform(0.02, 1)]))
        try:
            made.append((shape(outline(place + corners * wide)), shape(outline(place + (other + off) * wide)), across))
        except AntalyaError:  # it crosses itself, or the antimeridian
            continue
    return made


def bay(rng: Random) -> Floats:
    """A block with a bay, its mouth wider or narrower than its floor, in any direction, from any corner on."""
    mouth, depth = rng.uniform(0.3, 1.6), rng.uniform(0.3, 4)
    shore = [(mouth / 2, depth), (0.5, 0), (-0.5, 0), (-mouth / 2, depth)]
    corners = np.array([(-2, depth), (-2, -1), (2, -1), (2, depth), *shore])
    turn = rng.uniform(0, 2 * np.pi)
    turned = corners @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return np.roll(turned, int(rng.integers(0, len(corners))), axis=0)


def simple(corners: Floats) -> Floats | None:
    """A ring in metres, counter-clockwise, without repeats; None where it crosses itself."""
    corners = 1e5 * corners[(corners != np.roll(corners, 1, axis=0)).any(axis=1)]
    if len(corners) < 3 or not shapely.is_valid(shapely.Polygon(corners)):
        return None
    return corners if shapely.is_ccw(shapely.LinearRing(corners)) else corners[::-1]


def laid(of: Outline, frame: Frame) -> shapely.Geometry:
    """A region in a plane. Asserts that it is good GeoJSON."""
    assert isinstance(of, Polygon | MultiPolygon)
    each = of.coordinates if isinstance(of, MultiPolygon) else (of.coordinates,)
    degrees = [shapely.Polygon(rings[0], rings[1:]) for rings in each]
    assert shapely.is_valid(shapely.MultiPolygon(degrees))
    assert all(shapely.is_ccw(polygon.exterior) for polygon in degrees)
    plane = [[frame.plane(ellipsoid.to_space(*np.array(ring).T)) for ring in rings] for rings in each]
    return shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in plane])


def overlaid(one: shapely.Geometry, two: shapely.Geometry, by_m: float) -> shapely.Geometry:
    """The region by overlays, with very fine arcs drawn inside the true ones."""
    if not by_m:
        return shapely.intersection(one, two)
    wide = [shapely.buffer(area, by_m, quad_segs=256) for area in (one, two)]
    return shapely.union(shapely.intersection(one, wide[1]), shapely.intersection(two, wide[0]))


def off_m(one: shapely.Geometry, two: shapely.Geometry, part: shapely.Geometry) -> float:
    """How far what overlays say is in the region is from the other polygon, truly: they simplify what they widen, outwards."""
    points = [part.representative_point(), *map(shapely.Point, part.exterior.coords)]
    return min(two.distance(p) if one.distance(p) < EDGE_M else one.distance(p) for p in points)


@pytest.mark.parametrize(("make", "count", "least"), [(plans, 300, 1.0), (adversaries, 300, 0.8)])
def test_traced_is_what_overlays_give(make: object, count: int, least: float) -> None:
    tracing.warm()
    pairs = [(a, b, across) for a, b, across in make(count, 3) if closer(a, b, across)]  # type: ignore[operator]
    traced = [tracing.traced(*pair) for pair in pairs]
    assert len(pairs) > count / 3
    assert sum(found is not None for found in traced) >= least * len(pairs)
    for (a, b, across), found in zip(pairs, traced, strict=True):
        if found is None:
            continue
        [(frame, one, two, reach)] = planes([(a, b)])
        by = across and across * (1 + float(ellipsoid.stretch(reach + across))) + 0.01
        region = laid(found.region, frame)
        missing = shapely.difference(overlaid(one, two, by), shapely.buffer(region, EDGE_M))
        too_much = shapely.difference(region, shapely.buffer(overlaid(one, two, by * DRAWN_OUTSIDE), EDGE_M))
        assert all(off_m(one, two, part) > by - EDGE_M for part in shapely.get_parts(missing) if part.area > 1e-3)
        assert too_much.area < 1e-3
        assert found.meet == shapely.intersects(one, two)


@pytest.mark.parametrize("make", [plans, adversaries])
def test_how_far_two_are_in_a_plane_is_what_overlays_give(make: object) -> None:
    tracing.warm()
    pairs = [placed(a, b) for a, b, _ in make(300, 4)]  # type: ignore[operator]
    off = [tracing.off_m(*pair) for pair in pairs]
    assert sum(found is not None for found in off) > 250
    for (place, other), found in zip(pairs, off, strict=True):
        if found is not None:
            by_overlays = shapely.distance(place.flat, other.plane(place.frame))
            assert found == pytest.approx(by_overlays, rel=0, abs=1e-9)
            assert (found == 0) == (by_overlays == 0)


@pytest.mark.parametrize("make", [bay, star])
def test_a_grown_curve_crosses_itself_only_where_it_is_said_that_it_may(make: Callable[[Random], Floats]) -> None:
    rng, said = np.random.default_rng(7), list[tuple[bool, bool]]()
    for ring in (simple(make(rng)) for _ in range(600)):
        if ring is None:
            continue
        many, by = len(ring), float(np.ptp(ring) * rng.uniform(0.01, 0.2))
        x, y = ([*axis, axis[0], *[0.0] * 1000] for axis in ring.T.tolist())
        count, may = curves.grown(x, y, 0, many, by, many + 1, 500)
        curves.turned(x, y, many + 1, count, many + 502)
        shares, pieces = np.zeros((5, 2 * curves.MOST)), np.zeros((2, 2 * curves.MOST), np.int64)
        found = curves.crossings(x, y, many + 1, count, many + 1, count, 0, pieces[0], shares[0], pieces[1], shares[1:])
        said.append((may, found != 0))
    assert (False, True) not in said
    assert min(said.count((True, True)), said.count((False, False))) > len(said) / 10


def test_compiled_or_not_it_is_the_same_to_the_last_bit() -> None:
    tracing.warm()
    plain = tracing._Tracer()
    pairs = [*plans(60, 5), *adversaries(60, 6)]
    compiled = [tracing.traced(*pair) for pair in pairs]
    assert sum(found is not None for found in compiled) > 40
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tracing, "_tracer", plain)
        assert [tracing.traced(*pair) for pair in pairs] == compiled
    assert not plain.is_compiled


def test_what_is_not_plain_is_left_to_overlays() -> None:
    square = np.array([(0, 0), (0.2, 0), (0.2, 0.2), (0, 0.2)])
    at = np.array([38, 36])
    one = shape(outline(square + at))
    holed = shape(Polygon(coordinates=(*outline(square + at).coordinates, *outline(square / 4 + at + 0.05).coordinates)))
    two = shape(MultiPolygon(coordinates=(outline(square + at + 0.1).coordinates, outline(square + at + 1).coordinates)))
    assert tracing.traced(one, one, 0.0) is None  # every edge touches
    assert tracing.traced(one, holed, 100.0) is None
    assert tracing.traced(one, two, 100.0) is None
    assert tracing.traced(one, shape(outline(square * 30 + at)), 100.0) is None  # too far for the series
    across = [shape(outline(np.array([(179.9, lat), (-179.9, lat), (-179.9, lat + 0.2), (179.9, lat + 0.2)])))
              for lat in (10.0, 10.1)]
    assert tracing.traced(*across, 10.0) is None  # the antimeridian
    assert tracing.traced(one, shape(Circle(center=(38.1, 36.1), radius_m=900)), 100.0) is not None
