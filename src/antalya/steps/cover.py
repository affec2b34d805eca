"""Cover: where to look for what an operation could meet. It may look at too much, never at too little."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from antalya.geometry.cells import WHOLE_EARTH
from antalya.geometry.cells import cover as cells_of
from antalya.geometry.overlap import overlaps
from antalya.geometry.shape import Shape
from antalya.model.operations import Operation
from antalya.model.rules import Limit
from antalya.model.volume import Minima
from antalya.picture import Coverage, Prepared, Rulebook, shape_of

CELLS = 4
"""About so many cells for each volume."""
_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def cover(subject: Prepared, widest: Minima) -> Coverage:
    """Cells, window and band of an operation, widened by the widest minima that any pair with it could have.

    Both sides of a pair need not be widened: one is enough, since then the other's own cells meet the widened ones.
    """
    if subject.made is not None and not widest.across_m:
        cells = subject.made.cells
    else:
        cells = cells_round(subject.shapes, widest.across_m)
    return _coverage(cells, subject.operation, widest)


def cells_round(shapes: Iterable[Shape], across_m: float = 0.0) -> tuple[int, ...]:
    """Cells that hold every point within `across_m` of the shapes, sorted."""
    return tuple(sorted({cell for shape in shapes for cell in cells_of(shape, across_m, CELLS)}))


def counted_areas(subject: Prepared, rulebook: Rulebook) -> list[Shape | None]:
    """The areas of `limit` rules that count operations and that the subject touches (None: everywhere): everything in them
    has to be looked at, however far from the subject."""
    found: list[Shape | None] = []
    for _, rule in rulebook.of_kind(Limit):
        if rule.operations_at_once is not None:
            outline = rulebook.outline_of(rule)
            area = None if outline is None else shape_of(outline)
            if area is None or any(overlaps(area, shape) for shape in subject.shapes):
                found.append(area)
    return found


def cover_area(area: Shape | None, operation: Operation) -> Coverage:
    """A whole area (None: the earth), in the operation's window, at every altitude."""
    volumes = operation.volumes
    cells = WHOLE_EARTH if area is None else cells_of(area, 0.0, 32)
    return Coverage(cells, min(v.starts_at for v in volumes), max(v.ends_at for v in volumes), -12_000.0, 200_000.0)


def _coverage(cells: tuple[int, ...], operation: Operation, widest: Minima) -> Coverage:
    volumes, seconds = operation.volumes, timedelta(seconds=widest.seconds)
    starts_at, ends_at = min(v.starts_at for v in volumes), max(v.ends_at for v in volumes)
    return Coverage(cells, max(starts_at, _FIRST + seconds) - seconds, min(ends_at, _LAST - seconds) + seconds,
                    min(v.lower_m for v in volumes) - widest.up_m, max(v.upper_m for v in volumes) + widest.up_m)
