"""What the exchange takes in as a USS, in a store: whose references are operations, whose details are to be fetched, and what
was said; statements that every database understands alike."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from antalya.model.bridging import Adopted, Fetch, Talk
from antalya.model.coordination import ReferenceKind
from antalya.store.rows import Row, instant, micros

_FETCH = "kind, reference, manager, url, at, tries, seq, leased_until"
_DUE = "due_at <= ? AND manager NOT IN (SELECT manager FROM utm_fetch WHERE leased_until > ?)"
"""What is due of USSs that nobody is asking anything."""
_TURN = f"""(SELECT seq FROM (SELECT seq, due_at, row_number() OVER (PARTITION BY manager ORDER BY due_at, seq) AS turn
FROM utm_fetch WHERE {_DUE}) AS due WHERE turn = 1 ORDER BY due_at, seq LIMIT ?)"""  # noqa: S608
"""Of each USS what has waited longest: however many addresses it has, it has one turn."""


def _fetch(row: Row) -> Fetch:
    kind, reference, manager, url, at, tries, seq, until = row
    return Fetch(kind, reference, manager, url, instant(at), tries, seq, until)


class AdoptReader(ABC):
    """`ports.AdoptReader`."""

    @abstractmethod
    def _rows(self, sql: str, values: Sequence[object] = ()) -> list[Any]: ...

    @abstractmethod
    def _row(self, sql: str, values: Sequence[object] = ()) -> Any: ...

    def adopted(self, kind: ReferenceKind, reference: str) -> str | None:
        """The operation that a reference is here."""
        row = self._row("SELECT operation FROM adopted WHERE kind = ? AND reference = ?", (kind, reference))
        return str(row[0]) if row else None

    def adopted_as(self, operation: str) -> Adopted | None:
        """What reference an operation is."""
        row = self._row("SELECT kind, reference, operation FROM adopted WHERE operation = ?", (operation,))
        return Adopted(*row) if row else None

    def all_adopted(self) -> list[Adopted]:
        """Every reference that is an operation here."""
        return [Adopted(*row) for row in self._rows("SELECT kind, reference, operation FROM adopted ORDER BY kind, reference")]

    def not_adopted(self, but: str) -> list[tuple[ReferenceKind, str]]:
        """References that are no operation here, except those of one manager."""
        return [(kind, id_) for kind, id_ in self._rows(
            "SELECT r.kind, r.id FROM utm_reference r LEFT JOIN adopted a ON a.kind = r.kind AND a.reference = r.id "
            "WHERE a.operation IS NULL AND r.manager <> ? ORDER BY r.seq", (but,))]

    def fetches(self, limit: int) -> list[Fetch]:
        """What is still to be fetched, oldest first."""
        return [_fetch(row) for row in self._rows(f"SELECT {_FETCH} FROM utm_fetch ORDER BY seq LIMIT ?", (limit,))]  # noqa: S608

    def fetches_due(self, now: datetime) -> bool:
        """Whether anything is to be fetched now."""
        return self._row(f"SELECT 1 FROM utm_fetch WHERE {_DUE} LIMIT 1", (micros(now), micros(now))) is not None  # noqa: S608

    def talks(self, reference: str, limit: int, party: str | None = None) -> list[Talk]:
        """What was said about a reference, with a party or (None) with anybody, oldest first."""
        rows = self._rows("SELECT kind, reference, party, at, record FROM utm_message WHERE reference = ? "
                          "AND party = coalesce(?, party) ORDER BY seq LIMIT ?", (reference, party, limit))
        return [Talk(kind, id_, party, instant(at), record) for kind, id_, party, at, record in rows]


class AdoptWriter(AdoptReader):
    """`ports.AdoptTransaction`."""

    @abstractmethod
    def _insert(self, into: str, rows: Sequence[Sequence[object]], otherwise: str = "") -> None: ...

    def put_adopted(self, adopted: Adopted) -> None:
        """Keeps that a reference is an operation, another than before perhaps."""
        self._insert("adopted (kind, reference, operation)", [(adopted.kind, adopted.reference, adopted.operation)],
                     "ON CONFLICT (kind, reference) DO UPDATE SET operation = excluded.operation")

    def drop_adopted(self, adopted: Adopted) -> None:
        """Forgets that a reference is an operation."""
        self._rows("DELETE FROM adopted WHERE kind = ? AND reference = ?", (adopted.kind, adopted.reference))

    def put_fetch(self, fetch: Fetch) -> None:
        """Has the details of a reference fetched, due at once; what was to be fetched of it before is forgotten."""
        self._rows("DELETE FROM utm_fetch WHERE kind = ? AND reference = ?", (fetch.kind, fetch.reference))
        seq = self._row("SELECT coalesce(max(seq), 0) + 1 FROM utm_fetch")[0]
        self._insert("utm_fetch (seq, kind, reference, manager, url, at, due_at, tries, leased_until)",
                     [(seq, fetch.kind, fetch.reference, fetch.manager, fetch.url, micros(fetch.at), micros(fetch.at), 0, 0)])

    def forget_fetch(self, kind: ReferenceKind, reference: str) -> None:
        """Has nothing fetched of a reference, whoever is at it."""
        self._rows("DELETE FROM utm_fetch WHERE kind = ? AND reference = ?", (kind, reference))

    def claim_fetches(self, now: datetime, until: datetime, limit: int) -> list[Fetch]:
        """Takes a due fetch of each USS that nobody is asking anything, at most `limit`, those due longest: until a moment nobody
        else gets them."""
        rows = self._rows(f"UPDATE utm_fetch SET leased_until = ?, tries = tries + 1 WHERE seq IN {_TURN} RETURNING {_FETCH}",  # noqa: S608
                          (micros(until), micros(now), micros(now), limit))
        return sorted(map(_fetch, rows), key=lambda fetch: fetch.seq)

    def drop_fetch(self, fetch: Fetch) -> bool:
        """Forgets a fetch that is done; False where it is no longer the caller's: another came in its place, or the caller was
        slower than its lease."""
        return bool(self._rows("DELETE FROM utm_fetch WHERE kind = ? AND reference = ? AND seq = ? AND leased_until = ? "
                               "RETURNING seq", (fetch.kind, fetch.reference, fetch.seq, fetch.until)))

    def put_off_fetch(self, fetch: Fetch, due_at: datetime) -> bool:
        """Gives a fetch back, to be tried again from a moment on; False as in `drop_fetch`."""
        return bool(self._rows("UPDATE utm_fetch SET due_at = ?, leased_until = 0 WHERE kind = ? AND reference = ? AND seq = ? "
                               "AND leased_until = ? RETURNING seq",
                               (micros(due_at), fetch.kind, fetch.reference, fetch.seq, fetch.until)))

    def add_talk(self, talk: Talk, keep_since: datetime) -> None:
        """Keeps something said; forgets what was said before `keep_since`."""
        self._rows("DELETE FROM utm_message WHERE at < ?", (micros(keep_since),))
        seq = self._row("SELECT coalesce(max(seq), 0) + 1 FROM utm_message")[0]
        self._insert("utm_message (seq, at, kind, reference, party, record)",
                     [(seq, micros(talk.at), talk.kind, talk.reference, talk.party, talk.record)])
