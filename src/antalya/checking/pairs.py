"""Which operations to weigh against which: the pairs that come near each other, found together, and their clashes."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from antalya.model.volume import Minima
from antalya.picture import Prepared, Rulebook
from antalya.scope import Clash
from antalya.steps.detect import detect


def nearby(prepared: Sequence[Prepared], rulebook: Rulebook, now: datetime, *, own: bool, fixed: Minima | None
           ) -> Iterator[tuple[Prepared, tuple[Clash, ...], list[Prepared]]]:
    for i, p in enumerate(prepared):
        yield p, detect(p, prepared[i + 1:], rulebook, now, own=own, fixed=fixed), [o for o in prepared if o is not p]
