"""Compiles the engine where the tests will find it: `python tools/warm.py joins|tracks`. Else every process that needs it at the
same time would compile it, each for itself."""

import sys
from datetime import UTC, datetime

import numpy as np

from antalya.geometry import index
from antalya.geometry.approach import States, approaches
from antalya.geometry.batch import join
from antalya.geometry.columns import of_shapes
from antalya.geometry.entering import into_volumes
from antalya.geometry.parts import found
from antalya.geometry.shape import shapes
from antalya.model.volume import Circle, Polygon, Volume

DAY = datetime(2017, 3, 7, tzinfo=UTC)
RING = ((38.0, 36.0), (38.3, 36.0), (38.3, 36.3), (38.0, 36.0))


def volumes() -> list[Volume]:
    """A triangle and a circle, from noon on the day."""
    return [Volume(outline=outline, lower_m=0, upper_m=900, starts_at=DAY.replace(hour=12), ends_at=DAY.replace(hour=13))
            for outline in (Polygon(coordinates=(RING,)), Circle(center=(38.1, 36.1), radius_m=900))]


def joins() -> None:
    """What finds pairs of volumes, and the standing index."""
    index.warm()
    made = volumes() * 4
    columns, table = of_shapes(shapes([v.outline for v in made]), made), np.zeros((1, 1, 3))
    kind, group = np.zeros(columns.size, np.int64), np.arange(columns.size)
    for across_m in (0.0, 100.0):
        table[0, 0, 0] = across_m
        join(columns, table, few=1)
        found(columns, columns.size, table, kind, group)


def tracks() -> None:
    """What finds movers that come near each other, and those that come into volumes."""
    states = States([38.1, 38.2], [36.1, 36.1], [500.0, 500.0], [90.0, 270.0], [200.0, 200.0], [0.0, 1.0])
    approaches(states)
    into_volumes(states, volumes(), DAY.replace(hour=12))


if __name__ == "__main__":
    {"joins": joins, "tracks": tracks}[sys.argv[1]]()
