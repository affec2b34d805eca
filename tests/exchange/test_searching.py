"""Searches among operations: whole, page by page, and no oracle."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.world import BROKER, DAWN, World, hours, volume

from antalya.exchange import viewing
from antalya.steps.disclose import Viewer
from antalya.steps.narrow import Search


def paged(world: World, viewer: Viewer, search: Search, limit: int) -> Iterator[list[str]]:
    """The ids of each page."""
    after: int | None = 0
    while after is not None:
        views, after = viewing.operations(world.hub, viewer, search, after, limit)
        yield [view["id"] for view in views]


def test_where_a_page_ends_tells_nothing_of_what_is_hidden(tmp_path: Path) -> None:
    """Two worlds that differ in when another's plan ends elsewhere, of which the other side of a clash sees the overlap only."""
    said = list[Any]()
    for ends in (9, 17):
        (tmp_path / str(ends)).mkdir()
        world = World(tmp_path / str(ends))
        world.file("RU", volume(), volume(lon=39.5, start=DAWN + hours(7), end=DAWN + hours(ends)))
        for party in ("TR", "US", "TR"):
            world.file(party)
        searches = [Search(DAWN + hours(h)) for h in range(0, 24, 2)] + [Search(None, DAWN + hours(h)) for h in range(0, 24, 2)]
        said.append([[[view["id"] for view in viewing.operations(world.hub, Viewer("TR"), search, after, 1)[0]],
                      viewing.operations(world.hub, Viewer("TR"), search, after, 1)[1]]
                     for search in searches for after in range(4)])
        world.close()
    assert said[0] == said[1]
    assert any(page for page, _ in said[0])


@pytest.mark.parametrize("viewer", [Viewer("TR"), BROKER])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_together_are_all_that_there_is(world: World, monkeypatch: pytest.MonkeyPatch, viewer: Viewer, limit: int) -> None:
    monkeypatch.setattr(viewing, "_AT_ONCE", 2)
    monkeypatch.setattr(viewing, "_LOOKED_THROUGH", 4)
    early, late = volume(), volume(start=DAWN + hours(20), end=DAWN + hours(21))
    wanted = list[str]()
    for n in range(23):
        party, when = ("RU", "TR", "TR", "US")[n % 4], late if n % 5 == 0 or n > 17 else early
        id_ = world.file(party, when)["operation"]["id"]
        if when is late and viewer in (BROKER, Viewer(party)):
            wanted.append(id_)
    pages = list(paged(world, viewer, Search(DAWN + hours(10)), limit))
    assert [id_ for page in pages for id_ in page] == wanted
    assert all(len(page) <= limit for page in pages)
    assert list(paged(world, viewer, Search(DAWN + hours(22)), limit))[-1] == []
