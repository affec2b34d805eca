"""What rows of a store mean, whatever database they lie in: instants, JSON bodies, and what is kept of them in memory."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from antalya.model.asks import Answer, Ask
from antalya.model.findings import Finding, Opened
from antalya.model.operations import ACTIVITIES, Operation
from antalya.model.parties import Force, Party, Stance
from antalya.model.places import Area, Control, Site
from antalya.model.understandings import Signature, Understanding
from antalya.picture import Prepared, Rulebook, Stored, prepare
from antalya.ports import Event, Kind, Thing
from antalya.store.hot import Hot

NounOf = TypeVar("NounOf")

NOUNS: dict[Kind, type] = {"party": Party, "force": Force, "area": Area, "stance": Stance, "control": Control, "site": Site,
                           "understanding": Understanding}
_NOUNS: dict[Kind, Any] = {kind: msgspec.json.Decoder(noun) for kind, noun in NOUNS.items()}
_SHORT, _MOST_SHORT = 6_000, 4_096
"""So long a body may be of an operation, finding or ask that is kept, and so many of each kind are: with what is read from them
some 150 MB of a kind, where all are as long as that."""


def _reading(noun: type[NounOf]) -> Callable[[str], NounOf]:
    """What reads a body. Short ones are kept: those around an operation are looked at again with each that comes near it."""
    decode = msgspec.json.Decoder(noun).decode
    short = lru_cache(maxsize=_MOST_SHORT)(decode)
    return lambda body: short(body) if len(body) <= _SHORT else decode(body)


_operation_of, _finding_of, ask_of = _reading(Operation), _reading(Finding), _reading(Ask)
answer_of = msgspec.json.Decoder(Answer).decode
signature_of = msgspec.json.Decoder(Signature).decode
_encode = msgspec.json.Encoder().encode

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Row = Sequence[Any]


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970-01-01Z."""
    return (moment - _EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """The inverse of `micros`."""
    return _EPOCH + timedelta(microseconds=value)


def text_of(noun: object) -> str:
    """A noun as a JSON body."""
    return _encode(noun).decode()


def all_of(parts: Iterable[tuple[str, list[object]]]) -> tuple[str, list[object]]:
    """Conditions with their values as one, in that order."""
    conditions, values = zip(*parts, strict=True)
    return " AND ".join(conditions), [value for its in values for value in its]


THING = "SELECT kind, id, version, owner, body, at FROM thing "


def thing_of(row: Row) -> Thing:
    """A row of THING."""
    kind, id_, version, owner, body, at = row
    return Thing(kind, id_, version, owner, _NOUNS[kind].decode(body), instant(at))


def rulebook_of(version: int, rows: Sequence[Row]) -> Rulebook:
    """The rulebook of a version from rows (kind, id, body) of the things that are current."""
    held: dict[str, dict[str, Any]] = {kind: {} for kind in NOUNS}
    for kind, id_, body in sorted(rows, key=lambda row: (row[0], row[1])):
        held[kind][id_] = _NOUNS[kind].decode(body)
    return Rulebook(version, held["party"], held["force"], held["area"], held["site"], held["stance"], held["understanding"])


STORED = "SELECT seq, version, filed_at, moved_at, first_filed_at, movement, kid, leaf, body, current FROM operation "


def stored_of(row: Row) -> Stored:
    """A row of STORED; its first column is the row's number."""
    _, version, filed, moved, first, movement, kid, leaf, body, current = row
    return Stored(_operation_of(body), version, instant(filed), instant(moved), instant(first), movement, kid, leaf,
                  bool(current))


PREPARED = "SELECT seq, version, moved_at, first_filed_at, body FROM operation "


def prepared_of(row: Row) -> Prepared:
    """A row of PREPARED, ready to be checked; its first column is the row's number."""
    _, version, moved, first, body = row
    return prepare(_operation_of(body), instant(moved), instant(first), version)


def kind_of(operation: Operation) -> int:
    """How the index calls its activity. The numbers are in stores: ACTIVITIES only grows at its end."""
    return ACTIVITIES.index(operation.activity)


OPENED = "SELECT seq, body, opened_at, closed_at, closed_because FROM finding "


def opened_of(row: Row) -> Opened:
    """A row of OPENED; its first column is the row's number."""
    _, body, opened, closed, because = row
    return Opened(finding=_finding_of(body), opened_at=instant(opened), closed_at=None if closed is None else instant(closed),
                  closed_because=because)


EVENT = "SELECT seq, party, type, subject, at, delivered_at FROM event "


def event_of(row: Row) -> Event:
    """A row of EVENT."""
    seq, party, type_, subject, at, delivered = row
    return Event(seq, party, type_, subject, instant(at), None if delivered is None else instant(delivered))


# What a party may have something to see of; `steps.disclose` decides what.
SEEN_OPERATION = """(party = ?
  OR id IN (SELECT operation FROM released WHERE party IN (?, '*'))
  OR id IN (SELECT operation FROM ask WHERE of_party = ? AND state <> 'closed')
  OR id IN (SELECT f.other FROM finding f WHERE f.closed_at IS NULL AND f.other IS NOT NULL
            AND EXISTS (SELECT 1 FROM operation o WHERE o.id = f.operation AND o.current = 1 AND o.party = ?))
  OR id IN (SELECT f.operation FROM finding f WHERE f.closed_at IS NULL
            AND EXISTS (SELECT 1 FROM operation o WHERE o.id = f.other AND o.current = 1 AND o.party = ?)))"""
SEEN_FINDING = """(EXISTS (SELECT 1 FROM operation o WHERE o.id = finding.operation AND o.current = 1 AND o.party = ?)
  OR EXISTS (SELECT 1 FROM operation o WHERE o.id = finding.other AND o.current = 1 AND o.party = ?)
  OR EXISTS (SELECT 1 FROM ask a WHERE a.finding = finding.id AND a.of_party = ?)
  OR site IN (SELECT id FROM thing WHERE kind = 'site' AND current = 1 AND owner = ?))"""
SEEN_ASK = "(of_party = ? OR operation IN (SELECT id FROM operation WHERE current = 1 AND party = ?))"


class Caches:
    """What a line of readers or writers keeps between snapshots: the rulebook by its version, prepared operations by row, nodes
    of the log by level and index (only committed ones: they never change), and what area each party spent on which day, as of
    how often others wrote (`Hot.others`).

    Rows are never changed but for `current`, so a prepared operation stays right; what a rollback takes back is forgotten,
    since its row and version numbers are given again.
    """

    def __init__(self, most: int = 50_000) -> None:
        self.rulebook: Rulebook | None = None
        self.prepared: dict[int, Prepared] = {}
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.hot = Hot()
        self.spent: dict[str, tuple[str, int, set[int]]] = {}
        self.most = most

    def know(self, nodes: Mapping[tuple[int, int], bytes]) -> None:
        """Keeps nodes of the log that are committed."""
        if len(self.nodes) > self.most:
            self.nodes = {}
        self.nodes.update(nodes)

    def clear(self) -> None:
        """After a whole transaction was lost."""
        self.hot.lost()
        self.rulebook = None
        self.prepared.clear()
        self.spent.clear()

    def forget(self, rows: Sequence[int], rulebook: bool, mark: int) -> None:
        """After one job was undone: the rows of operations it put, the rulebook where it changed that, and where the index
        stood before it."""
        self.hot.back_to(mark)
        self.spent.clear()
        if rulebook:
            self.rulebook = None
        for row in rows:
            self.prepared.pop(row, None)
