"""What is plain at a glance is what the distance says, however near the limit."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.adversaries import OPEN, TOUCHING, Duel, Random, duels, strangers

from antalya.geometry import making
from antalya.geometry.columns import Columns, of_shapes
from antalya.geometry.glance import glance
from antalya.geometry.plane import NO, UNSURE, YES
from antalya.geometry.shape import shapes
from antalya.geometry.touch import distance_m

EACH = 150


def pairs(make: Callable[[Random], Duel]) -> tuple[Columns, list[float]]:
    """Pairs of rows k and k + EACH, and their distances."""
    found = duels(make, EACH)
    a, b = shapes([d.a for d in found]), shapes([d.b for d in found])
    columns = of_shapes([*a, *b], [])
    making.cores(0, columns.size, columns)
    return columns, [distance_m(one, other) for one, other in zip(a, b, strict=True)]


@pytest.mark.parametrize("make", [*OPEN, *TOUCHING])
def test_it_is_never_wrong(make: Callable[[Random], Duel]) -> None:
    columns, gaps = pairs(make)
    for k, gap in enumerate(gaps):
        for by in (-100, -1, -0.002, 0.002, 1, 100):
            if gap + by > 0:
                seen = {glance(columns, k, k + EACH, gap + by), glance(columns, k + EACH, k, gap + by)}
                assert seen <= {UNSURE, YES if by > 0 else NO}, (k, by)


def test_it_sees_what_is_plain() -> None:
    columns, gaps = pairs(strangers)
    apart = [k for k, gap in enumerate(gaps) if 1 < gap < 50_000]
    assert np.mean([glance(columns, k, k + EACH, gaps[k] / 2) == NO for k in apart]) > 0.5
    assert np.mean([glance(columns, k, k + EACH, 2 * gaps[k]) == YES for k in apart]) > 0.2
