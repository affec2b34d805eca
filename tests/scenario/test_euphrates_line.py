"""The line of the small scenario runs between the towns of the two banks."""

from itertools import pairwise

import pytest

from antalya.model import Understanding
from antalya.model.rules import KeepOut
from antalya.scenario import load

WEST = {"At Tibni": (39.8181, 35.6117), "Deir ez-Zor": (40.1408, 35.3359), "Muhasan": (40.3166, 35.2335),
        "Al-Mayadin": (40.4515, 35.0198), "Al-Ashara": (40.5601, 34.9213), "Subaykhan": (40.5999, 34.8531),
        "Al-Jala": (40.8405, 34.6335), "Abu Kamal": (40.9185, 34.4523)}
EAST = {"Al-Kasra": (39.9202, 35.5674), "Khusham": (40.2892, 35.3009), "Al-Busayra": (40.4272, 35.1562),
        "Dhiban": (40.5103, 35.0150), "Hajin": (40.8314, 34.6951), "As-Susa": (40.9582, 34.5337)}


def left_of(line: tuple[tuple[float, float], ...], place: tuple[float, float]) -> bool:
    """Whether a place lies to the left of the nearest piece of a line (planar: good enough within 100 km)."""
    def distance(piece: tuple[tuple[float, float], tuple[float, float]]) -> float:
        (x1, y1), (x2, y2) = piece
        dx, dy = x2 - x1, y2 - y1
        t = max(0.0, min(1.0, ((place[0] - x1) * dx + (place[1] - y1) * dy) / (dx * dx + dy * dy)))
        return float((x1 + t * dx - place[0]) ** 2 + (y1 + t * dy - place[1]) ** 2)
    (x1, y1), (x2, y2) = min(pairwise(line), key=distance)
    return (x2 - x1) * (place[1] - y1) - (y2 - y1) * (place[0] - x1) > 0


@pytest.fixture(scope="module")
def rules() -> dict[str, KeepOut]:
    return {r.id: r for u in load("euphrates-line-2017").of(Understanding) for r in u.rules if isinstance(r, KeepOut)}


@pytest.mark.parametrize("town", [*WEST, *EAST])
def test_towns_lie_on_their_bank(rules: dict[str, KeepOut], town: str) -> None:
    line = rules["east-bank"].line
    assert line is not None
    assert line == rules["west-bank"].line
    assert left_of(line, (WEST | EAST)[town]) == (town in EAST)


def test_each_side_keeps_to_its_bank_unless_it_tells_the_other(rules: dict[str, KeepOut]) -> None:
    assert {(r.id, r.side, r.parties, r.unless_told) for r in rules.values()} == {
        ("west-bank", "right", ("US",), ("RU",)), ("east-bank", "left", ("RU",), ("US",))}
