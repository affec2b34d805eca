"""Protected sites, and the `protect` rule. Protection does not depend on this notice, and every text says so.

No text or parameter names a site, its owner or its place beyond the finding's own region: a list of sites in the hands of
whoever files would itself be a danger.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from antalya.geometry.cut import cut
from antalya.geometry.overlap import Part, meet, near_in_time_and_height, overlaps
from antalya.model.findings import Finding, Met, Remedy
from antalya.model.operations import Activity
from antalya.model.places import Site
from antalya.model.rules import Protect
from antalya.model.understandings import Understanding
from antalya.model.volume import Minima, Volume
from antalya.picture import shape_of
from antalya.scope import Ground, Span, common, lasting, nearer_than
from antalya.steps.weigh.case import Ask, Case, finding
from antalya.steps.weigh.trims import Own, leave_region, metres, trims

_AID: frozenset[Activity] = frozenset({"medevac", "relief", "convoy"})
"""What goes to protected places by its nature: bound only by a rule that names it."""

_INSTANT = timedelta(microseconds=1)
_WHATEVER = "Protection does not depend on this notice."


@dataclass(frozen=True, slots=True)
class _Near:
    """A volume of the operation within the stand-off of a site: which, what part of it, and the site as a volume."""

    index: int
    part: Part
    site: Volume


def hazards(case: Case) -> Iterator[Finding]:
    """What comes within the stand-off of a protected site while its entry is valid: blocked where a `protect` rule in force
    covers the site, else held until the operation's own party confirms that it knows. A site's owner is left alone."""
    aid = case.operation.activity in _AID
    rules = [(u, r, case.ground(u, r)) for u, r in case.rulebook.of_kind(Protect)
             if case.binds(r) and (r.activities or not aid)]
    for site in _around(case, max((r.stand_off_m for _, r, _ in rules), default=0.0)):
        found = [f for u, r, ground in rules if _covers(r, ground, site) for f in _forbidden(case, site, u, r, ground)]
        yield from found
        if not aid and not any(f.effect == "block" for f in found):
            yield from _to_know(case, site)


def _forbidden(case: Case, site: Site, understanding: Understanding, rule: Protect, ground: Ground) -> Iterator[Finding]:
    """The finding under a rule: the wider of the two stand-offs, while both the rule holds and the entry is valid."""
    stand_off_m = max(site.stand_off_m, rule.stand_off_m)
    if near := _near(case, site, stand_off_m, common(site.valid_from, site.expires_at, ground.spans)):
        yield finding("hazard", "near-site", f"The operation comes nearer than {metres(stand_off_m)} to a protected site "
                      f"({site.kind}), which is forbidden. {_WHATEVER}", case.operation.id, _met(case, near, stand_off_m),
                      effect="block", rule=(understanding, rule), site=site.id,
                      remedies=_remedies(case, near, site, stand_off_m),
                      params={"site_kind": site.kind, "stand_off_m": stand_off_m})


def _to_know(case: Case, site: Site) -> Iterator[Finding]:
    """The finding without a rule: the acting unit's own word that it knows is enough."""
    if near := _near(case, site, site.stand_off_m, ((site.valid_from, site.expires_at),)):
        own = (case.operation.party,)
        know = Remedy(kind="acknowledge", operation=case.operation.id, parties=own,
                      text="Confirm that the unit that acts knows of the site.")
        yield finding("hazard", "near-site", f"The operation comes nearer than {metres(site.stand_off_m)} to a protected site "
                      f"({site.kind}); the unit that acts must know of it. {_WHATEVER}", case.operation.id,
                      _met(case, near, site.stand_off_m), effect="hold", site=site.id, ask=Ask("acknowledgement", own),
                      remedies=[know, *_remedies(case, near, site, site.stand_off_m)],
                      params={"site_kind": site.kind, "stand_off_m": site.stand_off_m})


