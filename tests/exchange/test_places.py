"""What is registered can't make every later filing slow: outlines are bounded, and a jagged one's hull stands for it."""

from math import cos, pi, sin
from pathlib import Path

import pytest
import shapely
from msgspec.structs import replace
from shapely.geometry.base import BaseGeometry
from tests.world import DAWN, World, hours, square, volume

from antalya.exchange.bridge import things
from antalya.geometry import line
from antalya.geometry.line import within_m
from antalya.model import Area, Circle, MultiPolygon, Polygon, Understanding
from antalya.model.errors import AntalyaError
from antalya.model.limits import Limits
from antalya.model.rules import KeepOut
from antalya.model.understandings import Disclosure
from antalya.picture import shape_of


def jagged(corners: int, lon: float = 37.95, lat: float = 36.53, size: float = 0.1) -> Polygon:
    """A star with so many positions."""
    ring = [(lon + size * (1 + i % 2) * cos(2 * pi * i / (corners - 1)), lat + size * (1 + i % 2) * sin(2 * pi * i / (corners - 1)))
            for i in range(corners - 1)]
    return Polygon(coordinates=((*ring, ring[0]),))


def refused(world: World, put: object, party: str = "operator") -> tuple[str, str]:
    with pytest.raises(AntalyaError) as caught:
        world.put(put, party)
    return caught.value.code.name, caught.value.at


def understanding(rule: KeepOut) -> Understanding:
    return Understanding(id="agreed", title="Agreed", signatories=("TR", "RU"), rules=(rule,), since=DAWN - hours(24))


def test_a_site_has_at_most_500_positions(world: World) -> None:
    world.protect(outline=jagged(500))
    with pytest.raises(AntalyaError) as caught:
        world.protect(id="another", outline=jagged(501))
    assert (caught.value.code.name, caught.value.at) == ("too_many_vertices", "outline")


def test_a_site_is_no_country(world: World) -> None:
    with pytest.raises(AntalyaError) as caught:
        world.protect(outline=Circle(center=(37.95, 36.53), radius_m=180_000))
    assert (caught.value.code.name, caught.value.at) == ("area_too_large", "outline")


def test_a_site_is_bounded_as_filings_are_where_those_may_have_less(tmp_path: Path) -> None:
    world = World(tmp_path, Limits(vertices=50))
    with pytest.raises(AntalyaError) as caught:
        world.protect(outline=jagged(51))
    assert caught.value.code.name == "too_many_vertices"
    world.close()


def test_areas_and_rules_have_as_many_positions_as_a_filing_at_most(world: World) -> None:
    many = jagged(5_001)
    assert refused(world, Area(id="star", name="Star", outline=many)) == ("too_many_vertices", "outline")
    assert refused(world, understanding(KeepOut(id="out", outline=many)), "TR") == ("too_many_vertices", "rules[0].outline")
    bank = tuple((37.9, 36 + i / 10_000) for i in range(5_001))
    assert refused(world, understanding(KeepOut(id="out", line=bank, side="left")), "TR") == ("too_many_vertices", "rules[0].line")


def test_an_area_may_be_a_country(world: World) -> None:
    assert world.put(Area(id="syria", name="Syria", outline=square(35.7, 32.3, 6.0))).version == 1


def test_long_edges_count_where_they_would_be_divided_into_too_much(world: World) -> None:
    wide = MultiPolygon(coordinates=tuple(square(0, 60 * i / 400 - 30, 0.1).coordinates for i in range(2))
                        + tuple((((-40.0, y), (40.0, y), (40.0, y + 0.05), (-40.0, y + 0.05), (-40.0, y)),)
                                for y in (0.1 * i - 20 for i in range(40))))
    assert refused(world, Area(id="wide", name="Wide", outline=wide)) == ("too_many_vertices", "outline")


