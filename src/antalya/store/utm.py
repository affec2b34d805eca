"""F3548-21 in a store: statements that SQLite and PostgreSQL understand alike, nothing decided."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, ClassVar

from antalya.model.coordination import Answered, Availabilities, Extent, Kind, PlacedKind, Reference, ReferenceKind, Watch
from antalya.store.rows import Row, instant, micros

_REFERENCE = ("SELECT r.kind, r.id, r.manager, r.version, r.ovn, r.state, r.starts_at, r.ends_at, r.lower_m, r.upper_m, "
              "r.uss_base_url, r.subscription, coalesce(a.state, 'Unknown') FROM utm_reference r "
              "LEFT JOIN utm_availability a ON a.uss = r.manager ")
_WATCH = "id, manager, version, notification_index, starts_at, ends_at, uss_base_url, intents, constraints, implicit"
_WANTS: dict[ReferenceKind, str] = {"intent": "intents = 1", "constraint": "constraints = 1"}


def _reference(row: Row) -> Reference:
    kind, id_, manager, version, ovn, state, starts, ends, lower, upper, url, subscription, availability = row
    return Reference(kind, id_, manager, version, ovn, state, instant(starts), instant(ends), lower, upper, url, subscription,
                     availability)


def _watch(row: Row) -> Watch:
    id_, manager, version, index, starts, ends, url, intents, constraints, implicit = row
    return Watch(id_, manager, version, index, instant(starts), instant(ends), url, bool(intents), bool(constraints),
                 bool(implicit))


class UtmReader(ABC):
    """`ports.UtmReader`."""

    AMONG: ClassVar[str]

    @abstractmethod
    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]: ...

    @abstractmethod
    def _row(self, sql: str, values: Sequence[object] = ()) -> Any: ...

    @abstractmethod
    def _list(self, values: Iterable[object]) -> object: ...

    def _within(self, kind: PlacedKind, extent: Extent) -> tuple[str, tuple[object, ...]]:
        """What of a kind meets an extent: a list of rows' numbers, and the values in it."""
        return (f"(SELECT item FROM utm_cell WHERE kind = ? AND cell {self.AMONG} "  # noqa: S608
                "AND ends_at >= ? AND starts_at <= ? AND upper_m >= ? AND lower_m <= ?)",
                (kind, self._list(sorted(extent.cells)), micros(extent.starts_at), micros(extent.ends_at), extent.lower_m,
                 extent.upper_m))

    def utm_reference(self, kind: ReferenceKind, id: str) -> Reference | None:
        row = self._row(_REFERENCE + "WHERE r.kind = ? AND r.id = ?", (kind, id))
        return _reference(row) if row else None

    def utm_references(self, kind: ReferenceKind, extent: Extent, *, but: Collection[str] = (),
                       limit: int) -> list[Reference]:
        """References that meet an extent, oldest first; those whose OVN is among `but` are left out."""
        within, values = self._within(kind, extent)
        rows = self._rows(f"{_REFERENCE}WHERE r.seq IN {within} AND NOT (r.ovn {self.AMONG}) ORDER BY r.seq LIMIT ?",
                          (*values, self._list(but), limit))
        return [_reference(row) for row in rows]

    def utm_cells(self, kind: PlacedKind, id: str) -> frozenset[int]:
        """The cells of a reference or subscription."""
        rows = self._rows("SELECT cell FROM utm_cell WHERE kind = ? AND item = ?", (kind, self._seq(kind, id)))
        return frozenset(row[0] for row in rows)

    def _seq(self, kind: PlacedKind, id: str) -> int | None:
        """The number of its row."""
        row = (self._row("SELECT seq FROM utm_subscription WHERE id = ?", (id,)) if kind == "subscription" else
               self._row("SELECT seq FROM utm_reference WHERE kind = ? AND id = ?", (kind, id)))
        return int(row[0]) if row else None

    def utm_subscription(self, id: str) -> Watch | None:
        row = self._row(f"SELECT {_WATCH} FROM utm_subscription WHERE id = ?", (id,))  # noqa: S608
        return _watch(row) if row else None

    def utm_subscriptions(self, manager: str, extent: Extent, now: datetime, limit: int) -> list[Watch]:
        """A manager's subscriptions that meet an extent and have not ended, oldest first."""
        within, values = self._within("subscription", extent)
        rows = self._rows(f"SELECT {_WATCH} FROM utm_subscription WHERE seq IN {within} AND manager = ? AND ends_at >= ? "  # noqa: S608
                          "ORDER BY seq LIMIT ?", (*values, manager, micros(now), limit))
        return [_watch(row) for row in rows]

    def utm_crowd(self, manager: str, extent: Extent, now: datetime, *, implicit: bool, but: Collection[str]) -> int:
        """How many subscriptions of a manager meet an extent and have not ended, some left out."""
        within, values = self._within("subscription", extent)
        return int(self._row(f"SELECT count(*) FROM utm_subscription WHERE seq IN {within} AND manager = ? AND ends_at >= ? "  # noqa: S608
                             f"AND implicit = ? AND NOT (id {self.AMONG})",
                             (*values, manager, micros(now), int(implicit), self._list(but)))[0])

    def utm_ended(self, before: datetime, limit: int) -> list[str]:
        """Subscriptions that ended before a moment and that no intent rests on, longest ago first; not implicit ones, which go
        with their intents."""
        rows = self._rows("SELECT id FROM utm_subscription s WHERE implicit = 0 AND ends_at < ? AND NOT EXISTS "
                          "(SELECT 1 FROM utm_reference r WHERE r.subscription = s.id) ORDER BY ends_at LIMIT ?",
                          (micros(before), limit))
        return [id_ for (id_,) in rows]

    def utm_dependents(self, subscription: str) -> list[Reference]:
        """The intents that rest on a subscription."""
        rows = self._rows(_REFERENCE + "WHERE r.subscription = ?", (subscription,))
        return sorted(map(_reference, rows), key=lambda reference: reference.id)

    def utm_availability(self, uss: str) -> Availabilities:
        row = self._row("SELECT state, version FROM utm_availability WHERE uss = ?", (uss,))
        return Availabilities(uss, row[0], row[1]) if row else Availabilities(uss)

    def utm_was_current(self, ovns: Iterable[str], since: datetime) -> dict[str, set[str]]:
        """Which of these OVNs were replaced since a moment, by the intent whose they were."""
        found: dict[str, set[str]] = {}
        rows = self._rows(f"SELECT intent, ovn FROM utm_past_ovn WHERE ovn {self.AMONG} AND replaced_at >= ?",  # noqa: S608
                          (self._list(ovns), micros(since)))
        for intent, ovn in rows:
            found.setdefault(intent, set()).add(ovn)
        return found

    def utm_is_reported(self, id: str) -> bool:
        """Whether there is a report with that id."""
        return self._row("SELECT 1 FROM utm_report WHERE id = ?", (id,)) is not None

    def utm_answered(self, kind: Kind, id: str) -> Answered | None:
        row = self._row("SELECT party, request_sha256, response, delivered FROM utm_answer WHERE kind = ? AND id = ?",
                        (kind, id))
        return Answered(row[0], row[1], row[2], bool(row[3])) if row else None


