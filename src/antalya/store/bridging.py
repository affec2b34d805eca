"""The exchange's own references and the outbox to USSs in a store; statements that every database understands alike."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from antalya.model.bridging import Bridged, Notice, Source
from antalya.model.coordination import ReferenceKind
from antalya.model.operations import Fix
from antalya.store.rows import Row, instant, micros

_BRIDGED = "SELECT source, subject, part, kind, reference, shown, ends_at FROM bridged "
_NOTICE = "kind, reference, manager, url, subscriptions, at, tries, seq, leased_until"
_DUE = ("seq IN (SELECT min(seq) FROM utm_notice GROUP BY manager, url) AND due_at <= ? "
        "AND manager NOT IN (SELECT manager FROM utm_notice WHERE leased_until > ?)")
"""The oldest notice to each address, where it is due and nobody is telling its USS anything."""
_TURN = f"""(SELECT seq FROM (SELECT seq, due_at, row_number() OVER (PARTITION BY manager ORDER BY due_at, seq) AS turn
FROM utm_notice WHERE {_DUE}) AS due WHERE turn = 1 ORDER BY due_at, seq LIMIT ?)"""  # noqa: S608
"""Of each USS the one that has waited longest: however many addresses it has, it has one turn."""


def _bridged(row: Row) -> Bridged:
    source, subject, part, kind, reference, shown, ends = row
    return Bridged(source, subject, part, kind, reference, shown, instant(ends))


def _notice(row: Row) -> Notice:
    kind, reference, manager, url, subscriptions, at, tries, seq, until = row
    told = tuple((id_, index) for id_, index in msgspec.json.decode(subscriptions))
    return Notice(kind, reference, manager, url, told, instant(at), tries, seq, until)


class BridgeReader(ABC):
    """`ports.BridgeReader`."""

    @abstractmethod
    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]: ...

    @abstractmethod
    def _row(self, sql: str, values: Sequence[object] = ()) -> Any: ...

    def bridged(self, source: Source | None = None, subject: str | None = None) -> list[Bridged]:
        """What is shown at the drone door: of one thing, of all of a source, or all."""
        if source is None:
            rows = self._rows(_BRIDGED)
        elif subject is None:
            rows = self._rows(_BRIDGED + "WHERE source = ?", (source,))
        else:
            rows = self._rows(_BRIDGED + "WHERE source = ? AND subject = ?", (source, subject))
        return sorted(map(_bridged, rows), key=lambda each: (each.source, each.subject, each.part))

    def bridged_as(self, kind: ReferenceKind, reference: str) -> Bridged | None:
        """What a reference is the reference of."""
        row = self._row(_BRIDGED + "WHERE reference = ? AND kind = ?", (reference, kind))
        return _bridged(row) if row else None

    def bridged_over(self, before: datetime) -> list[Bridged]:
        """What ended before a moment and is still shown."""
        rows = self._rows(_BRIDGED + "WHERE ends_at < ?", (micros(before),))
        return sorted(map(_bridged, rows), key=lambda each: each.reference)

    def released_to_all(self) -> list[str]:
        """The operations whose owners show them to everybody, whatever their state."""
        return sorted(id_ for (id_,) in self._rows("SELECT operation FROM released WHERE party = '*'"))

    def notices(self, limit: int) -> list[Notice]:
        """What is still in the outbox, oldest first."""
        return [_notice(row) for row in self._rows(f"SELECT {_NOTICE} FROM utm_notice ORDER BY seq LIMIT ?", (limit,))]  # noqa: S608

    def notices_due(self, now: datetime) -> bool:
        """Whether any USS should be told something now."""
        return self._row(f"SELECT 1 FROM utm_notice WHERE {_DUE} LIMIT 1", (micros(now), micros(now))) is not None  # noqa: S608

    def fix(self, operation: str) -> Fix | None:
        """Where an operation was last."""
        row = self._row("SELECT body FROM fix WHERE operation = ?", (operation,))
        return msgspec.json.decode(row[0], type=Fix) if row else None


class BridgeWriter(BridgeReader):
    """`ports.BridgeTransaction`."""

    @abstractmethod
    def _insert(self, into: str, rows: Sequence[Sequence[object]], otherwise: str = "") -> None: ...

    def put_bridged(self, bridged: Bridged) -> None:
        """Keeps that a thing is shown, and how."""
        self._insert("bridged (source, subject, part, kind, reference, shown, ends_at)",
                     [(bridged.source, bridged.subject, bridged.part, bridged.kind, bridged.reference, bridged.shown,
                       micros(bridged.ends_at))],
                     "ON CONFLICT (source, subject, part) DO UPDATE SET kind = excluded.kind, reference = excluded.reference, "
                     "shown = excluded.shown, ends_at = excluded.ends_at")

    def drop_bridged(self, bridged: Bridged) -> None:
        """Forgets that a thing is shown."""
        self._rows("DELETE FROM bridged WHERE source = ? AND subject = ? AND part = ?",
                   (bridged.source, bridged.subject, bridged.part))

    def add_notices(self, notices: Sequence[Notice]) -> None:
        """Puts notices into the outbox, due at once."""
        last = self._row("SELECT coalesce(max(seq), 0) FROM utm_notice")[0] if notices else 0
        self._insert("utm_notice (seq, kind, reference, manager, url, subscriptions, at, due_at, tries, leased_until)",
                     [(last + n, each.kind, each.reference, each.manager, each.url,
                       msgspec.json.encode(each.subscriptions).decode(), micros(each.at), micros(each.at), 0, 0)
                      for n, each in enumerate(notices, 1)])

    def claim_notices(self, now: datetime, until: datetime, limit: int) -> list[Notice]:
        """Takes a due notice to each USS that nobody is telling anything, at most `limit`, those due longest: until a moment
        nobody else gets them. To one address they are taken in order."""
        rows = self._rows(f"UPDATE utm_notice SET leased_until = ?, tries = tries + 1 WHERE seq IN {_TURN} RETURNING {_NOTICE}",  # noqa: S608
                          (micros(until), micros(now), micros(now), limit))
        return sorted(map(_notice, rows), key=lambda notice: notice.seq)

    def drop_notice(self, notice: Notice) -> bool:
        """Takes a notice out of the outbox; False where it is no longer the caller's, who was slower than its lease."""
        return bool(self._rows("DELETE FROM utm_notice WHERE seq = ? AND leased_until = ? RETURNING seq",
                               (notice.seq, notice.until)))

    def put_off_notice(self, notice: Notice, due_at: datetime) -> None:
        """Gives a notice back, to be tried again from a moment on."""
        self._rows("UPDATE utm_notice SET due_at = ?, leased_until = 0 WHERE seq = ? AND leased_until = ?",
                   (micros(due_at), notice.seq, notice.until))

    def put_fix(self, operation: str, fix: Fix) -> None:
        """Keeps where an operation is now."""
        self._insert("fix (operation, body)", [(operation, msgspec.json.encode(fix).decode())],
                     "ON CONFLICT (operation) DO UPDATE SET body = excluded.body")

    def drop_fix(self, operation: str) -> None:
        """Forgets where an operation was."""
        self._rows("DELETE FROM fix WHERE operation = ?", (operation,))
