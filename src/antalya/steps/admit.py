"""Admit: whether an operation may be filed at all, before anything is looked for."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import chain
from uuid import UUID

from antalya.geometry.densify import check_added
from antalya.geometry.shape import Shape
from antalya.model.errors import error
from antalya.model.limits import Limits
from antalya.model.operations import NEXT, UNDER_WAY, Operation
from antalya.model.parties import Party
from antalya.model.places import Area, Site
from antalya.model.rules import KeepOut
from antalya.model.understandings import Understanding
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, Ring, vertices
from antalya.picture import Prepared, Rulebook, shape_of

MOST_SITE_VERTICES = 500
"""Positions of a site's outline: every filing near it is measured against all of them, and a building or a camp has tens."""

_PLAIN_ID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""A UUID of version 4 or 7, of the variant that has versions."""


def check_size(operation: Operation, limits: Limits) -> None:
    """Bounds that cost next to nothing to check, before shapes are made. Raises too_many_volumes, too_many_vertices,
    swapped_position."""
    if len(operation.volumes) > limits.volumes:
        raise error("too_many_volumes", f"{len(operation.volumes)} volumes, at most {limits.volumes}", at="volumes")
    total = 0
    for i, volume in enumerate(operation.volumes):
        total += vertices(volume.outline)
        _check_vertices(total, limits.vertices, f"volumes[{i}].outline")
        if limits.theatre is not None:
            _check_swapped(volume.outline, limits.theatre, f"volumes[{i}].outline")
    check_added([ring for volume in operation.volumes for ring in _rings(volume.outline)], "volumes")


def check_place(place: Site | Area | Understanding, limits: Limits) -> None:
    """Whether filings can be measured against the outlines of a site, an area or an understanding's rules: all that come near
    are. How large an area is says little of what that costs, and a rule may hold everywhere; a site is a place. Raises
    too_many_vertices, area_too_large."""
    match place:
        case Site(outline=outline):
            _check_outline(outline, min(MOST_SITE_VERTICES, limits.vertices), "outline")
            _check_area(shape_of(outline), limits, "outline")
        case Area(outline=outline):
            _check_outline(outline, limits.vertices, "outline")
        case Understanding(rules=rules):
            for i, rule in enumerate(rules):
                if rule.outline is not None:
                    _check_outline(rule.outline, limits.vertices, f"rules[{i}].outline")
                if isinstance(rule, KeepOut) and rule.line is not None:
                    _check_vertices(len(rule.line), limits.vertices, f"rules[{i}].line")
                    check_added([rule.line], f"rules[{i}].line")


def _check_outline(outline: Outline, most: int, at: str) -> None:
    _check_vertices(vertices(outline), most, at)
    check_added(list(_rings(outline)), at)


def _check_vertices(count: int, most: int, at: str) -> None:
    if count > most:
        raise error("too_many_vertices", f"more than {most} positions", at=at)


def check_id(id: str) -> None:
    """Ids that come through a door are UUIDs of version 4 or 7, in lower case: two that differ only in case would pass for
    the same. Raises bad_id."""
    if _PLAIN_ID.fullmatch(id):
        return
    try:
        parsed = UUID(id)
    except ValueError:
        raise error("bad_id", "the id is not a UUID", at="id") from None
    if str(parsed) != id:
        raise error("bad_id", "a UUID is written in lower case, as 8-4-4-4-12 digits", at="id")
    if parsed.version not in (4, 7):
        raise error("bad_id", f"a UUID of version {parsed.version}", at="id")


def check_signed(party: Party | None, kid: str | None) -> None:
    """Whether what a party says may be unsigned (`kid` None). Raises signature_required."""
    if kid is None and party is not None and party.must_sign:
        raise error("signature_required", "what this party says must be signed")


def admit(subject: Prepared, caller: str, rulebook: Rulebook, limits: Limits, now: datetime) -> None:
    """Refuses what may not be filed: another party's operation, unknown references, too large, outside the horizon.

    Raises not_yours, unknown_reference, area_too_large, window_past, beyond_horizon.
    """
    operation = subject.operation
    if operation.party != caller:
        raise error("not_yours", "an operation is filed by its own party", at="party")
    if operation.party not in rulebook.parties:
        raise error("unknown_reference", "the party is not registered", at="party")
    for i, force in enumerate(operation.forces):
        if force not in rulebook.forces:
            raise error("unknown_reference", f"no force {force!r}", at=f"forces[{i}]")
    for party in operation.disclosure:
        if party != "*" and party not in rulebook.parties:
            raise error("unknown_reference", f"no party {party!r}", at="disclosure")
    check_areas(subject, limits)
    _check_windows(operation, limits, now)


def check_areas(subject: Prepared, limits: Limits) -> None:
    """Raises area_too_large."""
    for i, radius_m in enumerate(subject.radii_m):
        if 3.2 * radius_m**2 > limits.area_km2 * 1e6:  # a cap's area first: its own takes longer to find
            _check_area(subject.shapes[i], limits, f"volumes[{i}].outline")


def _check_area(shape: Shape, limits: Limits, at: str) -> None:
    if shape.area_m2 > limits.area_km2 * 1e6:
        raise error("area_too_large", f"{shape.area_m2 / 1e6:.0f} km², at most {limits.area_km2:.0f} km²", at=at)


def _check_windows(operation: Operation, limits: Limits, now: datetime) -> None:
    latest = now + timedelta(days=limits.horizon_days)
    for i, volume in enumerate(operation.volumes):
        if volume.ends_at > latest:
            raise error("beyond_horizon", f"ends more than {limits.horizon_days:g} days ahead", at=f"volumes[{i}].ends_at")
    if max(v.ends_at for v in operation.volumes) < now - timedelta(seconds=limits.past_s):
        raise error("window_past", "every window is over", at="volumes")


def check_transition(before: Operation, after: Operation, clearance: str) -> None:
    """Whether an operation may go on to that state. `active` needs clearance `clear`. Raises wrong_state, not_yours."""
    if after.party != before.party:
        raise error("not_yours", "an operation can't change its party", at="party")
    if after.state not in NEXT[before.state]:
        raise error("wrong_state", f"from {before.state} an operation can't become {after.state}", at="state")
    if before.state in UNDER_WAY and after.priority < before.priority:
        raise error("wrong_state", f"the operation is {before.state}: others gave way to its priority", at="priority")
    if after.state == "active" and before.state == "accepted" and clearance != "clear":
        raise error("wrong_state", f"the operation is {clearance}: it may not become active", at="state")


def _check_swapped(outline: Outline, theatre: tuple[float, float, float, float], at: str) -> None:
    west, south, east, north = theatre
    inside = swapped = False
    for lon, lat in chain.from_iterable(_rings(outline)):
        inside = inside or (west <= lon <= east and south <= lat <= north)
        swapped = swapped or (west <= lat <= east and south <= lon <= north)
    if swapped and not inside:
        raise error("swapped_position", "outside the theatre; with longitude and latitude swapped it would be inside", at=at)


def _rings(outline: Outline) -> Iterable[Ring]:
    """All rings of an outline; a circle's centre as one."""
    match outline:
        case Circle():
            return ((outline.center,),)
        case Polygon():
            return outline.coordinates
        case MultiPolygon():
            return chain.from_iterable(outline.coordinates)
