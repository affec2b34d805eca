"""geometry.sent: what another process gets is what was made, to the last bit."""

import dataclasses
from datetime import timedelta

import msgspec
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.pictures import NOW
from tests.strategies import volumes_anywhere

from antalya.geometry.columns import of_shapes
from antalya.geometry.sent import Sent, ShapesIn
from antalya.geometry.shape import Shape, shape
from antalya.model import MultiPolygon, Polygon, Volume
from antalya.model.errors import AntalyaError


def same(one: Shape, other: Shape) -> None:
    for name in ("points", "ring_ends", "polygon_ends"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert (one.outline, one.radius_m, one.disc_m, one.step_m) == (other.outline, other.radius_m, other.disc_m, other.step_m)
    for each in dataclasses.fields(one.frame):
        np.testing.assert_array_equal(getattr(one.frame, each.name), getattr(other.frame, each.name))


def there_and_back(volumes: list[Volume]) -> None:
    made = [shape(v.outline) for v in volumes]
    columns = of_shapes(made, volumes)
    back = msgspec.msgpack.decode(msgspec.msgpack.encode(Sent.of(columns)), type=Sent).columns()
    for ours, theirs in zip(columns, back, strict=True):
        assert ours.dtype == theirs.dtype
        assert theirs.flags.writeable  # compiled code is for such
        assert theirs.flags.c_contiguous
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(made, ShapesIn(back, [v.outline for v in volumes], [s.centre for s in made]), strict=True):
        same(ours, theirs)


@given(st.lists(volumes_anywhere(), min_size=1, max_size=4))
def test_any_volumes_come_back(volumes: list[Volume]) -> None:
    try:
        [shape(v.outline) for v in volumes]
    except AntalyaError:  # there is nothing to send
        return
    there_and_back(volumes)


def test_holes_and_several_polygons_come_back() -> None:
    def square(west: float, south: float, side: float) -> tuple[tuple[float, float], ...]:
        east, north = west + side, south + side
        return ((west, south), (east, south), (east, north), (west, north), (west, south))
    holed = (square(36, 36, 1.0), square(36.2, 36.2, 0.1), square(36.6, 36.6, 0.1))
    times = {"lower_m": 0.0, "upper_m": 100.0, "starts_at": NOW, "ends_at": NOW + timedelta(hours=1)}
    outlines = [Polygon(coordinates=holed), MultiPolygon(coordinates=(holed, (square(40, 36, 0.5),))),
                Polygon(coordinates=(square(36, 36, 3e-3),))]
    there_and_back([Volume(outline=outline, **times) for outline in outlines])
