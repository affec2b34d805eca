"""Boxes of short steps miss nothing, wherever their rows are and however far off some of them."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from tests.geometry.test_batch import crowd
from tests.geometry.test_index import columns_of
from tests.strategies import volumes_anywhere

from antalya.geometry import tree
from antalya.geometry.columns import Columns, joined
from antalya.geometry.index import warm
from antalya.model.errors import AntalyaError
from antalya.model.volume import Volume

WITHIN = np.array([500.0, 100.0, 300.0])


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    warm()


def sides(columns: Columns, row: int) -> np.ndarray:
    found = np.empty((1, 10))
    tree._sides(0, 1, columns, np.array([row]), found)
    return found[0]


def meet(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether boxes in metres and seconds do, widened by what they are to be apart."""
    by = np.repeat([WITHIN[2], *[WITHIN[0]] * 3, WITHIN[1]], 2) * np.tile([-1, 1], 5)
    wide = a + by
    return bool((wide[::2] <= b[1::2]).all() and (wide[1::2] >= b[::2]).all())


def boxes_meet(made: tree.Tree, a: int, b: int) -> bool:
    """Whether those of the rows' boxes do, as `pairs` compares them."""
    by, places = np.empty(5, np.int64), np.argsort(made.order)
    tree.room(made.frame, WITHIN, by)
    box = made.boxes[places[a] // tree.FAN, :, places[a] % tree.FAN].copy()
    tree.widen(box, by)
    return bool(tree.touching(made.boxes, places[b] // tree.FAN, box) >> (places[b] % tree.FAN) & 1)


@settings(max_examples=80, deadline=None)
@given(st.lists(volumes_anywhere(), min_size=2, max_size=20))
def test_what_may_meet_does_so_as_steps(volumes: list[Volume]) -> None:
    try:
        columns = columns_of(*volumes)
    except AntalyaError:  # nobody can file them
        return
    made, all_sides = tree.tree(columns), [sides(columns, k) for k in range(columns.size)]
    for a in range(columns.size):
        for b in range(columns.size):
            if meet(all_sides[a], all_sides[b]):
                assert boxes_meet(made, a, b)


def test_steps_are_short_where_most_are_though_some_are_far_off_and_those_are_told_apart() -> None:
    rng = np.random.default_rng(2)
    near = crowd(rng, (38.0, 36.0), 1_000, 20_000)
    far = [_later(v, 400) for v in crowd(rng, (-150.0, -60.0), 8, 500_000)]
    made = tree.tree(joined([columns_of(*near), columns_of(*far)]))
    alone = tree.tree(columns_of(*near))
    assert (made.frame[:, 3] > 0.5 * alone.frame[:, 3]).all()
    ends = made.boxes[:made.blocks].transpose(0, 2, 1).reshape(-1, 10)[:len(made.order)][np.argsort(made.order)][-8:]
    assert all(len(np.unique(ends[:, side])) > 4 for side in range(2, 8)), "not all at the last step"
    assert tree.LEAST < ends.min() <= ends.max() < tree.MOST


def _later(volume: Volume, days: int) -> Volume:
    by = timedelta(days=days)
    return structs.replace(volume, starts_at=volume.starts_at + by, ends_at=volume.ends_at + by)


@pytest.mark.parametrize("count", [1, 3, 16, 17, 300])
def test_a_box_of_everything_touches_those_that_are_there_and_no_others(count: int) -> None:
    made = tree.tree(columns_of(*crowd(np.random.default_rng(count), (38.0, 36.0), count, 10_000)))
    everything = np.array([tree.LEAST, tree.MOST] * 5, np.int16)
    touched = [tree.touching(made.boxes, block, everything).bit_count() for block in range(made.blocks)]
    assert sum(touched) == count
    assert made.boxes.ctypes.data % tree.LINE == 0
