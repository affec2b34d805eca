"""The standing index: volumes of stored operations in memory, found by place, altitude and time.

Rows are held in little memory (`held`); packed trees stand over runs of them, each run at least `GROWTH` times as long as the
next, and the newest `TAIL` rows are looked at one by one. What is removed is only marked until it is much. Changes can be
taken back until the next `settle`. The answers are those of the compiled kernel; until that is loaded (`warm`), everything
whose caps, windows and bands come near enough.
"""

import threading
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from antalya.geometry.batch import near_rows
from antalya.geometry.columns import Codes, Columns, joined, of_degrees
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.held import Held, two
from antalya.geometry.loaded import LOADED
from antalya.model.volume import Minima

TAIL = 256
GROWTH = 8
_warming = threading.Lock()


class _Run(NamedTuple):
    """A tree over the rows from `begin` to `end`."""

    begin: int
    end: int
    tree: Any


_NOTHING = _Run(0, 0, (np.empty((0, 10, 1), np.int16), np.empty(0, np.int32), np.zeros(2, np.int64), np.zeros((5, 5))))


class Index:
    """Volumes by the key of their operation, each of a kind; keys grow. One thread at a time."""

    def __init__(self) -> None:
        self._held = Held()
        self._dead = 0
        self._runs: list[_Run] = []
        self._scratch, self._marks, self._out = np.empty((0, 0)), np.empty((0, 0), np.int64), np.empty(256, np.int64)
        self._pair = two(0)

    def __len__(self) -> int:
        """How many volumes count."""
        return self._held.size - self._dead

    @property
    def nbytes(self) -> int:
        """Bytes it takes, room to grow included."""
        runs: int = sum(run.tree.nbytes for run in self._runs)
        return self._held.nbytes + runs

    def load(self, keys: Ints, kinds: Codes, columns: Columns) -> None:
        """Fills the index anew: each row's key, in growing order, its kind, and the rows."""
        self.__init__()  # type: ignore[misc]
        self.extend(keys, kinds, columns)
        self.settle()

    def extend(self, keys: Ints, kinds: Codes, columns: Columns) -> None:
        """Adds rows of many operations, as `load`, until the next `settle`."""
        if len(keys):
            self._held.add(keys, kinds, columns)

    def take(self, parts: Sequence[bytes], of: int, kinds: int) -> None:
        """Adds rows that were `stored`, some of about so many operations' that are to come, until the next `settle`. Raises
        store_broken for other bytes, and kinds beyond so many: as many as `near` will be given minima of."""
        self._held.take(parts, of, kinds)

    def stored(self, begin: int) -> bytes:
        """The rows from one on, for `take`."""
        return self._held.stored(begin, self._held.size)

    @property
    def newest(self) -> int:
        """The key of the last row; -1: there is none."""
        return int(self._held.keys[self._held.size - 1]) if self._held.size else -1

    def add(self, key: int, columns: Columns, kind: int = 0) -> None:
        """Adds an operation's volumes. `key` is greater than all before, `kind` one that `near` will be given minima of."""
        self._held.add(key, kind, columns)

    def remove(self, key: int) -> Ints:
        """Takes an operation's volumes out, if they are in; their rows, until the next `settle`."""
        held = self._held
        first, last = (bisect_left(range(held.size), each, key=held.keys.__getitem__) for each in (key, key + 1))
        return self._gone(np.flatnonzero(held.states[first:last] >= 0) + first)

    def restore(self, rows: Ints) -> None:
        """Takes a removal back."""
        self._held.states[rows] = ~self._held.states[rows]
        self._dead -= len(rows)

    @property
    def size(self) -> int:
        """Rows in all, for `cut`."""
        return self._held.size

    def cut(self, size: int) -> None:
        """Takes back what was added since there were so many rows, if it was since the last `settle`."""
        self._dead -= int((~self._held.alive(size)).sum())
        self._held.size = size

    def settle(self) -> None:
        """Brings the trees up to date, once nothing will be taken back."""
        if self._dead > max(TAIL, self._held.size // 2):
            self._held = self._held.some(np.flatnonzero(self._held.alive()))
            self._dead, self._runs = 0, []
        self._planted()

    def drop(self, before: int, begin: int = 0) -> Ints:
        """Takes out what ended before a moment (microseconds since 1970), of the rows from one on; rows as `remove`."""
        alive = self._held.alive(begin)
        return self._gone(np.flatnonzero(alive & (self._held.columns.ends[begin:begin + len(alive)] < before)) + begin)

    def over(self, before: int) -> tuple[Ints, Ints]:
        """Keys of the operations of which all that is in ended before a moment (microseconds since 1970), and when the last of it
        did, in the order of that."""
        rows = np.flatnonzero(self._held.alive())
        keys, ends = self._held.keys[rows], self._held.columns.ends[rows]
        first = np.flatnonzero(np.diff(keys, prepend=-1))
        last = np.maximum.reduceat(ends, first)
        gone = np.flatnonzero(last < before)
        gone = gone[np.argsort(last[gone], kind="stable")]
        return keys[first[gone]], last[gone]

    def _gone(self, rows: Ints) -> Ints:
        self._held.states[rows] = ~self._held.states[rows]
        self._dead += len(rows)
        return rows

    def near(self, columns: Columns, minima: tuple[Minima, ...], most: int | None = None) -> list[int]:
        """Keys of the operations any of whose volumes comes within minima of any of these, sorted; none is missed. `minima`:
        those towards each kind that there is. Raises OverflowError where more than `most` volumes would have to be looked at
        closely for one of these, once the compiled code is there."""
        if not self._held.size:
            return []
        self._held.reserve(1, len(columns.points))
        table = _table(minima)
        if columns.size == 1:
            return self._around(columns, 0, *table, most)
        return sorted(set().union(*(self._around(columns, row, *table, most) for row in range(columns.size))))

    def during(self, starts: int, ends: int) -> list[int]:
        """Keys of the operations any of whose windows meets or touches one (microseconds since 1970), wherever it is."""
        held, columns = self._held, self._held.columns
        rows = slice(0, held.size)
        now = held.alive() & (columns.starts[rows] <= ends) & (columns.ends[rows] >= starts)
        return sorted(set(held.keys[rows][now].tolist()))

    def _around(self, asked: Columns, row: int, widest: Floats, table: Floats, most: int | None) -> list[int]:
        """Keys of the rows near one of other columns, for which there is room after the last; sorted."""
        held = self._held
        if not LOADED.is_set():
            held.write(held.size, asked.rows(np.array([row])))
            rows = np.flatnonzero(held.alive())
            rows = rows[near_rows(held.columns, np.full(len(rows), held.size), rows, table[held.states[rows]])]
            keys: list[int] = np.unique(held.keys[rows]).tolist()
            return keys
        from antalya.geometry.around import around
        from antalya.geometry.kernel import SCRATCH
        corners = held.most + len(asked.points)
        if corners > len(self._pair.points):
            self._scratch, self._marks = np.empty((SCRATCH, 2 * corners)), np.empty((2, 2 * corners), np.int64)
            self._pair = two(2 * corners)
        given = held.columns, held.words, held.size, asked, row, widest, table, self._pair, self._scratch, self._marks
        found, trees = list[int](), [run.tree for run in self._runs or [_NOTHING]]
        for each in trees:
            tail = (self._runs[-1].end if self._runs else 0, held.size) if each is trees[-1] else (0, 0)
            count = around(*each, *tail, *given, self._out[:most])
            if most is not None and count > most:
                raise OverflowError
            if count > len(self._out):
                self._out = np.empty(2 * count, np.int64)
                count = around(*each, *tail, *given, self._out)
            found += self._out[:count].tolist()
        return found

    def _planted(self) -> None:
        """Brings trees up to date where the tail is long; nothing while the compiled code is not there."""
        held, past = self._held, self._runs[-1].end if self._runs else 0
        if held.size - past < TAIL or not LOADED.is_set():
            return
        while self._runs and self._runs[-1].end - self._runs[-1].begin < GROWTH * (held.size - past):
            past = self._runs.pop().begin
        from antalya.geometry import tree
        self._runs.append(_Run(past, held.size, tree.tree(held.columns, past, held.size)))


@lru_cache(maxsize=256)
def _table(minima: tuple[Minima, ...]) -> tuple[Floats, Floats]:
    """What is as wide as any of the minima, and the minima, (k, 3)."""
    table = np.array([(each.across_m, each.up_m, each.seconds) for each in minima])
    return table.max(axis=0), table


def is_warm() -> bool:
    """Whether the compiled code is there."""
    return LOADED.is_set()


def warm() -> None:
    """Loads, or compiles, what the index needs; returns when it is there."""
    with _warming:
        if LOADED.is_set():
            return
        from antalya.geometry import around, feet, kernel, making, opening, simple, tracing, tree
        tracing.warm()
        lon, lat = np.array([38.0, 38.1, 38.1, 38.0]), np.array([36.0, 36.0, 36.1, 36.0])
        codes, zero = np.array([1, 1, 1, 2], np.uint8), np.zeros(1)
        part = of_degrees(lon, lat, codes, np.array([0, 4]), zero, zero, zero + 1, np.zeros(1, np.int64), np.ones(1, np.int64))
        columns, held = joined([part] * 20), Held()
        making.cores(0, 20, columns)
        held.add(np.arange(20), np.zeros(20, np.uint8), columns)
        Held().take_many(np.frombuffer(held.stored(0, 20), np.int64), 1, 1)
        opening.hold(held.columns, held.words, 0, columns)
        simple.spaced(*np.zeros((3, 4, 2)), np.empty((4, 3)))
        simple.axes(*np.zeros((2, 2)), origin := np.empty(3), basis := np.empty((3, 2)), bend := np.empty((2, 2)))
        simple.reach(part.points, origin, basis, bend, 0.0, 0.0)
        feet.feet(part.points, part.first, part.points, part.first, 0.0, 0.0, np.empty((8, 7)))
        limits = np.empty(4, np.int64)
        simple.divided(simple.box(part.points, 0.0, limits), limits, 8, np.empty(4, np.int64))
        around.around(*tree.tree(held.columns, 0, 19), 0, 19, held.columns, held.words, 20, part, 0, *_table((Minima(),)), two(8),
                    np.empty((kernel.SCRATCH, 8)), np.empty((2, 8), np.int64), np.empty(32, np.int64))
        LOADED.set()
