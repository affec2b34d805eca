"""Reading the SQLite store: one snapshot, SQL and decoding, nothing decided."""

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from antalya.model.asks import Answer, Ask
from antalya.model.errors import error
from antalya.model.findings import Finding, Opened
from antalya.model.operations import Operation
from antalya.model.parties import Force, Party, Stance
from antalya.model.places import Area, Control, Site
from antalya.model.understandings import Signature, Understanding
from antalya.picture import Coverage, Prepared, Rulebook, Stored, prepare
from antalya.ports import Event, Kind, Leaf, Remembered, Thing

NOUNS: dict[Kind, type] = {"party": Party, "force": Force, "area": Area, "stance": Stance, "control": Control, "site": Site,
                           "understanding": Understanding}
_DECODERS: dict[Kind, Any] = {kind: msgspec.json.Decoder(noun) for kind, noun in NOUNS.items()}
_OPERATION = msgspec.json.Decoder(Operation)
_FINDING = msgspec.json.Decoder(Finding)
_ASK = msgspec.json.Decoder(Ask)
_ANSWER = msgspec.json.Decoder(Answer)
_SIGNATURE = msgspec.json.Decoder(Signature)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_STORED = ("SELECT seq, version, filed_at, moved_at, first_filed_at, movement, kid, leaf, body, current, id FROM operation ")

# What a party may have something to see of; `steps.disclose` decides what.
_SEEN_OPERATION = """(party = ?
  OR id IN (SELECT operation FROM released WHERE party IN (?, '*'))
  OR id IN (SELECT operation FROM ask WHERE of_party = ? AND state <> 'closed')
  OR id IN (SELECT f.other FROM finding f JOIN operation o ON o.id = f.operation AND o.current = 1
            WHERE o.party = ? AND f.closed_at IS NULL AND f.other IS NOT NULL)
  OR id IN (SELECT f.operation FROM finding f JOIN operation o ON o.id = f.other AND o.current = 1
            WHERE o.party = ? AND f.closed_at IS NULL))"""
_SEEN_FINDING = """(operation IN (SELECT id FROM operation WHERE current = 1 AND party = ?)
  OR other IN (SELECT id FROM operation WHERE current = 1 AND party = ?)
  OR id IN (SELECT finding FROM ask WHERE of_party = ?)
  OR site IN (SELECT id FROM thing WHERE kind = 'site' AND current = 1 AND owner = ?))"""


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970-01-01Z."""
    return (moment - _EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """The inverse of `micros`."""
    return _EPOCH + timedelta(microseconds=value)


def marks(values: Sequence[object]) -> str:
    """Question marks for an IN list."""
    return ",".join("?" * len(values))


def newest(db: sqlite3.Connection) -> tuple[int, int]:
    """The row of the operation version stored last (0: none), and the rulebook's version."""
    row, version = db.execute("SELECT (SELECT coalesce(max(seq), 0) FROM operation), "
                              "(SELECT value FROM meta WHERE key = 'rulebook_version')").fetchone()
    return row, int(version)


class Caches:
    """What a line of readers or writers keeps between snapshots: the rulebook by its version, prepared operations by row.

    Rows are never changed but for `current`, so a prepared operation stays right; what a rollback takes back is forgotten,
    since its row and version numbers are given again.
    """

    def __init__(self, most: int = 50_000) -> None:
        self.rulebook: Rulebook | None = None
        self.prepared: dict[int, Prepared] = {}
        self.most = most

    def clear(self) -> None:
        self.rulebook = None
        self.prepared.clear()

    def forget(self, kept: tuple[int, int], lost: tuple[int, int]) -> None:
        """After a rollback from `lost` back to `kept` (both as `newest` has them)."""
        if self.rulebook is not None and self.rulebook.version > kept[1]:
            self.rulebook = None
        for row in range(kept[0] + 1, lost[0] + 1):
            self.prepared.pop(row, None)