def widened_corners(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many corners what is widened has each time."""
    seen: list[int] = []
    real = line.near

    def counting(area: BaseGeometry, other: BaseGeometry, across_m: float, reach_m: float) -> BaseGeometry:
        seen.append(shapely.get_num_coordinates(other))
        return real(area, other, across_m, reach_m)
    monkeypatch.setattr(line, "near", counting)
    return seen


def hull_of(outline: Polygon) -> Polygon:
    """Its convex hull, in degrees: in a tenth of a degree that is the plane's."""
    hull = shapely.convex_hull(shapely.polygons(outline.coordinates[0]))
    return Polygon(coordinates=(tuple((x, y) for x, y in shapely.get_coordinates(hull)),))


def test_near_a_site_of_many_corners_the_region_is_what_is_near_its_hull(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    site = world.protect(outline=jagged(401, size=0.01), stand_off_m=2_000)
    where, widened = volume(37.98, 36.53), widened_corners(monkeypatch)
    outcome = world.file("TR", where, activity="fires")
    assert outcome["clearance"] == "held"
    assert max(widened) < 250  # every other corner of the star is none of its hull
    [found] = world.findings("TR")
    region = shapely.multipolygons([shapely.polygons(found["met"][0]["region"]["coordinates"][0])])
    near, about = (within_m(shape_of(where.outline), shape_of(o), 2_000) for o in (site.outline, hull_of(site.outline)))
    for least, most in ((near, region), (about, region), (region, about)):
        of, into = (shapely.polygons(x.coordinates[0]) if isinstance(x, Polygon) else x for x in (least, most))
        assert shapely.contains(shapely.buffer(into, 1e-5), of)
    assert world.file("TR", volume(38.2), activity="fires")["clearance"] == "clear"


def test_near_a_site_of_a_hundred_it_is_traced(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.protect(outline=jagged(100, size=0.01), stand_off_m=2_000)
    widened = widened_corners(monkeypatch)
    assert world.file("TR", activity="fires")["clearance"] == "held"
    assert widened == [100]


def test_so_it_is_near_a_keep_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.agree(understanding(KeepOut(id="out", outline=jagged(401, size=0.01), stand_off_m=1_000)))
    widened = widened_corners(monkeypatch)
    assert world.file("TR")["clearance"] == "blocked"
    assert max(widened) < 250


@pytest.mark.parametrize("others_end", [False, True])
def test_a_site_that_goes_away_frees_whose_part_near_it_is_over(world: World, others_end: bool) -> None:
    """And is out of the index, since some other operation has ended meanwhile."""
    site = world.protect()
    outcome = world.file("TR", volume(start=DAWN + hours(1), end=DAWN + hours(2)),
                         volume(40.0, 35.0, start=DAWN + hours(6), end=DAWN + hours(8)), activity="fires")
    assert outcome["clearance"] == "held"
    if others_end:
        world.file("US", volume(60.0, 35.0, start=DAWN, end=DAWN + hours(1)))
    world.later(hours=4)
    world.put(replace(site, outline=Circle(center=(30.0, 30.0), radius_m=100)), "AID", version=1)
    assert world.clearance(outcome["operation"]["id"]) == "clear"


@pytest.mark.parametrize(("corners", "widened_at_most"), [(500, 500), (901, 480)])
def test_what_drone_operators_are_shown_of_many_corners_is_what_is_round_their_hull(
        world: World, monkeypatch: pytest.MonkeyPatch, corners: int, widened_at_most: int) -> None:
    agreed = understanding(KeepOut(id="out", outline=jagged(corners, size=0.01), stand_off_m=1_000))
    widened = widened_corners(monkeypatch)
    with world.hub.store.read() as tx:
        [shown] = things.keep_outs(replace(agreed, status="in-force", disclosure=Disclosure(everybody="details")), tx.rulebook())
    assert 0 < max(widened) <= widened_at_most
    round_it = shapely.polygons(shown.volumes[0].outline.coordinates[0])
    assert shapely.contains(round_it, shapely.polygons(jagged(corners, size=0.01).coordinates[0]))
