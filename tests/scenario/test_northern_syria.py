"""The shipped data: sources, geometry, and that nothing in it is what the model must not hold."""

import re

import pytest
from pyproj import Geod

from antalya.geometry.shape import shape
from antalya.model import Area, Force, Party, Site, Stance, Understanding
from antalya.model.rules import KeepOut
from antalya.scenario import Scenario, load


@pytest.fixture(scope="module")
def day() -> Scenario:
    return load("northern-syria-2017")


def test_every_item_has_a_source_that_the_scenario_lists_or_is_illustrative(day: Scenario) -> None:
    sources = [n.source for n in day.registry] + [o.source for o in day.operations] + [r.source for r in day.replies]
    sources += [rule.source for u in day.of(Understanding) for rule in u.rules]
    assert len(sources) > 60
    for source in sources:
        cited = re.findall(r"\[(\w+)\]", source)
        assert cited or source.startswith("illustrative")
        assert set(cited) <= day.sources.keys()


def test_no_source_is_listed_that_nothing_cites(day: Scenario) -> None:
    everything = " ".join([n.source for n in day.registry] + [o.source for o in day.operations]
                          + [rule.source for u in day.of(Understanding) for rule in u.rules])
    assert all(f"[{name}]" in everything for name in day.sources)


def test_outlines_are_sound(day: Scenario) -> None:
    outlines = [n.outline for n in (*day.of(Area), *day.of(Site))]
    outlines += [v.outline for o in day.operations for v in o.volumes]
    assert len(outlines) > 25
    for outline in outlines:
        assert shape(outline).area_m2 > 10_000


def test_lines_run_from_west_to_east_so_that_left_is_north(day: Scenario) -> None:
    lines = [r.line for u in day.of(Understanding) for r in u.rules if isinstance(r, KeepOut) and r.line]
    assert lines
    for line in lines:
        assert [p[0] for p in line] == sorted(p[0] for p in line)


@pytest.mark.parametrize(("id", "lon", "lat"), [
    ("jarabulus", 38.011, 36.817), ("al-bab", 37.516, 36.370), ("raqqa", 39.008, 35.953), ("al-rai", 37.448, 36.612),
    ("dabiq", 37.268, 36.538), ("manbij", 37.955, 36.528)])
def test_areas_lie_round_their_towns(day: Scenario, id: str, lon: float, lat: float) -> None:
    area = next(a for a in day.of(Area) if a.id == id)
    prepared = shape(area.outline)
    assert Geod(ellps="WGS84").inv(*prepared.centre, lon, lat)[2] < prepared.radius_m
    assert set(area.names) == {"en", "tr", "ru", "ar"}


def test_three_parties_list_the_same_force_differently(day: Scenario) -> None:
    held = {s.holder: s.stance for s in day.of(Stance) if s.towards == "SDF"}
    assert held == {"TR": "adversary", "US": "partner", "RU": "neutral"}
    assert not any(s.released for s in day.of(Stance))


def test_every_force_is_answered_for_and_used_only_by_whom_the_story_says(day: Scenario) -> None:
    answers = {f.id: f.answers for f in day.of(Force)}
    assert answers == {"TAF": "TR", "TSO": "TR", "USF": "US", "SDF": "US", "YPG": "US", "RUF": "RU", "SAA": "RU", "AID": "RELIEF"}
    foreign = {(o.title, f) for o in day.operations for f in o.forces if answers[f] != o.party}
    assert foreign == {("Joint plan for Raqqa", "TAF")}


def test_viewers_are_the_parties(day: Scenario) -> None:
    assert set(day.viewers) == {p.id for p in day.of(Party)} == {"TR", "RU", "US", "RELIEF", "broker"}


def test_the_convoy_was_notified_48_hours_ahead_and_the_other_one_was_not(day: Scenario) -> None:
    ahead = {f.operation.title: (min(v.starts_at for v in f.operation.volumes) - f.at).total_seconds() / 3600
             for f in day.filings if f.operation.activity in ("convoy", "relief")}
    assert ahead.pop("Relief convoy from Tadef to Arima") == 33
    assert len(ahead) == 2
    assert min(ahead.values()) >= 48
