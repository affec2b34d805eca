"""One side of a line."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adversaries import go, place, ring, star

from antalya.geometry.line import clip, side_region
from antalya.geometry.shape import Shape, shape
from antalya.geometry.touch import overlaps
from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, Outline, Polygon, Position

SQUARE = shape(Polygon(coordinates=(ring((38, 36), (38.1, 36), (38.1, 36.1), (38, 36.1)),)))
Side = Literal["left", "right"]


def share(line: list[Position], side: Side, reach_m: float = 1e6, of: Shape = SQUARE) -> float:
    found = side_region(of, line, side, reach_m)
    return 0.0 if found is None else shape(found).area_m2 / of.area_m2


def spot(of: Outline | None, at: Position) -> bool:
    return of is not None and overlaps(shape(of), shape(Circle(center=at, radius_m=1)))


def test_left_and_right_are_as_seen_walking() -> None:
    north = [(38.03, 35.9), (38.03, 36.2)]
    assert share(north, "left") == pytest.approx(0.3, rel=1e-3)
    assert share(north, "right") == pytest.approx(0.7, rel=1e-3)
    assert share(north[::-1], "left") == pytest.approx(0.7, rel=1e-3)


def test_no_farther_than_it_reaches() -> None:
    north = [(38.05, 35.9), (38.05, 36.2)]
    assert share(north, "left", 1_000) == pytest.approx(1_000 / 9_010, rel=2e-3)
    assert share([(39, 35.9), (39, 36.2)], "left", 1_000) == 0


def test_a_line_along_the_edge_touches_nothing() -> None:
    assert side_region(SQUARE, [(38, 35.9), (38, 36.2)], "left", 1e6) is None
    assert share([(38, 35.9), (38, 36.2)], "right") == pytest.approx(1, rel=1e-6)
    assert side_region(SQUARE, [(38, 36), (38, 36.1)], "left", 1e6) is None


def test_a_line_that_ends_inside_is_prolonged() -> None:
    assert share([(38.05, 36.04), (38.05, 36.06)], "left") == pytest.approx(0.5, rel=1e-3)
    assert share([(38.05, 36.0), (38.05, 36.05), (38.1, 36.05)], "right") == pytest.approx(0.25, rel=1e-3)
    assert share([(38.05, 35.0), (38.05, 35.995)], "left", 2_000) == pytest.approx(
        share([(38.05, 35.0), (38.05, 35.995)], "right", 2_000), rel=1e-3)


def test_a_line_there_and_back_again() -> None:
    u = [(38.03, 36.2), (38.03, 36.05), (38.06, 36.05), (38.06, 36.2)]
    assert share(u, "left") == pytest.approx(0.15, rel=1e-3)
    assert share(u, "right") == pytest.approx(0.85, rel=1e-3)


def test_over_a_pole_and_the_antimeridian() -> None:
    cap = shape(Circle(center=(0, 90), radius_m=50_000))
    assert share([(0, 89), (180, 89)], "left", of=cap) == pytest.approx(0.5, rel=1e-3)
    date_line = shape(Circle(center=(180, 10), radius_m=50_000))
    assert share([(180, 9), (-180, 11)], "left", of=date_line) == pytest.approx(0.5, rel=1e-3)
    assert spot(side_region(date_line, [(180, 9), (-180, 11)], "left", 1e6), (179.9, 10))


def test_a_line_needs_a_length() -> None:
    with pytest.raises(AntalyaError, match="bad_field"):
        side_region(SQUARE, [(38, 36), (38, 36)], "left", 100)


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_both_sides_together_are_the_whole_and_share_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    c = place(rng)
    of, bearing = shape(star(rng, c, 8_000.0)), rng.uniform(0, 360)
    line = [go(c, bearing + 180 + rng.uniform(-40, 40), 9_000), go(c, rng.uniform(0, 360), 500), go(c, bearing, 9_000)]
    left, right = side_region(of, line, "left", 1e6), side_region(of, line, "right", 1e6)
    areas = [shape(side).area_m2 for side in (left, right) if side is not None]
    assert sum(areas) == pytest.approx(of.area_m2, rel=1e-4)
    if left is not None and right is not None:
        shared = clip(shape(left), shape(right))  # rounding alone may make them overlap
        assert shared is None or shape(shared).area_m2 < 0.02 * 40_000
