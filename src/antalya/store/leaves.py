"""The log in a store: leaves, and the perfect subtrees over them (`ledger.merkle`)."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from antalya.ledger.merkle import Tree, append, leaf_hash, place
from antalya.model.errors import error
from antalya.ports import Leaf
from antalya.store.group import Group
from antalya.store.rows import Caches


class LogReader(ABC):
    """Of `ports.Reader` what the log is asked."""

    _caches: Caches
    _tree: Tree | None = None

    @abstractmethod
    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]: ...

    @abstractmethod
    def _row(self, sql: str, values: Sequence[object] = ()) -> Any: ...

    @abstractmethod
    def _of(self, sql: str, ids: Iterable[object], *before: object) -> list[Any]: ...

    def leaf(self, index: int) -> Leaf | None:
        """A leaf; None where the log is shorter."""
        found = self.leaves(index, 1)
        return found[0] if found and found[0].index == index else None

    def leaves(self, start: int, limit: int) -> list[Leaf]:
        """Leaves from one on, in order. How long contents are, both databases know without reading them."""
        rows = self._rows("SELECT idx, data, salt, length(content) FROM leaf WHERE idx >= ? ORDER BY idx LIMIT ?", (start, limit))
        return [Leaf(*row) for row in rows]

    def contents(self, indexes: Iterable[int]) -> dict[int, bytes]:
        """The contents of leaves, as far as they have any."""
        return dict(self._of("SELECT idx, content FROM leaf WHERE content IS NOT NULL AND idx ", indexes))

    def log_size(self) -> int:
        """How many leaves there are."""
        return int(self._row("SELECT coalesce(max(idx) + 1, 0) FROM leaf")[0])

    def tree(self) -> Tree:
        """The tree of the log as it is now."""
        size = self.log_size()
        if self._tree is None or self._tree.size != size:
            self._tree = Tree(size, self.node)
        return self._tree

    def node(self, level: int, index: int) -> bytes:
        """The hash of a perfect subtree (`merkle.Get`), kept in memory. Raises log_broken where it is missing."""
        known = self._caches.nodes.get((level, index))
        if known is None:
            row = self._row("SELECT hash FROM subtree WHERE at = ?", (place(level, index),))
            if row is None:
                raise error("log_broken", f"the log has no node {index} at level {level}")
            known = bytes(row[0])
            self._caches.know({(level, index): known})
        return known


class LogWriter(LogReader):
    """Of `ports.Transaction` what extends it."""

    _group: Group

    def append_leaf(self, data: bytes, salt: bytes, content: bytes | None) -> int:
        """Appends a leaf and the perfect subtrees it completes; its index."""
        group, index = self._group, self.log_size()
        nodes = append(index, leaf_hash(data), self.node)
        group.nodes.update({(node.level, node.index): node.hash for node in nodes})
        first = place(0, index)
        group.put_off("subtree", "at, hash", "", [(first + node.level, node.hash) for node in nodes])
        group.leaves[index] = Leaf(index, data, salt, None if content is None else len(content))
        group.put_off("leaf", "idx, data, salt, content", "", [(index, data, salt, content)])
        group.size = index + 1
        return index

    def log_size(self) -> int:
        return self._group.size

    def node(self, level: int, index: int) -> bytes:
        return self._group.nodes.get((level, index)) or super().node(level, index)

    def leaf(self, index: int) -> Leaf | None:
        return self._group.leaves.get(index) or super().leaf(index)
