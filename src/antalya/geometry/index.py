"""The standing index: volumes of stored operations in memory, found by place, altitude and time.

Rows lie in columns with room to grow; packed trees stand over runs of them, each run at least `GROWTH` times as long as the
next, and the newest `TAIL` rows are looked at one by one. What is removed is only marked until it is much. Changes can be
taken back until the next `settle`. The answers are those of the compiled kernel; until that is loaded (`warm`), everything
whose caps, windows and bands come near enough.
"""

import threading
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from antalya.geometry.batch import near_rows
from antalya.geometry.columns import NUMBERS, Codes, Columns, joined, of_degrees, packed, unpacked
from antalya.geometry.ellipsoid import Bools, Floats, Ints
from antalya.geometry.loaded import LOADED
from antalya.model.volume import Minima

TAIL = 1_024
GROWTH = 8
ROOM = 256
_warming = threading.Lock()


class _Run(NamedTuple):
    """A tree over the rows from `begin` to `end`."""

    begin: int
    end: int
    tree: Any


_NOTHING = _Run(0, 0, (np.empty((0, 10, 1), np.float32), np.empty(0, np.int64), np.zeros(2, np.int64), 0))


class Index:
    """Volumes by the key of their operation, each of a kind; keys grow. One thread at a time."""

    def __init__(self) -> None:
        self._columns, self._keys, self._kinds, self._alive = _empty(ROOM, 16 * ROOM)
        self._size = self._dead = 0
        self._runs: list[_Run] = []
        self._corners = 0
        self._scratch, self._marks, self._out = np.empty((0, 0)), np.empty((0, 0), np.int64), np.empty(256, np.int64)

    def __len__(self) -> int:
        """How many volumes count."""
        return self._size - self._dead

    @property
    def nbytes(self) -> int:
        """Bytes it takes, room to grow included."""
        runs: int = sum(run.tree.nbytes for run in self._runs)
        return self._columns.nbytes + int(self._keys.nbytes + self._kinds.nbytes + self._alive.nbytes) + runs

    def load(self, keys: Ints, kinds: Codes, columns: Columns) -> None:
        """Fills the index anew: each row's key, in growing order, its kind, and the rows."""
        self.__init__()  # type: ignore[misc]
        self.extend(keys, kinds, columns)
        self.settle()

    def extend(self, keys: Ints, kinds: Codes, columns: Columns) -> None:
        """Adds rows of many operations, as `load`, until the next `settle`."""
        many, size = len(keys), self._size
        if many:
            self.reserve(many, len(columns.points))
            self._corners = max(self._corners, int(np.diff(columns.first).max()))
            self._write(size, columns)
            rows = slice(size, size + many)
            self._keys[rows], self._kinds[rows], self._alive[rows] = keys, kinds, True
            self._size += many

    def reserve(self, rows: int, corners: int) -> None:
        """Room for so many more rows, and one to ask with. What is not used takes no memory."""
        mine = self._columns
        used = int(mine.first[self._size]) if self._size else 0
        if self._size + rows + 1 > mine.size or used + corners > len(mine.points):
            many, corners = _roomy(self._size + rows, ROOM), _roomy(used + corners, 16 * ROOM)
            if not self._size:
                self._columns, self._keys, self._kinds, self._alive = _empty(many, corners)
                return
            for column, size in ((mine.points, corners), (mine.codes, corners), (mine.first, many + 1), (mine.numbers, many),
                                 (mine.windows, many), (self._keys, many), (self._kinds, many), (self._alive, many)):
                # where it stands, so that it is never there twice; nobody else looks at it
                column.resize((size, *column.shape[1:]), refcheck=False)

    def add(self, key: int, columns: Columns, kind: int = 0) -> None:
        """Adds an operation's volumes. `key` is greater than all before, `kind` less than 256."""
        many = columns.size
        self.reserve(many, len(columns.points))
        self._corners = max(self._corners, int((columns.first[1:] - columns.first[:-1]).max()))
        rows = slice(self._size, self._size + many)
        self._write(self._size, columns)
        self._keys[rows], self._kinds[rows], self._alive[rows] = key, kind, True
        self._size += many
        if LOADED.is_set():
            from antalya.geometry import making
            making.cores(self._size - many, self._size, self._columns)

    def remove(self, key: int) -> Ints:
        """Takes an operation's volumes out, if they are in; their rows, until the next `settle`."""
        rows = self._rows(key)
        gone: Ints = np.flatnonzero(self._alive[rows]) + rows.start
        self._alive[gone] = False
        self._dead += len(gone)
        return gone

    def restore(self, rows: Ints) -> None:
        """Takes a removal back."""
        self._alive[rows] = True
        self._dead -= len(rows)

    @property
    def size(self) -> int:
        """Rows in all, for `cut`."""
        return self._size

    def cut(self, size: int) -> None:
        """Takes back what was added since there were so many rows, if it was since the last `settle`."""
        self._dead -= int((~self._alive[size:self._size]).sum())
        self._size = size

    def settle(self) -> None:
        """Brings the trees up to date, once nothing will be taken back."""
        if self._dead > max(TAIL, self._size // 2):
            rows = np.flatnonzero(self._alive[:self._size])
            self.load(self._keys[rows], self._kinds[rows], self._columns.rows(rows))
        self._planted()

    def drop(self, before: int) -> Ints:
        """Takes out what ended before a moment (microseconds since 1970); rows as `remove`."""
        gone = np.flatnonzero(self._alive[:self._size] & (self._columns.ends[:self._size] < before))
        self._alive[gone] = False
        self._dead += len(gone)
        return gone

    def near(self, columns: Columns, minima: tuple[Minima, ...]) -> list[int]:
        """Keys of the operations any of whose volumes comes within minima of any of these, sorted; none is missed. `minima`:
        those towards each kind that there is."""
        if not self._size:
            return []
        self.reserve(1, len(columns.points))
        found, table = set[int](), _table(minima)
        for row in range(columns.size):
            found.update(self._around(columns, row, *table))
        return sorted(found)

    def during(self, starts: int, ends: int) -> list[int]:
        """Keys of the operations any of whose windows meets one (microseconds since 1970), wherever they are."""
        rows = slice(0, self._size)
        now = self._alive[rows] & (self._columns.starts[rows] < ends) & (self._columns.ends[rows] > starts)
        return sorted(set(self._keys[rows][now].tolist()))

    # rows

    def _around(self, asked: Columns, row: int, most: Floats, table: Floats) -> list[int]:
        """Keys of the rows near one of other columns, for which there is room after the last."""
        if not LOADED.is_set():
            self._write(self._size, asked.rows(np.array([row])))
            rows = np.flatnonzero(self._alive[:self._size])
            rows = rows[near_rows(self._columns, np.full(len(rows), self._size), rows, table[self._kinds[rows]])]
            keys: list[int] = self._keys[rows].tolist()
            return keys
        from antalya.geometry.kernel import SCRATCH
        from antalya.geometry.tree import around
        given = self._columns, self._size, asked, row, most, table, self._keys, self._kinds, self._alive
        corners = max(self._corners, len(asked.points))
        if corners > self._scratch.shape[1]:
            self._scratch, self._marks = np.empty((SCRATCH, 2 * corners)), np.empty((2, 2 * corners), np.int64)
        found, past = list[int](), self._runs[-1].end if self._runs else 0
        for k, each in enumerate(run.tree for run in self._runs or [_NOTHING]):
            tail = (0, 0) if k else (past, self._size)
            count = around(*each, *tail, *given, self._scratch, self._marks, self._out)
            if count > len(self._out):
                self._out = np.empty(2 * count, np.int64)
                count = around(*each, *tail, *given, self._scratch, self._marks, self._out)
            found += self._out[:count].tolist()
        return found

    def _rows(self, key: int) -> slice:
        first, last = np.searchsorted(self._keys[:self._size], [key, key + 1])
        return slice(int(first), int(last))

    def _write(self, row: int, columns: Columns) -> None:
        """Copies columns to the rows from `row` on; there is room for them."""
        mine, many = self._columns, columns.size
        at = int(mine.first[row])
        mine.points[at:at + len(columns.points)] = columns.points
        mine.codes[at:at + len(columns.codes)] = columns.codes
        mine.first[row + 1:row + 1 + many] = columns.first[1:] + at
        mine.numbers[row:row + many], mine.windows[row:row + many] = columns.numbers, columns.windows

    # trees

    def _planted(self) -> None:
        """Brings trees up to date where the tail is long; nothing while the compiled code is not there."""
        past = self._runs[-1].end if self._runs else 0
        if self._size - past < TAIL or not LOADED.is_set():
            return
        while self._runs and self._runs[-1].end - self._runs[-1].begin < GROWTH * (self._size - past):
            past = self._runs.pop().begin
        from antalya.geometry import making, tree
        making.run(making.cores, self._size, self._columns)
        self._corners = int(np.diff(self._columns.first[:self._size + 1]).max())
        self._runs.append(_Run(past, self._size, tree.tree(self._columns, past, self._size)))


@lru_cache(maxsize=256)
def _table(minima: tuple[Minima, ...]) -> tuple[Floats, Floats]:
    """What is as wide as any of the minima, and the minima, (k, 3)."""
    table = np.array([(each.across_m, each.up_m, each.seconds) for each in minima])
    return table.max(axis=0), table


def _roomy(many: int, least: int) -> int:
    """How much room so many take, with some to grow; room that is not used takes no memory."""
    return max(least, (many + 1) * 5 // 4)


def _empty(rows: int, corners: int) -> tuple[Columns, Ints, Codes, Bools]:
    """Columns with room and nothing in them, and as much for keys, kinds, and what is alive."""
    columns = Columns(np.zeros((corners, 3)), np.zeros(corners, np.uint8), np.zeros(rows + 1, np.int64),
                      np.zeros((rows, NUMBERS)), np.zeros((rows, 2), np.int64))
    return columns, np.zeros(rows, np.int64), np.zeros(rows, np.uint8), np.zeros(rows, np.bool_)


def is_warm() -> bool:
    """Whether the compiled code is there."""
    return LOADED.is_set()


def warm() -> None:
    """Loads, or compiles, what the index needs; returns when it is there."""
    with _warming:
        if LOADED.is_set():
            return
        from antalya.geometry import feet, kernel, making, simple, tracing, tree
        tracing.warm()
        lon, lat = np.array([38.0, 38.1, 38.1, 38.0]), np.array([36.0, 36.0, 36.1, 36.0])
        codes, zero = np.array([1, 1, 1, 2], np.uint8), np.zeros(1)
        part = of_degrees(lon, lat, codes, np.array([0, 4]), zero, zero, zero + 1, np.zeros(1, np.int64), np.ones(1, np.int64))
        columns = joined([part] * 20)
        making.cores(0, 20, columns)
        unpacked([packed(columns)], making.walk)
        simple.spaced(*np.zeros((3, 4, 2)), np.empty((4, 3)))
        simple.axes(*np.zeros((2, 2)), origin := np.empty(3), basis := np.empty((3, 2)), bend := np.empty((2, 2)))
        simple.reach(part.points, origin, basis, bend, 0.0, 0.0)
        feet.feet(part.points, part.first, part.points, part.first, 0.0, 0.0, np.empty((8, 7)))
        limits, cells = np.empty(4, np.int64), np.empty((8, 3), np.int64)
        face = simple.box(part.points, 0.0, limits)
        simple.ids(face, cells, simple.divided(limits, 8, 16, 8, cells), np.empty(8, np.int64))
        tree.around(*tree.tree(columns, 0, 19), 0, 19, columns, 19, part, 0, *_table((Minima(),)),
                    np.zeros(20, np.int64), np.zeros(20, np.uint8), np.ones(20, np.bool_), np.empty((kernel.SCRATCH, 8)),
                    np.empty((2, 8), np.int64), np.empty(32, np.int64))
        LOADED.set()