def _covers(rule: Protect, ground: Ground, site: Site) -> bool:
    """Whether a rule is about a site: named, or of its kinds; in its area, and not wholly in the areas it excepts."""
    if (rule.sites or rule.kinds) and site.id not in rule.sites and site.kind not in rule.kinds:
        return False
    shape = shape_of(site.outline)
    if ground.area is not None and not overlaps(shape, ground.area):
        return False
    return not ground.holes or cut(shape, ground.holes) is not None


def _near(case: Case, site: Site, stand_off_m: float, spans: Sequence[Span]) -> list[_Near]:
    minima, shape = Minima(across_m=stand_off_m, up_m=site.clear_above_m), shape_of(site.outline)
    found = []
    for starts_at, ends_at in spans:
        place = Volume(outline=site.outline, lower_m=site.lower_m, upper_m=site.upper_m, starts_at=starts_at, ends_at=ends_at)
        for i, (volume, own) in enumerate(zip(case.operation.volumes, case.subject.shapes, strict=True)):
            meeting = meet(lasting(volume), place, minima, own, shape)
            if meeting is not None:
                found.append(_Near(i, meeting.part_a, place))
    return found


def _met(case: Case, near: Sequence[_Near], stand_off_m: float) -> list[Met]:
    """The operation's own parts within the stand-off (`nearer_than`); not the site's outline, nor how far away it is."""
    found = []
    for n in near:
        region = nearer_than(case.subject.shapes[n.index], shape_of(n.site.outline), stand_off_m)
        found.append(Met(volume=n.index, other_volume=None, region=region, starts_at=n.part.starts_at, ends_at=n.part.ends_at,
                         lower_m=n.part.lower_m, upper_m=n.part.upper_m))
    return found


def _remedies(case: Case, near: Sequence[_Near], site: Site, stand_off_m: float) -> list[Remedy]:
    """Keeping off, or above or below. Never a time: that a site's entry runs out doesn't make it a target."""
    minima = Minima(across_m=stand_off_m, up_m=site.clear_above_m)

    def still(index: int, rest: Part) -> bool:
        lasts = rest._replace(ends_at=max(rest.ends_at, rest.starts_at + _INSTANT))
        return any(near_in_time_and_height(lasts, n.site, minima) for n in near if n.index == index)

    operation = case.operation
    cuts = trims(operation, [Own(n.index, *n.part) for n in near], still, case.now)
    return [Remedy(kind="keep-off", operation=operation.id, text=f"Keep {metres(stand_off_m)} away from the site.",
                   distance_m=stand_off_m),
            *(r for r in cuts if r.altitude_m is not None), leave_region(operation)]


_Caps = tuple[list[Site], NDArray[np.float64], NDArray[np.float64]]
_last: tuple[Mapping[str, Site], _Caps] | None = None


def _caps(sites: Mapping[str, Site]) -> _Caps:
    """The sites in the order of their ids, the centres (n, 3) and radii of caps round their stand-offs; kept for the rulebook
    that was last used, for a humanitarian list has thousands of entries and every filing looks through all of them."""
    global _last
    kept = _last
    if kept is None or kept[0] is not sites:
        ordered = [sites[id_] for id_ in sorted(sites)]
        shapes = [shape_of(s.outline) for s in ordered]
        kept = _last = sites, (ordered, np.array([s.middle for s in shapes], dtype=np.float64).reshape(-1, 3), np.array(
            [shape.radius_m + site.stand_off_m for shape, site in zip(shapes, ordered, strict=True)], dtype=np.float64))
    return kept[1]


def _around(case: Case, stand_off_m: float) -> Iterator[Site]:
    """The sites whose stand-off, or the one given if it is wider, the operation might reach; its own party's not."""
    if not case.rulebook.sites:
        return
    ordered, centres, radii = _caps(case.rulebook.sites)
    close = np.zeros(len(ordered), dtype=np.bool_)
    for shape in case.subject.shapes:
        away = centres - np.asarray(shape.middle)
        close |= np.einsum("ij,ij->i", away, away) <= (radii + stand_off_m + shape.radius_m) ** 2
    for i in np.flatnonzero(close).tolist():
        if ordered[i].owner != case.operation.party:
            yield ordered[i]
