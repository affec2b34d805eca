"""The `limit` rule: how high and low, how strong, how many at once, at which hours."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from msgspec.structs import replace

from antalya.geometry.overlap import overlaps
from antalya.geometry.shape import Shape
from antalya.model.findings import Finding, Met, Remedy
from antalya.model.operations import Strength
from antalya.model.rules import Limit
from antalya.model.understandings import Understanding
from antalya.picture import Prepared, Rulebook, shape_of
from antalya.scope import Ground, Span, binds, common
from antalya.steps.weigh.case import Case, finding
from antalya.steps.weigh.trims import metres, rule_trims

_DAY = timedelta(days=1)
_LONGEST = timedelta(days=366)


def limit(case: Case, understanding: Understanding, rule: Limit) -> Iterator[Finding]:
    """Everything of an operation that is beyond a limit, one finding for each bound it breaks. All of them block."""
    if not case.binds(rule):
        return
    ground = case.ground(understanding, rule)
    found = [*_band(case, understanding, rule), _strength(case, rule, ground), _at_once(case, rule, ground),
             _hours(case, rule, ground)]
    for each in found:
        if each is not None:
            why, text, met, remedies, params = each
            yield finding("breach", why, text, case.operation.id, met, effect="block", rule=(understanding, rule),
                          remedies=remedies, params=params)


def counted_areas(subject: Prepared, rulebook: Rulebook) -> list[Shape | None]:
    """The areas of `limit` rules that count operations and that the subject meets (None: everywhere): everything in them
    has to be looked at, however far from the subject."""
    found: list[Shape | None] = []
    for _, rule in rulebook.of_kind(Limit):
        if rule.operations_at_once is not None:
            outline = rulebook.outline_of(rule)
            area = None if outline is None else shape_of(outline)
            if area is None or any(overlaps(area, shape) for shape in subject.shapes):
                found.append(area)
    return found


_Found = tuple[str, str, tuple[Met, ...], Sequence[Remedy], dict[str, str | float | int | None]]


def _band(case: Case, understanding: Understanding, rule: Limit) -> Iterator[_Found]:
    """What is above or below the band that is allowed."""
    for word, bound in (("above", rule.upper_m), ("below", rule.lower_m)):
        if bound is None:
            continue
        beyond = {"lower_m": bound} if word == "above" else {"upper_m": bound}
        if met := case.met(case.ground(understanding, rule, **beyond)):
            yield (f"{word}-limit", f"The operation goes {word} the limit of {metres(bound)} (WGS84).", met,
                   rule_trims(case.operation, met, case.now), {"limit_m": bound})


def _strength(case: Case, rule: Limit, ground: Ground) -> _Found | None:
    """Whether it is stronger than allowed; a count of 0 in the rule does not count."""
    if rule.at_most is None:
        return None
    most, has = rule.at_most, case.operation.strength
    over = [name for name in Strength.__struct_fields__ if 0 < getattr(most, name) < getattr(has, name)]
    met = case.met(ground) if over else ()
    if not met:
        return None
    allowed = ", ".join(f"{getattr(most, name)} {name.replace('_', ' ')}" for name in over)
    less = Remedy(kind="reduce", operation=case.operation.id, text=f"Take at most {allowed}.")
    return ("too-many", f"The operation is stronger than allowed here: at most {allowed}.", met,
            [less, *rule_trims(case.operation, met, case.now)], {name: getattr(most, name) for name in over})


def _at_once(case: Case, rule: Limit, ground: Ground) -> _Found | None:
    """Whether there are moments at which so many operations with a better right of way are there that no place is left."""
    if rule.operations_at_once is None or not (stays := ground.stays(case.subject)):
        return None
    before = [p for p in case.others() if p.precedence < case.subject.precedence and binds(rule, p.operation, case.rulebook)]
    others = [_merged(span for stay in case.stays(ground, p) for span in stay.spans) for p in before]
    full = _full([span for spans in others for span in spans], rule.operations_at_once)
    met = tuple(replace(m, starts_at=s, ends_at=e) for stay in stays for m in stay.met()
                for s, e in common(m.starts_at, m.ends_at, full))
    if not met:
        return None
    return ("too-many-at-once", f"More operations than the {rule.operations_at_once} agreed would be there at once; this one "
            "has the lower priority, or was filed later.", met, rule_trims(case.operation, met, case.now, height=False),
            {"at_once": rule.operations_at_once})


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Spans of one operation, laid together, so that it counts once at a time."""
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = out[-1][0], max(out[-1][1], end)
        else:
            out.append((start, end))
    return out


def _full(spans: Sequence[Span], places: int) -> list[Span]:
    """When at least `places` of the spans hold at once; always, where there is no place at all. Half-open: one that ends
    leaves its place to one that begins, and an instant takes none."""
    if places == 0:
        return [(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))]
    steps: dict[datetime, int] = {}
    for start, end in spans:
        steps[start] = steps.get(start, 0) + 1
        steps[end] = steps.get(end, 0) - 1
    there, full = 0, []
    for start, end in pairwise(sorted(steps)):
        there += steps[start]
        if there >= places:
            full.append((start, end))
    return _merged(full)


def _hours(case: Case, rule: Limit, ground: Ground) -> _Found | None:
    """What of it is outside the hours of the day that are allowed."""
    if rule.daily_from is None or rule.daily_until is None:
        return None
    begin, end = _since_midnight(rule.daily_from), _since_midnight(rule.daily_until)
    met = tuple(replace(m, starts_at=s, ends_at=e) for m in case.met(ground)
                for s, e in outside_hours(m.starts_at, m.ends_at, begin, end))
    if not met:
        return None
    hours = f"{_clock(begin)} to {_clock(end)} UTC"
    keep = Remedy(kind="keep-hours", operation=case.operation.id, text=f"Keep to {hours}.")
    return ("outside-hours", f"The operation takes place outside the hours allowed here, {hours}.", met,
            [keep, *rule_trims(case.operation, met, case.now)], {"from": _clock(begin), "until": _clock(end)})


def outside_hours(starts_at: datetime, ends_at: datetime, begin: timedelta, end: timedelta) -> Sequence[Span]:
    """What of a window is outside [begin, end) of every UTC day, both since midnight; over midnight where `end` is the
    earlier, the whole day where they are the same. Of a window longer than a year, all of it, unless that is allowed."""
    length = (end - begin) % _DAY
    if not length:
        return ()
    if ends_at - starts_at > _LONGEST:
        return ((starts_at, ends_at),)
    midnight = starts_at.replace(hour=0, minute=0, second=0, microsecond=0)
    forbidden, after = [], midnight - _DAY + begin + length
    while after <= ends_at:
        forbidden.append((after, after + _DAY - length))
        after += _DAY
    return common(starts_at, ends_at, forbidden)


def _since_midnight(of: time) -> timedelta:
    """A time of the day in UTC; one without a zone is UTC."""
    since = timedelta(hours=of.hour, minutes=of.minute, seconds=of.second, microseconds=of.microsecond)
    return (since - (of.utcoffset() or timedelta())) % _DAY


def _clock(since: timedelta) -> str:
    minutes = int(since.total_seconds()) // 60
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
