"""What a check looks at: operations with their prepared shapes, and the rulebook that holds.

Between the nouns and the steps: the steps are pure functions over these two.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from antalya.geometry.columns import Columns
from antalya.geometry.shape import Shape, shape
from antalya.model.errors import AntalyaError, error
from antalya.model.operations import Operation
from antalya.model.parties import Force, Party, Stance, StanceLevel
from antalya.model.places import Area, Site
from antalya.model.rules import AnyRule, Rule
from antalya.model.understandings import Understanding
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon

RuleOf = TypeVar("RuleOf", bound=Rule)

_MOST_SHAPES = 20_000
_MOST_POINTS = 2_000_000
"""Of all kept shapes together: some 100 MB."""


class _Kept:
    """Shapes by their outlines, until they are too many or have too many points; then it begins anew."""

    def __init__(self) -> None:
        self._shapes = dict[Outline, Shape]()
        self._points, self._lock = 0, threading.Lock()

    def get(self, outline: Outline) -> Shape | None:
        """The shape of an outline, if it is kept."""
        return self._shapes.get(outline)

    def keep(self, outline: Outline, made: Shape) -> None:
        """Keeps a shape."""
        with self._lock:
            if len(self._shapes) >= _MOST_SHAPES or self._points + len(made.points) > _MOST_POINTS:
                self._shapes.clear()
                self._points = 0
            self._shapes[outline] = made
            self._points += len(made.points)  # twice where two threads made it at once: then it is cleared a little sooner


_kept = _Kept()


def shape_of(outline: Polygon | MultiPolygon | Circle) -> Shape:
    """The prepared shape of an outline; kept, since rule areas and candidates come again and again."""
    known = _kept.get(outline)
    if known is None:
        known = shape(outline)
        _kept.keep(outline, known)
    return known


class Made(msgspec.Struct, frozen=True):
    """What follows from an operation alone besides its shapes: the hash of what moves, its volumes as the index takes them, and
    the coarse cells its party's budget is charged for."""

    movement: str
    columns: Columns
    coarse: tuple[int, ...]


class Prepared(NamedTuple):
    """An operation ready to be checked: its shapes, one per volume, and when which version of it was filed.

    `first_filed_at` decides who gives way between equal priorities; `filed_at` is this version's. `made`: for filing."""

    operation: Operation
    shapes: Sequence[Shape]
    filed_at: datetime
    first_filed_at: datetime
    version: int = 1
    made: Made | None = None

    @property
    def radii_m(self) -> list[float]:
        """Radii of caps that hold its shapes, one per volume, in metres."""
        radii: list[float] = [s.radius_m for s in self.shapes] if self.made is None else self.made.columns.radius.tolist()
        return radii

    @property
    def precedence(self) -> tuple[int, datetime, str]:
        """Sorts whoever has the right of way first: higher priority, then filed earlier, then by id."""
        return (-self.operation.priority, self.first_filed_at, self.operation.id)


def prepare(operation: Operation, filed_at: datetime, first_filed_at: datetime | None = None, version: int = 1) -> Prepared:
    """Prepares an operation; raises what `geometry.shape` raises, with `at` naming the volume."""
    shapes = tuple(_shape(volume.outline, i) for i, volume in enumerate(operation.volumes))
    return Prepared(operation, shapes, filed_at, first_filed_at or filed_at, version)


def _shape(outline: Outline, volume: int) -> Shape:
    try:
        return shape_of(outline)
    except AntalyaError as refusal:
        inside = refusal.at.removeprefix("outline")
        refusal.at = f"volumes[{volume}].outline.{inside}".rstrip(".")
        raise


class Stored(msgspec.Struct, frozen=True):
    """One version of an operation as it stands in the store. `movement` is the hash of what moves (volumes, forces,
    activity, strength), `moved_at` when that last changed, `kid` the key it was signed with (None: unsigned), `leaf` its leaf."""

    operation: Operation
    version: int
    filed_at: datetime
    moved_at: datetime
    first_filed_at: datetime
    movement: str
    kid: str | None
    leaf: int
    current: bool = True


@dataclass(frozen=True)
class Rulebook:
    """Everything an exchange holds besides operations, as one immutable value; `version` grows with every change."""

    version: int = 0
    parties: Mapping[str, Party] = field(default_factory=dict)
    forces: Mapping[str, Force] = field(default_factory=dict)
    areas: Mapping[str, Area] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    stances: Mapping[str, Stance] = field(default_factory=dict)
    understandings: Mapping[str, Understanding] = field(default_factory=dict)
    kept: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What was looked up in it before, which every check would look up again."""

    def party_of(self, who: str) -> str:
        """The party meant by a party's or force's id: the force's answering party. Raises unknown_reference."""
        if who in self.parties:
            return who
        if who in self.forces:
            return self.forces[who].answers
        raise error("unknown_reference", f"no party or force {who!r}")

    def movers(self, operation: Operation) -> frozenset[str]:
        """All ids by which rules may mean this operation: its party, its forces, and who answers for them."""
        return frozenset({operation.party, *operation.forces,
                          *(self.forces[f].answers for f in operation.forces if f in self.forces)})

    def rules(self) -> Iterator[tuple[Understanding, AnyRule]]:
        """Every rule of every understanding that is in force or suspended (proposed and ended ones rule nothing)."""
        for understanding in self.understandings.values():
            if understanding.status in ("in-force", "suspended"):
                for rule in understanding.rules:
                    yield understanding, rule

    def of_kind(self, kind: type[RuleOf]) -> Sequence[tuple[Understanding, RuleOf]]:
        """The rules of one kind."""
        if kind not in self.kept:
            self.kept[kind] = [(u, r) for u, r in self.rules() if isinstance(r, kind)]
        found: Sequence[tuple[Understanding, RuleOf]] = self.kept[kind]
        return found

    def outline_of(self, rule: Rule) -> Outline | None:
        """The rule's area as an outline; None is everywhere. Raises unknown_reference for an area nobody registered."""
        if rule.area is None:
            return rule.outline
        if rule.area not in self.areas:
            raise error("unknown_reference", f"rule {rule.id!r} names the unknown area {rule.area!r}")
        return self.areas[rule.area].outline

    def stance(self, holder: str, towards: str, at: datetime) -> StanceLevel:
        """How `holder` (party) lists `towards` (force) at a moment; `neutral` where it says nothing. Latest wins."""
        held = [s for s in self.stances.values()
                if s.holder == holder and s.towards == towards and s.since <= at and (s.until is None or at < s.until)]
        return max(held, key=lambda s: s.since).stance if held else "neutral"
