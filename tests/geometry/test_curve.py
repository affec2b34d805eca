"""The curve goes through every cell once, and from each to one beside it."""

import numpy as np
import pytest

from antalya.geometry import curve


@pytest.mark.parametrize("bits", [1, 2, 3, 4])
def test_each_cell_once_and_the_next_beside_it(bits: int) -> None:
    cells = np.indices((1 << bits,) * 4).reshape(4, -1)
    made = cells.astype(np.uint64)
    curve._hilbert(made, bits)
    order = np.argsort(made[0])
    assert (made[0][order] == np.arange(len(order))).all()
    assert (np.abs(np.diff(cells[:, order])).sum(axis=0) == 1).all()
