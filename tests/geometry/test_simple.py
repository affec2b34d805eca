"""One small ring alone: what the compiled code makes of it is what is made without it, to the last bit, refusals too."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from tests import strategies
from tests.adversaries import GEOD, OPEN, TOUCHING, Duel, Random, duels, edge, go, place, ring, size, star

from antalya.geometry import index, simple
from antalya.geometry.loaded import LOADED
from antalya.geometry.shape import SMALL, Shape, shape
from antalya.model.errors import AntalyaError
from antalya.model.volume import Outline, Polygon, Position

HALF = [(38.0, 36.0), (38.1, 36.0), (38.1, 36.1), (38.0, 36.1)]


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    index.warm()


def quick(outline: Outline) -> Shape | None:
    """What the compiled code alone makes of it; None where it leaves it to the others."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("antalya.geometry.shape._cornered", lambda outlines: [None])
        return shape(outline)


def slow(outline: Outline) -> Shape:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(LOADED, "is_set", lambda: False)
        return shape(outline)


def outcome(made: Any, outline: Outline) -> Any:
    try:
        found = made(outline)
    except AntalyaError as refusal:
        return refusal.code.name, refusal.at
    return found.points.tobytes(), found.ring_ends.tolist(), found.polygon_ends.tolist()


def same(outline: Outline) -> bool:
    """Whether the compiled code made it; the outcome is the same."""
    assert outcome(shape, outline) == outcome(slow, outline)
    found = quick(outline)
    if found is None:
        return False
    other = slow(outline)
    assert shapely.is_valid(found.flat)
    assert found.radius_m == pytest.approx(other.radius_m, rel=1e-12)
    assert found.step_m == pytest.approx(other.step_m, rel=1e-12)
    assert found.frame.centre == other.frame.centre
    for name in ("origin", "basis", "bend"):
        assert getattr(found.frame, name).tobytes() == getattr(other.frame, name).tobytes()
    assert shapely.get_coordinates(found.flat).tobytes() == shapely.get_coordinates(other.flat).tobytes()
    assert found.area_m2 == other.area_m2
    return True


@pytest.mark.parametrize("make", [*OPEN, *TOUCHING])
def test_what_is_made_without_it(make: Any) -> None:
    made: list[Duel] = duels(make, 60, seed=11)
    for outline in (outline for duel in made for outline in (duel.a, duel.b)):
        same(outline)


@given(strategies.outlines_anywhere)
@example(Polygon(coordinates=(ring((180, 10), (-179.99, 10), (-179.99, 10.01), (180, 10.01)),)))
@example(Polygon(coordinates=(ring((-180, 10), (-179.99, 10), (-179.99, 10.01), (180, 10.01)),)))
@example(Polygon(coordinates=(ring((10, 90), (20, 89.99), (100, 89.99)),)))
def test_of_any_outline(outline: Outline) -> None:
    same(outline)


@given(st.integers(0, 1 << 32), st.integers(3, 140))
def test_small_stars_are_made_by_it(seed: int, corners: int) -> None:
    rng = np.random.default_rng(seed)
    outline = star(rng, place(rng), size(rng), corners)
    (corners_of,) = outline.coordinates
    longest = max(GEOD.inv(*a, *b)[2] for a, b in pairwise(corners_of))
    least = min(GEOD.inv(*a, *b)[2] for a, b in pairwise(corners_of))
    made = same(outline)
    if longest < 5_000 and least > 1 and corners < SMALL and not any(abs(y) == 90 or x == -180 for x, y in corners_of):
        assert made
    assert not (made and corners >= SMALL)


