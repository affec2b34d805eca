"""Envelopes: coarse cells, altitudes to 500 m outward, whole hours outward; and what a level shows of volumes."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import ceil, floor
from typing import Any

from msgspec import to_builtins

from antalya.geometry.cells import cell_outline, cells_outline, coarse
from antalya.model.parties import Level
from antalya.model.volume import Outline, Volume
from antalya.picture import shape_of

ENVELOPE_LEVEL = 10
"""S2 level of an envelope's cells: about 9 km wide."""
_ENVELOPE_STEP_M = 500.0
_LAST_HOUR = datetime.max.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)


@lru_cache(maxsize=4_096)
def envelope_cells(volumes: tuple[Volume, ...]) -> tuple[int, ...]:
    """The coarse cells of an envelope, sorted."""
    return tuple(sorted({cell for v in volumes for cell in coarse(shape_of(v.outline), ENVELOPE_LEVEL)}))


def released_volumes(volumes: tuple[Volume, ...], level: Level) -> tuple[Volume, ...]:
    """What a level shows of volumes, as volumes: themselves, or an envelope's cells, each with its band and window; or none."""
    if level == "details":
        return volumes
    if level != "envelope":
        return ()
    _, lower, upper, starts, ends = _envelope(volumes)
    return tuple(Volume(outline=cell_outline(cell), lower_m=lower, upper_m=upper, starts_at=starts, ends_at=ends)
                 for cell in envelope_cells(volumes))


@lru_cache(maxsize=4_096)
def _envelope(volumes: tuple[Volume, ...]) -> tuple[Outline | None, float, float, datetime, datetime]:
    cells = envelope_cells(volumes)
    start, end = min(v.starts_at for v in volumes), max(v.ends_at for v in volumes)
    hour = timedelta(hours=1)
    begins = start.replace(minute=0, second=0, microsecond=0)
    ends = end.replace(minute=0, second=0, microsecond=0)
    return (cells_outline(cells), floor(min(v.lower_m for v in volumes) / _ENVELOPE_STEP_M) * _ENVELOPE_STEP_M,
            ceil(max(v.upper_m for v in volumes) / _ENVELOPE_STEP_M) * _ENVELOPE_STEP_M, begins,
            end if ends in (end, _LAST_HOUR) else ends + hour)


def envelope(volumes: tuple[Volume, ...]) -> dict[str, Any]:
    """The envelope of volumes, as a view has it."""
    outline, lower, upper, starts, ends = _envelope(volumes)
    return {"outline": to_builtins(outline), "lower_m": lower, "upper_m": upper, "starts_at": to_builtins(starts),
            "ends_at": to_builtins(ends)}