class SqliteReader:
    """`ports.Reader` over one connection inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, caches: Caches) -> None:
        self._db, self._caches = connection, caches

    # the rulebook and what it is made of

    def rulebook(self) -> Rulebook:
        version = int(self._meta("rulebook_version"))
        kept = self._caches.rulebook
        if kept is None or kept.version != version:
            held: dict[str, dict[str, object]] = {kind: {} for kind in NOUNS}
            for kind, id_, body in self._db.execute(
                    "SELECT kind, id, body FROM thing WHERE current = 1 AND kind <> 'control' ORDER BY kind, id"):
                held[kind][id_] = _DECODERS[kind].decode(body)
            kept = Rulebook(version, held["party"], held["force"], held["area"], held["site"],  # type: ignore[arg-type]
                            held["stance"], held["understanding"])  # type: ignore[arg-type]
            self._caches.rulebook = kept
        return kept

    def _meta(self, key: str) -> str:
        return str(self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()[0])

    def last_at(self) -> datetime:
        return instant(int(self._meta("last_at")))

    def thing(self, kind: Kind, id: str) -> Thing | None:
        found = self._things("kind = ? AND id = ? AND current = 1", (kind, id))
        return found[0] if found else None

    def things(self, kind: Kind) -> list[Thing]:
        return self._things("kind = ? AND current = 1 ORDER BY id", (kind,))

    def versions_of(self, kind: Kind, id: str) -> list[Thing]:
        return self._things("kind = ? AND id = ? ORDER BY version", (kind, id))

    def _things(self, where: str, values: tuple[object, ...]) -> list[Thing]:
        rows = self._db.execute(f"SELECT kind, id, version, owner, body, at FROM thing WHERE {where}", values)  # noqa: S608
        return [Thing(k, i, v, o, _DECODERS[k].decode(b), instant(at)) for k, i, v, o, b, at in rows]

    def signatures(self, understanding: str) -> list[Signature]:
        rows = self._db.execute("SELECT body FROM signature WHERE understanding = ? ORDER BY party", (understanding,))
        return [_SIGNATURE.decode(body) for (body,) in rows]

    # operations

    def operation(self, id: str, version: int | None = None) -> Stored | None:
        if version is None:
            row = self._db.execute(_STORED + "WHERE id = ? AND current = 1", (id,)).fetchone()
        else:
            row = self._db.execute(_STORED + "WHERE id = ? AND version = ?", (id, version)).fetchone()
        return self._stored(row) if row else None

    def operations_of(self, ids: Iterable[str]) -> dict[str, Stored]:
        found = {}
        for part in _parts(ids):
            for row in self._db.execute(_STORED + f"WHERE current = 1 AND id IN ({marks(part)})", part):
                found[row[10]] = self._stored(row)
        return found

    def operation_versions(self, id: str) -> list[Stored]:
        return [self._stored(row) for row in self._db.execute(_STORED + "WHERE id = ? ORDER BY version", (id,))]

    def operations(self, starts_at: datetime | None, ends_at: datetime | None, *, seen_by: str | None = None, after: int = 0,
                   limit: int = 1000) -> list[tuple[int, Stored]]:
        where: list[str] = ["current = 1", "seq > ?"]
        values: list[object] = [after]
        if starts_at is not None:
            where.append("ends_at >= ?")
            values.append(micros(starts_at))
        if ends_at is not None:
            where.append("starts_at < ?")
            values.append(micros(ends_at))
        if seen_by is not None:
            where.append(_SEEN_OPERATION)
            values += [seen_by] * 5
        rows = self._db.execute(_STORED + f"WHERE {' AND '.join(where)} ORDER BY seq LIMIT ?", [*values, limit])
        return [(row[0], self._stored(row)) for row in rows]

    def _stored(self, row: tuple[object, ...]) -> Stored:
        _, version, filed, moved, first, movement, kid, leaf, body, current, _ = row
        return Stored(_OPERATION.decode(body), version, instant(filed), instant(moved),  # type: ignore[arg-type]
                      instant(first), movement, kid, leaf, bool(current))  # type: ignore[arg-type]

    def candidates(self, coverage: Coverage) -> list[Prepared]:
        """Operations in the index that share a cell (or an ancestor or descendant of one), window and band."""
        from antalya.geometry.cells import ancestors, cell_range  # here: keeps the store's import cheap for tools
        window = (micros(coverage.starts_at), micros(coverage.ends_at), coverage.lower_m, coverage.upper_m)
        found: set[int] = set()
        near = "AND ends_at >= ? AND starts_at <= ? AND upper_m >= ? AND lower_m <= ?"
        for part in _parts(ancestors(coverage.cells)):
            rows = self._db.execute(f"SELECT operation FROM cell WHERE cell IN ({marks(part)}) {near}",  # noqa: S608
                                    (*part, *window))
            found.update(row[0] for row in rows)
        for cell in coverage.cells:
            rows = self._db.execute(f"SELECT operation FROM cell WHERE cell BETWEEN ? AND ? {near}",  # noqa: S608
                                    (*cell_range(cell), *window))
            found.update(row[0] for row in rows)
        return self._prepare(sorted(found))

    def _prepare(self, rows: list[int]) -> list[Prepared]:
        kept = self._caches.prepared
        found = {seq: known for seq in rows if (known := kept.get(seq)) is not None}  # another thread may clear it meanwhile
        for part in _parts(seq for seq in rows if seq not in found):
            for row in self._db.execute(_STORED + f"WHERE seq IN ({marks(part)})", part):
                stored = self._stored(row)
                found[row[0]] = prepare(stored.operation, stored.moved_at, stored.first_filed_at, stored.version)
        if len(kept) + len(found) > self._caches.most:
            kept.clear()
        kept.update(found)
        return [found[seq] for seq in rows]

    def live_operations(self, ends_after: datetime) -> list[str]:
        rows = self._db.execute("SELECT id FROM operation WHERE current = 1 AND ends_at >= ? "
                                "AND state NOT IN ('withdrawn', 'ended') ORDER BY seq", (micros(ends_after),))
        return [row[0] for row in rows]

    # findings, asks, answers

    def findings(self, *, operations: Iterable[str] | None = None, open_only: bool = True, seen_by: str | None = None,
                 limit: int = 100_000) -> list[Opened]:
        shut = "AND closed_at IS NULL" if open_only else ""
        seen, values = (f"AND {_SEEN_FINDING}", [seen_by] * 4) if seen_by is not None else ("", [])
        if operations is None:
            rows = self._opened(f"WHERE 1 {seen} {shut} ORDER BY seq DESC LIMIT ?", [*values, limit])
            return [opened for _, opened in reversed(rows)]
        found: dict[int, Opened] = {}
        for part in _parts(operations):
            for column in ("operation", "other"):
                found.update(self._opened(f"WHERE {column} IN ({marks(part)}) {seen} {shut}", [*part, *values]))
        return [found[seq] for seq in sorted(found)][-limit:]

    def _opened(self, where: str, values: Sequence[object]) -> list[tuple[int, Opened]]:
        rows = self._db.execute("SELECT seq, body, opened_at, closed_at, closed_because FROM finding " + where,  # noqa: S608
                                values)
        return [(seq, Opened(finding=_FINDING.decode(body), opened_at=instant(opened),
                             closed_at=None if closed is None else instant(closed), closed_because=because))
                for seq, body, opened, closed, because in rows]

    def finding(self, id: str) -> Opened | None:
        rows = self._opened("WHERE id = ? ORDER BY seq DESC LIMIT 1", (id,))
        return rows[0][1] if rows else None

    def findings_of(self, ids: Iterable[str]) -> dict[str, Opened]:
        found = {}
        for part in _parts(ids):
            for _, opened in self._opened(f"WHERE id IN ({marks(part)}) ORDER BY seq", part):
                found[opened.finding.id] = opened
        return found

    def ask(self, id: str) -> Ask | None:
        row = self._db.execute("SELECT body FROM ask WHERE id = ?", (id,)).fetchone()
        return _ASK.decode(row[0]) if row else None

    def asks(self, *, finding: str | None = None, findings: Iterable[str] | None = None, operations: Iterable[str] | None = None,
             seen_by: str | None = None, state: str | None = None) -> list[Ask]:
        where, values = ["1"], list[object]()
        if finding is not None:
            where.append("finding = ?")
            values.append(finding)
        if seen_by is not None:
            where.append("(of_party = ? OR operation IN (SELECT id FROM operation WHERE current = 1 AND party = ?))")
            values += [seen_by, seen_by]
        if state is not None:
            where.append("state = ?")
            values.append(state)
        column, wanted = ("finding", findings) if findings is not None else ("operation", operations)
        found = []
        for part in [None] if wanted is None else _parts(wanted):
            among = f"AND {column} IN ({marks(part)})" if part is not None else ""
            rows = self._db.execute(f"SELECT body FROM ask WHERE {' AND '.join(where)} {among} ORDER BY id",  # noqa: S608
                                    [*values, *(part or [])])
            found += [_ASK.decode(body) for (body,) in rows]
        return found

    def over(self, before: datetime) -> bool:
        """Whether anything in the index ended before a moment."""
        return self._db.execute("SELECT 1 FROM cell WHERE ends_at < ? LIMIT 1", (micros(before),)).fetchone() is not None

    def asks_due(self, now: datetime) -> list[Ask]:
        rows = self._db.execute("SELECT body FROM ask WHERE due_at <= ? ORDER BY due_at, id", (micros(now),))
        return [_ASK.decode(body) for (body,) in rows]

    def answers(self, asks: Iterable[str]) -> list[Answer]:
        found = []
        for part in _parts(asks):
            rows = self._db.execute(f"SELECT body FROM answer WHERE ask IN ({marks(part)}) ORDER BY at, id", part)  # noqa: S608
            found += [_ANSWER.decode(body) for (body,) in rows]
        return found

    # who was told what, the log, what is remembered

    def events(self, party: str | None, after: int = 0, limit: int = 1000) -> list[Event]:
        where, values = ("party = ? AND ", [party]) if party is not None else ("", [])
        rows = self._db.execute("SELECT seq, party, type, subject, at, delivered_at FROM event "  # noqa: S608
                                f"WHERE {where} seq > ? ORDER BY seq LIMIT ?", [*values, after, limit])
        return [Event(s, p, t, what, instant(at), None if d is None else instant(d)) for s, p, t, what, at, d in rows]

    def last_event(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0])

    def last_delivered(self, party: str) -> int:
        """The party's last event before the first undelivered one."""
        row = self._db.execute("SELECT coalesce((SELECT min(seq) - 1 FROM event WHERE party = ? AND delivered_at IS NULL), "
                               "(SELECT max(seq) FROM event WHERE party = ?), 0)", (party, party)).fetchone()
        return int(row[0])

    def leaf(self, index: int) -> Leaf | None:
        found = self.leaves(index, 1)
        return found[0] if found and found[0].index == index else None

    def leaves(self, start: int, limit: int) -> list[Leaf]:
        rows = self._db.execute("SELECT idx, data, salt, content FROM leaf WHERE idx >= ? ORDER BY idx LIMIT ?", (start, limit))
        return [Leaf(*row) for row in rows]

    def log_size(self) -> int:
        return int(self._db.execute("SELECT coalesce(max(idx) + 1, 0) FROM leaf").fetchone()[0])

    def node(self, level: int, index: int) -> bytes:
        row = self._db.execute("SELECT hash FROM node WHERE level = ? AND idx = ?", (level, index)).fetchone()
        if row is None:
            raise error("log_broken", f"the log has no node {index} at level {level}")
        return bytes(row[0])

    def remembered(self, party: str, key: str) -> Remembered | None:
        row = self._db.execute("SELECT request_sha256, response FROM remembered WHERE party = ? AND key = ?",
                               (party, key)).fetchone()
        return Remembered(*row) if row else None

    def spent(self, party: str, day: str, cells: Sequence[int]) -> tuple[int, frozenset[int]]:
        total = self._db.execute("SELECT count(*) FROM spent WHERE party = ? AND day = ?", (party, day)).fetchone()[0]
        held: set[int] = set()
        for part in _parts(cells):
            rows = self._db.execute("SELECT cell FROM spent WHERE party = ? AND day = ? "  # noqa: S608
                                    f"AND cell IN ({marks(part)})", (party, day, *part))
            held.update(row[0] for row in rows)
        return int(total), frozenset(held)


def _parts(values: Iterable[object], size: int = 500) -> Iterable[list[object]]:
    """Lists of at most `size`, so that no IN list grows beyond SQLite's limit."""
    part: list[object] = []
    for value in values:
        part.append(value)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part
