"""Writing a store: what a job may do inside the one open transaction. What only one database can is in its adapter."""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from antalya.model.asks import Answer, Ask
from antalya.model.base import Noun
from antalya.model.errors import error
from antalya.model.findings import Finding, Opened
from antalya.model.parties import at_least
from antalya.model.understandings import Signature
from antalya.picture import Prepared, Stored, prepare
from antalya.ports import Kind, Remembered, Thing
from antalya.store.adopting import AdoptWriter
from antalya.store.bridging import BridgeWriter
from antalya.store.group import HOW_IT_STANDS, Group, Rows, tables
from antalya.store.leaves import LogWriter
from antalya.store.near import NearWriter
from antalya.store.past import PastWriter
from antalya.store.rows import STORED, Caches, kind_of, micros, stored_of, text_of
from antalya.store.utm import UtmWriter

_WAITING = frozenset({"open"})
_LASTING = frozenset({"granted", "granted-with-conditions"})


class SqlTransaction(NearWriter, UtmWriter, BridgeWriter, AdoptWriter, PastWriter, LogWriter):
    """`ports.Transaction` over the writer's connection. `put_rows`, `changed_rulebook` and `mark` say what to forget when it is
    undone; `saved`, whether it wrote anything yet, under a savepoint of its own. `group`: the same for all jobs of one
    transaction."""

    def __init__(self, connection: Any, caches: Caches, group: Group) -> None:
        super().__init__(connection, caches)
        self._group = group
        self.saved = False
        self.put_rows: list[int] = []
        self.changed_rulebook = False
        if not group.begun:
            group.begin(self._ask(HOW_IT_STANDS))
        caches.hot.current(self._rows, group)
        self.mark = caches.hot.mark()
        self._fresh: dict[str, Stored] = {}
        self._alone: set[str] = set()  # new operations about which nothing was found or asked yet
        self._found: dict[frozenset[str], list[Opened]] = {}

    @abstractmethod
    def save(self) -> None:
        """Sets the job's savepoint."""

    @abstractmethod
    def _write(self, into: str, rows: Sequence[Sequence[object]], otherwise: str) -> None:
        """Inserts rows, at least one: `into` is "table (columns)", `otherwise` an ON CONFLICT clause."""

    def _insert(self, into: str, rows: Sequence[Sequence[object]], otherwise: str = "") -> None:
        if rows:
            self._save()
            self._write(into, rows, otherwise)

    def _save(self) -> None:
        if not self.saved:
            self.save()
            self.saved = True

    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]:
        """Rows of a statement, once what waits to be written into its tables is."""
        if not self._group.later.keys().isdisjoint(tables(sql)):
            self._write_later()
        if not sql.startswith("SELECT"):
            self._save()
        return self._ask(sql, values)

    def _write_later(self) -> None:
        if waiting := [written for written in self._group.taken() if written[1]]:
            self._save()
            self._write_all(waiting)

    def _write_all(self, waiting: Sequence[tuple[str, Rows, str]]) -> None:
        """Inserts rows (as for `_write`) into one table after the other."""
        for into, rows, otherwise in waiting:
            self._write(into, rows, otherwise)

    def _meta(self, key: str) -> str:
        return self._group.meta[key]

    def set_last_at(self, at: datetime) -> None:
        self._group.meta["last_at"], self._group.moved = str(micros(at)), True

    def put_thing(self, kind: Kind, noun: Noun, owner: str, at: datetime) -> Thing:
        """A new version of a registry noun; the rulebook's version grows with it."""
        self.changed_rulebook = True
        id_: str = noun.id  # type: ignore[attr-defined]
        version = self._row("SELECT coalesce(max(version), 0) + 1 FROM thing WHERE kind = ? AND id = ?", (kind, id_))[0]
        self._rows("UPDATE thing SET current = 0 WHERE kind = ? AND id = ? AND current = 1", (kind, id_))
        self._insert("thing (kind, id, version, owner, body, at, current)",
                     [(kind, id_, version, owner, text_of(noun), micros(at), 1)])
        self._group.meta["rulebook_version"] = str(int(self._meta("rulebook_version")) + 1)
        self._rows("UPDATE meta SET value = ? WHERE key = 'rulebook_version'", (self._group.meta["rulebook_version"],))
        return Thing(kind, id_, version, owner, noun, at)

    def put_signature(self, signature: Signature) -> None:
        self._insert("signature (understanding, content_sha256, party, body)",
                     [(signature.understanding, signature.content_sha256, signature.party, text_of(signature))],
                     "ON CONFLICT (understanding, content_sha256, party) DO UPDATE SET body = excluded.body")

    def drop_signatures(self, understanding: str) -> None:
        """They are to be given again; the log keeps that they were."""
        self._rows("DELETE FROM signature WHERE understanding = ?", (understanding,))

    def put_operation(self, stored: Stored, takes_space: bool, subject: Prepared | None = None) -> None:
        """A new version, current from now on; in the index if it takes space and did not end before all that is there. `subject`:
        it, if it is prepared already."""
        operation, made = stored.operation, None if subject is None else subject.made
        old = None if stored.version == 1 else self._row("SELECT seq FROM operation WHERE id = ? AND current = 1",
                                                         (operation.id,))
        if old:
            self._rows("UPDATE operation SET current = 0 WHERE seq = ?", old)
            self._rows("DELETE FROM volumes WHERE operation = ?", old)
            self._rows("DELETE FROM released WHERE operation = ?", (operation.id,))
        seq, group = self._caches.hot.last + 1, self._group
        starts_at = micros(min(v.starts_at for v in operation.volumes))
        ends_at = micros(max(v.ends_at for v in operation.volumes))
        group.put_off("operation", "seq, id, version, party, state, starts_at, ends_at, filed_at, moved_at, first_filed_at, "
                      "movement, kid, leaf, body, current", "", [(
                          seq, operation.id, stored.version, operation.party, operation.state,
                          starts_at, ends_at, micros(stored.filed_at), micros(stored.moved_at),
                          micros(stored.first_filed_at), stored.movement,
                          stored.kid, stored.leaf, text_of(operation), 1)])
        group.waiting.add(operation.id)
        group.known.pop(operation.id, None)
        self.put_rows.append(seq)
        if released := [(party, operation.id) for party, level in operation.disclosure.items() if at_least(level, "envelope")]:
            group.put_off("released", "party, operation", "", released)
        if made is not None:
            self._columns = operation.volumes, made.columns
        columns = self._columns_of(operation.volumes) if takes_space and not self._is_past(ends_at) else None
        held = self._caches.hot.put(seq, old[0] if old else None, columns, kind_of(operation), group.meta.get("hot_since"))
        if columns is not None:
            group.put_off("volumes", "operation, columns", "", [(seq, held)])
            self._caches.prepared[seq] = subject._replace(made=None) if subject is not None else \
                prepare(operation, stored.moved_at, stored.first_filed_at, stored.version)
        self._fresh[operation.id] = stored
        if stored.version == 1:
            self._alone.add(operation.id)

    def foresee(self, ids: Iterable[str]) -> None:
        """Looks up operations that jobs of this transaction will ask for."""
        if wanted := dict.fromkeys(ids):
            self._group.known = dict.fromkeys(wanted) | self.operations_of(wanted)

    def operation(self, id: str, version: int | None = None) -> Stored | None:
        if version is None and id in self._fresh:
            return self._fresh[id]
        if version is None and id in self._group.known:
            return self._group.known[id]
        if version is None and id not in self._group.waiting:  # then those that wait need not be written first
            row = self._ask(STORED + "WHERE id = ? AND current = 1", (id,))
            return stored_of(row[0]) if row else None
        return super().operation(id, version)

    def operations_of(self, ids: Iterable[str]) -> dict[str, Stored]:
        wanted = list(ids)
        return ({id_: self._fresh[id_] for id_ in wanted if id_ in self._fresh}
                | super().operations_of(id_ for id_ in wanted if id_ not in self._fresh))

    def findings(self, *, operations: Iterable[str] | None = None, open_only: bool = True, seen_by: str | None = None,
                 limit: int | None = None) -> list[Opened]:
        """As a reader's; what is open is looked up once, until it changes."""
        if operations is None or not open_only or seen_by is not None or limit is not None:
            return super().findings(operations=operations, open_only=open_only, seen_by=seen_by, limit=limit)
        wanted = frozenset(operations) - self._alone
        if wanted and wanted not in self._found:
            self._found[wanted] = self._few(super().findings(operations=wanted))
        return list(self._found[wanted]) if wanted else []

    def asks(self, *, operations: Iterable[str] | None = None, **narrower: Any) -> list[Ask]:
        if operations is not None:
            operations = [id_ for id_ in operations if id_ not in self._alone]
        return super().asks(operations=operations, **narrower)

    def open_finding(self, finding: Finding, at: datetime) -> None:
        self._found.clear()
        self._alone -= {finding.operation, finding.other}
        self._rows("INSERT INTO finding (seq, id, kind, operation, other, site, opened_at, body) "
                   "VALUES ((SELECT coalesce(max(seq), 0) + 1 FROM finding), ?, ?, ?, ?, ?, ?, ?)",
                   (finding.id, finding.kind, finding.operation, finding.other, finding.site, micros(at), text_of(finding)))

    def close_finding(self, id: str, at: datetime, because: str) -> None:
        self._found.clear()
        self._rows("UPDATE finding SET closed_at = ?, closed_because = ? WHERE id = ? AND closed_at IS NULL",
                   (micros(at), because, id))

    def put_ask(self, ask: Ask) -> None:
        """Keeps an ask, new or changed, with the moment at which time alone will change it (deadline, or end of a yes)."""
        self._alone.discard(ask.operation)
        due = ask.deadline if ask.state in _WAITING else ask.valid_until if ask.state in _LASTING else None
        self._insert("ask (id, finding, operation, of_party, state, due_at, body)",
                     [(ask.id, ask.finding, ask.operation, ask.of, ask.state, None if due is None else micros(due),
                       text_of(ask))],
                     "ON CONFLICT (id) DO UPDATE SET state = excluded.state, due_at = excluded.due_at, body = excluded.body")

    def put_answer(self, answer: Answer, at: datetime) -> None:
        """Keeps an answer. Raises duplicate_id where an answer to whatever ask has that id."""
        if self._row("SELECT 1 FROM answer WHERE id = ?", (answer.id,)):
            raise error("duplicate_id", "an answer with that id exists", at="id")
        self._insert("answer (id, ask, party, at, body)",
                     [(answer.id, answer.ask, answer.party, micros(at), text_of(answer))])

    def add_event(self, party: str, type: str, subject: str, at: datetime) -> int:
        seq = self._group.event = self.last_event() + 1
        self._group.put_off("event", "seq, party, type, subject, at", "", [(seq, party, type, subject, micros(at))])
        return seq

    def last_event(self) -> int:
        return self._group.event

    def delivered(self, party: str, after: int, up_to: int, at: datetime) -> list[int]:
        """Marks a party's events after one and up to one as delivered; those that were not before."""
        rows = self._rows("UPDATE event SET delivered_at = ? WHERE party = ? AND seq > ? AND seq <= ? AND delivered_at IS NULL "
                          "RETURNING seq", (micros(at), party, after, up_to))
        return sorted(seq for (seq,) in rows)

    def remember(self, party: str, key: str, answer: Remembered, at: datetime) -> None:
        self._group.put_off("remembered", "party, key, request_sha256, response, at", "",
                            [(party, key, answer.request_sha256, answer.response, micros(at))])

    def spent(self, party: str, day: str, cells: Sequence[int]) -> tuple[int, frozenset[int]]:
        """As a reader's, out of memory unless another process wrote since."""
        known = self._caches.spent.get(party)
        if known is None or known[:2] != (day, self._caches.hot.others):
            rows = self._rows("SELECT cell FROM spent WHERE party = ? AND day = ?", (party, day))
            known = self._caches.spent[party] = day, self._caches.hot.others, {row[0] for row in rows}
        return len(known[2]), frozenset(known[2].intersection(cells))

    def spend(self, party: str, day: str, cells: Sequence[int]) -> None:
        if (known := self._caches.spent.get(party)) is not None and known[0] == day:
            known[2].update(cells)
        if cells:
            self._group.put_off("spent", "party, day, cell", "ON CONFLICT (party, day, cell) DO NOTHING",
                                [(party, day, cell) for cell in cells])

    def write_rest(self) -> None:
        """Writes what jobs left to be written for all of them; the last thing before the commit."""
        if waiting := self.rest():
            self._write_all(waiting)

    def rest(self) -> list[tuple[str, Rows, str]]:
        """What is left to be written (as for `_write`)."""
        self.saved = True  # there is nothing to go back to any more
        if self._group.moved:
            self._group.put_off("meta", "key, value", "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                                [("last_at", self._group.meta["last_at"])])
        return [written for written in self._group.taken() if written[1]]
