"""Where things are on this door: level-13 cells at the poles, over the antimeridian, of circles and polygons."""

from typing import Any

import msgspec
import pytest
import s2geometry as s2
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.f3548.conftest import Uss, circle, new_id, polygon, volume

from antalya.exchange.coordination.extents import outline_of
from antalya.geometry.cells import _stepped, coarse, footprint
from antalya.geometry.ellipsoid import GEOD
from antalya.geometry.shape import shape
from antalya.model import Circle, Polygon
from antalya.model.f3548 import Volume3D

MEET = [
    (circle(180, -16.5, 500), circle(-180, -16.5, 500)),
    (circle(179.9999, 65, 500), circle(-179.9999, 65, 500)),
    (circle(0, 90, 2_000), circle(120, 89.99, 500)),
    (circle(10, -90, 2_000), polygon((0, -89.99), (90, -89.99), (180, -89.99), (-90, -89.99))),
    (polygon((179.9, 10), (-179.9, 10), (-179.9, 10.1), (179.9, 10.1)), circle(-179.95, 10.05, 100)),
    (polygon((10, 50), (10.1, 50), (10.1, 50.1), (10, 50.1)), polygon((10.05, 50.05), (10.05, 50.2), (10.2, 50.2))),
    (polygon((10, 50), (10, 50.1), (10.1, 50.1), (10.1, 50)), circle(10.05, 50.05, 10)),
]
APART = [
    (circle(180, -16.5, 500), circle(0, -16.5, 500)), (circle(0, 90, 500), circle(0, 89.9, 500)),
    (polygon((179.9, 10), (-179.9, 10), (-179.9, 10.1), (179.9, 10.1)), circle(0, 10.05, 100)),
    (polygon((10, 50), (12, 51.5), (12.001, 51.49), (10.01, 50)), circle(10.2, 51.3, 1_000)),
]


@pytest.mark.parametrize(("one", "other"), [*MEET, *((b, a) for a, b in MEET)])
def test_what_overlaps_must_be_known(uss1: Uss, uss2: Uss, one: dict[str, Any], other: dict[str, Any]) -> None:
    made = uss1.create(volume(one))
    refused = uss2.put(new_id(), uss2.intent(volume(other)))
    assert refused.status_code == 409
    assert [r["id"] for r in refused.json()["missing_operational_intents"]] == [made["id"]]


@pytest.mark.parametrize(("one", "other"), APART)
def test_what_is_far_need_not(uss1: Uss, uss2: Uss, one: dict[str, Any], other: dict[str, Any]) -> None:
    uss1.create(volume(one))
    assert uss2.put(new_id(), uss2.intent(volume(other))).status_code == 201


def test_the_winding_of_a_polygon_and_a_repeated_vertex_do_not_matter() -> None:
    corners = ((10.0, 50.0), (10.1, 50.0), (10.1, 50.1), (10.0, 50.1))
    cells = {footprint(shape(_outline(polygon(*ring))), 13) for ring in (corners, corners[::-1], (*corners, corners[0]))}
    assert len(cells) == 1


def _outline(space: dict[str, Any]) -> Any:
    return outline_of(msgspec.convert(space, Volume3D))


places = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@settings(max_examples=60)
@given(places, st.floats(1, 20_000), st.floats(0, 360), st.floats(0, 1))
def test_every_point_of_a_circle_is_in_its_cells(centre: tuple[float, float], radius_m: float, bearing: float,
                                                 share: float) -> None:
    made = shape(Circle(center=centre, radius_m=radius_m))
    lon, lat, _ = GEOD.fwd(*centre, bearing, radius_m * share)
    cell = s2.S2CellId(s2.S2LatLng.FromDegrees(lat, lon)).parent(13).id()
    assert (cell - (1 << 64) if cell >= 1 << 63 else cell) in footprint(made, 13)


@settings(max_examples=40)
@given(places, st.floats(0.01, 0.3), st.floats(0.01, 0.3))
def test_stepping_down_finds_the_same_cells_as_the_box(corner: tuple[float, float], width: float, height: float) -> None:
    lon, lat = min(corner[0], 179.0), corner[1] * 0.9  # nearer to a pole it would be a sliver
    made = shape(Polygon(coordinates=(((lon, lat), (lon + width, lat), (lon + width, lat + height), (lon, lat)),)))
    assert _stepped(made, 13) == coarse(made, 13)
