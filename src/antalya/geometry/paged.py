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


class Paged:
    """Touches the first rows of arrays, so many of each, from front to back, by writing zeros here and there. Nobody else may
    write to what `wait` has not been called for."""

    def __init__(self, *arrays: tuple[NDArray[Any], int]) -> None:
        self._left = deque[tuple[list[int], Future[None]]]()
        """From which row of each on, and the work."""
        slices = sum(each[:rows].nbytes for each, rows in arrays) // SLICE
        if not slices:  # so little that a thread is not worth it
            return
        thread = ThreadPoolExecutor(1, "antalya-ahead")
        for k in range(slices):
            begins, ends = ([rows * n // slices for _, rows in arrays] for n in (k, k + 1))
            parts = [each[i:j] for (each, _), i, j in zip(arrays, begins, ends, strict=True)]
            self._left.append((begins, thread.submit(_touch, parts)))
        thread.shutdown(wait=False)

    def wait(self, *rows: int) -> None:
        """Returns once so many rows of each may be written to."""
        while self._left and any(begin < many for begin, many in zip(self._left[0][0], rows, strict=True)):
            self._left.popleft()[1].result()


def _touch(parts: list[NDArray[Any]]) -> None:
    for part in parts:
        part.reshape(-1).view(np.uint8)[::PAGE] = 0
