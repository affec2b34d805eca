"""More than 20,000 random and adversarial pairs, against an answer found by another road (tests/oracle.py)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests import oracle
from tests.adversaries import OPEN, TOUCHING, Duel, Random, dented, duels, missed

from antalya.geometry.overlap import meet, meet_many
from antalya.geometry.pairs import closer_each
from antalya.geometry.shape import Shape, shapes
from antalya.geometry.touch import closer, distance_m, overlaps
from antalya.model.volume import Minima, Volume

EACH = 1_600
NEAR_M = 0.002
"""Five times finer than the design asks for on edges of 10 km."""
DAY = datetime(2017, 3, 7, tzinfo=UTC)


def judged(found: list[Duel]) -> tuple[list[Shape], list[Shape], np.ndarray, np.ndarray]:
    gap, meets = oracle.clear([(d.a, d.b) for d in found], np.array([(d.in_a, d.in_b) for d in found]))
    return shapes([d.a for d in found]), shapes([d.b for d in found]), gap, meets


@pytest.mark.slow
@pytest.mark.parametrize("make", [*OPEN, *TOUCHING])
def test_agrees_with_the_oracle(make: Callable[[Random], Duel]) -> None:
    a, b, gap, meets = judged(duels(make, EACH))
    sure = meets >= 0
    assert (closer_each(a, b, np.zeros(EACH)) == (meets == 1))[sure].all()
    apart = meets != 1
    assert not closer_each(a, b, np.where(gap > NEAR_M, gap - NEAR_M, 1e-9))[apart & (gap > NEAR_M)].any()
    assert closer_each(a, b, gap + NEAR_M)[sure | apart].all()
    for k in range(0, EACH, 16):
        assert overlaps(a[k], b[k]) == (meets[k] == 1) or not sure[k]
        assert abs(distance_m(a[k], b[k]) - gap[k]) < NEAR_M
        assert closer(b[k], a[k], float(gap[k]) + NEAR_M)
        assert gap[k] <= NEAR_M or not closer(b[k], a[k], float(gap[k]) - NEAR_M)


def test_the_oracle_decides_most_pairs() -> None:
    for make in OPEN:
        _, _, gap, meets = judged(duels(make, 100))
        assert (meets >= 0).sum() >= 60, make
        assert np.isfinite(gap).all()


@pytest.mark.parametrize("make", TOUCHING)
def test_what_only_touches_does_not_overlap(make: Callable[[Random], Duel]) -> None:
    found = duels(make, 400, seed=1)
    a, b = shapes([d.a for d in found]), shapes([d.b for d in found])
    assert not closer_each(a, b, np.zeros(400)).any()
    assert not any(overlaps(one, two) or overlaps(two, one) for one, two in zip(a[:60], b[:60], strict=True))
    assert max(distance_m(one, two) for one, two in zip(a[:60], b[:60], strict=True)) < 1e-6
    assert closer_each(a, b, np.full(400, 0.01)).all()


def test_three_centimetres_decide() -> None:
    for make, meets in ((dented, True), (missed, False)):
        found = duels(make, 400, seed=1)
        a, b = shapes([d.a for d in found]), shapes([d.b for d in found])
        assert (closer_each(a, b, np.zeros(400)) == meets).all()


@pytest.mark.slow
def test_volumes_agree_with_the_oracle() -> None:
    """All three dimensions at once; bands and windows on a coarse grid, so that they often touch exactly."""
    rng = np.random.default_rng(7)
    found = [duel for make in OPEN for duel in duels(make, 300, seed=3)]
    gap, overlap = oracle.clear([(d.a, d.b) for d in found], np.array([(d.in_a, d.in_b) for d in found]))
    first, second = shapes([d.a for d in found]), shapes([d.b for d in found])

    def volume(outline: object) -> Volume:
        low, start = float(rng.integers(0, 8) * 100), DAY + timedelta(minutes=int(rng.integers(0, 8)) * 10)
        return Volume(outline=outline, lower_m=low, upper_m=low + float(rng.integers(1, 4) * 100), starts_at=start,
                      ends_at=start + timedelta(minutes=int(rng.integers(0, 4)) * 10))

    met = 0
    for k, duel in enumerate(found):
        if overlap[k] < 0:
            continue
        a, b = volume(duel.a), volume(duel.b)
        across = float(rng.choice([0, gap[k] + NEAR_M, max(0, gap[k] - NEAR_M)]))
        minima = Minima(across_m=across, up_m=float(rng.choice([0, 100, 200])), seconds=float(rng.choice([0, 600, 1200])))
        level = overlap[k] == 1 if across == 0 else gap[k] < across
        expected = level and oracle.near_in_time_and_height(a, b, minima.up_m, minima.seconds)
        meeting = meet(a, b, minima, first[k], second[k])
        assert (meeting is not None) == expected
        assert (meet_many(b, [a], [minima], second[k], [first[k]])[0] is not None) == expected
        met += expected
    assert 300 < met < 2_700
