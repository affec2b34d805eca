"""Columns for another process, to the last bit, and shapes out of columns that were made of them."""

from collections.abc import Sequence
from typing import overload

import msgspec
import numpy as np

from antalya.geometry.columns import BASIS, BEND, EDGE, NUMBERS, ORIGIN, POLYGON_ENDS, RADIUS, STEP, Columns
from antalya.geometry.ellipsoid import Frame, Ints
from antalya.geometry.shape import Shape
from antalya.model.volume import Outline, Position

_ONE = np.array([0, 1])


class Sent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Columns as bytes. They come as what may be written to: compiled code is for such arrays."""

    points: bytearray
    codes: bytearray
    first: bytearray
    numbers: bytearray
    windows: bytearray

    @classmethod
    def of(cls, columns: Columns) -> "Sent":
        """Columns, ready to be sent."""
        return cls(*(bytearray(column.tobytes()) for column in columns))

    def columns(self) -> Columns:
        """They themselves."""
        return Columns(np.frombuffer(self.points).reshape(-1, 3), np.frombuffer(self.codes, np.uint8),
                       np.frombuffer(self.first, np.int64), np.frombuffer(self.numbers).reshape(-1, NUMBERS),
                       np.frombuffer(self.windows, np.int64).reshape(-1, 2))


class ShapesIn(Sequence[Shape]):
    """The shape of each row, whose outline and centre (`Shape.centre`) are given; made when one is first looked at, for
    where nothing is near none is."""

    def __init__(self, columns: Columns, outlines: Sequence[Outline], centres: Sequence[Position]) -> None:
        self._of, self._made = (columns, outlines, centres), list[Shape]()

    def __len__(self) -> int:
        return len(self._of[1])

    @overload
    def __getitem__(self, index: int) -> Shape: ...
    @overload
    def __getitem__(self, index: slice) -> list[Shape]: ...
    def __getitem__(self, index: int | slice) -> Shape | list[Shape]:
        if not self._made:
            columns, outlines, centres = self._of
            self._made = [_shape(columns, row, outline, centre)
                          for row, (outline, centre) in enumerate(zip(outlines, centres, strict=True))]
        return self._made[index]


def _shape(columns: Columns, row: int, outline: Outline, centre: Position) -> Shape:
    first, last = columns.first[row:row + 2].tolist()
    numbers = columns.numbers[row]
    bend = np.ones((2, 2))
    bend[:, 1] = numbers[BEND:]
    frame = Frame(centre, numbers[ORIGIN:RADIUS], numbers[BASIS:BEND].reshape(3, 2), bend)
    ring_ends, polygon_ends = _ends(columns, first, last)
    radius_m, disc_m, step_m = numbers[RADIUS:STEP + 1].tolist()
    return Shape(outline, columns.points[first:last], ring_ends, polygon_ends, frame, radius_m, disc_m, step_m)


def _ends(columns: Columns, first: int, last: int) -> tuple[Ints, Ints]:
    """Where rings end, in corners, and polygons, in rings."""
    codes = columns.codes[first:last]
    ends = np.flatnonzero(codes != EDGE)
    if len(ends) == 1:
        return np.array([0, last - first]), _ONE
    return (np.concatenate([[0], ends + 1]),
            np.concatenate([[0], np.flatnonzero(codes[ends] == POLYGON_ENDS) + 1]))
