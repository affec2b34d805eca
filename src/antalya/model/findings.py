"""Findings, what would remove them, and the clearance that follows from them."""

from datetime import datetime, timedelta
from typing import Literal

from antalya.model.base import Id, Instant, Noun, set_utc
from antalya.model.volume import Outline

FindingKind = Literal["clash", "breach", "hazard", "alert"]
Severity = Literal["info", "caution", "warning", "critical"]
Effect = Literal["none", "hold", "block"]
"""What an open finding does to the clearance of its `operation`: nothing, hold until what it asks for is given, or block
until it is gone."""

Clearance = Literal["clear", "held", "blocked"]

RemedyKind = Literal["start-after", "end-before", "stay-below", "stay-above", "leave-region", "keep-off", "obtain-consent",
                     "acknowledge", "leave-out-force", "reduce", "file-earlier", "keep-hours", "withdraw"]


class Remedy(Noun, frozen=True, kw_only=True):
    """One change that would remove a finding. It reveals nothing that the finding's own overlap doesn't.

    `operation` is whose owner can make it. `instant`, `altitude_m`, `distance_m`, `parties`, `force` as the kind needs.
    """

    kind: RemedyKind
    operation: Id
    text: str
    instant: Instant | None = None
    altitude_m: float | None = None
    distance_m: float | None = None
    parties: tuple[Id, ...] = ()
    force: Id | None = None


def start_with_notice(operation: str, notice_s: float, now: datetime) -> Remedy:
    """A start that gives the notice, if the change is filed within the hour after this one: the later it is, the later."""
    filed = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=2)
    start = filed + timedelta(seconds=notice_s)
    start = start if not start.microsecond else start.replace(microsecond=0) + timedelta(seconds=1)
    return Remedy(kind="start-after", operation=operation, instant=start,
                  text=f"Begin at {start:%Y-%m-%dT%H:%M:%SZ} or later: notice counts anew from the change, so file it by "
                       f"{filed:%Y-%m-%dT%H:%M:%SZ}.")


class Met(Noun, frozen=True, kw_only=True):
    """Where and when two volumes meet (or a volume and a rule's or site's area): the exact region, window and band.

    `volume` and `other_volume` are indices into the two operations; the latter None for a rule or site.
    """

    volume: int
    other_volume: int | None
    region: Outline | None
    starts_at: Instant
    ends_at: Instant
    lower_m: float
    upper_m: float
    distance_m: float = 0.0
    vertical_gap_m: float = 0.0
    time_gap_s: float = 0.0


class Finding(Noun, frozen=True, kw_only=True):
    """What a check found. `operation` is the one it holds or blocks; `other` the other one of a clash.

    `id` follows from what it is about, so the same state of affairs is the same finding. `why` is a stable code with
    `params`, `text` the same in English. `more`: `met` are only the first of very many. `asks_of`: parties whose consent or
    acknowledgement settles it (`ask`: which of the two), `quorum` how many of them, `answer_within_s` their deadline.
    """

    id: Id
    kind: FindingKind
    severity: Severity
    effect: Effect
    operation: Id
    other: Id | None = None
    understanding: Id | None = None
    rule: Id | None = None
    rule_kind: str | None = None
    site: Id | None = None
    why: str
    text: str
    params: dict[str, str | float | int | None] = {}
    met: tuple[Met, ...] = ()
    more: bool = False
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    remedies: tuple[Remedy, ...] = ()
    ask: Literal["consent", "acknowledgement"] | None = None
    asks_of: tuple[Id, ...] = ()
    quorum: int | None = None
    answer_within_s: float | None = None
    valid_for_s: float | None = None
    disclose: Literal["nothing", "overlap", "envelope", "details"] = "overlap"

    def __post_init__(self) -> None:
        set_utc(self, "starts_at", "ends_at")


class Opened(Noun, frozen=True, kw_only=True):
    """A finding as it stands in the exchange: since when, and when and by what it closed (None: still open)."""

    finding: Finding
    opened_at: Instant
    closed_at: datetime | None = None
    closed_because: str | None = None
