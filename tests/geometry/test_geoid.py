"""EGM96 against published values, and the range over an outline against dense sampling."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from antalya.geometry.ellipsoid import GEOD
from antalya.geometry.geoid import INTERPOLATION_M, bounding_box, undulation, undulation_range
from antalya.model.volume import Circle, MultiPolygon, Polygon

PUBLISHED = [
    # NGA's test file for the EGM96 interpolation program F477 (INPUT.DAT, OUTF477.DAT).
    (38.6281550, 269.7791550, -31.628), (-14.6212170, 305.0211140, -2.969), (46.8743190, 102.4487290, -43.575),
    (-23.6174460, 133.8747120, 15.871), (38.6254730, 359.9995000, 50.066), (-0.4667440, 0.0023000, 17.329),
    # Values in the tests of the MIT-licensed Rust crate egm96.
    (37.12378643088312, 138.2839817085188, 39.27814), (0.0, 0.0, 17.16158), (55.55, 66.66, -21.80307),
    # The poles of the model.
    (90.0, 12.0, 13.61), (-90.0, -77.0, -29.53),
]


@pytest.mark.parametrize(("lat", "lon", "metres"), PUBLISHED)
def test_published_values_are_met_within_the_stated_interpolation_error(lat: float, lon: float, metres: float) -> None:
    assert undulation(lon, lat) == pytest.approx(metres, abs=0.1)
    low, high = undulation_range(Circle(center=((lon + 180) % 360 - 180, lat), radius_m=100))
    assert low - INTERPOLATION_M <= metres <= high + INTERPOLATION_M


def test_the_geoid_spans_what_the_model_spans() -> None:
    lon, lat = np.meshgrid(np.arange(-180, 180, 0.25), np.arange(-90, 90.25, 0.25))
    heights = undulation(lon, lat)
    assert -107.1 < heights.min() < -106.9  # south of India
    assert 85.3 < heights.max() < 85.5  # New Guinea
    assert undulation(180.0, 20.0) == undulation(-180.0, 20.0) == undulation(540.0, 20.0)


POSITION = st.tuples(st.floats(-180, 180), st.floats(-89.9, 89.9))


@given(POSITION, st.floats(1, 400_000))
@settings(deadline=None, max_examples=150)
def test_no_point_of_a_circle_lies_outside_the_range(centre: tuple[float, float], radius: float) -> None:
    low, high = undulation_range(Circle(center=centre, radius_m=radius))
    n = 60
    turns = np.linspace(0, 360, n)
    reach = np.resize([0.2, 0.7, 1.0], n) * radius
    lon, lat, _ = GEOD.fwd(np.full(n, centre[0]), np.full(n, centre[1]), turns, reach)
    heights = undulation(np.asarray(lon), np.asarray(lat))
    assert low - 1e-9 <= heights.min()
    assert heights.max() <= high + 1e-9


@given(POSITION, st.lists(st.tuples(st.floats(-4, 4), st.floats(-4, 4)), min_size=3, max_size=6, unique=True))
@settings(deadline=None, max_examples=150)
def test_no_point_of_a_geodesic_ring_lies_outside_the_range(
        start: tuple[float, float], steps: list[tuple[float, float]]) -> None:
    corners = [((start[0] + dx + 180) % 360 - 180, max(-89.9, min(89.9, start[1] + dy))) for dx, dy in steps]
    if len(set(corners)) < 3:
        return
    ring = (*corners, corners[0])
    low, high = undulation_range(Polygon(coordinates=(ring,)))
    for a, b in pairwise(ring):
        points = np.array([a, *GEOD.npts(*a, *b, 20), b])
        heights = undulation(points[:, 0], points[:, 1])
        assert low - 1e-6 <= heights.min()
        assert heights.max() <= high + 1e-6


def test_boxes_across_the_antimeridian_and_about_a_pole() -> None:
    across = Polygon(coordinates=(((179.0, -17.0), (-179.0, -17.0), (-179.0, -16.0), (179.0, -16.0), (179.0, -17.0)),))
    west, south, east, north = bounding_box(across)
    assert (west, east) == (179.0, 181.0)
    assert south < -17.0
    assert north == -16.0
    about = Polygon(coordinates=(((0.0, 80.0), (90.0, 80.0), (180.0, 80.0), (-90.0, 80.0), (0.0, 80.0)),))
    assert bounding_box(about) == (-180.0, 80.0, 180.0, 90.0)
    low, high = undulation_range(about)
    assert low <= 13.61 <= high
    near = Circle(center=(10.0, 89.9), radius_m=20_000)
    assert bounding_box(near)[3] == 90.0
    both = MultiPolygon(coordinates=(across.coordinates, across.coordinates))
    assert bounding_box(both) == bounding_box(across)
