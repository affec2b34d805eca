"""What jobs that are committed together share: what they looked up of the log's end, and rows that are written once for all of
them: before somebody reads their table, at the latest just before the commit. Each statement is a way to the database and
back."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from antalya.picture import Stored
from antalya.ports import Leaf

LATER = ("operation", "released", "volumes", "spent", "remembered", "event", "leaf", "subtree", "meta")
"""Tables whose new rows wait, in the order in which they are written: what is referred to first."""
HOW_IT_STANDS = ("SELECT key, value, (SELECT coalesce(max(seq), 0) FROM operation), "
                 "(SELECT coalesce(max(idx) + 1, 0) FROM leaf), (SELECT coalesce(max(seq), 0) FROM event) FROM meta")
"""What `Group.begin` needs to know."""
_NAMED = re.compile(r"\b(?:FROM|JOIN|INTO|UPDATE)\s+(\w+)")
Rows = list[Sequence[object]]
MOST_FOUND = 64
"""So many operations or findings are found by light jobs in one turn; a job that finds more by itself is not light."""


@dataclass
class Group:
    """`begun`: it was looked up how things stood before these jobs: the `newest` row of operations, the `size` of the log, the
    number of the last `event`, the rows of `meta`. `nodes` of the log and `leaves` that these jobs made; `later`: rows not
    written yet, by table and (columns, what follows VALUES); `last_at` in `meta` is not written yet where it `moved`. `waiting`:
    ids of the operations among `later`; `known`: operations as they were found before these jobs, until one of them writes it
    (None: there was none). `light`: none of them may take its time; `found`: so much they found in the index."""

    begun: bool = False
    light: bool = False
    found: int = 0
    newest: int = 0
    size: int = 0
    event: int = 0
    meta: dict[str, str] = field(default_factory=dict)
    moved: bool = False
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    leaves: dict[int, Leaf] = field(default_factory=dict)
    later: dict[str, tuple[tuple[str, str], Rows]] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    known: dict[str, Stored | None] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether it found so much that light jobs are to wait for the next turn."""
        return self.light and self.found > MOST_FOUND

    def begin(self, rows: Sequence[Any]) -> None:
        """With the rows of HOW_IT_STANDS."""
        self.meta = {row[0]: row[1] for row in rows}
        self.newest, self.size, self.event = map(int, rows[0][2:])
        self.begun = True

    def put_off(self, table: str, columns: str, otherwise: str, rows: Sequence[Sequence[object]]) -> None:
        """Rows to be written later; of one table always the same columns."""
        known = self.later.get(table)
        if known is None:
            self.later[table] = (columns, otherwise), list(rows)
        else:
            known[1].extend(rows)

    def taken(self) -> list[tuple[str, Rows, str]]:
        """What waits to be written, in order (into, rows, otherwise); from now on it doesn't."""
        later, self.later, self.waiting = self.later, {}, set()
        return [(f"{table} ({columns})", rows, otherwise)
                for table in LATER if table in later for (columns, otherwise), rows in (later[table],)]

    def mark(self) -> tuple[Any, ...]:
        """Where it stands, for `back_to`."""
        later = {table: len(rows) for table, (_, rows) in self.later.items()}
        return self.size, self.event, dict(self.meta), self.moved, len(self.leaves), len(self.nodes), self.later, later

    def back_to(self, mark: tuple[Any, ...]) -> None:
        """Takes back what a job did since a mark; where it had rows written that waited then, its savepoint undid that, and they
        wait again."""
        self.size, self.event, self.meta, self.moved, leaves, nodes, self.later, lengths = mark
        self.leaves = dict(list(self.leaves.items())[:leaves])
        self.nodes = dict(list(self.nodes.items())[:nodes])
        for table in [table for table in self.later if table not in lengths]:
            del self.later[table]
        for table, length in lengths.items():
            del self.later[table][1][length:]
        self.waiting = {str(row[1]) for row in self.later["operation"][1]} if "operation" in self.later else set()


@lru_cache(maxsize=1024)
def tables(sql: str) -> frozenset[str]:
    """Which of LATER a statement looks into."""
    return frozenset(_NAMED.findall(sql)).intersection(LATER)
