"""Whether anything in a store is half there: every table against the log, and the log against itself."""

import base64
import sqlite3
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psycopg

from antalya.geometry.columns import CORE, of_shapes
from antalya.geometry.held import DEEP, FIRST, Held
from antalya.geometry.shape import shapes
from antalya.ledger import merkle
from antalya.ledger.checkpoint import Verifier
from antalya.ledger.entry import Entry, opens
from antalya.ledger.receipt import Receipt, verify_receipt
from antalya.model import Ask, Finding, Operation
from antalya.model.operations import ACTIVITIES, LIVE
from antalya.store.rows import kind_of
from antalya.wire.canonical import canonical
from antalya.wire.decode import decode


class Audit:
    """One look at a store's file, or at its database by its address, beside whoever serves it."""

    def __init__(self, where: Path | str) -> None:
        self._db: Any = psycopg.connect(where, autocommit=True) if isinstance(where, str) else \
            sqlite3.connect(f"file:{where}?mode=rw", uri=True)
        self._db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if isinstance(where, str) else "BEGIN")
        leaves = self._db.execute("SELECT idx, data, salt, content FROM leaf ORDER BY idx").fetchall()
        assert [idx for idx, *_ in leaves] == list(range(len(leaves)))
        self.leaves: list[tuple[bytes, bytes, bytes | None]] = [(data, salt, content) for _, data, salt, content in leaves]
        self.entries = [decode(data, Entry) for data, _, _ in self.leaves]

    def close(self) -> None:
        self._db.close()

    def everything(self, verifier: Verifier, receipts: Iterable[Receipt]) -> None:
        """Raises AssertionError, or log_broken, where something is missing or does not fit."""
        if isinstance(self._db, sqlite3.Connection):
            assert self._db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert self._db.execute("PRAGMA foreign_key_check").fetchall() == []
        self._log(verifier, list(receipts))
        self._operations()
        self._volumes()
        self._findings()
        self._told()

    def _log(self, verifier: Verifier, receipts: list[Receipt]) -> None:
        for entry, (data, salt, content) in zip(self.entries, self.leaves, strict=True):
            assert canonical(entry) == data
            assert content is None or opens(entry, salt, content)
        hashes = [merkle.leaf_hash(data) for data, _, _ in self.leaves]
        nodes: dict[tuple[int, int], bytes] = {}

        def get(level: int, index: int) -> bytes:
            return nodes[level, index]
        for size, hash_ in enumerate(hashes):
            nodes.update({(node.level, node.index): node.hash for node in merkle.append(size, hash_, get)})
        assert dict(self._db.execute("SELECT at, hash FROM subtree")) == {merkle.place(*of): hash_ for of, hash_ in nodes.items()}
        for receipt in receipts:
            head = verify_receipt(receipt, [verifier])
            assert merkle.root(head.size, get) == head.root  # the log still begins with what that checkpoint signed
            assert self.leaves[receipt.leaf][0] == canonical(receipt.entry)

    def operations(self) -> dict[tuple[str, int], Operation]:
        """Every version of every operation."""
        rows = self._db.execute("SELECT id, version, body FROM operation ORDER BY seq")
        return {(id_, version): decode(body.encode(), Operation) for id_, version, body in rows}

    def _operations(self) -> None:
        logged = {}
        for index, entry in enumerate(self.entries):
            if entry.kind == "operation" and entry.outcome == "accepted":
                content = self.leaves[index][2] or b""
                payload = base64.urlsafe_b64decode(content.split(b".")[1] + b"==") if entry.signed else content
                logged[entry.subject, entry.version] = (index, entry.signed, decode(payload, Operation))
        leaf = {(id_, version): (leaf, kid) for id_, version, leaf, kid in self._db.execute(
            "SELECT id, version, leaf, kid FROM operation")}
        stored = self.operations()
        assert {key: (*leaf[key], operation) for key, operation in stored.items()} == logged
        current = dict(self._db.execute("SELECT id, version FROM operation WHERE current = 1"))
        assert current == {id_: version for id_, version in sorted(stored)}  # noqa: C416  (the last version of each)

    def _volumes(self) -> None:
        held = dict(self._db.execute("SELECT operation, columns FROM volumes"))
        live = [(seq, operation) for seq, body in self._db.execute("SELECT seq, body FROM operation WHERE current = 1")
                if (operation := decode(body.encode(), Operation)).state in LIVE]
        assert held.keys() == {seq for seq, _ in live}
        for seq, operation in live:
            wanted, ours = Held(), Held()
            wanted.add(seq, kind_of(operation), of_shapes(shapes([v.outline for v in operation.volumes]), operation.volumes))
            ours.take([held[seq]], 1, len(ACTIVITIES))
            assert ours.words[:ours.size, FIRST:DEEP].tolist() == wanted.words[:wanted.size, FIRST:DEEP].tolist()
            corners = wanted.columns.first[wanted.size]
            assert ours.columns.first[ours.size] == corners
            np.testing.assert_array_equal(ours.columns.windows[:ours.size], wanted.columns.windows[:wanted.size])
            np.testing.assert_allclose(ours.columns.numbers[:ours.size, :CORE], wanted.columns.numbers[:wanted.size, :CORE],
                                       rtol=0, atol=1e-9)
            assert abs(ours.columns.points[:corners] - wanted.columns.points[:corners]).max() <= 1  # rounded otherwise

    def clashes(self) -> dict[str, frozenset[str]]:
        """The open clashes: the two operations of each, by its id."""
        return {id_: frozenset((one, other)) for id_, one, other in self._db.execute(
            "SELECT id, operation, other FROM finding WHERE closed_at IS NULL AND kind = 'clash'")}

    def _findings(self) -> None:
        opened = Counter(e.subject for e in self.entries if e.kind == "finding.opened")
        closed = Counter(e.subject for e in self.entries if e.kind == "finding.closed")
        rows = self._db.execute("SELECT id, body, closed_at FROM finding").fetchall()
        assert Counter(id_ for id_, _, _ in rows) == opened
        assert Counter(id_ for id_, _, at in rows if at is not None) == closed
        asks = [decode(body.encode(), Ask) for (body,) in self._db.execute("SELECT body FROM ask")]
        assert {a.id for a in asks} == {e.subject for e in self.entries if e.kind.startswith("ask.")}
        asked: dict[str, set[str]] = {}
        for ask in asks:
            asked.setdefault(ask.finding, set()).add(ask.of)
        for id_, body, _ in rows:
            finding = decode(body.encode(), Finding)
            assert set(finding.asks_of if finding.ask else ()) <= asked.get(id_, set())

    def _told(self) -> None:
        logged = Counter((entry.subject, type_, subject)
                         for entry, (_, _, content) in zip(self.entries, self.leaves, strict=True) if entry.kind == "told"
                         for type_, subject in msgspec.json.decode(content or b"[]"))
        assert Counter(self._db.execute("SELECT party, type, subject FROM event")) == logged
