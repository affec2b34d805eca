"""What would remove a finding: changes its owner can make, told without more than the finding's own meeting shows.

A trim cuts the volumes the finding names (`Met.volume` of that operation): they begin later, end earlier, or keep below or
above a height. It is offered only where every one of them goes on beyond the cut, and only after the cut volumes were
compared again. Cuts are rounded to whole seconds and metres, away from the meeting.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any, NamedTuple

from msgspec import to_builtins

from antalya.geometry.overlap import Part, near_in_time_and_height, whole
from antalya.model.findings import Met, Remedy, RemedyKind
from antalya.model.operations import Operation
from antalya.model.volume import Minima, Volume
from antalya.separations import Encounter


class Own(NamedTuple):
    """The part of one of the owner's volumes that has to go."""

    volume: int
    starts_at: datetime
    ends_at: datetime
    lower_m: float
    upper_m: float


StillMeets = Callable[[int, Part], bool]
"""Whether a volume, cut, would still be found: in time and height alone, its outline being as before."""


def at(moment: datetime) -> str:
    """A moment in RFC 3339 with Z, to the second."""
    return str(to_builtins(moment))[:19] + "Z"  # a tenth of the time of `isoformat`


def metres(value: float) -> str:
    """Metres, without decimals where there are none."""
    return f"{value:,.0f} m" if value == round(value) else f"{value:,.1f} m"


def duration(seconds: float) -> str:
    """Seconds as days, hours, minutes or seconds: the largest unit that divides them."""
    for size, name in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0 and (name != "days" or seconds > 2 * size):
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:g} s"


def trims(operation: Operation, parts: Sequence[Own], still: StillMeets, now: datetime) -> list[Remedy]:
    """The trims in time and height that remove what the parts show."""
    own = {p.volume: whole(operation.volumes[p.volume]) for p in parts}
    return [r for r in (_later(operation, parts, own, still), _earlier(operation, parts, own, still, now),
                        _below(operation, parts, own, still), _above(operation, parts, own, still)) if r is not None]


def rule_trims(operation: Operation, met: Sequence[Met], now: datetime, *, time: bool = True, height: bool = True,
               leave: bool = True) -> list[Remedy]:
    """What removes a finding about a rule's own space: the trims that are of use there, and leaving its region."""
    parts = [Own(m.volume, m.starts_at, m.ends_at, m.lower_m, m.upper_m) for m in met]
    spaces: dict[int, list[Own]] = {}
    for part in parts:
        spaces.setdefault(part.volume, []).append(part)

    def still(index: int, rest: Part) -> bool:
        return any(_shares(rest, part) for part in spaces[index])

    found = [r for r in trims(operation, parts, still, now)
             if (time and r.instant is not None) or (height and r.altitude_m is not None)]
    return found + ([leave_region(operation)] if leave else [])


def clash_trims(operation: Operation, encounters: Iterable[Encounter], other: Operation, now: datetime, *,
                gives_way: bool) -> list[Remedy]:
    """What either side of a clash can do: from its own part of the meeting, compared again with the other's volumes."""
    parts: list[Own] = []
    against: dict[int, list[tuple[Volume, Minima]]] = {}
    for e in encounters:
        index, across = (e.volume, e.other_volume) if gives_way else (e.other_volume, e.volume)
        parts.append(Own(index, *(e.meeting.part_a if gives_way else e.meeting.part_b)))
        against.setdefault(index, []).append((other.volumes[across], e.meeting.minima))

    def still(index: int, rest: Part) -> bool:
        for theirs, minima in against[index]:  # noqa: SIM110 a generator takes as long again
            if near_in_time_and_height(rest, theirs, minima):
                return True
        return False

    return [*trims(operation, parts, still, now), leave_region(operation)]


def leave_region(operation: Operation) -> Remedy:
    """Keeping out of the region the finding shows."""
    return Remedy(kind="leave-region", operation=operation.id, text="Keep out of the region shown.")


def withdraw(operation: Operation) -> Remedy:
    """Where nothing smaller helps."""
    return Remedy(kind="withdraw", operation=operation.id, text="Withdraw the operation.")


