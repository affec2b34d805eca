"""Stores as earlier versions of the program left them."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from tests.pictures import hour
from tests.stores.samples import disc, kept
from tests.stores.test_jobs import leaf as leaf_of

from antalya.geometry.columns import BASIS, CORE, NUMBERS, ORIGIN, RADIUS, Columns, of_shapes
from antalya.geometry.held import DEEP, FIRST, SECTORED, WIDTH, Held
from antalya.geometry.shape import shapes
from antalya.ledger import merkle
from antalya.model.operations import ACTIVITIES, Operation
from antalya.ports import Store
from antalya.store.rows import kind_of, micros
from antalya.wire.decode import decode

Execute = Callable[[str], Any]
Quoted = Callable[[bytes], str]
LEAVES = 300
FAR = [(0, 2**40 + 5), (3, 2**41 + 6), (40, 1), (17, 2**20 - 1)]
"""Nodes (level, index) of a log as none can be filed here."""


def filled(store: Store) -> None:
    """A log of some length and two operations, of which one is over."""
    for n in range(LEAVES - 2):
        store.write(leaf_of(str(n)))
    kept(store, disc("early", end=7), disc("later", end=9))


def packed(columns: Columns) -> bytes:
    """Volume by volume how many corners, its numbers and window, its corners, what follows each; all eight bytes wide."""
    order, parts = [*range(ORIGIN, RADIUS), *range(BASIS, NUMBERS), *range(RADIUS, BASIS)], list[bytes]()
    for row, (i, j) in enumerate(pairwise(columns.first.tolist())):
        parts += [np.array([j - i, *columns.numbers[row, order]]).tobytes(), columns.windows[row].tobytes(),
                  columns.points[i:j].tobytes(), columns.codes[i:j].tobytes(), bytes(-(j - i) % 8)]
    return b"".join(parts)


def with_columns(execute: Execute, whole: str, quoted: Quoted) -> None:
    """Until SQLite's version 10, PostgreSQL's 9: volumes as they were made, and their kind beside them."""
    execute(f"ALTER TABLE volumes ADD COLUMN kind {whole} NOT NULL DEFAULT 0")
    bodies = execute("SELECT seq, body FROM operation WHERE seq IN (SELECT operation FROM volumes)").fetchall()
    for seq, body in bodies:
        operation = decode(body.encode(), Operation)
        columns = packed(of_shapes(shapes([v.outline for v in operation.volumes]), operation.volumes))
        execute(f"UPDATE volumes SET kind = {kind_of(operation)}, columns = {quoted(columns)} WHERE operation = {seq}")


def with_cells(execute: Execute, whole: str, quoted: Quoted) -> None:
    """Until SQLite's version 9, PostgreSQL's 8: S2 cells of each operation that takes space, and when it ends. The type of `whole`
    numbers; bytes `quoted` as SQL has them."""
    with_columns(execute, whole, quoted)
    for statement in (f"CREATE TABLE cell (cell {whole} NOT NULL, operation {whole} NOT NULL REFERENCES operation (seq), "
                      f"starts_at {whole} NOT NULL, ends_at {whole} NOT NULL, lower_m DOUBLE PRECISION NOT NULL, "
                      "upper_m DOUBLE PRECISION NOT NULL, PRIMARY KEY (cell, operation))",
                      "CREATE INDEX cell_operation ON cell (operation)",
                      "INSERT INTO cell SELECT 1234567, operation, 0, 1, 0, 1 FROM volumes",
                      f"ALTER TABLE volumes ADD COLUMN ends_at {whole} NOT NULL DEFAULT 0",
                      "UPDATE volumes SET ends_at = (SELECT ends_at FROM operation WHERE seq = volumes.operation)",
                      "CREATE INDEX volumes_ends ON volumes (ends_at)"):
        execute(statement)


def half_dropped(execute: Execute) -> None:
    """Until then, what was over had left memory by the moment that was noted, and the table by and by."""
    execute(f"INSERT INTO meta (key, value) VALUES ('hot_since', '{micros(hour(8))}')")


def with_nodes(execute: Execute, hashes: Sequence[bytes], types: str, quoted: Quoted) -> None:
    """Until SQLite's version 8, PostgreSQL's 6: the log's subtrees by level and index, an index over the ends of cells, and one of
    parties' operations by time. `types` of the columns; bytes `quoted` as SQL has them."""
    with_cells(execute, types.split()[0], quoted)
    nodes: dict[tuple[int, int], bytes] = {}
    for size, hash_ in enumerate(hashes):
        nodes.update({(n.level, n.index): n.hash for n in merkle.append(size, hash_, lambda *of: nodes[of])})
    rows = [f"({level}, {index}, {quoted(hash_)})" for (level, index), hash_ in (nodes | dict.fromkeys(FAR, b"far")).items()]
    for statement in ("CREATE TABLE node (level {}, idx {}, hash {}, PRIMARY KEY (level, idx))".format(*types.split()),
                      "INSERT INTO node VALUES " + ", ".join(rows), "DROP TABLE subtree",
                      "DROP INDEX volumes_ends", "ALTER TABLE volumes DROP COLUMN ends_at",
                      "CREATE INDEX cell_ends ON cell (ends_at)", "DROP INDEX operation_of_party",
                      "CREATE INDEX operation_party ON operation (party, ends_at) WHERE current = 1"):
        execute(statement)


def check(store: Store, root: bytes) -> None:
    """Whether a store that was brought forward has all it had."""
    with store.read() as tx:
        assert tx.tree().size == LEAVES
        assert tx.tree().root() == root
        [leaf] = tx.leaves(123, 1)
        assert merkle.verify_inclusion(merkle.leaf_hash(leaf.data), 123, LEAVES, tx.tree().inclusion_proof(123), root)
        assert {tx.node(*of) for of in FAR} == {b"far"}  # type: ignore[attr-defined]
    check_over(store)


def check_over(store: Store) -> None:
    """Whether of its two operations the one that is over goes."""
    with store.read() as tx:
        assert not tx.over(hour(7))
        assert tx.over(hour(7.1))
    assert store.write(lambda tx: tx.drop_from_index(hour(8))) == ["early"]


def held(execute: Execute) -> dict[int, list[Any]]:
    """What the table `volumes` has, but for how deep middles lie and sectors, which are not always known."""
    rows = dict[int, list[Any]]()
    for operation, stored in execute("SELECT operation, columns FROM volumes").fetchall():
        again, words, place = Held(), np.frombuffer(stored, np.int64), 0
        again.take([stored], 1, len(ACTIVITIES))
        assert again.stored(0, again.size) == stored
        while place < len(words):
            end = place + WIDTH + int(words[place + FIRST]) - SECTORED
            rows.setdefault(operation, []).append(np.delete(words[place:end], [CORE, *range(DEEP, WIDTH)]).tolist())
            place = end
    return rows
