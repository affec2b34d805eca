"""Reading a store: one snapshot of a relational database, nothing decided. What only one database can is in its adapter.

The statements here are those that SQLite and PostgreSQL (and what speaks its language) understand alike, with `?` for a
value; a column's being one of many is `AMONG`, for one value that `_list` makes of them. Texts are put in order here and not
by the database, whose order of texts may be a language's.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, ClassVar, Literal

from antalya.model.asks import Answer, Ask
from antalya.model.findings import Opened
from antalya.model.understandings import Signature
from antalya.picture import Prepared, Rulebook, Stored
from antalya.ports import Event, Kind, Remembered, Thing
from antalya.store.adopting import AdoptReader
from antalya.store.bridging import BridgeReader
from antalya.store.leaves import LogReader
from antalya.store.past import PastReader
from antalya.store.rows import (
    EVENT,
    OPENED,
    PREPARED,
    SEEN_ASK,
    SEEN_FINDING,
    STORED,
    THING,
    Caches,
    all_of,
    answer_of,
    ask_of,
    event_of,
    instant,
    micros,
    opened_of,
    prepared_of,
    rulebook_of,
    signature_of,
    stored_of,
    text_of,
    thing_of,
)
from antalya.store.utm import UtmReader

_VERSIONS = 20
"""So many versions of an operation are read at once: how long they are is seen then."""


class SqlReader(UtmReader, BridgeReader, AdoptReader, PastReader, LogReader, ABC):
    """`ports.Reader` over one connection inside one transaction."""

    AMONG: ClassVar[str]
    """After a column's name: its being one of the values of a list."""

    def __init__(self, connection: Any, caches: Caches) -> None:
        self._db, self._caches = connection, caches

    @abstractmethod
    def _ask(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows the database gives for a statement."""

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows of a statement."""
        return self._ask(sql, values)

    @abstractmethod
    def _list(self, values: Iterable[object]) -> object:
        """Values, however many, as the one value that AMONG wants."""

    def _row(self, sql: str, values: Sequence[object] = ()) -> Any:
        found = self._rows(sql, values)
        return found[0] if found else None

    def _of(self, sql: str, ids: Iterable[object], *before: object) -> list[Any]:
        """The rows of a statement that ends in a column that has to be one of `ids`; `before`: the values it asks for before."""
        wanted = list(ids)
        return self._rows(sql + self.AMONG, (*before, self._list(wanted))) if wanted else []

    # the rulebook and what it is made of

    def rulebook(self) -> Rulebook:
        version = int(self._meta("rulebook_version"))
        kept = self._caches.rulebook
        if kept is None or kept.version != version:
            kept = rulebook_of(version, self._rows("SELECT kind, id, body FROM thing WHERE current = 1 AND kind <> 'control'"))
            self._caches.rulebook = kept
        return kept

    def _meta(self, key: str) -> str:
        return str(self._row("SELECT value FROM meta WHERE key = ?", (key,))[0])

    def last_at(self) -> datetime:
        return instant(int(self._meta("last_at")))

    def thing(self, kind: Kind, id: str) -> Thing | None:
        row = self._row(THING + "WHERE kind = ? AND id = ? AND current = 1", (kind, id))
        return thing_of(row) if row else None

    def things(self, kind: Kind) -> list[Thing]:
        return sorted(map(thing_of, self._rows(THING + "WHERE kind = ? AND current = 1", (kind,))), key=lambda thing: thing.id)

    def versions_of(self, kind: Kind, id: str) -> list[Thing]:
        return [thing_of(row) for row in self._rows(THING + "WHERE kind = ? AND id = ? ORDER BY version", (kind, id))]

    def signatures(self, understanding: str) -> list[Signature]:
        rows = self._rows("SELECT party, body FROM signature WHERE understanding = ?", (understanding,))
        return [signature_of(body) for _, body in sorted(rows)]

    # operations

    def operation(self, id: str, version: int | None = None) -> Stored | None:
        row = self._row(STORED + "WHERE id = ? AND current = 1", (id,)) if version is None else \
            self._row(STORED + "WHERE id = ? AND version = ?", (id, version))
        return stored_of(row) if row else None

    def operations_of(self, ids: Iterable[str]) -> dict[str, Stored]:
        rows = self._of(STORED + "WHERE current = 1 AND id ", ids)
        return {stored.operation.id: stored for stored in map(stored_of, rows)}

    def operation_versions(self, id: str, after: int = 0, limit: int = 1_000, most: int = 1_000_000) -> list[Stored]:
        """Versions after one, in order: at most `limit`, and no more than have `most` characters, but one at least."""
        found, characters = list[Stored](), 0
        while (wanted := min(limit - len(found), _VERSIONS)) > 0:
            rows = self._rows(STORED + "WHERE id = ? AND version > ? ORDER BY version LIMIT ?", (id, after, wanted))
            for row in rows:
                characters += len(row[8])
                if found and characters > most:
                    return found
                found.append(stored_of(row))
            if len(rows) < wanted:
                break
            after = found[-1].version
        return found

    def _prepared(self, rows: Sequence[int], without: str | None = None) -> list[Prepared]:
        """The operations of some rows, ready to be checked; without a party's, which are not even read."""
        kept = self._caches.prepared
        found = {seq: known for seq in rows if (known := kept.get(seq)) is not None}  # another thread may clear it meanwhile
        new = [seq for seq in rows if seq not in found]
        found |= {row[0]: prepared_of(row) for row in self._of(PREPARED + "WHERE party <> ? AND seq ", new, without or "")}
        if len(kept) + len(found) > self._caches.most:
            kept.clear()
        kept.update(found)
        if without is None:
            return [found[seq] for seq in rows]
        return [p for seq in rows if (p := found.get(seq)) is not None and p.operation.party != without]

    # findings, asks, answers

    def findings(self, *, operations: Iterable[str] | None = None, open_only: bool = True, seen_by: str | None = None,
                 limit: int | None = None) -> list[Opened]:
        limit = sys.maxsize if limit is None else limit
        shut = "closed_at IS NULL" if open_only else "TRUE"
        seen, values = (SEEN_FINDING, [seen_by] * 4) if seen_by is not None else ("TRUE", [])
        if operations is None:
            rows = self._rows(OPENED + f"WHERE {seen} AND {shut} ORDER BY seq DESC LIMIT ?", [*values, limit])
            return [opened_of(row) for row in reversed(rows)]
        if not (wanted := list(operations)):
            return []
        sides = [OPENED + f"WHERE {column} {self.AMONG} AND {seen} AND {shut}" for column in ("operation", "other")]
        found = {row[0]: row for row in self._rows(" UNION ALL ".join(sides), [self._list(wanted), *values] * 2)}
        return [opened_of(found[seq]) for seq in sorted(found)[-limit:]]

    def findings_under(self, what: Literal["understanding", "site"], id: str) -> list[Opened]:
        """What is open because of an understanding, for which all that is open is looked through, or a site."""
        if what == "site":
            return [opened_of(row) for row in self._rows(OPENED + "WHERE site = ? AND closed_at IS NULL ORDER BY seq", (id,))]
        wanted = f'"understanding":{text_of(id)}'
        for special in "!%_":
            wanted = wanted.replace(special, "!" + special)
        rows = self._rows(OPENED + "WHERE closed_at IS NULL AND body LIKE ? ESCAPE '!' ORDER BY seq", (f"%{wanted}%",))
        return [found for found in map(opened_of, rows) if found.finding.understanding == id]

    def finding(self, id: str) -> Opened | None:
        row = self._row(OPENED + "WHERE id = ? ORDER BY seq DESC LIMIT 1", (id,))
        return opened_of(row) if row else None

    def findings_of(self, ids: Iterable[str]) -> dict[str, Opened]:
        rows = sorted(self._of(OPENED + "WHERE id ", ids), key=itemgetter(0))
        return {opened.finding.id: opened for opened in map(opened_of, rows)}

    def ask(self, id: str) -> Ask | None:
        row = self._row("SELECT body FROM ask WHERE id = ?", (id,))
        return ask_of(row[0]) if row else None

    def asks(self, *, finding: str | None = None, findings: Iterable[str] | None = None, operations: Iterable[str] | None = None,
             seen_by: str | None = None, state: str | None = None, before: str | None = None,
             limit: int | None = None) -> list[Ask]:
        """In the order of their ids, which is that of time; `limit`: the last so many, `before` an id."""
        parts: list[tuple[str, list[object]]] = [("TRUE", [])]
        if finding is not None:
            parts.append(("finding = ?", [finding]))
        if seen_by is not None:
            parts.append((SEEN_ASK, [seen_by, seen_by]))
        if state is not None:
            parts.append(("state = ?", [state]))
        if before is not None:
            parts.append(("id < ?", [before]))
        for column, wanted in (("finding", findings), ("operation", operations)):
            if wanted is not None:
                if not (among := list(wanted)):
                    return []
                parts.append((f"{column} {self.AMONG}", [self._list(among)]))
        where, values = all_of(parts)
        if limit is not None:
            where, values = where + " ORDER BY id DESC LIMIT ?", [*values, limit]
        return [ask_of(body) for _, body in sorted(self._rows("SELECT id, body FROM ask WHERE " + where, values))]  # noqa: S608

    def asks_due(self, now: datetime) -> list[Ask]:
        rows = self._rows("SELECT due_at, id, body FROM ask WHERE due_at <= ?", (micros(now),))
        return [ask_of(body) for _, _, body in sorted(rows)]

    def answers(self, asks: Iterable[str]) -> list[Answer]:
        rows = self._of("SELECT at, id, body FROM answer WHERE ask ", asks)
        return [answer_of(body) for _, _, body in sorted(rows)]

    # who was told what, what is remembered

    def events(self, party: str | None, after: int = 0, limit: int = 1000) -> list[Event]:
        of, values = ("party = ? AND", [party]) if party is not None else ("", [])
        rows = self._rows(EVENT + f"WHERE {of} seq > ? ORDER BY seq LIMIT ?", [*values, after, limit])
        return [event_of(row) for row in rows]

    def latest_events(self, party: str | None, limit: int) -> list[Event]:
        """The last so many of a party (None: of all), in order."""
        of, values = ("WHERE party = ? ", [party]) if party is not None else ("", [])
        rows = self._rows(EVENT + of + "ORDER BY seq DESC LIMIT ?", [*values, limit])
        return [event_of(row) for row in reversed(rows)]

    def last_event(self) -> int:
        return int(self._row("SELECT coalesce(max(seq), 0) FROM event")[0])

    def last_delivered(self, party: str) -> int:
        """The party's last event before the first undelivered one."""
        row = self._row("SELECT coalesce((SELECT min(seq) - 1 FROM event WHERE party = ? AND delivered_at IS NULL), "
                        "(SELECT max(seq) FROM event WHERE party = ?), 0)", (party, party))
        return int(row[0])

    def remembered(self, party: str, key: str) -> Remembered | None:
        row = self._row("SELECT request_sha256, response FROM remembered WHERE party = ? AND key = ?", (party, key))
        return Remembered(*row) if row else None

    def spent(self, party: str, day: str, cells: Sequence[int]) -> tuple[int, frozenset[int]]:
        total = self._row("SELECT count(*) FROM spent WHERE party = ? AND day = ?", (party, day))[0]
        held = self._rows("SELECT cell FROM spent WHERE party = ? AND day = ? AND cell " + self.AMONG,  # noqa: S608
                          (party, day, self._list(cells)))
        return int(total), frozenset(row[0] for row in held)
