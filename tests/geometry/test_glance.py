"""What is plain at a glance is what the distance says, however near the limit."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.adversaries import OPEN, TOUCHING, Duel, Random, duels, strangers

from antalya.geometry import making, opening
from antalya.geometry.columns import Columns, of_shapes
from antalya.geometry.glance import glance
from antalya.geometry.held import Held
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
                seen = {glance(columns, k, columns, k + EACH, 0.0, gap + by), glance(columns, k + EACH, columns, k, 0.0, gap + by)}
                assert seen <= {UNSURE, YES if by > 0 else NO}, (k, by)


@pytest.mark.parametrize("make", [*OPEN, *TOUCHING])
def test_of_rows_that_are_held_it_is_wrong_by_no_more_than_a_step(make: Callable[[Random], Duel]) -> None:
    columns, gaps = pairs(make)
    held = Held()
    held.add(np.arange(columns.size), np.zeros(columns.size, np.uint8), columns)
    for k, gap in enumerate(gaps):
        other = k + EACH
        off_m, step_m = opening.off(held.columns, other), opening.step(held.columns, other)
        for by in (-100, -1, -0.002, 0.002, 1, 100):
            if gap + by > 0:
                assert glance(columns, k, held.columns, other, step_m, gap + by + off_m) in (UNSURE, YES if by > 0 else NO) or (
                    by < 0 < by + 2 * off_m), (k, by)


def test_it_sees_what_is_plain() -> None:
    columns, gaps = pairs(strangers)
    apart = [k for k, gap in enumerate(gaps) if 1 < gap < 50_000]
    assert np.mean([glance(columns, k, columns, k + EACH, 0.0, gaps[k] / 2) == NO for k in apart]) > 0.5
    assert np.mean([glance(columns, k, columns, k + EACH, 0.0, 2 * gaps[k]) == YES for k in apart]) > 0.2
