"""Things that can be shown at the drone door: operations, keep-out rules in force, protected sites, as volumes."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from antalya.geometry.line import within_m
from antalya.geometry.shape import Shape
from antalya.model.bridging import OPEN_END, Source
from antalya.model.coordination import ReferenceKind
from antalya.model.f3548 import State
from antalya.model.operations import LIVE, Activity, Operation
from antalya.model.operations import State as Stage
from antalya.model.parties import Level
from antalya.model.places import Site
from antalya.model.rules import KeepOut
from antalya.model.understandings import Understanding
from antalya.model.volume import Circle, Outline, Volume, vertices
from antalya.picture import Rulebook, shape_of
from antalya.scope import ground_of, holds

AIRBORNE: frozenset[Activity] = frozenset({"drone", "flight"})
"""Activities that are operational intents; all others are constraints."""
_STATES: dict[Stage, State] = {"filed": "Accepted", "accepted": "Accepted", "active": "Activated",
                               "nonconforming": "Nonconforming", "contingent": "Contingent"}
_WIDEST_M = 2_000_000.0
_TRACED = 500
"""Corners of an outline up to which what is round it is traced along them, in half a second at most; of one with more it is what
is round its convex hull, for all who write wait for this."""


@dataclass(frozen=True)
class Exhibit:
    """A thing as drone operators would see it in whole. `owners`: the parties whose it is; `disclosure`: what they show to
    whom; `type`: what kind of constraint it is."""

    source: Source
    subject: str
    part: str
    kind: ReferenceKind
    state: State | None
    volumes: tuple[Volume, ...]
    owners: Collection[str]
    disclosure: Mapping[str, Level]
    priority: int = 0
    type: str = ""

    @property
    def ends_at(self) -> datetime:
        """When the last of it is over."""
        return max(volume.ends_at for volume in self.volumes)


def operation(thing: Operation) -> Exhibit | None:
    """An operation that takes space; None for one that does not any more."""
    if thing.state not in LIVE:
        return None
    flies = thing.activity in AIRBORNE
    return Exhibit("operation", thing.id, "", "intent" if flies else "constraint", _STATES[thing.state] if flies else None,
                   thing.volumes, (thing.party,), thing.disclosure, thing.priority, f"antalya.{thing.activity}")


def site(thing: Site) -> Exhibit:
    """A protected site with the room that is to be kept round it."""
    volume = Volume(outline=_widened(shape_of(thing.outline), thing.stand_off_m), lower_m=thing.lower_m - thing.clear_above_m,
                    upper_m=thing.upper_m + thing.clear_above_m, starts_at=thing.valid_from, ends_at=thing.expires_at)
    return Exhibit("site", thing.id, "", "constraint", None, (volume,), (thing.owner,), thing.disclosure,
                   type="antalya.protected-site")


def keep_outs(understanding: Understanding, rulebook: Rulebook) -> Iterator[Exhibit]:
    """The keep-outs of an understanding that bind anybody's drones: those that name no party or force. What they except is not
    cut out, since it is free for some only, but for times. None of an understanding that is not in force."""
    chosen = understanding.disclosure
    everybody = chosen.everybody if chosen is not None and isinstance(chosen.everybody, str) else "nothing"
    if understanding.status != "in-force" or everybody == "nothing":
        return
    for rule in understanding.rules:
        if isinstance(rule, KeepOut) and _binds_drones(rule):
            volumes = tuple(_volumes(understanding, rule, rulebook))
            if volumes:
                yield Exhibit("rule", understanding.id, rule.id, "constraint", None, volumes, understanding.signatories,
                              {"*": everybody}, type="antalya.keep-out")


def _binds_drones(rule: KeepOut) -> bool:
    return not (rule.parties or rule.forces) and (not rule.activities or "drone" in rule.activities) \
        and "drone" not in rule.exceptions.activities


def _volumes(understanding: Understanding, rule: KeepOut, rulebook: Rulebook) -> Iterator[Volume]:
    area = ground_of(understanding, rule, rulebook).area
    if area is None or not rule.lower_m < rule.upper_m:
        return
    outline = _widened(area, rule.stand_off_m)
    for starts_at, ends_at in holds(understanding, rule):
        yield Volume(outline=outline, lower_m=rule.lower_m, upper_m=rule.upper_m, starts_at=starts_at,
                     ends_at=min(ends_at, OPEN_END))


def _widened(shape: Shape, by_m: float) -> Outline:
    """An outline with everything within some metres of it."""
    outline = shape.outline
    if not by_m:
        return outline
    if isinstance(outline, Circle):
        return Circle(center=outline.center, radius_m=min(outline.radius_m + by_m, _WIDEST_M))
    around = Circle(center=shape.centre, radius_m=min(1.1 * shape.radius_m + 1.2 * by_m + 10.0, _WIDEST_M))
    return within_m(shape_of(around), shape, by_m, hull=vertices(outline) > _TRACED) or outline
