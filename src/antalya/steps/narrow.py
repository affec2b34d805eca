"""Narrow: which of the operations that a viewer sees a search is about.

It looks at views alone. A search over what is stored would find out by trial what the ladder holds back: the minute at which
an operation ends that shows whole hours, or where in a cell of 9 km it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, TypeAlias

import msgspec

from antalya.geometry.geoid import bounding_box
from antalya.model.errors import error
from antalya.model.volume import Outline, Volume

Box: TypeAlias = tuple[float, float, float, float]
"""(west, south, east, north) in degrees; west is greater than east where it crosses the antimeridian."""
_HOUR = timedelta(hours=1)
"""By how much an envelope's window is wider than the operation's, at most, at each end."""


@dataclass(frozen=True, slots=True)
class Search:
    """Operations that end at or after `starts_at`, start before `ends_at` and come into `bbox`; None asks for nothing."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None
    bbox: Box | None = None

    def stored_window(self) -> tuple[datetime | None, datetime | None]:
        """The same for what is stored: wide enough for whatever is found in a view."""
        first, last = datetime.min.replace(tzinfo=UTC) + _HOUR, datetime.max.replace(tzinfo=UTC) - _HOUR
        return (None if self.starts_at is None or self.starts_at < first else self.starts_at - _HOUR,
                None if self.ends_at is None or self.ends_at > last else self.ends_at + _HOUR)


def box_of(text: str) -> Box:
    """The box `west,south,east,north` in degrees. Raises bad_field."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise error("bad_field", "west,south,east,north are wanted, four numbers of degrees", at="bbox") from None
    if not (all(map(isfinite, (west, south, east, north))) and -180 <= west <= 180 and -180 <= east <= 180
            and -90 <= south <= north <= 90):
        raise error("bad_field", "longitudes from -180 to 180 and latitudes from -90 to 90 are wanted, south not above north",
                    at="bbox")
    return west, south, east, north


def fits(view: Mapping[str, Any], search: Search) -> bool:
    """Whether a search is about an operation, by its view (at `details` or `envelope`)."""
    if search == Search():
        return True
    shown = view["operation"]["volumes"] if view["level"] == "details" else [view["envelope"]]
    volumes = msgspec.convert(shown, tuple[Volume, ...])
    return ((search.starts_at is None or max(v.ends_at for v in volumes) >= search.starts_at)
            and (search.ends_at is None or min(v.starts_at for v in volumes) < search.ends_at)
            and (search.bbox is None or _comes_into([v.outline for v in volumes], search.bbox)))


def _comes_into(outlines: Sequence[Outline], box: Box) -> bool:
    """Whether the box round any of some outlines meets a box, edges included."""
    return any(_meet(bounding_box(outline), box) for outline in outlines)


def _meet(one: Box, other: Box) -> bool:
    across = one[2] - one[0] >= 360 or (other[0] - one[0]) % 360 <= one[2] - one[0] \
        or (one[0] - other[0]) % 360 <= (other[2] - other[0]) % 360 or other[:3:2] == (-180, 180)
    return across and one[1] <= other[3] and other[1] <= one[3]
