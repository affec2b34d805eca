"""`touch.closer` for many pairs of shapes at once: compiled where there are many, and exactly wherever that is unsure."""

from collections.abc import Sequence

import numpy as np

from antalya.geometry import touch
from antalya.geometry.columns import of_shapes
from antalya.geometry.ellipsoid import Bools, Floats
from antalya.geometry.shape import Shape

FEW = 300
"""Below, the compiled code takes longer to load than it saves."""


def closer_each(a: Sequence[Shape], b: Sequence[Shape], across_m: Floats, few: int = FEW) -> Bools:
    """Row by row, `touch.closer(a, b, across_m)`; one by one up to `few` rows."""
    if len(a) <= few:
        each = zip(a, b, across_m.tolist(), strict=True)
        return np.fromiter((touch.closer(one, other, across) for one, other, across in each), np.bool_, len(a))
    from antalya.geometry import kernel, making, plane
    unique = {id(s): s for s in (*a, *b)}
    index = {key: i for i, key in enumerate(unique)}
    left, right = np.array([index[id(s)] for s in a]), np.array([index[id(s)] for s in b])
    columns = of_shapes(list(unique.values()), [])
    verdicts = making.run(kernel.decide, len(a), columns, left, right, across_m, np.empty(len(a), np.uint8))
    for k in np.flatnonzero(verdicts == plane.UNSURE).tolist():
        verdicts[k] = touch.closer(a[k], b[k], float(across_m[k]))
    meets: Bools = verdicts == plane.YES
    return meets