def harmed(rng: Random) -> Polygon:
    """A star, one corner of which was moved: near another edge, near another corner, onto its neighbour, or back along an
    edge; by metres or by nanometres too little or too much."""
    off = float(rng.choice([-1, 1]) * 10 ** rng.uniform(-9, 1))
    polygon = star(rng, place(rng), size(rng), int(rng.integers(5, 20)))
    corners = list(polygon.coordinates[0][:-1])
    k = int(rng.integers(len(corners)))
    start, _, bearing, length = edge(polygon, rng)
    along = float(rng.choice([0.0, 1.0, rng.uniform(0, 1)]))
    on = go(start, bearing, length * along)
    if rng.random() < 0.3:  # a spike
        before, tip = corners[k - 1], corners[k]
        back, _, far = GEOD.inv(*tip, *before)
        on = go(go(tip, back, far * rng.uniform(0.1, 2)), back + 90, 0.0)
        k = (k + 1) % len(corners)
    corners[k] = go(on, bearing + 90, off)
    return Polygon(coordinates=(ring(*corners),))


@given(st.integers(0, 1 << 32))
def test_of_harmed_rings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    for _ in range(10):
        same(harmed(rng))


def test_harmed_rings_are_of_every_kind() -> None:
    rng = np.random.default_rng(5)
    made = [harmed(rng) for _ in range(300)]
    words = [word if isinstance(word := outcome(shape, outline)[0], str) else "made" for outline in made]
    assert {"ring_crosses_itself", "made"} <= set(words)
    assert 30 < sum(quick(outline) is not None for outline in made) < 270


@pytest.mark.parametrize(("corners", "by_it"), [
    (HALF, True),
    (HALF[:2] + HALF[1:], False),
    ([(38.0, 36.0), (38.01, 36.01), (38.01, 36.0), (38.006, 36.002), (38.006, 36.002)], False),
    ([(38.0, 36.0), (38.1, 36.0), (38.05, 36.00005), (38.0, 36.1)], True),
    ([(38.0, 36.0), (38.1, 36.1), (38.1, 36.0), (38.0, 36.1)], False),
    ([(38.0, 36.0), (38.1, 36.0), (38.0, 36.0 + 1e-9)], False),
    ([(38.0, 0.0), (38.05, 0.0), (38.02, 0.0), (38.1, 0.0), (38.1, 0.1)], False),
    ([(-180.0, 36.0), (-179.9, 36.0), (-179.9, 36.1), (-180.0, 36.1)], False),
    ([(38.0, 36.0), (48.0, 36.0), (48.0, 36.1), (38.0, 36.1)], False),
], ids=["a square", "a corner twice", "one in the box of an edge", "a dent", "a bow-tie", "thin", "out and back", "written in two ways", "wide"])
def test_what_it_leaves_to_others(corners: list[Position], by_it: bool) -> None:
    assert same(Polygon(coordinates=(ring(*corners),))) == by_it


def test_the_cap_holds_the_edges_between_the_points() -> None:
    rng = np.random.default_rng(6)
    for _ in range(50):
        outline = star(rng, place(rng), size(rng))
        found, corners = quick(outline), outline.coordinates[0]
        if found is not None:
            for a, b in pairwise(corners):
                bearing, _, length = GEOD.inv(*a, *b)
                on = go(a, bearing, length * rng.uniform(0, 1))
                assert GEOD.inv(*found.centre, *on)[2] <= found.radius_m


def test_edges_near_the_limit_are_divided_as_without_it() -> None:
    for off in (-1e-2, -1e-3, -1e-6, 0.0, 1e-6, 1e-3, 1e-2):
        far = go((38.0, 36.0), 30.0, 5_000.0 + 0.000128 + off)
        assert same(Polygon(coordinates=(ring((38.0, 36.0), far, (38.0, 36.04)),)))


def test_edges_that_come_near_are_near() -> None:
    """The plane's distances against shapely's."""
    rng = np.random.default_rng(7)
    for _ in range(2_000):
        a, b, c, d = rng.integers(-4, 5, (4, 2)).astype(np.float64)
        if (a != b).any() and (c != d).any():
            apart = shapely.distance(shapely.linestrings([a, b]), shapely.linestrings([c, d]))
            assert simple._are_near(a, b, c, d, apart - 1e-9) == (apart == 0)
            assert simple._are_near(a, b, c, d, apart + 1e-9)
