"""What sectors say of two volumes is what the distance says, and they fill no more and reach no less than volumes do."""

from collections.abc import Callable

import numpy as np
import pytest
from tests.adversaries import OPEN, TOUCHING, Duel, Random, duels, strangers
from tests.geometry.test_glance import EACH, pairs

from antalya.geometry import ellipsoid, making, opening
from antalya.geometry.columns import BASIS, CORE, NUMBERS, ORIGIN, RADIUS, Columns, of_shapes
from antalya.geometry.held import DEEP, FAR, SECTORED, SHORT, WIDTH, Held
from antalya.geometry.index import warm
from antalya.geometry.loaded import LOADED
from antalya.geometry.plane import NO, UNSURE, YES
from antalya.geometry.sectors import PARTS, SECTORS, afar, sectors
from antalya.geometry.shape import shape, shapes
from antalya.geometry.touch import distance_m
from antalya.model.volume import Circle

EVERYWHERE = np.linspace(0, 2 * np.pi, 16 * SECTORS, endpoint=False) + 1e-3


def told(columns: Columns, row: int) -> tuple[np.ndarray, np.ndarray]:
    deep, far = np.empty(SECTORS), np.empty(SECTORS)
    sectors(columns, row, 1.0, *-columns.origin[row], columns.numbers[row], deep, far)
    return deep, far


def everything_held(columns: Columns) -> Held:
    warm()
    held = Held()
    held.add(np.arange(columns.size), np.zeros(columns.size, np.uint8), columns)
    return held


@pytest.mark.parametrize("make", [*OPEN, *TOUCHING])
def test_they_are_never_wrong(make: Callable[[Random], Duel]) -> None:
    columns, gaps = pairs(make)
    held = everything_held(columns)
    for k, gap in enumerate(gaps):
        for one, other in ((k, k + EACH), (k + EACH, k)):
            off_m = opening.off(held.columns, other)
            for by in (-100, -1, -0.002, 0.002, 1, 100):
                if gap + by > 0:
                    said = afar(columns.numbers, one, *told(columns, one), held.columns.numbers, held.words, other, gap + by + off_m)
                    assert said in (UNSURE, YES if by > 0 else NO) or by < 0 < by + 2 * off_m, (k, by)


@pytest.mark.parametrize("make", [*OPEN, *TOUCHING])
def test_what_they_fill_is_part_of_a_volume_and_its_corners_are_within_reach(make: Callable[[Random], Duel]) -> None:
    outlines = [outline for duel in duels(make, 20) for outline in (duel.a, duel.b)]
    made, plane = shapes(outlines), np.empty(NUMBERS)
    columns = of_shapes(made, [])
    making.cores(0, columns.size, columns)
    turns = np.column_stack([np.cos(EVERYWHERE), np.sin(EVERYWHERE)])
    for row, here in enumerate(made):
        deep, far = told(columns, row)
        assert np.all(far <= columns.radius[row])
        plane[:] = columns.numbers[row]
        basis = plane[BASIS:BASIS + 6].reshape(3, 2)
        if not columns.disc[row]:
            corners = (columns.points[columns.first[row]:columns.first[row + 1]] - plane[ORIGIN:RADIUS]) @ basis
            sides = np.arange(SECTORS) * 2 * np.pi / SECTORS
            reach = (corners @ np.array([np.cos(sides), np.sin(sides)])).max(axis=0)
            np.testing.assert_allclose(far, np.maximum(reach, 0), atol=1e-6 * columns.radius[row])
        if plane[CORE] < 1 or columns.radius[row] > 50_000:
            continue
        for turn in turns[::5]:
            length = deep[int(np.arctan2(turn[1], turn[0]) % (2 * np.pi) // (2 * np.pi / SECTORS))]
            for share in (0.5, 0.97):
                lon, lat = ellipsoid.to_degrees((plane[ORIGIN:RADIUS] + basis @ turn * share * length)[np.newaxis])
                spot = shape(Circle(center=(float(lon[0]), float(lat[0])), radius_m=0.01))
                assert distance_m(here, spot) == 0, (row, turn, share)


def test_they_see_what_is_plain_and_nothing_where_nothing_is_known() -> None:
    columns, gaps = pairs(strangers)
    held = everything_held(columns)

    def share(times: float, verdict: int) -> float:
        apart = [k for k, gap in enumerate(gaps) if 1 < gap < 50_000]
        return float(np.mean([afar(columns.numbers, k, *told(columns, k), held.columns.numbers, held.words, k + EACH,
                                   gaps[k] * times) == verdict for k in apart]))
    assert share(0.5, NO) > 0.5
    assert share(2, YES) > 0.1
    known = share(0.5, NO), share(2, YES)
    held.words[:, DEEP:] = 0
    assert share(0.5, NO) < known[0]
    assert share(2, YES) < known[1]


def test_a_held_row_has_its_sectors_to_the_safe_side() -> None:
    columns, _ = pairs(strangers)
    held, laid = everything_held(columns), np.empty(NUMBERS)
    for row in range(columns.size):
        laid[:SHORT] = held.columns.numbers[row, :SHORT]
        making.lie(laid)
        deep, far = np.empty(SECTORS), np.empty(SECTORS)
        sectors(columns, row, 1.0, *-columns.origin[row], laid, deep, far)
        part = (laid[RADIUS] - laid[CORE]) / PARTS
        four = np.array([[int(held.words[row, word]) >> 4 * s & 15 for s in range(SECTORS)] for word in (DEEP, FAR)])
        lost = np.array([deep - (laid[CORE] + part * four[0]), laid[RADIUS] - part * four[1] - far])
        assert np.all(lost > -1e-6)
        assert np.all(lost[0] < part * (1 + 1e-3) if laid[CORE] else lost[0] <= 0)
        assert np.all((lost[1] < part * (1 + 1e-3)) | (four[1] == PARTS))


@pytest.mark.parametrize("loaded", [True, False], ids=["compiled", "plain"])
def test_rows_stored_without_sectors_are_taken(loaded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    columns, _ = pairs(strangers)
    held, again, old = everything_held(columns), Held(), list[bytes]()
    words, place = np.frombuffer(held.stored(0, columns.size), np.int64), 0
    while place < len(words):
        row = words[place:place + DEEP].copy()
        row[SHORT + 2] -= SECTORED
        end = place + WIDTH + int(row[SHORT + 2])
        old += [row.tobytes(), words[place + WIDTH:end].tobytes()]
        place = end
    monkeypatch.setattr(LOADED, "is_set", lambda: loaded)
    again.take([b"".join(old)], 1, 1)
    assert again.size == held.size
    np.testing.assert_array_equal(again.words[:again.size, :DEEP], held.words[:held.size, :DEEP])
    np.testing.assert_array_equal(again.words[:again.size, DEEP:], 0)
