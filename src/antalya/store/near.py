"""Who is near, by the index in memory, as a transaction sees it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from antalya.geometry.columns import Columns, of_shapes
from antalya.geometry.shape import Shape
from antalya.model.operations import ACTIVITIES
from antalya.model.volume import Minima, Volume
from antalya.picture import Prepared, shape_of
from antalya.store.group import MOST_FOUND, Group
from antalya.store.line import MuchError
from antalya.store.past import in_window
from antalya.store.reader import SqlReader
from antalya.store.rows import Caches, instant, micros

T = TypeVar("T")
TOUCHES = Minima(across_m=1.0, up_m=1.0, seconds=1e-6)
"""So near is what touches: nothing that does is missed for how it is reckoned. Windows are whole microseconds."""
MOST_LOOKED_AT = 512
"""So many volumes are looked at for a light job; more of them are much."""
MOST_GONE = 2_000


class NearWriter(SqlReader):
    """What a transaction asks of the index. Raises MuchError where that is more than a light job may take."""

    _group: Group

    def __init__(self, connection: Any, caches: Caches) -> None:
        super().__init__(connection, caches)
        self._columns: tuple[Sequence[Volume], Columns] | None = None

    def near(self, subject: Prepared, minima: tuple[Minima, ...], without: str | None = None) -> list[Prepared]:
        """Operations in the index that come within `minima` of an operation, or may: those towards each activity, in the order
        of `ACTIVITIES`; `without` a party's. None is missed, itself may be there."""
        return self._prepared(self._keys(self._columns_of(subject.operation.volumes), minima), without)

    def within(self, area: Shape | None, starts_at: datetime, ends_at: datetime, margin_m: float = 0.0) -> list[Prepared]:
        """Operations in the index with a volume within `margin_m` of an area (None: anywhere), at any height, in a window; what
        touches, too. None is missed; some may be there that are a little farther from the area."""
        if area is None:
            return self._prepared(self._few(self._caches.hot.index.during(micros(starts_at), micros(ends_at))))
        around = Volume(outline=area.outline, lower_m=-12_000, upper_m=200_000, starts_at=starts_at, ends_at=ends_at)
        near = Minima(across_m=margin_m + TOUCHES.across_m, up_m=TOUCHES.up_m, seconds=TOUCHES.seconds)
        return self._prepared(self._keys(of_shapes([area], [around]), (near,) * len(ACTIVITIES)))

    def gone(self, after: datetime) -> list[Prepared]:
        """Operations of which something is out of the index though it did not end before a moment: a rule that looks farther back
        came when it had left. None where they are more than MOST_GONE, which nobody could wait for at every filing."""
        since = self._group.meta.get("hot_since")
        if since is None or int(since) <= micros(after):
            return []
        within, values = in_window(after, instant(int(since)))
        rows = self._rows(f"SELECT seq FROM ({within}) w LIMIT ?", [*values, MOST_GONE + 1])  # noqa: S608
        return self._prepared(self._few(sorted(seq for (seq,) in rows))) if len(rows) <= MOST_GONE else []

    def _keys(self, columns: Columns, minima: tuple[Minima, ...]) -> list[int]:
        most = MOST_LOOKED_AT if self._group.light else None
        try:
            return self._few(self._caches.hot.index.near(columns, minima, most))
        except OverflowError:
            raise MuchError from None

    def _few(self, found: list[T]) -> list[T]:
        """What was found, if it is not too much for a light job."""
        if self._group.light and len(found) > MOST_FOUND:
            raise MuchError
        self._group.found += len(found)
        return found

    def _columns_of(self, volumes: Sequence[Volume]) -> Columns:
        """Volumes as columns; the last ones are kept, since what was put is looked for next."""
        if self._columns is None or self._columns[0] is not volumes:
            self._columns = volumes, of_shapes([shape_of(v.outline) for v in volumes], volumes)
        return self._columns[1]
