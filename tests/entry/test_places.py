"""Place names for positions: exact where it can be checked by hand, lawful everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from antalya.entry.places import centre, compass, describe, describe_position, nearest, places
from antalya.model.volume import Circle, MultiPolygon, Polygon

GEOD = Geod(ellps="WGS84")
MANBIJ = next(p for p in places() if p.name == "Manbij")
NEEDED = {"Manbij", "Jarabulus", "Al-Bab", "Al-Rai", "Raqqa", "Tabqa", "Kobani", "Aleppo", "Afrin", "Azaz", "Gaziantep",
          "Deir ez-Zor", "Hasakah", "Qamishli", "Palmyra", "Al-Tanf", "Damascus", "Latakia", "Hmeimim", "Incirlik", "Dabiq"}


def square(lon: float, lat: float, half: float = 0.05) -> Polygon:
    return Polygon(coordinates=(((lon - half, lat - half), (lon + half, lat - half), (lon + half, lat + half),
                                 (lon - half, lat + half), (lon - half, lat - half)),))


def test_the_places_of_the_story_are_there_once_each_with_four_languages():
    names = [p.name for p in places()]
    assert set(names) >= NEEDED
    assert len(set(names)) == len(names)
    assert all(set(p.names) == {"en", "tr", "ru", "ar"} and all(p.names.values()) for p in places())
    assert all(33 <= p.lon <= 45 and 31 <= p.lat <= 40 and p.rank in (1, 2, 3) for p in places())


def test_positions_agree_with_published_ones():
    published = {"Manbij": (37.955, 36.528), "Raqqa": (39.008, 35.953), "Dabiq": (37.268, 36.537), "Aleppo": (37.16, 36.20)}
    by_name = {p.name: p for p in places()}
    off = [GEOD.inv(*published[n], by_name[n].lon, by_name[n].lat)[2] for n in published]
    assert max(off) < 2_000


@pytest.mark.parametrize(("azimuth", "point"), [(0, "N"), (44, "NE"), (90, "E"), (-45, "NW"), (359, "N"),
                                                  (180, "S"), (-180, "S")])
def test_compass_points(azimuth, point):
    assert compass(azimuth) == point


def test_a_known_distance_and_direction():
    lon, lat, _ = GEOD.fwd(MANBIJ.lon, MANBIJ.lat, 45, 9_400)
    assert describe_position(lon, lat) == "9 km NE of Manbij"
    assert describe_position(MANBIJ.lon, MANBIJ.lat) == "at Manbij"
    assert describe_position(-0.45, 51.47) == "51.47°N 0.45°W"


@given(lon=st.floats(33, 45), lat=st.floats(31, 40))
def test_nearest_is_nearest_by_another_computation(lon, lat):
    name, distance_km, _ = nearest(lon, lat)
    by_hand = min((GEOD.line_length([p.lon, lon], [p.lat, lat]), p.name) for p in places())
    assert distance_km * 1000 == pytest.approx(by_hand[0], abs=0.01)
    assert name == by_hand[1] or distance_km * 1000 == pytest.approx(by_hand[0], abs=0.01)


@given(lon=st.floats(-179.9, 179.9), lat=st.floats(-80, 80))
def test_the_middle_of_a_square_is_its_middle_even_over_the_antimeridian(lon, lat):
    west, east = ((lon + d + 180) % 360 - 180 for d in (-0.2, 0.2))
    ring = ((west, lat - 0.1), (east, lat - 0.1), (east, lat + 0.1), (west, lat + 0.1), (west, lat - 0.1))
    x, y = centre(Polygon(coordinates=(ring,)))
    assert GEOD.inv(lon, lat, x, y)[2] < 1.0


def test_outlines_of_each_kind():
    assert describe(Circle(center=(MANBIJ.lon, MANBIJ.lat), radius_m=500.0)) == "at Manbij"
    small, large = square(36.2, 33.5, 0.01), square(MANBIJ.lon, MANBIJ.lat)
    assert describe(MultiPolygon(coordinates=(small.coordinates, large.coordinates))) == "at Manbij"
    sliver = Polygon(coordinates=(((38.0, 36.0), (38.1, 36.0), (38.2, 36.0), (38.0, 36.0)),))
    assert "km" in describe(sliver)


JAGGED = [(-117, 88.8), (-61, 88.9), (-11, 88.7), (4, 89.0), (7, 89.3), (19, 89.1), (59, 89.0), (142, 88.8), (-117, 88.8)]


@pytest.mark.parametrize("ring", [JAGGED, JAGGED[::-1], [(0, 89), (90, 89), (180, 89), (-90, 89), (0, 89)]])
@pytest.mark.parametrize(("south", "said"), [(False, "90.00°N 0.00°E"), (True, "90.00°S 0.00°E")])
def test_the_middle_of_what_is_round_a_pole_is_the_pole(ring: list[tuple[float, float]], south: bool, said: str) -> None:
    outline = Polygon(coordinates=(tuple((float(lon), float(-lat if south else lat)) for lon, lat in ring),))
    assert describe(outline) == said
