"""The least distance of boundaries, compiled and not: the same to the last bit, whatever the shapes."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.adversaries import OPEN, TOUCHING, Duel, Random, duels

from antalya.geometry import index, nearest
from antalya.geometry.loaded import LOADED
from antalya.geometry.nearest import gap_m
from antalya.geometry.shape import Shape, shapes
from antalya.model.volume import Circle


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    index.warm()


def slow(a: Shape, b: Shape) -> float:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(LOADED, "is_set", lambda: False)
        return gap_m(a, b)


@pytest.mark.parametrize("make", [*OPEN, *TOUCHING])
def test_compiled_and_not_it_is_the_same(make: Callable[[Random], Duel]) -> None:
    quick = 0
    for a, b in zip(*(shapes(each) for each in zip(*((d.a, d.b) for d in duels(make, 60, seed=9)), strict=True)), strict=True):
        assert gap_m(a, b) == slow(a, b) == gap_m(b, a)
        quick += len(a.points) * len(b.points) <= 64 * nearest.BLOCK and nearest._feet(a, b) is not None
    assert quick >= 10


def test_where_there_is_no_room_it_is_the_same() -> None:
    """Every corner of a ring is as far from a circle's centre."""
    disc, ring = Circle(center=(38.0, 36.0), radius_m=100.0), Circle(center=(38.0, 36.0), radius_m=5_000.0)
    a, b = shapes([disc, ring])
    assert nearest._feet(a, b.rim) is None
    assert gap_m(a, b.rim) == slow(a, b.rim) == pytest.approx(5_000, rel=1e-6)


def test_of_circles_it_is_between_their_centres() -> None:
    a, b = shapes([Circle(center=(38.0, 36.0), radius_m=100.0), Circle(center=(38.1, 36.0), radius_m=np.pi)])
    assert gap_m(a, b) == slow(a, b) == pytest.approx(9_015.8, abs=1)
