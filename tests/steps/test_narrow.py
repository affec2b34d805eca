"""Searches: by what is shown, over the antimeridian and the poles; through the exchange they find out nothing more."""

from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins
from tests.world import DAWN, World, hours, volume

from antalya.exchange import viewing
from antalya.geometry.geoid import bounding_box
from antalya.model import Circle, Outline, Polygon, Understanding
from antalya.model.errors import AntalyaError
from antalya.model.rules import Consent
from antalya.steps.disclose import Viewer
from antalya.steps.narrow import Box, Search, box_of, fits

FIJI = Polygon(coordinates=(((179.5, -17.0), (-179.5, -17.0), (-179.5, -16.0), (179.5, -16.0), (179.5, -17.0)),))
POLE = Polygon(coordinates=(((0.0, 85.0), (120.0, 85.0), (-120.0, 85.0), (0.0, 85.0)),))


def seen(outline: Outline) -> dict[str, Any]:
    return {"level": "envelope", "envelope": to_builtins(volume()) | {"outline": to_builtins(outline)}}


@pytest.mark.parametrize(("outline", "box", "found"), [
    (FIJI, "179.6,-16.5,179.7,-16.4", True),
    (FIJI, "-179.7,-16.5,-179.6,-16.4", True),
    (FIJI, "179,-18,-179,-15", True),
    (FIJI, "-180,-90,180,90", True),
    (FIJI, "-179,-18,179,-15", False),
    (FIJI, "0,-18,10,-15", False),
    (POLE, "37,89,38,90", True),
    (POLE, "37,30,38,40", False),
    (Circle(center=(180.0, 0.0), radius_m=50_000), "-179.7,0,-179.6,0.1", True),
    (Circle(center=(180.0, 0.0), radius_m=50_000), "-179.5,0,-179.4,0.1", False),
    (Circle(center=(37.95, 36.53), radius_m=1_000), "37.95,36.53,37.95,36.53", True),
    (Circle(center=(37.95, 36.53), radius_m=1_000), "30,30,40,40", True),
])
def test_a_box_finds_what_comes_into_it(outline: Outline, box: str, found: bool) -> None:
    assert fits(seen(outline), Search(bbox=box_of(box))) is found


@pytest.mark.parametrize("text", ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,0,1,1", "0,0,1,inf", "181,0,1,1", "0,2,1,1", "0,-91,1,1"])
def test_a_box_that_is_none_is_said_so(text: str) -> None:
    with pytest.raises(AntalyaError) as refused:
        box_of(text)
    assert (refused.value.code.name, refused.value.at) == ("bad_field", "bbox")


def test_no_search_finds_out_more_than_the_envelope_shows(tmp_path: Path) -> None:
    """Two operations with the same envelope are found by the same searches, however fine."""
    answers = [everything_found(tmp_path / name, lon, minutes) for name, lon, minutes in (("a", 37.95, 5), ("b", 37.97, 25))]
    assert answers[0] == answers[1]
    assert True in answers[0]
    assert False in answers[0]


def everything_found(directory: Path, lon: float, minutes: int) -> list[bool]:
    directory.mkdir()
    world = World(directory)
    try:
        world.agree(Understanding(id="m", title="Manbij", signatories=("TR", "RU"), since=DAWN - hours(1), rules=(
            Consent(id="c", area="manbij", of=("RU",)),)))
        begin = DAWN + hours(2 + minutes / 60)
        exact = volume(lon, 36.52, 0.005, start=begin, end=begin + hours(1))
        id_ = world.file("TR", exact)["operation"]["id"]
        [view] = shown(world, "RU", Search())
        assert view["level"] == "envelope"
        own = [shown(world, "TR", search) for search in (Search(starts_at=exact.ends_at + hours(0.01)), Search(ends_at=begin))]
        assert own == [[], []], "the owner searches by what they filed"
        times: list[datetime | None] = [None, *(DAWN + hours(1.5 + n / 10) for n in range(35))]
        boxes = list(boxes_about(bounding_box(exact.outline)))
        assert shown(world, "TR", Search(bbox=boxes[0])) == []
        found = [bool(shown(world, "RU", Search(start, end))) for start, end in product(times, times)]
        for box in (None, *boxes_about((37.95, 36.52, 37.975, 36.525))):
            found.append(bool(shown(world, "RU", Search(bbox=box))))
        found.append(bool(viewing.findings(world.hub, Viewer("RU"), open_only=True, operation=id_, limit=10)))
        return found
    finally:
        world.close()


def boxes_about(box: Box) -> list[Box]:
    """Boxes beside a box, from right beside it to far away."""
    return [(box[2] + gap, box[1], box[2] + gap + 0.001, box[3]) for gap in (0.001, 0.002, 0.01, 0.05, 0.5)]


def shown(world: World, party: str, search: Search) -> list[dict[str, Any]]:
    views, after = viewing.operations(world.hub, Viewer(party), search, 0, 500)
    assert after is None
    return views


def test_a_finding_that_hides_an_operation_is_not_found_by_its_id(tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        first, second = world.file("US"), world.file("TR")
        hidden, own = first["operation"]["id"], second["operation"]["id"]
        assert [f["other"] for f in world.findings("TR")] == [None]
        assert world.findings("TR", operation=hidden) == []
        assert len(world.findings("TR", operation=own)) == 1
        assert len(world.findings(Viewer("broker", True), operation=hidden)) == 1
    finally:
        world.close()


def test_the_ends_of_time_are_times_like_others(tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        world.file("TR")
        for year, month in ((1, 1), (9999, 12)):
            moment = datetime(year, month, 1, tzinfo=DAWN.tzinfo)
            assert len(shown(world, "TR", Search(starts_at=moment))) == (year == 1)
            assert len(shown(world, "TR", Search(ends_at=moment))) == (year == 9999)
    finally:
        world.close()
