"""Volumes held in little memory, for the standing index: what is looked at first lies together, and corners are whole steps.

A row is 128 bytes and eight a corner, instead of 220 and 25. A step is so small a part of a volume's cap that corners are off by
no more than `OFF` of its radius, 13 cm for 5 km; `opening.opened` makes a row of `Columns` of one again.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from antalya.geometry.columns import CORE, NUMBERS, ORIGIN, RADIUS, Codes, Columns
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.loaded import LOADED
from antalya.geometry.paged import Paged
from antalya.model.errors import error

SHORT = CORE + 1
"""Of the numbers of `Columns` so many, the first; then …"""
STARTS, ENDS, FIRST, KEY, STATE = SHORT, SHORT + 1, SHORT + 2, SHORT + 3, SHORT + 4
DEEP, FAR, WIDTH = STATE + 1, STATE + 2, STATE + 3
"""… two words of its sectors (`sectors`), 0 where nothing is known of them: a row lies in two lines of a processor's cache."""
SECTORED = 1 << 40
"""Added to how many corners a stored row has where it has its sectors, too (since the store's version 12; PostgreSQL's 11)."""
STEPS = 32_767
"""Steps from the middle of a cap to its edge."""
OFF = 3**0.5 / 2 / STEPS * 1.01
LEAST_M = 1e-3
"""A cap's radius is taken for that where it is less."""
ROOM = 256
MOST_GUESSED = 4_000_000_000
"""Bytes for which room is made ahead: how much there will be is known from the first few only, and they may be the greatest."""
_OTHER = "stored volumes are not what the index holds"


