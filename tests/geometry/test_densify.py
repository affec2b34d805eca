"""How many points an outline is divided into, and that it is refused before there are too many."""

import numpy as np
import pytest
from tests.adversaries import ring

from antalya.geometry import densify
from antalya.geometry.columns import of_degrees
from antalya.geometry.shape import shape, shapes
from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, Position


def comb(teeth: int, south: float = -40.0, north: float = 40.0) -> Polygon:
    """Long edges from one parallel to another and back, two for each tooth."""
    corners: list[Position] = []
    for k in range(teeth):
        corners += [(k / teeth, south), ((k + 0.5) / teeth, north)]
    return Polygon(coordinates=(ring(*corners, (1.0, north), (1.0, south - 1)),))


def refused(outlines: list[Outline]) -> tuple[str, str]:
    with pytest.raises(AntalyaError) as refusal:
        _ = shapes(outlines) if len(outlines) > 1 else shape(*outlines)
    return refusal.value.code.name, refusal.value.at


def test_what_is_divided_into_too_many_pieces_is_refused() -> None:
    """58 edges of 8,900 km add 95,000 points, 64 add 104,000."""
    assert 90_000 < len(shape(comb(29)).points) < densify.MOST_ADDED
    assert refused([comb(32)]) == ("too_many_vertices", "outline")
    polygons = MultiPolygon(coordinates=(comb(17).coordinates, comb(17).coordinates))
    assert refused([polygons]) == ("too_many_vertices", "outline")


def test_many_outlines_may_be_divided_into_many_pieces_together_and_the_one_too_many_is_named() -> None:
    box = Polygon(coordinates=(ring((38, 36), (39, 36), (39, 37)),))
    assert sum(len(s.points) for s in shapes([comb(29), box, comb(29)])) > densify.MOST_ADDED
    assert refused([box, Circle(center=(1, 1), radius_m=5), comb(29), comb(32)]) == ("too_many_vertices", "[3].outline")


def test_it_is_refused_before_anything_is_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("points were made")

    monkeypatch.setattr(densify, "between", never)
    assert refused([comb(2_400)]) == ("too_many_vertices", "outline")


def test_an_outline_of_many_short_edges_is_none_too_many() -> None:
    """A hundred thousand positions, as a file may have: none of its edges is divided."""
    turn = np.linspace(0, 2 * np.pi, 99_999, endpoint=False)
    corners = zip((38 + np.cos(turn)).tolist(), (36 + np.sin(turn)).tolist(), strict=True)
    assert len(shape(Polygon(coordinates=(ring(*corners),))).points) == 100_000


def test_columns_are_bounded_alike() -> None:
    """Their pieces are four times as long."""
    outlines = [comb(teeth, -30.0, 30.0) for teeth in (1, 150, 165)]
    lon, lat = np.concatenate([np.array(o.coordinates[0]) for o in outlines]).T.copy()
    first = np.cumsum([0, *(len(o.coordinates[0]) for o in outlines)])
    codes = np.ones(len(lon), np.uint8)
    codes[first[1:] - 1] = 2
    zero, when = np.zeros(3), np.zeros(3, np.int64)

    def made(count: int) -> int:
        end = first[count]
        return len(of_degrees(lon[:end].copy(), lat[:end].copy(), codes[:end], first[:count + 1], zero[:count], zero[:count],
                              zero[:count] + 1, when[:count], when[:count] + 1).points)

    assert made(2) > 90_000
    with pytest.raises(AntalyaError) as refusal:
        made(3)
    assert (refusal.value.code.name, refusal.value.at) == ("too_many_vertices", "[2].outline")


@pytest.mark.parametrize("west", [0.0, 170.0])
def test_the_bound_of_many_outlines_together_is_what_they_are_divided_into(west: float) -> None:
    """Edges along parallels and over the antimeridian, where degrees say little about metres."""
    def zigzag(edges: int) -> tuple[Position, ...]:
        lats = np.linspace(60, 70, edges).tolist()
        return ring(*(((west + 40 * (k % 2) + 180) % 360 - 180, lat) for k, lat in enumerate(lats)))

    rings, added = [zigzag(50)] * 5, len(densify.densified([zigzag(50)])[0]) - 51
    fitting = densify.MOST_ADDED // added
    densify.check_added(rings * (fitting // 5), "volumes")
    with pytest.raises(AntalyaError) as refusal:
        densify.check_added([zigzag(50)] * (fitting + 1), "volumes")
    assert (refusal.value.code.name, refusal.value.at) == ("too_many_vertices", "volumes")


def test_what_is_plainly_small_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(densify, "_corners", None)
    densify.check_added([((38.0, 36.0),), *(ring((38, 36), (38.1, 36), (38.1, 36.1), (38, 36.1)),) * 500], "volumes")