def _shares(rest: Part, part: Own) -> bool:
    if not max(rest.lower_m, part.lower_m) < min(rest.upper_m, part.upper_m):
        return False
    if part.starts_at == part.ends_at:
        return rest.starts_at <= part.starts_at <= rest.ends_at
    return max(rest.starts_at, part.starts_at) < min(rest.ends_at, part.ends_at)


def _which(operation: Operation, own: Mapping[int, Part]) -> str:
    """How a text names the volumes of the parts: the operation where it has one, else their numbers, from 1."""
    if len(operation.volumes) == 1:
        return "the operation"
    numbers = sorted([index + 1 for index in own])
    if len(numbers) == 1:
        return f"volume {numbers[0]}"
    if len(numbers) > 6:
        return f"{len(numbers)} volumes"
    return f"volumes {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


Cut = Callable[[Part, Any], Part | None]


def _clears(cut: Cut, to: datetime | float, own: Mapping[int, Part], still: StillMeets) -> bool:
    """Whether every volume of the parts goes on after a cut, and none is found any more."""
    for index, volume in own.items():
        rest = cut(volume, to)
        if rest is None or still(index, rest):
            return False
    return True


def _remedy(operation: Operation, kind: RemedyKind, text: str, *, instant: datetime | None = None,
            altitude_m: float | None = None) -> Remedy:
    return Remedy(kind=kind, operation=operation.id, text=text, instant=instant, altitude_m=altitude_m)


def _later(operation: Operation, parts: Sequence[Own], own: Mapping[int, Part], still: StillMeets) -> Remedy | None:
    latest = max([p.ends_at for p in parts])
    if latest.year > 9000:  # the end of the calendar: nothing comes after it
        return None
    start = latest + timedelta(microseconds=-latest.microsecond % 1_000_000)
    if not _clears(later, start, own, still):
        return None
    return _remedy(operation, "start-after", f"Begin {_which(operation, own)} at {at(start)} or later.", instant=start)


def _earlier(operation: Operation, parts: Sequence[Own], own: Mapping[int, Part], still: StillMeets,
             now: datetime) -> Remedy | None:
    first = min([p.starts_at for p in parts])
    end = first - timedelta(microseconds=first.microsecond)
    if end <= now or not _clears(earlier, end, own, still):
        return None
    return _remedy(operation, "end-before", f"End {_which(operation, own)} by {at(end)}.", instant=end)


def _below(operation: Operation, parts: Sequence[Own], own: Mapping[int, Part], still: StillMeets) -> Remedy | None:
    lowest = min([p.lower_m for p in parts])
    for height in (float(floor(lowest)), float(floor(lowest)) - 1):
        if _clears(below, height, own, still):
            return _remedy(operation, "stay-below", f"Keep {_which(operation, own)} below {metres(height)} (WGS84).",
                           altitude_m=height)
    return None


def _above(operation: Operation, parts: Sequence[Own], own: Mapping[int, Part], still: StillMeets) -> Remedy | None:
    highest = max([p.upper_m for p in parts])
    for height in (float(ceil(highest)), float(ceil(highest)) + 1):
        if _clears(above, height, own, still):
            return _remedy(operation, "stay-above", f"Keep {_which(operation, own)} above {metres(height)} (WGS84).",
                           altitude_m=height)
    return None


def later(of: Part, start: datetime) -> Part | None:
    """What of a volume is left from a moment on; None where nothing is."""
    return None if of.ends_at <= start else Part(max(of.starts_at, start), of.ends_at, of.lower_m, of.upper_m)


def earlier(of: Part, end: datetime) -> Part | None:
    """What of a volume is left until a moment; None where nothing is."""
    return None if end <= of.starts_at else Part(of.starts_at, min(of.ends_at, end), of.lower_m, of.upper_m)


def below(of: Part, top_m: float) -> Part | None:
    """What of a volume is left below a height; None where nothing is."""
    return None if top_m <= of.lower_m else Part(of.starts_at, of.ends_at, of.lower_m, min(of.upper_m, top_m))


def above(of: Part, bottom_m: float) -> Part | None:
    """What of a volume is left from a height up; None where nothing is."""
    return None if of.upper_m <= bottom_m else Part(of.starts_at, of.ends_at, max(of.lower_m, bottom_m), of.upper_m)
