"""What is over, in a store: it leaves the index, stays in the tables, and is found by time in a walk of an index.

`hot_since` in `meta` is the moment before which nothing ended that is still in the table `volumes` or in memory.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from antalya.picture import Stored
from antalya.store.group import Group
from antalya.store.hot import Hot
from antalya.store.lengths import LENGTH, LONGEST, ending
from antalya.store.rows import SEEN_OPERATION, STORED, Caches, micros, stored_of

TOGETHER = 2_000
"""How many operations leave the index in one transaction, and those that ended just when the last of them did: so that nobody
waits for months at once."""

_LOOKED_THROUGH = 5_000
"""Of how many operations in a window at once it is asked what a party may see."""

# What a party may have something to see of, asked of each operation in a window; SEEN_OPERATION says the same from the other end.
SEEN_IN_WINDOW = """(party = ?
  OR EXISTS (SELECT 1 FROM released r WHERE r.operation = operation.id AND r.party IN (?, '*'))
  OR EXISTS (SELECT 1 FROM ask a WHERE a.operation = operation.id AND a.of_party = ? AND a.state <> 'closed')
  OR EXISTS (SELECT 1 FROM finding f JOIN operation o ON o.id = f.operation AND o.current = 1
             WHERE f.other = operation.id AND f.closed_at IS NULL AND o.party = ?)
  OR EXISTS (SELECT 1 FROM finding f JOIN operation o ON o.id = f.other AND o.current = 1
             WHERE f.operation = operation.id AND f.closed_at IS NULL AND o.party = ?))"""


def in_window(starts_at: datetime | None, ends_at: datetime | None) -> tuple[str, list[object]]:
    """The statement for the rows of current operations that end at or after one moment and start before another, and its
    values; None is no bound."""
    ranges, values = [], list[object]()
    for n in range(len(LONGEST) + 1):
        bounds = [f"current = 1 AND {LENGTH} = {n}"]
        if starts_at is not None:
            bounds.append("ends_at >= ?")
            values.append(micros(starts_at))
        if ends_at is not None:
            bounds.append("starts_at < ?")
            values.append(micros(ends_at))
            if n < len(LONGEST):
                bounds.append("ends_at < ?")
                values.append(micros(ends_at) + LONGEST[n])
        ranges.append("SELECT seq FROM operation WHERE " + " AND ".join(bounds))  # noqa: S608
    return " UNION ALL ".join(ranges), values


class PastReader(ABC):
    """Operations by time: of `ports.Reader` what the past makes large."""

    AMONG: ClassVar[str]
    _caches: Caches

    @abstractmethod
    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]: ...

    @abstractmethod
    def _row(self, sql: str, values: Sequence[object] = ()) -> Any: ...

    @abstractmethod
    def _list(self, values: Iterable[object]) -> object: ...

    def operations(self, starts_at: datetime | None, ends_at: datetime | None, *, seen_by: str | None = None, after: int = 0,
                   limit: int = 1000) -> list[tuple[int, Stored]]:
        """Current operations after a row, in the order of rows: those in a window, and of which a party may have something to
        see (None: all)."""
        if starts_at is None and ends_at is None:
            seen, values = (SEEN_OPERATION, [seen_by] * 5) if seen_by is not None else ("TRUE", [])
            rows = self._rows(STORED + f"WHERE current = 1 AND seq > ? AND {seen} ORDER BY seq LIMIT ?", [after, *values, limit])
            return [(row[0], stored_of(row)) for row in rows]
        found: list[tuple[int, Stored]] = []
        while len(found) < limit:
            page = self._rows_in_window(starts_at, ends_at, after, limit if seen_by is None else _LOOKED_THROUGH)
            if not page:
                break
            found += self._seen_among(page, seen_by, limit - len(found))
            after = page[-1]
        return found

    def _rows_in_window(self, starts_at: datetime | None, ends_at: datetime | None, after: int, limit: int) -> list[int]:
        within, values = in_window(starts_at, ends_at)
        rows = self._rows(f"SELECT seq FROM ({within}) w WHERE seq > ? ORDER BY seq LIMIT ?", [*values, after, limit])  # noqa: S608
        return [row[0] for row in rows]

    def _seen_among(self, rows: Sequence[int], seen_by: str | None, limit: int) -> list[tuple[int, Stored]]:
        seen, values = (SEEN_IN_WINDOW, [seen_by] * 5) if seen_by is not None else ("TRUE", [])
        found = self._rows(STORED + f"WHERE seq {self.AMONG} AND {seen} ORDER BY seq LIMIT ?", [self._list(rows), *values, limit])
        return [(row[0], stored_of(row)) for row in found]

    def live_operations(self, ends_after: datetime) -> list[str]:
        """The ids of operations that are not over, withdrawn or ended, in the order of rows."""
        within, values = in_window(ends_after, None)
        rows = self._rows(f"SELECT id FROM operation WHERE seq IN ({within}) "  # noqa: S608
                          "AND state NOT IN ('withdrawn', 'ended') ORDER BY seq", values)
        return [row[0] for row in rows]

    def over(self, before: datetime) -> bool:
        """Whether any operation, also one that takes no space, ended before a moment and not before `hot_since`."""
        hot_since = self._row("SELECT value FROM meta WHERE key = 'hot_since'")
        ended, values = ending("1", int(hot_since[0]) if hot_since else None, micros(before))
        return self._row(ended + " LIMIT 1", values) is not None


class PastWriter(PastReader):
    """What lets go of it: of `ports.Transaction`."""

    _group: Group

    @abstractmethod
    def _insert(self, into: str, rows: Sequence[Sequence[object]], otherwise: str = "") -> None: ...

    def drop_from_index(self, before: datetime, most: int = TOGETHER) -> list[str]:
        """Takes operations that ended before a moment out of the index (they stay in store and log), in every process: about the
        `most` that ended first; their ids, none once all are out."""
        if not self.over(before):
            return []
        hot: Hot = self._caches.hot
        since, (keys, ends) = micros(before), hot.index.over(micros(before))
        if len(keys) > most:
            since = int(ends[most - 1]) + 1
            keys = keys[ends < since]
        hot.drop(since)
        self._group.meta["hot_since"] = str(since)
        self._insert("meta (key, value)", [("hot_since", str(since))], "ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        if not len(keys):  # what ended took no space
            return []
        among = self._list(keys.tolist())
        self._rows(f"DELETE FROM volumes WHERE operation {self.AMONG}", (among,))  # noqa: S608
        return [id_ for _, id_ in self._rows(f"SELECT seq, id FROM operation WHERE seq {self.AMONG} ORDER BY seq", (among,))]  # noqa: S608

    def _is_past(self, ends_at: int) -> bool:
        """Whether what ended then (microseconds since 1970) is out of the index already: put there, it would stay for ever."""
        since = self._group.meta.get("hot_since")
        return since is not None and ends_at < int(since)
