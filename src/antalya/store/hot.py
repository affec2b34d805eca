"""The store's index in memory: the volumes of operations that take space, kept by the line of writers.

It is filled from the table `volumes` at first need. What a job puts is added at once and taken back if the job is undone; what
other processes committed is read before the first look of each transaction, by the rows that are new.
"""

import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from antalya.geometry.columns import Columns
from antalya.geometry.ellipsoid import Ints
from antalya.geometry.index import Index, is_warm, warm
from antalya.model.errors import error
from antalya.model.operations import ACTIVITIES
from antalya.store.group import Group

WARM_AT = 256
"""Volumes from which the compiled code is worth loading."""
PART = 500
"""Operations read at once when filling: so few that they are still in the processor's cache when they are copied."""
MANY = 20_000
"""Where there are more, it waits for the compiled code, which is quicker all the same."""
MOST = 4_000_000
"""For no more operations is room made beforehand: how many there are is not known, only their first and last number."""
Ask = Callable[..., list[Any]]


def warm_soon() -> None:
    """Loads the compiled code in the background, once. What has to be compiled first, some twenty seconds' work, is compiled in a
    process of its own, which leaves it where this one finds it: here it would hold everything up."""
    if not is_warm() and _warming.acquire(blocking=False):
        threading.Thread(target=_warm, name="antalya-warm", daemon=True).start()


def _warm() -> None:
    with suppress(OSError):
        subprocess.run([sys.executable, "-P", "-c", "from antalya.geometry.index import warm; warm()"], check=False,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    warm()


_warming = threading.Lock()


class Hot:
    """The index of one line of writers. `ask(sql, values)` gives the rows of a statement in the open transaction."""

    def __init__(self) -> None:
        self.index = Index()
        self.others = 0
        """How often it was seen that another process wrote."""
        self._last: int | None = None
        self._since: int | None = None
        self._group: Group | None = None
        self._undo: list[Ints | tuple[int, int]] = []

    def current(self, ask: Ask, group: Group) -> Index:
        """The index as the transaction sees it. `group`: the same object for all jobs of one transaction."""
        if self._group is not group:
            self._undo.clear()
            self.index.settle()
            try:
                self._catch_up(ask, group.newest, group.meta.get("hot_since"))
            except BaseException:  # half of it may be in
                self.index, self._last, self._since = Index(), None, None
                raise
            self._group = group
            if len(self.index) >= WARM_AT:
                warm_soon()
        return self.index

    @property
    def last(self) -> int:
        """The number of the newest row of operations, as the transaction sees it."""
        return self._last or 0

    def mark(self) -> int:
        """Where its changes stand, for `back_to`."""
        return len(self._undo)

    def back_to(self, mark: int) -> None:
        """Takes back what was changed since a mark of the same transaction."""
        while len(self._undo) > mark:
            change = self._undo.pop()
            if isinstance(change, tuple):
                self.index.cut(change[0])
                self._last = change[1]
            else:
                self.index.restore(change)

    def lost(self) -> None:
        """The whole transaction was lost: what was read in it may be read again."""
        self.back_to(0)
        self._group = None

    def put(self, row: int, before: int | None, columns: Columns | None, kind: int, since: str | None = None) -> bytes:
        """An operation's new row in place of the one before; `columns` of its volumes, None where it takes no space; its kind
        (`rows.kind_of`); `since`: what ended before that is out of the index, and stays out. What the table `volumes` is to have
        of it, nothing where it takes no space."""
        begin = self.index.size
        self._undo.append((begin, self._last or 0))
        self._last = row
        if columns is not None:
            self.index.add(row, columns, kind)
        if before is not None:
            self._undo.append(self.index.remove(before))
        stored = self.index.stored(begin)
        if since is not None:
            self._undo.append(self.index.drop(int(since), begin))
        return stored

    def drop(self, before: int) -> None:
        """What ended before a moment (microseconds since 1970) takes no space any more."""
        self._undo.append(self.index.drop(before))

    def _catch_up(self, ask: Ask, newest: int, since: str | None) -> None:
        if self._last is None:
            self._fill(ask)
        elif newest > self._last:  # another process's
            self.others += 1
            begin = self.index.size
            if rows := ask("SELECT columns FROM volumes WHERE operation > ? ORDER BY operation", (self._last,)):
                self.index.take([stored for (stored,) in rows], len(rows), len(ACTIVITIES))
            if self._since is not None:
                self.index.drop(self._since, begin)
            for (row,) in ask("SELECT p.seq FROM operation o JOIN operation p ON p.id = o.id AND p.version = o.version - 1 "
                              "WHERE o.seq > ?", (self._last,)):
                self.index.remove(row)
            self.index.settle()
        self._last = newest
        if since is not None and int(since) != self._since:  # what another process's tick dropped
            self.index.drop(int(since))
            self._since = int(since)

    def _fill(self, ask: Ask) -> None:
        """Reads all there is, and puts it into the index part by part. In one thread: two would wait for each other's lock of the
        interpreter at every row. Raises store_broken."""
        [(first, last)] = ask("SELECT (SELECT min(operation) FROM volumes), (SELECT max(operation) FROM volumes)")
        index, taken, most = self.index, -1, MANY
        if first is not None and last - first >= MANY and ask("SELECT 1 FROM volumes LIMIT 1 OFFSET ?", (MANY,)):
            most = MOST
            warm()
        while rows := ask("SELECT columns FROM volumes WHERE operation > ? ORDER BY operation LIMIT ?", (taken, PART)):
            index.take([stored for (stored,) in rows], min(last - first + 1, most), len(ACTIVITIES))
            if index.newest <= taken:
                raise error("store_broken", "the table volumes has rows of other operations than it says")
            taken = index.newest
        index.settle()
