"""What the tests of the stores put into them."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from msgspec.structs import replace
from tests.pictures import NOW, circle, plan, volume

from antalya.model import Ask, Finding, Minima, Operation
from antalya.model.operations import ACTIVITIES, LIVE, Activity
from antalya.picture import Prepared, Stored
from antalya.ports import Store, Transaction

T = TypeVar("T")
SALT = bytes(16)


class Undone(Exception):
    """Raised by a job that is to leave nothing."""


def undone(store: Store, job: Callable[[Transaction], T]) -> T:
    """What a job came to, although it left nothing behind."""
    result: list[T] = []

    def leave_nothing(tx: Transaction) -> None:
        result.append(job(tx))
        raise Undone
    try:
        store.write(leave_nothing)
    except Undone:
        return result[0]
    raise AssertionError("the job did not raise")


def keep(tx: Transaction, subject: Prepared | Operation, version: int = 1, *, at: datetime = NOW,
         kid: str | None = None) -> Stored:
    """Stores a version of an operation with its leaf, in the index while it lives."""
    operation = subject.operation if isinstance(subject, Prepared) else subject
    leaf = tx.append_leaf(f"{operation.id} {version}".encode(), SALT, b"content")
    stored = Stored(operation, version, at, at, NOW, "movement", kid, leaf)
    tx.put_operation(stored, isinstance(subject, Prepared) and operation.state in LIVE)
    return stored


def kept(store: Store, *subjects: Prepared | Operation, **options: Any) -> list[Stored]:
    """Stores them, each in a job of its own."""
    return [store.write(lambda tx, one=one: keep(tx, one, **options)) for one in subjects]


def near(tx: Transaction, subject: Prepared, widest: Minima = Minima()) -> list[str]:
    """The ids of the operations near a subject."""
    return sorted(p.operation.id for p in tx.near(subject, (widest,) * len(ACTIVITIES)))


def found(store: Store, subject: Prepared, widest: Minima = Minima()) -> list[str]:
    """The same, in a job of its own."""
    return store.write(lambda tx: near(tx, subject, widest))


def finding(id: str = "f", operation: str = "a", other: str | None = "b", **fields: Any) -> Finding:
    """A clash between two operations."""
    return Finding(**{"id": id, "kind": "clash", "severity": "warning", "effect": "hold", "operation": operation, "other": other,
                      "why": "clash", "text": "they meet"} | fields)


def ask(id: str = "q", **fields: Any) -> Ask:
    """A question to RU about operation a."""
    return Ask(**{"id": id, "kind": "consent", "finding": "f", "operation": "a", "of": "RU", "text": "?", "asked_at": NOW,
                  "deadline": NOW, "subject_sha256": "0" * 64} | fields)


def disc(id: str, east: float = 0, north: float = 0, radius_m: float = 500, party: str = "TR", start: float = 6, end: float = 8,
         lower_m: float = 0, upper_m: float = 500, activity: Activity = "patrol", **fields: Any) -> Prepared:
    """A patrol in a circle, kilometres from 38 E, 36.5 N."""
    return plan(id, party, activity, volume(circle(east, north, radius_m), start, end, lower_m, upper_m), **fields)


def ids(stored: Iterable[Stored]) -> list[str]:
    """The ids of operations."""
    return [s.operation.id for s in stored]


def changed(subject: Prepared, **fields: Any) -> Operation:
    """The operation of a plan with other fields."""
    return replace(subject.operation, **fields)