class Held:
    """Rows with room to grow, each with the key of its operation and its state: the operation's kind, or `~kind` once the row
    does not count any more.

    `columns`: as `Columns`, but points are steps from the row's origin, with what follows behind them, and of the numbers there
    are only the first (`SHORT`); behind the last row's there is room for those of one more.
    """

    def __init__(self, rows: int = ROOM, corners: int = 16 * ROOM) -> None:
        self.size = self.most = 0
        """Rows, and how many corners the greatest has."""
        # both or, where there is no memory for one, neither
        self._memory, self._corners = np.zeros((rows + 2) * WIDTH), np.zeros((corners, 4), np.int16)
        self._paged, self._begin = Paged(), _lined(self._memory)
        self._look()

    def _look(self) -> None:
        begin, used = _lined(self._memory), (self.size + 1) * WIDTH
        if begin != self._begin:  # it stands elsewhere now
            self._memory[begin:begin + used] = self._memory[self._begin:self._begin + used]
            self._begin = begin
        self._record = self._memory[begin:len(self._memory) - WIDTH + begin].reshape(-1, WIDTH)
        words = self.words = self._record.view(np.int64)
        self.columns = Columns(self._corners, self._corners[:, 3], words[:, FIRST], self._record,  # type: ignore[arg-type]
                               words[:, STARTS:FIRST])
        self.keys, self.states = words[:, KEY], words[:, STATE]

    @property
    def nbytes(self) -> int:
        """Bytes it takes, room to grow included."""
        return self._memory.nbytes + self._corners.nbytes

    def reserve(self, rows: int, corners: int) -> None:
        """Room for so many more rows, and one to ask with. What is not used takes no memory."""
        used = int(self.columns.first[self.size])
        self._paged.wait(self.size + rows + 2, used + corners)  # two: where the corners end stands in the row behind
        if self.size + rows + 1 < len(self._record) and used + corners <= len(self._corners):
            return
        many, corners = _roomy(self.size + rows, ROOM), _roomy(used + corners, 16 * ROOM)
        if not self.size:
            self.__init__(many, corners)  # type: ignore[misc]
            return
        try:
            for each, size in ((self._memory, ((many + 2) * WIDTH,)), (self._corners, (corners, 4))):
                # where it stands, so that it is never there twice; nobody else looks at it
                each.resize(size, refcheck=False)
        finally:  # what looked at the memory before must not, whatever there was no room for
            self._look()

    def add(self, keys: Ints | int, kinds: Codes | int, columns: Columns) -> None:
        """Adds rows."""
        corners, rows = len(columns.points), slice(self.size, self.size + columns.size)
        self.reserve(columns.size, corners)
        self.write(self.size, columns)
        self.keys[rows], self.states[rows] = keys, kinds
        self.size = rows.stop
        if corners > self.most:  # of one row, or else of the greatest
            self.most = max(self.most, int((columns.first[1:] - columns.first[:-1]).max()))

    def alive(self, begin: int = 0) -> NDArray[np.bool_]:
        """Which rows from one on still count."""
        found: NDArray[np.bool_] = self.states[begin:self.size] >= 0
        return found

    def stored(self, begin: int, end: int) -> bytes:
        """Some rows that count, one after the other, for `take`: each as it is held, but with how many corners it has, and its
        corners."""
        first, parts = self.columns.first[begin:end + 1], list[bytes]()
        rows = self.words[begin:end].copy()
        rows[:, FIRST] = first[1:] - first[:-1] + SECTORED
        for row, (i, j) in zip(rows, pairwise(first.tolist()), strict=True):
            parts += [row.tobytes(), self._corners[i:j].tobytes()]
        return b"".join(parts)

    def take(self, parts: Sequence[bytes], of: int, kinds: int) -> None:
        """Adds what was `stored`, at least one row, of about so many parts that are to come; so many kinds there are. Raises
        store_broken for other bytes and kinds."""
        joined = b"".join(parts)
        if len(joined) % 8:
            raise error("store_broken", _OTHER)
        words = np.frombuffer(joined, np.int64)
        if LOADED.is_set():
            self.take_many(words, max(1, -(-of // len(parts))), kinds)
        else:
            self._take_few(words, kinds)

    def take_many(self, words: Ints, times: int, kinds: int) -> None:
        """As `take`, compiled. `times`: how many times as much is to come."""
        from antalya.geometry.opening import counted, take
        rows, corners = counted(words, kinds)
        if rows < 0:
            raise error("store_broken", _OTHER)
        if not self.size:
            times = max(1, min(times, MOST_GUESSED // (words.nbytes + 1)))
            self._guess(times * rows, times * corners)
        self.reserve(rows, corners)
        most = take(words, self.size, self.words, self._corners.view(np.int64)[:, 0])
        self.size, self.most = self.size + rows, max(self.most, most)

    def _guess(self, rows: int, corners: int) -> None:
        """Makes room for so many rows at once, its pages touched ahead; where it can't be had, it grows as it is filled."""
        try:
            self.reserve(rows, corners)
        except MemoryError:  # of what is not used, too, a system may give no more than it has
            return
        self._paged.wait(len(self._record), len(self._corners))
        self._paged = Paged((self._record, rows), (self._corners, corners))

    def _take_few(self, words: Ints, kinds: int) -> None:
        place = 0
        while place < len(words):
            count = int(words[place + FIRST]) if place + FIRST < len(words) else 0
            count, width = (count - SECTORED, WIDTH) if count > SECTORED else (count, DEEP)
            begin = place + width
            if not (1 <= count <= len(words) - begin and 0 <= words[place + STATE] < kinds):
                raise error("store_broken", _OTHER)
            self.reserve(1, count)
            row, at = self.size, int(self.columns.first[self.size])
            self.words[row, DEEP:], self.words[row, :width] = 0, words[place:begin]
            place = begin + count
            self._corners[at:at + count] = words[begin:place].view(np.int16).reshape(-1, 4)
            self.columns.first[row:row + 2] = at, at + count
            self.size, self.most = row + 1, max(self.most, count)

    def write(self, row: int, columns: Columns) -> None:
        """Writes rows from one on, for which there is room; with cores and sectors, once the compiled code is there."""
        if LOADED.is_set():
            from antalya.geometry.opening import hold
            hold(self.columns, self.words, row, columns)
            return
        mine, counts = self.columns, np.diff(columns.first)
        rows, at = slice(row, row + columns.size), int(mine.first[row])
        mine.numbers[rows, :SHORT], mine.windows[rows] = columns.numbers[:, :SHORT], columns.windows
        self.words[rows, DEEP:] = 0
        mine.first[row + 1:row + 1 + columns.size] = columns.first[1:] + at
        mine.points[at:at + len(columns.points), :3] = _steps(columns, counts)
        mine.codes[at:at + len(columns.codes)] = columns.codes

    def some(self, rows: Ints) -> "Held":
        """Some rows, in that order."""
        part, many = self.columns.rows(rows), len(rows)
        held, corners = Held(_roomy(many, ROOM), _roomy(len(part.points), 16 * ROOM)), len(part.points)
        held._record[:many], held.columns.first[:many + 1] = part.numbers, part.first
        held._corners[:corners] = part.points
        held.size, held.most = many, self.most
        return held


def two(corners: int) -> Columns:
    """Columns with room for two rows with so many corners together."""
    return Columns(np.empty((corners, 3)), np.empty(corners, np.uint8), np.zeros(3, np.int64), np.empty((2, NUMBERS)),
                   np.empty((2, 2), np.int64))


def _lined(memory: Floats) -> int:
    """From which word on rows lie in whole lines of a processor's cache, two by two."""
    return -memory.ctypes.data // memory.itemsize % WIDTH


def _steps(columns: Columns, counts: Ints) -> NDArray[np.int16]:
    """Corners as steps from the origins of their caps."""
    from_origin: Floats = columns.points - np.repeat(columns.numbers[:, ORIGIN:RADIUS], counts, axis=0)
    a_metre = np.repeat(STEPS / np.maximum(columns.radius, LEAST_M), counts)
    return np.clip(np.rint(from_origin * a_metre[:, np.newaxis]), -STEPS, STEPS).astype(np.int16)


def _roomy(many: int, least: int) -> int:
    """How much room so many take, with some to grow; room that is not used takes no memory."""
    return max(least, (many + 1) * 5 // 4)
