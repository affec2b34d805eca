"""What jobs that are committed together share: what they looked up of the log's end, and what is written once for all of them
just before the commit. Each statement is a way to the database and back."""

from dataclasses import dataclass, field
from typing import Any

from antalya.ports import Leaf


@dataclass
class Group:
    """`size` of the log and number of the last `event` (None: not looked up yet), rows of `meta`, `nodes` of the log that
    these jobs made; `leaves`, `new_nodes` and `events` are not written yet, nor is `last_at` in `meta` where it `moved`."""

    size: int | None = None
    event: int | None = None
    meta: dict[str, str] = field(default_factory=dict)
    moved: bool = False
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    leaves: list[Leaf] = field(default_factory=list)
    new_nodes: list[tuple[int, int, bytes]] = field(default_factory=list)
    events: list[tuple[int, str, str, str, int]] = field(default_factory=list)

    def mark(self) -> tuple[Any, ...]:
        """Where it stands, for `back_to`."""
        return self.size, self.event, dict(self.meta), self.moved, len(self.leaves), len(self.new_nodes), tuple(self.events)

    def back_to(self, mark: tuple[Any, ...]) -> None:
        """Takes back what a job did since a mark, before which its savepoint was set."""
        self.size, self.event, self.meta, self.moved, leaves, nodes, events = mark
        del self.leaves[leaves:]
        for level, index, _ in self.new_nodes[nodes:]:
            del self.nodes[level, index]
        del self.new_nodes[nodes:]
        self.events = list(events)
