"""Writing the SQLite store: what a job may do inside the one open transaction."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime

import msgspec

from antalya.ledger.merkle import append, leaf_hash
from antalya.model.asks import Answer, Ask
from antalya.model.base import Noun
from antalya.model.errors import error
from antalya.model.findings import Finding
from antalya.model.parties import at_least
from antalya.model.understandings import Signature
from antalya.picture import Coverage, Stored
from antalya.ports import Kind, Remembered, Thing
from antalya.store.sqlite.reader import SqliteReader, micros

_encode = msgspec.json.Encoder().encode

_WAITING = frozenset({"open"})
_LASTING = frozenset({"granted", "granted-with-conditions"})


def _text(noun: object) -> str:
    return _encode(noun).decode()


class SqliteTransaction(SqliteReader):
    """`ports.Transaction` over the writer's connection."""

    def set_last_at(self, at: datetime) -> None:
        self._db.execute("UPDATE meta SET value = ? WHERE key = 'last_at'", (str(micros(at)),))

    def put_thing(self, kind: Kind, noun: Noun, owner: str, at: datetime) -> Thing:
        """A new version of a registry noun; the rulebook's version grows with it."""
        id_: str = noun.id  # type: ignore[attr-defined]
        version = self._db.execute("SELECT coalesce(max(version), 0) + 1 FROM thing WHERE kind = ? AND id = ?",
                                   (kind, id_)).fetchone()[0]
        self._db.execute("UPDATE thing SET current = 0 WHERE kind = ? AND id = ? AND current = 1", (kind, id_))
        self._db.execute("INSERT INTO thing (kind, id, version, owner, body, at, current) VALUES (?, ?, ?, ?, ?, ?, 1)",
                         (kind, id_, version, owner, _text(noun), micros(at)))
        self._db.execute("UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'rulebook_version'")
        return Thing(kind, id_, version, owner, noun, at)

    def put_signature(self, signature: Signature) -> None:
        self._db.execute("INSERT OR REPLACE INTO signature (understanding, content_sha256, party, body) VALUES (?, ?, ?, ?)",
                         (signature.understanding, signature.content_sha256, signature.party, _text(signature)))

    def put_operation(self, stored: Stored, coverage: Coverage | None) -> None:
        """A new version, current from now on; in the index where `coverage` says (None: it takes no space any more)."""
        operation = stored.operation
        old = self._db.execute("SELECT seq FROM operation WHERE id = ? AND current = 1", (operation.id,)).fetchone()
        if old:
            self._db.execute("UPDATE operation SET current = 0 WHERE seq = ?", old)
            self._db.execute("DELETE FROM cell WHERE operation = ?", old)
        cursor = self._db.execute(
            "INSERT INTO operation (id, version, party, state, starts_at, ends_at, filed_at, moved_at, first_filed_at, "
            "movement, kid, leaf, body, current) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (operation.id, stored.version, operation.party, operation.state,
             micros(min(v.starts_at for v in operation.volumes)), micros(max(v.ends_at for v in operation.volumes)),
             micros(stored.filed_at), micros(stored.moved_at), micros(stored.first_filed_at), stored.movement, stored.kid,
             stored.leaf, _text(operation)))
        self._db.execute("DELETE FROM released WHERE operation = ?", (operation.id,))
        self._db.executemany("INSERT INTO released (party, operation) VALUES (?, ?)",
                             [(party, operation.id) for party, level in operation.disclosure.items()
                              if at_least(level, "envelope")])
        if coverage is not None:
            seq, window = cursor.lastrowid, (micros(coverage.starts_at), micros(coverage.ends_at))
            self._db.executemany(
                "INSERT INTO cell (cell, operation, starts_at, ends_at, lower_m, upper_m) VALUES (?, ?, ?, ?, ?, ?)",
                [(cell, seq, *window, coverage.lower_m, coverage.upper_m) for cell in coverage.cells])

    def drop_from_index(self, before: datetime) -> list[str]:
        """Takes operations that ended before a moment out of the index (they stay in store and log); their ids."""
        rows = self._db.execute("SELECT DISTINCT o.seq, o.id FROM operation o JOIN cell c ON c.operation = o.seq "
                                "WHERE o.current = 1 AND o.ends_at < ?", (micros(before),)).fetchall()
        self._db.executemany("DELETE FROM cell WHERE operation = ?", [(seq,) for seq, _ in rows])
        return [id_ for _, id_ in rows]

    def open_finding(self, finding: Finding, at: datetime) -> None:
        self._db.execute("INSERT INTO finding (id, kind, operation, other, site, opened_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
                         (finding.id, finding.kind, finding.operation, finding.other, finding.site, micros(at), _text(finding)))

    def close_finding(self, id: str, at: datetime, because: str) -> None:
        self._db.execute("UPDATE finding SET closed_at = ?, closed_because = ? WHERE id = ? AND closed_at IS NULL",
                         (micros(at), because, id))

    def put_ask(self, ask: Ask) -> None:
        """Keeps an ask, new or changed, with the moment at which time alone will change it (deadline, or end of a yes)."""
        due = ask.deadline if ask.state in _WAITING else ask.valid_until if ask.state in _LASTING else None
        self._db.execute("INSERT INTO ask (id, finding, operation, of_party, state, due_at, body) VALUES (?, ?, ?, ?, ?, ?, ?) "
                         "ON CONFLICT (id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at, body = excluded.body",
                         (ask.id, ask.finding, ask.operation, ask.of, ask.state, None if due is None else micros(due),
                          _text(ask)))

    def put_answer(self, answer: Answer, at: datetime) -> None:
        """Keeps an answer. Raises duplicate_id where an answer to whatever ask has that id."""
        try:
            self._db.execute("INSERT INTO answer (id, ask, party, at, body) VALUES (?, ?, ?, ?, ?)",
                             (answer.id, answer.ask, answer.party, micros(at), _text(answer)))
        except sqlite3.IntegrityError as failure:
            if failure.sqlite_errorcode != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY:
                raise
            raise error("duplicate_id", "an answer with that id exists", at="id") from None

    def add_event(self, party: str, type: str, subject: str, at: datetime) -> int:
        cursor = self._db.execute("INSERT INTO event (party, type, subject, at) VALUES (?, ?, ?, ?)",
                                  (party, type, subject, micros(at)))
        return int(cursor.lastrowid or 0)

    def delivered(self, party: str, up_to: int, at: datetime) -> list[int]:
        """Marks a party's events up to one as delivered; those that were not before."""
        rows = self._db.execute("UPDATE event SET delivered_at = ? WHERE party = ? AND seq <= ? AND delivered_at IS NULL "
                                "RETURNING seq", (micros(at), party, up_to)).fetchall()
        return sorted(seq for (seq,) in rows)

    def append_leaf(self, data: bytes, salt: bytes, content: bytes | None) -> int:
        """Appends a leaf and the perfect subtrees it completes; its index."""
        index = self.log_size()
        self._db.execute("INSERT INTO leaf (idx, data, salt, content) VALUES (?, ?, ?, ?)", (index, data, salt, content))
        nodes = append(index, leaf_hash(data), self.node)
        self._db.executemany("INSERT INTO node (level, idx, hash) VALUES (?, ?, ?)",
                             [(node.level, node.index, node.hash) for node in nodes])
        return index

    def remember(self, party: str, key: str, answer: Remembered, at: datetime) -> None:
        self._db.execute("INSERT INTO remembered (party, key, request_sha256, response, at) VALUES (?, ?, ?, ?, ?)",
                         (party, key, answer.request_sha256, answer.response, micros(at)))

    def spend(self, party: str, day: str, cells: Sequence[int]) -> None:
        self._db.executemany("INSERT OR IGNORE INTO spent (party, day, cell) VALUES (?, ?, ?)",
                             [(party, day, cell) for cell in cells])
