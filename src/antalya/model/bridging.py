"""What the exchange shows of its own things at the drone door, and whom it still has to tell of a change there."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from antalya.model.coordination import LAST, ReferenceKind

Source = Literal["operation", "rule", "site"]
OPEN_END = LAST.replace(minute=0, second=0, microsecond=0)
"""The end of what has none: the standard wants one on every reference."""


@dataclass(frozen=True, slots=True)
class Uss:
    """The exchange as a USS: the name its tokens for peers have as `sub`, which is the manager of its references, and the
    address at which peers find its /uss/v1."""

    id: str
    base_url: str


@dataclass(frozen=True, slots=True)
class Bridged:
    """That a thing has a reference in the DSS. `part`: the rule's id where `subject` is an understanding; `reference`: the
    reference's id, drawn at random; `shown`: a hash of all that anybody sees of it."""

    source: Source
    subject: str
    part: str
    kind: ReferenceKind
    reference: str
    shown: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """That a USS has to be told of a change of one of the exchange's references: `subscriptions` of its `manager` at `url`,
    each with its notification index. `tries`: how often that was begun; `seq`: its number in the outbox; `until`: till when
    whoever took it has it (microseconds since 1970)."""

    kind: ReferenceKind
    reference: str
    manager: str
    url: str
    subscriptions: tuple[tuple[str, int], ...]
    at: datetime
    tries: int = 0
    seq: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True)
class Adopted:
    """That another USS's reference is an operation here."""

    kind: ReferenceKind
    reference: str
    operation: str


@dataclass(frozen=True, slots=True)
class Fetch:
    """That the details of a reference have to be asked of its `manager` at `url`. `tries`, `seq` and `until` as in `Notice`."""

    kind: ReferenceKind
    reference: str
    manager: str
    url: str
    at: datetime
    tries: int = 0
    seq: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True)
class Talk:
    """Something said between the exchange and a USS about a reference: an ExchangeRecord of the standard, as JSON."""

    kind: ReferenceKind
    reference: str
    party: str
    at: datetime
    record: str
