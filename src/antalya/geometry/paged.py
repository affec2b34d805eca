"""New memory whose pages a thread of its own touches ahead of those who will write to them: whoever is first waits until the
system has found a page, which on a virtual machine can take longer than to fill it."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

PAGE = 4_096
"""Bytes that are surely found together."""
SLICE = 4_000_000
"""Bytes touched at a time."""
AHEAD = 8
"""So many slices, for how much will be written is a guess."""


class Paged:
    """Touches the first rows of arrays, so many of each, from front to back, by writing zeros here and there, `AHEAD` slices
    before what was waited for. Nobody else may write to what `wait` has not been called for."""

    def __init__(self, *arrays: tuple[NDArray[Any], int]) -> None:
        self._arrays, self._at = arrays, 0
        self._slices = sum(each[:rows].nbytes for each, rows in arrays) // SLICE
        self._left = deque[tuple[list[int], Future[None]]]()
        """From which row of each on, and the work."""
        if self._slices:  # else it is so little that a thread is not worth it
            self._thread = ThreadPoolExecutor(1, "antalya-ahead")
            self._go_on()

    def wait(self, *rows: int) -> None:
        """Returns once so many rows of each may be written to."""
        while self._left and any(begin < many for begin, many in zip(self._left[0][0], rows, strict=True)):
            self._left.popleft()[1].result()
            self._go_on()

    def _go_on(self) -> None:
        while self._at < self._slices and len(self._left) < AHEAD:
            begins, ends = ([rows * n // self._slices for _, rows in self._arrays] for n in (self._at, self._at + 1))
            parts = [each[i:j] for (each, _), i, j in zip(self._arrays, begins, ends, strict=True)]
            self._left.append((begins, self._thread.submit(_touch, parts)))
            self._at += 1


def _touch(parts: list[NDArray[Any]]) -> None:
    for part in parts:
        part.reshape(-1).view(np.uint8)[::PAGE] = 0