class UtmWriter(UtmReader):
    """`ports.UtmTransaction`."""

    @abstractmethod
    def _insert(self, into: str, rows: Sequence[Sequence[object]], otherwise: str = "") -> None: ...

    def utm_put_reference(self, reference: Reference, extent: Extent) -> None:
        """Keeps a reference, new or changed, and where it is."""
        seq = self._make_room(reference.kind, reference.id)
        self._insert("utm_reference (seq, kind, id, manager, version, ovn, state, starts_at, ends_at, lower_m, upper_m, "
                     "uss_base_url, subscription)",
                     [(seq, reference.kind, reference.id, reference.manager, reference.version, reference.ovn,
                       reference.state, micros(reference.starts_at), micros(reference.ends_at), reference.lower_m,
                       reference.upper_m, reference.uss_base_url, reference.subscription)])
        self._put_cells(reference.kind, seq, extent)

    def utm_put_subscription(self, watch: Watch, extent: Extent) -> None:
        """Keeps a subscription, new or changed, and what it covers, at all heights."""
        seq = self._make_room("subscription", watch.id)
        self._insert(f"utm_subscription (seq, {_WATCH})",
                     [(seq, watch.id, watch.manager, watch.version, watch.index, micros(watch.starts_at),
                       micros(watch.ends_at), watch.uss_base_url, int(watch.intents), int(watch.constraints),
                       int(watch.implicit))])
        self._put_cells("subscription", seq, extent.at_all_heights())

    def utm_drop(self, kind: PlacedKind, id: str) -> None:
        """Forgets a reference or subscription."""
        self._forget(kind, self._seq(kind, id))

    def utm_notify(self, kind: ReferenceKind, extent: Extent, now: datetime) -> list[Watch]:
        """Counts a notification for every subscription that wants to hear of such a change there and has not ended; those, as
        they are then."""
        within, values = self._within("subscription", extent)
        rows = self._rows(f"UPDATE utm_subscription SET notification_index = notification_index + 1 WHERE seq IN {within} "  # noqa: S608
                          f"AND {_WANTS[kind]} AND ends_at >= ? RETURNING {_WATCH}", (*values, micros(now)))
        return sorted(map(_watch, rows), key=lambda watch: watch.id)

    def utm_replaced(self, intent: str, ovn: str, at: datetime, keep_since: datetime) -> None:
        """Remembers that an OVN was replaced (`intent` "": whose does not matter); forgets those replaced before `keep_since`."""
        self._rows("DELETE FROM utm_past_ovn WHERE replaced_at < ?", (micros(keep_since),))
        self._insert("utm_past_ovn (ovn, intent, replaced_at)", [(ovn, intent, micros(at))],
                     "ON CONFLICT (ovn) DO UPDATE SET replaced_at = excluded.replaced_at")

    def utm_put_availability(self, availability: Availabilities) -> None:
        self._insert("utm_availability (uss, state, version)", [(availability.uss, availability.state, availability.version)],
                     "ON CONFLICT (uss) DO UPDATE SET state = excluded.state, version = excluded.version")

    def utm_put_report(self, id: str, party: str, at: datetime, body: str) -> None:
        self._insert("utm_report (id, party, at, body)", [(id, party, micros(at), body)])

    def utm_put_answered(self, kind: Kind, id: str, answered: Answered) -> None:
        self._insert("utm_answer (kind, id, party, request_sha256, response, delivered)",
                     [(kind, id, answered.party, answered.request_sha256, answered.response, int(answered.delivered))],
                     "ON CONFLICT (kind, id) DO UPDATE SET party = excluded.party, response = excluded.response, "
                     "request_sha256 = excluded.request_sha256, delivered = excluded.delivered")

    def utm_forget_answered(self, kind: Kind, id: str) -> None:
        self._rows("DELETE FROM utm_answer WHERE kind = ? AND id = ?", (kind, id))

    def _make_room(self, kind: PlacedKind, id: str) -> int:
        """The number for a row: its own, which is free then, or a new one."""
        seq = self._seq(kind, id)
        if seq is not None:
            self._forget(kind, seq)
            return seq
        table = "utm_subscription" if kind == "subscription" else "utm_reference"
        return int(self._row(f"SELECT coalesce(max(seq), 0) + 1 FROM {table}")[0])  # noqa: S608

    def _forget(self, kind: PlacedKind, seq: int | None) -> None:
        self._rows("DELETE FROM utm_cell WHERE kind = ? AND item = ?", (kind, seq))
        table = "utm_subscription" if kind == "subscription" else "utm_reference"
        self._rows(f"DELETE FROM {table} WHERE seq = ?", (seq,))  # noqa: S608

    def _put_cells(self, kind: PlacedKind, seq: int, extent: Extent) -> None:
        window = (micros(extent.starts_at), micros(extent.ends_at), extent.lower_m, extent.upper_m)
        self._insert("utm_cell (kind, cell, item, starts_at, ends_at, lower_m, upper_m)",
                     [(kind, cell, seq, *window) for cell in sorted(extent.cells)])
