"""Memory touched ahead: what is written behind the waiting stays, and nothing is written beyond."""

import numpy as np
import pytest

from antalya.geometry import paged
from antalya.geometry.paged import Paged


@pytest.mark.parametrize("rows", [1, 999, 40_000])
def test_what_is_written_once_it_may_be_stays(monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    monkeypatch.setattr(paged, "SLICE", 10_000)
    one, other = np.ones((50_000, 12)), np.ones((80_000, 4), np.int16)  # ones show how far zeros are written
    touching = Paged((one, rows), (other, 2 * rows))
    for done in range(0, rows, 500):
        upto = min(done + 500, rows)
        touching.wait(upto, 2 * upto)
        one[done:upto], other[2 * done:2 * upto] = 7, 8
    touching.wait(len(one), len(other))
    np.testing.assert_array_equal(one, np.where(np.arange(50_000)[:, None] < rows, 7.0, np.ones(12)))
    np.testing.assert_array_equal(other, np.where(np.arange(80_000)[:, None] < 2 * rows, 8, np.ones(4)))
