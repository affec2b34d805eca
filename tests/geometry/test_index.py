"""The standing index: what it answers is what `meet` finds one by one, whatever was added and removed before."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.adversaries import go, place, star
from tests.geometry.test_batch import DAY, crowd, in_time
from tests.strategies import volumes_anywhere

from antalya.geometry import index as module
from antalya.geometry import making, opening, paged
from antalya.geometry.columns import BASIS, BEND, CORE, Columns, joined, microseconds, of_shapes
from antalya.geometry.held import FIRST, STATE, Held, two
from antalya.geometry.index import Index, warm
from antalya.geometry.overlap import meet, near_in_time_and_height
from antalya.geometry.shape import shapes
from antalya.geometry.touch import apart, distance_m
from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, Minima, Polygon, Volume

MOST = Minima(across_m=2_000, up_m=100, seconds=600)
TOWARDS = (MOST, Minima(across_m=20_000, seconds=60), Minima())
"""Minima towards volumes of kind 0, 1 and 2."""


@pytest.fixture(params=[True, False], ids=["compiled", "plain"], autouse=True)
def loaded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """Each test with the compiled code, and without; runs of few rows, so that there are several."""
    monkeypatch.setattr(module, "TAIL", 16)
    monkeypatch.setattr(module, "GROWTH", 3)
    warm()
    if not request.param:
        monkeypatch.setattr(module.LOADED, "is_set", lambda: False)
    return request.param  # type: ignore[no-any-return]


def columns_of(*volumes: Volume) -> Columns:
    return of_shapes(shapes([v.outline for v in volumes]), volumes)


def expected(volumes: dict[int, list[Volume]], asked: Volume, exact: bool) -> set[int]:
    """Keys of those that meet; or, where it is decided later, of those near enough by caps, windows and bands. A key's kind
    is what is left of it by three."""
    found = set()
    for key, several in volumes.items():
        minima = TOWARDS[key % 3]
        for v in several:
            if exact:
                near = meet(asked, v, minima) is not None
            else:
                one, other = shapes([asked.outline, v.outline])
                near = near_in_time_and_height(asked, v, minima) and not apart(one, other, minima.across_m)
            if near:
                found.add(key)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_added_and_removed(loaded: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    made, index, kept = crowd(rng, place(rng), 130, 30_000, 12), Index(), dict[int, list[Volume]]()
    for key in range(100):
        several = [made[key]] if rng.random() < 0.7 else [made[key], made[100 + key % 20]]
        index.add(key, columns_of(*several), key % 3)
        kept[key] = several
        if rng.random() < 0.3:
            gone = int(rng.integers(0, key + 1))
            rows = index.remove(gone)
            if rng.random() < 0.3:
                index.restore(rows)
            else:
                kept.pop(gone, None)
        if rng.random() < 0.2:
            size = index.size
            index.add(key + 1, columns_of(made[119]))
            index.remove(key + 1)
            index.add(key + 2, columns_of(made[118], made[119]))
            index.cut(size)
        if rng.random() < 0.2:
            index.settle()
    assert len(index) == sum(map(len, kept.values()))
    for asked in made[120:]:
        assert index.near(columns_of(asked), TOWARDS) == sorted(expected(kept, asked, exact=loaded))
    assert index.near(columns_of(*made[120:]), TOWARDS) == sorted(
        set().union(*(expected(kept, asked, exact=loaded) for asked in made[120:])))


def test_a_load_is_the_same_as_adding_one_by_one(loaded: bool) -> None:
    rng = np.random.default_rng(1)
    made = crowd(rng, (38.0, 36.0), 300, 60_000, 24)
    one, other = Index(), Index()
    for key, volume in enumerate(made):
        one.add(key * 3, columns_of(volume), key % 3)
    other.add(7, columns_of(made[0]), 1)  # a load begins anew
    other.load(np.arange(1) * 3, np.arange(1) % 3, columns_of(*made[:1]))
    for i, j in ((1, 120), (120, 300)):
        other.extend(np.arange(i, j) * 3, np.arange(i, j) % 3, columns_of(*made[i:j]))
    other.settle()
    other.add(1_000, columns_of(made[0]), 1)
    one.add(1_000, columns_of(made[0]), 1)
    one.settle()
    for volume in made[:60]:
        assert one.near(columns_of(volume), TOWARDS) == other.near(columns_of(volume), TOWARDS)
    assert other.nbytes > 300 * 200


def test_a_removal_can_be_taken_back_and_what_is_over_is_dropped() -> None:
    index, hour = Index(), timedelta(hours=1)
    for key in range(5):
        index.add(key, columns_of(Volume(outline=Circle(center=(38, 36), radius_m=100), lower_m=0, upper_m=10,
                                         starts_at=DAY + key * hour, ends_at=DAY + (key + 1) * hour)))
    rows = index.remove(2)
    assert index.during(microseconds(DAY), microseconds(DAY + 9 * hour)) == [0, 1, 3, 4]
    index.restore(rows)
    assert index.during(microseconds(DAY + 2 * hour), microseconds(DAY + 3 * hour)) == [1, 2, 3]  # what touches, too
    assert index.during(microseconds(DAY + 2 * hour) + 1, microseconds(DAY + 3 * hour) - 1) == [2]
    index.drop(microseconds(DAY + 3 * hour) + 1)
    assert len(index) == 2
    assert index.during(microseconds(DAY), microseconds(DAY + 9 * hour)) == [3, 4]
    assert not len(index.remove(77))
    assert len(index) == 2


@pytest.mark.parametrize("seed", range(4))
def test_an_operation_is_over_with_the_last_of_its_volumes_that_is_in(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made, index, at = crowd(rng, (38.0, 36.0), 60, 30_000, 12), Index(), microseconds(DAY) + 6 * 3_600_000_000
    assert [len(each) for each in index.over(at)] == [0, 0]
    several = {2 * key: made[3 * key:3 * key + 1 + key % 3] for key in range(20)}
    for key, volumes in several.items():
        index.add(key, columns_of(*volumes))
    for key in (0, 8, 38):
        index.remove(key)
        del several[key]
    last = {key: max(microseconds(v.ends_at) for v in volumes) for key, volumes in several.items()}
    moments = sorted({*last.values(), at, at * 2})
    index.drop(moments[3])
    for moment in moments:
        keys, ends = index.over(moment)
        ended = [(end, key) for key, end in last.items() if moments[3] <= end < moment]
        assert list(zip(ends.tolist(), keys.tolist(), strict=True)) == sorted(ended)


def test_more_answers_than_fit_at_first() -> None:
    rng = np.random.default_rng(2)
    here = Circle(center=(38, 36), radius_m=5_000)
    index, many = Index(), [in_time(rng, here, 0.1) for _ in range(400)]
    kept = [k for k, v in enumerate(many) if v.ends_at > v.starts_at]
    for key, volume in enumerate(many):
        index.add(key, columns_of(volume))
    index.settle()
    whole = Volume(outline=here, lower_m=-500, upper_m=20_000, starts_at=DAY - timedelta(days=1), ends_at=DAY + timedelta(days=99))
    assert index.near(columns_of(whole), (Minima(),)) == kept


@pytest.mark.parametrize("expected", [2, 400], ids=["more than were expected", "room touched ahead"])
def test_rows_are_stored_and_come_back(loaded: bool, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paged, "SLICE", 1_000)
    rng, one, other, stored = np.random.default_rng(3), Index(), Index(), list[bytes]()
    pierced = Polygon(coordinates=(((38.0, 36.0), (38.1, 36.0), (38.1, 36.1), (38.0, 36.1), (38.0, 36.0)),
                                   ((38.04, 36.04), (38.06, 36.04), (38.05, 36.06), (38.04, 36.04))))
    several = [columns_of(*crowd(rng, (38.0, 36.0), n, 10_000)) for n in (1, 3, 2)] + [columns_of(in_time(rng, pierced, 1))]
    for key, columns in enumerate(several):
        begin = one.size
        one.add(5 * key, columns, key % 3)
        stored.append(one.stored(begin))
    assert other.newest == -1
    for parts in (stored[:3], stored[3:]):
        other.take(parts, expected, 3)
    assert other.newest == 15
    assert other.stored(0) == one.stored(0) == b"".join(stored)
    asked = joined(several)
    assert (len(one), one.near(asked, TOWARDS)) == (len(other), other.near(asked, TOWARDS)) == (7, [0, 5, 10, 15])
    for ours, theirs in zip(one._held.columns, other._held.columns, strict=True):
        np.testing.assert_array_equal(ours[:7], theirs[:7])
    assert one._held.most == other._held.most


@pytest.mark.parametrize("refused", [1, 2], ids=["for rows", "for corners"])
def test_what_there_is_is_taken_though_there_is_no_room_for_what_may_come(refused: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = columns_of(*crowd(np.random.default_rng(7), (38.0, 36.0), 300, 10_000))
    one, other = Held(), Held()
    one.add(np.arange(300), np.zeros(300, np.uint8), made)
    asked, zeros = list[int](), np.zeros

    def short(*given: Any) -> Any:
        room = zeros(*given)
        asked.append(room.nbytes)
        if len(asked) == refused:
            raise MemoryError
        return room

    monkeypatch.setattr(np, "zeros", short)
    for begin in range(0, 300, 100):
        other.take_many(np.frombuffer(one.stored(begin, begin + 100), np.int64), 1_000, 1)
    monkeypatch.undo()
    assert len(asked) >= refused
    assert other.stored(0, other.size) == one.stored(0, 300)
    assert other.nbytes < 4 * one.nbytes


def test_no_more_room_is_guessed_than_is_sensible(monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = Held(), Held()
    one.add(0, 0, columns_of(*crowd(np.random.default_rng(7), (38.0, 36.0), 100, 10_000)))
    stored = one.stored(0, 100)
    monkeypatch.setattr("antalya.geometry.held.MOST_GUESSED", 20 * len(stored))
    other.take_many(np.frombuffer(stored, np.int64), 4_000_000, 1)
    assert other.stored(0, 100) == stored
    assert 20 * len(stored) < other.nbytes < 40 * len(stored)


@pytest.mark.parametrize(("word", "value"), [(FIRST, 0), (FIRST, -15), (FIRST, 3), (FIRST, 2**62), (STATE, -1), (STATE, 14), (STATE, 255),
                                             (STATE, 2**40)])
def test_bytes_of_something_else_are_refused(loaded: bool, word: int, value: int) -> None:
    index = Index()
    index.add(1, columns_of(*crowd(np.random.default_rng(1), (38.0, 36.0), 2, 10_000)))
    other = index.stored(0)
    damaged = np.frombuffer(bytearray(other), np.int64)
    damaged[word] = value
    for part in (damaged.tobytes(), other[:-8], other[:-1], bytes(8)):
        with pytest.raises(AntalyaError, match="store_broken"):
            Index().take([part], 1, 14)


@settings(max_examples=60)
@given(st.lists(volumes_anywhere(), min_size=1, max_size=5))
def test_held_rows_are_what_they_were_but_for_a_little(volumes: list[Volume]) -> None:
    try:
        columns = columns_of(*volumes)
    except AntalyaError:  # nobody can file them
        return
    held, plain, pair = Held(), Held(), two(int(np.diff(columns.first).max()))
    held.reserve(columns.size, len(columns.points))
    opening.hold(held.columns, held.words, 0, columns)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.LOADED, "is_set", lambda: False)
        plain.add(0, 0, columns)
    for row in range(columns.size):
        opening.opened(held.columns, row, pair)
        off_m, here = opening.off(held.columns, row), slice(*columns.first[row:row + 2])
        making.lie(pair.numbers[1])
        assert off_m <= 4.1e-5 * columns.radius[row]
        back = pair.points[:pair.first[2]]
        assert np.linalg.norm(back - columns.points[here], axis=1).max() <= off_m + 1e-8
        np.testing.assert_array_equal(pair.codes[:pair.first[2]], columns.codes[here])
        np.testing.assert_array_equal(held.columns.windows[row], columns.windows[row])
        np.testing.assert_array_equal(plain.columns.points[here], held.columns.points[here])
        np.testing.assert_array_equal(plain.columns.numbers[row, :CORE], columns.numbers[row, :CORE])
        np.testing.assert_array_equal(pair.numbers[1, :CORE], columns.numbers[row, :CORE])
        if columns.disc[row] or abs(columns.origin[row, 2]) < 6_350_000:  # at a pole, any direction may be north
            np.testing.assert_allclose(pair.numbers[1, BASIS:BEND], columns.numbers[row, BASIS:BEND], atol=1e-7)
        np.testing.assert_allclose(pair.numbers[1, BEND:], columns.numbers[row, BEND:], rtol=1e-9)


def test_few_that_are_left_of_many_are_held_anew() -> None:
    rng = np.random.default_rng(5)
    made, index = crowd(rng, (38.0, 36.0), 3_000, 300_000, 9), Index()
    for key, volume in enumerate(made):
        index.add(key, columns_of(volume), key % 3)
    for key in range(len(made)):
        if key % 10:
            index.remove(key)
    index.settle()
    assert (len(index), index.size) == (300, 300)
    other = Index()
    for key in range(0, 3_000, 10):
        other.add(key, columns_of(made[key]), key % 3)
    other.settle()
    assert any(other.near(columns_of(asked), TOWARDS) for asked in made[:50])
    for asked in made[:50]:
        assert index.near(columns_of(asked), TOWARDS) == other.near(columns_of(asked), TOWARDS)


def test_there_is_room_for_whatever_is_asked_next(loaded: bool) -> None:
    def round_about(corners: int) -> Volume:
        turn = 2 * np.pi * np.arange(corners + 1) / corners
        ring = tuple((38 + 0.1 * float(np.cos(a)), 36 + 0.1 * float(np.sin(a))) for a in turn[:-1])
        return Volume(outline=Polygon(coordinates=((*ring, ring[0]),)), lower_m=0, upper_m=100, starts_at=DAY,
                      ends_at=DAY + timedelta(hours=1))
    index = Index()
    for key, corners in enumerate((5, 6, 8, 13, 40)):
        index.add(key, columns_of(round_about(corners)))
        asked = columns_of(round_about(corners + 2))
        assert index.near(asked, TOWARDS[:1]) == list(range(key + 1))
        if loaded:  # compiled code writes where it is told to
            assert len(index._pair.points) >= len(asked.points) + corners + 1


@pytest.mark.parametrize("seed", range(4))
def test_none_that_is_just_near_enough_is_missed_however_large(seed: int) -> None:
    rng, apart_m, index = np.random.default_rng(seed), list[float](), Index()
    while len(apart_m) < 50:
        about, size = (float(rng.uniform(-150, 150)), float(rng.uniform(-60, 60))), float(10 ** rng.uniform(1, 5.7))
        one = star(rng, about, size)
        other = star(rng, go(about, float(rng.uniform(0, 360)), 2.5 * size), size * float(10 ** rng.uniform(-1, 0)))
        first, second = shapes([one, other])
        apart_m.append(distance_m(first, second))
        index.load(np.zeros(1, np.int64), np.zeros(1, np.uint8), of_shapes([second], []))
        held = [index.near(of_shapes([first], []), (Minima(across_m=apart_m[-1] * more, up_m=1, seconds=1),)) for more in (1 + 1e-9, 1.001)]
        assert held == [[0], [0]], (seed, len(apart_m), size)
    assert sum(map(bool, apart_m)) > 40
