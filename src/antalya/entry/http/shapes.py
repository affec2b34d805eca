"""The shapes of answers, for openapi.json. Tests hold every real answer against them; `steps.disclose` makes the views."""

from typing import Any

import msgspec

from antalya.model.asks import Answer, AskKind, AskState
from antalya.model.base import Instant
from antalya.model.findings import Clearance, Effect, FindingKind, Remedy, Severity
from antalya.model.operations import Activity, Operation, State
from antalya.model.parties import Force, Level, Party, Stance
from antalya.model.places import Area, Control, Site
from antalya.model.understandings import Signature, Understanding
from antalya.model.volume import Circle, MultiPolygon, Polygon


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of answer shapes."""


class OperationView(Shape, frozen=True, kw_only=True, tag_field="level", tag="details"):
    """An operation in full: for its own party, the broker, and whom its owner shows it. `clearance` is `null` once it is
    withdrawn or ended."""

    id: str
    version: int
    etag: str
    filed_at: Instant
    signed: bool
    clearance: Clearance | None
    operation: Operation


class Envelope(Shape, frozen=True, kw_only=True):
    """Coarse cells, altitudes to 500 m outward, whole hours outward."""

    outline: Polygon | MultiPolygon
    lower_m: float
    upper_m: float
    starts_at: Instant
    ends_at: Instant


class EnvelopeView(Shape, frozen=True, kw_only=True, tag_field="level", tag="envelope"):
    """An operation as its envelope: for whoever must consent."""

    id: str
    party: str
    forces: tuple[str, ...]
    activity: Activity
    state: State
    envelope: Envelope


AnyOperation = OperationView | EnvelopeView


class MetView(Shape, frozen=True, kw_only=True):
    """Where two things meet; the numbers with defaults only at `details`."""

    region: Polygon | MultiPolygon | Circle | None
    starts_at: Instant
    ends_at: Instant
    lower_m: float
    upper_m: float
    volume: int | None = None
    other_volume: int | None = None
    distance_m: float | None = None
    vertical_gap_m: float | None = None
    time_gap_s: float | None = None


class FindingView(Shape, frozen=True, kw_only=True):
    """A finding as its viewer may see it; `null` where it is held back. `more`: `met` are the first of very many."""

    id: str
    level: Level
    kind: FindingKind
    severity: Severity
    effect: Effect
    opened_at: Instant
    closed_at: Instant | None
    why: str
    text: str
    rule: str | None
    rule_kind: str | None
    understanding: str | None
    operation: str | None
    other: str | None
    site: str | None
    params: dict[str, Any]
    met: tuple[MetView, ...]
    more: bool
    starts_at: Instant | None
    ends_at: Instant | None
    remedies: tuple[Remedy, ...]
    stance: str | None
    settled: bool


class AnswerView(Answer, frozen=True, kw_only=True):
    """An answer; the party is `null` where the viewer may not know who it is."""

    party: str | None  # type: ignore[assignment]


class AskView(Shape, frozen=True, kw_only=True):
    """An ask; `of` or `operation` is `null` where the viewer may not know them."""

    id: str
    kind: AskKind
    finding: str
    operation: str | None
    of: str | None
    text: str
    asked_at: Instant
    deadline: Instant
    state: AskState
    valid_until: Instant | None
    conditions: tuple[str, ...]
    about: str | None
    answers: tuple[AnswerView, ...]


class Outcome(Shape, frozen=True, kw_only=True):
    """What a filing or answer came to, with the receipt of its leaf."""

    operation: AnyOperation | None
    clearance: Clearance | None
    findings: tuple[FindingView, ...]
    asks: tuple[AskView, ...]
    receipt: dict[str, Any]
    leaf: int | None = None


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An error (RFC 9457) with its stable `code` and what to do next."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    next_step: str
    at: str | None = None
    instance: str | None = None


class FiledOne(Shape, frozen=True, kw_only=True):
    """What came of one filing: its `outcome` where `status` is 201, else the `problem`."""

    status: int
    outcome: Outcome | msgspec.UnsetType = msgspec.UNSET
    problem: Problem | msgspec.UnsetType = msgspec.UNSET


class Filed(Shape, frozen=True, kw_only=True):
    """What came of several filings, in their order."""

    items: tuple[FiledOne, ...]


class DryRun(Shape, frozen=True, kw_only=True):
    """What a check of a filed operation would find now."""

    findings: tuple[FindingView, ...]
    clearance: Clearance | None


class Operations(Shape, frozen=True, kw_only=True):
    """A page of operations."""

    items: tuple[AnyOperation, ...]
    next: int | None


class Findings(Shape, frozen=True, kw_only=True):
    """Findings."""

    items: tuple[FindingView, ...]
    next: int | None


class Asks(Shape, frozen=True, kw_only=True):
    """Asks, the newest last; `next`: before which the page before ends."""

    items: tuple[AskView, ...]
    next: str | None


class UnderstandingView(Understanding, frozen=True, kw_only=True):
    """An understanding with the hash to sign and the signatures to it."""

    content_sha256: str
    signatures: tuple[Signature, ...] = ()


class Registered(Shape, frozen=True, kw_only=True):
    """What was registered, and which version that is."""

    kind: str
    id: str
    version: int


class Told(Shape, frozen=True, kw_only=True):
    """That a party was told something, when, and when it was delivered."""

    id: int
    at: Instant
    party: str
    type: str
    subject: str
    delivered_at: Instant | None


class Who(Shape, frozen=True, kw_only=True):
    """Who looks."""

    party: str
    name: str
    broker: bool


class Picture(Shape, frozen=True, kw_only=True):
    """Everything a viewer may see at once."""

    now: Instant
    viewer: Who
    parties: tuple[Party, ...]
    forces: tuple[Force, ...]
    areas: tuple[Area, ...]
    stances: tuple[Stance, ...]
    controls: tuple[Control, ...]
    sites: tuple[Site, ...]
    understandings: tuple[Understanding, ...]
    operations: tuple[AnyOperation, ...]
    findings: tuple[FindingView, ...]
    asks: tuple[AskView, ...]
    told: tuple[Told, ...]
    truncated: bool


class Me(Shape, frozen=True, kw_only=True):
    """Who the token says you are."""

    party: str
    name: str
    scopes: tuple[str, ...]
    broker: bool
    now: Instant
    demo: bool


class LeafView(Shape, frozen=True, kw_only=True):
    """A leaf of the log; entry, salt and content only for whoever may read them."""

    leaf: int
    hash: str
    entry: dict[str, Any] | None = None
    salt: str | None = None
    content: str | None = None


class Leaves(Shape, frozen=True, kw_only=True):
    """A page of the log."""

    items: tuple[LeafView, ...]
    next: int | None


class Inclusion(Shape, frozen=True, kw_only=True):
    """An inclusion proof (RFC 9162, 2.1.3), hashes in hex."""

    leaf: int
    size: int
    proof: tuple[str, ...]
    root: str


class Consistency(Shape, frozen=True, kw_only=True, rename={"from_": "from"}):
    """A consistency proof (RFC 9162, 2.1.4), hashes in hex."""

    from_: int
    to: int
    proof: tuple[str, ...]
    root: str
