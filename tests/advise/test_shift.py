"""The smallest shift: it helps, and nothing smaller does."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.pictures import NOW, book, box, hour, plan, volume
from tests.strategies import plans

from antalya.advise import shifts
from antalya.advise.shift import shifted
from antalya.model import Minima
from antalya.picture import Prepared, prepare
from antalya.steps.detect import detect

MINIMA = Minima(across_m=500, up_m=150, seconds=300)


def moved(of: Prepared, seconds: float = 0.0, metres: float = 0.0) -> Prepared:
    return prepare(shifted(of.operation, seconds=seconds, metres=metres), of.filed_at, of.first_filed_at)


def still(of: Prepared, others: list[Prepared], minima: Minima) -> bool:
    return bool(detect(of, others, book(), NOW, fixed=minima))


def test_nothing_to_move() -> None:
    assert shifts(plan("a"), [(plan("b", "RU", "patrol", volume(box(20, 0, 25, 5))), MINIMA)]) == (0, 0, 0, 0)


def test_one_other() -> None:
    other = plan("b", "RU", "patrol", volume(start=7, end=9, lower_m=900, upper_m=1_500))
    later = 3 * 3_600 + 300
    assert shifts(plan("a"), [(other, MINIMA)]) == (later, 3_900, 1_350, 250)


def test_a_gap_between_two_others_is_used_only_if_it_is_wide_enough() -> None:
    first = plan("b", "RU", "patrol", volume(start=6, end=8))
    narrow, wide = (plan("c", "RU", "patrol", volume(start=s, end=14)) for s in (10, 10.5))
    assert shifts(plan("a"), [(first, MINIMA), (narrow, MINIMA)]).later_s == 8 * 3_600 + 300
    assert shifts(plan("a"), [(first, MINIMA), (wide, MINIMA)]).later_s == 2 * 3_600 + 300


@pytest.mark.parametrize(("bounds", "field"), [
    ({"not_after": hour(9)}, "later_s"), ({"not_before": hour(5)}, "earlier_s"), ({"highest_m": 2_000.0}, "up_m"),
    ({"lowest_m": 100.0}, "down_m")])
def test_bounds(bounds: dict[str, object], field: str) -> None:
    other = plan("b", "RU", "patrol", volume(start=7, end=9, lower_m=900, upper_m=1_500))
    assert getattr(shifts(plan("a"), [(other, MINIMA)], **bounds), field) is None  # type: ignore[arg-type]


def test_instants_meet_nothing_where_no_seconds_are_to_be_kept() -> None:
    other = plan("b", "RU", "fires", volume(start=7, end=7))
    assert shifts(plan("a"), [(other, Minima())]) == (0, 0, 0, 0)


@pytest.mark.parametrize("foot_m", [0.3048, -0.3048])
def test_who_is_apart_to_the_foot_need_not_move(foot_m: float) -> None:
    def at(low: int, high: int) -> dict[str, float]:
        lower_m, upper_m = sorted((low * foot_m, high * foot_m))
        return {"lower_m": lower_m, "upper_m": upper_m}

    for low in range(0, 30_000, 1_000):
        a = plan("a", "TR", "patrol", volume(**at(low, low + 1_000)))
        b = plan("b", "RU", "patrol", volume(**at(low + 1_000, low + 3_000)))
        c = plan("c", "RU", "patrol", volume(**at(low + 2_000, low + 3_000)))
        for other, minima in ((b, Minima()), (c, Minima(across_m=500, up_m=1_000 * 0.3048, seconds=300))):
            assert not still(a, [other], minima)
            assert shifts(a, [(other, minima)]) == (0, 0, 0, 0)


@given(plans("a"), st.lists(plans("x", "RU"), min_size=1, max_size=3),
       st.sampled_from([MINIMA, Minima(), Minima(across_m=3_000.5, up_m=304.8, seconds=0.5)]))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_shift_helps_and_a_smaller_one_does_not(a: Prepared, others: list[Prepared], minima: Minima) -> None:
    found = shifts(a, [(o, minima) for o in others])
    for sign, unit, by in ((1, "seconds", found.later_s), (-1, "seconds", found.earlier_s), (1, "metres", found.up_m),
                           (-1, "metres", found.down_m)):
        if by is None:
            continue
        assert not still(moved(a, **{unit: sign * by}), others, minima)
        for less in {0, by // 3, by // 2, by - 2}:  # not by − 1: where rounding in the comparison asks for it, one is added
            if 0 <= less < by - 1:
                assert still(moved(a, **{unit: sign * less}), others, minima)


@given(st.integers(0, 40), st.integers(1, 20), st.integers(0, 40), st.integers(1, 20))
def test_later_is_the_least_of_all_minutes(start: int, length: int, other_start: int, other_length: int) -> None:
    """Tried out minute by minute."""
    a = plan("a", "TR", "patrol", volume(start=start / 4, end=(start + length) / 4))
    b = plan("b", "RU", "patrol", volume(start=other_start / 4, end=(other_start + other_length) / 4))
    least = next(m for m in range(0, 6_000, 5) if not still(moved(a, seconds=m * 60.0), [b], MINIMA))
    assert shifts(a, [(b, MINIMA)]).later_s == least * 60
    assert timedelta(minutes=least) >= timedelta()
