"""Who is within an area, or anywhere, in a window: the index in memory misses none, touching included, with and without compiled
code."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests import strategies
from tests.adversaries import OPEN, TOUCHING, Duel, Random, duels
from tests.pictures import DAY, box, circle, hour, plan, volume
from tests.stores.samples import changed, disc, keep, kept, undone

from antalya.geometry import index
from antalya.geometry.overlap import distance_m
from antalya.geometry.shape import Shape, shape
from antalya.model import Circle, Polygon
from antalya.model.volume import Outline
from antalya.ports import Store, Transaction

ALWAYS = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
Window = tuple[datetime, datetime]


@pytest.fixture(params=[True, False], ids=["compiled", "plain"], autouse=True)
def loaded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    index.warm()
    if not request.param:
        monkeypatch.setattr(index.LOADED, "is_set", lambda: False)
    return request.param  # type: ignore[no-any-return]


def there(tx: Transaction, area: Outline | None, window: Window = ALWAYS, margin_m: float = 0.0) -> list[str]:
    return sorted(p.operation.id for p in tx.within(None if area is None else shape(area), *window, margin_m))


def within(store: Store, area: Outline | None, window: Window = ALWAYS, margin_m: float = 0.0) -> list[str]:
    return store.write(lambda tx: there(tx, area, window, margin_m))


@st.composite
def areas(draw: st.DrawFn) -> Outline:
    """Outlines whose edges often lie on those of plans, some with a hole."""
    outline: Outline = draw(strategies.outlines())
    if isinstance(outline, Polygon) and draw(st.booleans()):
        x, y = draw(st.integers(-12, 8)), draw(st.integers(-12, 8))
        return Polygon(coordinates=(*box(x, y, x + 8, y + 8).coordinates, *box(x + 1, y + 1, x + 7, y + 7).coordinates))
    return outline


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(others=st.lists(st.integers(0, 9).flatmap(lambda n: strategies.plans(f"o{n}", "RU")), max_size=6,
                       unique_by=lambda p: p.operation.id), area=areas(),
       margin_m=st.sampled_from([0.0, 10.0, 1_000.0, 20_000.0]), starts=strategies.quarters, lasts=st.integers(0, 8))
def test_none_is_missed_and_without_an_area_they_are_those_on(
        store: Store, loaded: bool, others: list[Any], area: Outline, margin_m: float, starts: float, lasts: int) -> None:
    window, around = (hour(starts), hour(starts + lasts / 4)), shape(area)

    def job(tx: Transaction) -> tuple[set[str], set[str]]:
        for other in others:
            keep(tx, other)
        return set(there(tx, area, window, margin_m)), set(there(tx, None, window))
    found, on = undone(store, job)
    away = {p.operation.id: [distance_m(s, around) for v, s in zip(p.operation.volumes, p.shapes, strict=True)
                             if v.starts_at <= window[1] and v.ends_at >= window[0]] for p in others}
    assert on == {id_ for id_, metres in away.items() if metres}
    assert {id_ for id_ in on if min(away[id_]) <= margin_m} <= found <= on
    if loaded:
        assert all(min(away[id_]) <= margin_m + 2 for id_ in found)


def placed(outline: Outline, id: str = "a") -> Any:
    return plan(id, "TR", "patrol", volume(outline))


@pytest.mark.parametrize("make", [*OPEN, *TOUCHING])
def test_nowhere_on_the_globe_is_one_missed(store: Store, make: Callable[[Random], Duel]) -> None:
    for duel in duels(make, 8, seed=18):
        for one, other in ((duel.a, duel.b), (duel.b, duel.a)):
            away = distance_m(shape(one), shape(other))
            if away > 100_000:
                continue

            def job(tx: Transaction, one: Outline = one, other: Outline = other, away: float = away) -> list[str]:
                keep(tx, placed(one))
                return there(tx, other, margin_m=away)
            assert undone(store, job) == ["a"]


def degrees(west: float, south: float, east: float, north: float) -> Polygon:
    return Polygon(coordinates=(((west, south), (east, south), (east, north), (west, north), (west, south)),))


def test_an_area_the_size_of_a_country_and_its_edges_are_geodesics(store: Store, loaded: bool) -> None:
    country = degrees(26, 36, 45, 42)
    bulge = 45_000  # the southern edge: so far north of the parallel in the middle, and more
    inside = {"middle": (35.0, 39.0), "corner": (26.0, 36.0), "beyond the parallel": (35.5, 42.3), "east": (45.001, 39.0)}
    outside = {"south of the edge": (35.5, 36.1), "far": (50.0, 39.0), "other side": (-145.0, -39.0)}
    kept(store, *(placed(Circle(center=at, radius_m=500), id_) for id_, at in (inside | outside).items()))
    assert set(inside) <= set(within(store, country))
    if loaded:
        assert within(store, country) == sorted(inside)
    assert "south of the edge" in within(store, country, margin_m=bulge)
    assert within(store, Circle(center=(35.5, 39.0), radius_m=2_000_000)) == sorted([*inside, "south of the edge", "far"])


def test_across_the_antimeridian_and_at_the_pole(store: Store) -> None:
    kept(store, placed(Circle(center=(179.9, 10.0), radius_m=500), "west of it"), placed(degrees(-179.95, 9.9, -179.9, 10.1), "east"),
         placed(Circle(center=(170.0, 10.0), radius_m=500), "far"), placed(Circle(center=(77.0, 89.99), radius_m=50), "pole"))
    assert within(store, degrees(179.5, 9.0, -179.5, 11.0)) == ["east", "west of it"]
    assert within(store, Circle(center=(180.0, 10.0), radius_m=20_000)) == ["east", "west of it"]
    assert within(store, Polygon(coordinates=(((0.0, 89.0), (120.0, 89.0), (-120.0, 89.0), (0.0, 89.0)),))) == ["pole"]


def test_who_is_in_a_hole_is_not_there(store: Store, loaded: bool) -> None:
    pierced = Polygon(coordinates=(*box(0, 0, 20, 20).coordinates, *box(5, 5, 15, 15).coordinates))
    kept(store, placed(circle(10, 10, 1_000), "in the hole"), placed(circle(2, 2, 1_000), "in"), placed(circle(5, 10, 1_000), "both"))
    assert within(store, pierced, margin_m=4_100) == ["both", "in", "in the hole"]
    if loaded:
        assert within(store, pierced) == within(store, pierced, margin_m=3_900) == ["both", "in"]


def test_what_touches_in_time_is_there_and_a_microsecond_more_is_not(store: Store) -> None:
    instant = placed(circle(0, 0, 500), "instant")
    at = replace(instant.operation.volumes[0], starts_at=hour(8), ends_at=hour(8))
    kept(store, disc("a", start=6, end=8), instant._replace(operation=replace(instant.operation, volumes=(at,))))
    step = timedelta(microseconds=1)
    for area in (None, circle(0, 0, 5_000)):
        assert within(store, area, (hour(8), hour(9))) == within(store, area, (hour(8), ALWAYS[1])) == ["a", "instant"]
        assert within(store, area, (hour(8) + step, ALWAYS[1])) == []
        assert within(store, area, (ALWAYS[0], hour(6))) == within(store, area, (hour(6), hour(6))) == ["a"]
        assert within(store, area, (ALWAYS[0], hour(6) - step)) == []


def test_any_height_is_there(store: Store) -> None:
    low, high = disc("low", lower_m=-12_000, upper_m=-11_999.9999999), disc("high", lower_m=199_999, upper_m=200_000)
    kept(store, low, high)
    assert within(store, circle(0, 0, 100)) == within(store, None) == ["high", "low"]


def test_to_the_end_of_the_calendar(store: Store) -> None:
    end = ALWAYS[1]
    forever, last = disc("forever"), disc("last")
    kept(store, *(p._replace(operation=replace(p.operation, volumes=(replace(p.operation.volumes[0], starts_at=start, ends_at=end),)))
                  for p, start in ((forever, ALWAYS[0]), (last, end))), disc("day"))
    for area in (None, circle(0, 0, 100)):
        assert within(store, area) == ["day", "forever", "last"]
        assert within(store, area, (end, end)) == ["forever", "last"]
        assert within(store, area, (ALWAYS[0], DAY)) == ["forever"]


def test_it_sees_what_the_same_job_put_and_not_what_was_replaced(store: Store) -> None:
    kept(store, disc("a"), disc("gone"))

    def job(tx: Transaction) -> tuple[list[str], list[str]]:
        keep(tx, disc("b"))
        keep(tx, disc("a", east=200), 2)
        keep(tx, changed(disc("gone"), state="withdrawn"), 2)
        return there(tx, circle(0, 0, 5_000)), there(tx, None)
    assert undone(store, job) == (["b"], ["a", "b"])
    assert within(store, circle(0, 0, 5_000)) == ["a", "gone"]


def test_a_shape_is_all_it_needs_to_know_of_an_area(store: Store) -> None:
    kept(store, disc("a"))
    area: Shape = shape(circle(0, 0, 5_000))
    [found] = store.write(lambda tx: tx.within(area, hour(6), hour(7)))
    assert (found.operation.id, found.version) == ("a", 1)
