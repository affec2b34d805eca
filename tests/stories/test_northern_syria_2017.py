"""Northern Syria, 7 March 2017 [0]: the day replayed through a real exchange with a real store, and what each side saw of it."""

import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from antalya import scenario, wiring
from antalya.entry.places import describe
from antalya.entry.report import rows
from antalya.entry.tables import findings_table
from antalya.exchange import agreeing, settling, viewing
from antalya.exchange.hub import Evidence, Hub
from antalya.exchange.replaying import Replay
from antalya.geometry.shape import shape
from antalya.model import Answer, Minima
from antalya.model.limits import Limits
from antalya.model.volume import Polygon
from antalya.steps.disclose import Viewer
from antalya.store import keys

PARTIES = ("TR", "RU", "US", "RELIEF")
DAY = scenario.load("northern-syria-2017")
IDS = {operation.title: operation.id for operation in DAY.operations}

MOVE, PATROL = "Move on Manbij", "Interposition patrol west of Manbij"
RAQQA, SAJUR, DEMINING = "Joint plan for Raqqa", "Patrol along the Sajur", "Clearing of explosive remnants north of Al-Bab"
US_FLIGHT, RU_FLIGHT = "Flight over the Euphrates north of Tabqa", "Flight along the Euphrates, Maskanah to Tabqa"
TADEF, RU_CONVOY = "Syrian army relieves its posts north-east of Tadef", "Relief convoy from Tadef to Arima"
CONVOY, DISTRIBUTION = "Relief convoy from Jarabulus to Manbij", "Distribution in Manbij"
BRIDGE, AIR_PATROL = "Patrol at the Qara Qozak bridge", "Air patrol between Al-Rai and Jarabulus"


class Run:
    """One replay and the pictures it ended with."""

    def __init__(self, folder: Path) -> None:
        self.clock = wiring.SetClock(DAY.opens_at)
        self.hub: Hub = wiring.exchange(folder / "day.sqlite", keys.create(folder / "keys"), "exchange.example/day",
                                        Limits(theatre=DAY.theatre), clock=self.clock)
        self.replay = Replay(self.hub, DAY, self.set_clock)
        self.replay.run()

    def set_clock(self, now: datetime) -> None:
        self.clock.now = now

    def picture(self, viewer: str) -> dict[str, Any]:
        return viewing.picture(self.hub, Viewer(viewer, broker=viewer == "broker"))

    def clearance(self, title: str) -> str:
        found = viewing.operation(self.hub, Viewer("broker", broker=True), IDS[title])
        return str(found["clearance"])

    def answer(self, party: str, title: str, decision: str) -> None:
        """A party answers everything it is asked about an operation."""
        with self.hub.store.read() as tx:
            asks = [a for a in tx.asks(operations=[IDS[title]], state="open") if a.of == party]
        assert asks
        for ask in asks:
            settling.answer(self.hub, Viewer(party), Answer(id=self.hub.ids(), ask=ask.id, party=party, decision=decision),
                            Evidence(b"{}"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The day as it stands at noon; tests that go on from there take `own_run`."""
    run = Run(tmp_path_factory.mktemp("day"))
    yield run
    run.hub.store.close()


@pytest.fixture
def own_run(tmp_path: Path) -> Any:
    run = Run(tmp_path)
    yield run
    run.hub.store.close()


@pytest.fixture(scope="module")
def broker(run: Run) -> dict[str, Any]:
    return run.picture("broker")


@pytest.fixture(scope="module")
def views(run: Run) -> dict[str, dict[str, Any]]:
    return {party: run.picture(party) for party in PARTIES}


def finding(picture: dict[str, Any], title: str, rule_kind: str | None) -> dict[str, Any]:
    """The one finding of an operation under a kind of rule."""
    found = [f for f in picture["findings"] if f["operation"] == IDS[title] and f["rule_kind"] == rule_kind]
    assert len(found) == 1
    return found[0]


def seen(picture: dict[str, Any]) -> dict[str, str]:
    """Titles of the operations a viewer sees, and at what level."""
    titles = {id_: title for title, id_ in IDS.items()}
    return {titles[view["id"]]: view["level"] for view in picture["operations"]}


def test_nothing_is_refused_and_everything_comes_out_as_told(run: Run, broker: dict[str, Any]) -> None:
    assert run.replay.refused == []
    titles = {id_: title for title, id_ in IDS.items()}
    assert {titles[view["id"]]: view["clearance"] for view in broker["operations"]} == {
        MOVE: "held", PATROL: "clear", RAQQA: "blocked", SAJUR: "blocked", DEMINING: "blocked", US_FLIGHT: "held",
        RU_FLIGHT: "clear", TADEF: "clear", RU_CONVOY: "blocked", CONVOY: "clear", DISTRIBUTION: "clear", BRIDGE: "clear",
        AIR_PATROL: "clear"}


def test_nothing_is_found_that_the_story_does_not_tell(broker: dict[str, Any]) -> None:
    titles = {id_: title for title, id_ in IDS.items()}
    found = [(titles[f["operation"]], f["kind"], f["rule_kind"], titles.get(f["other"])) for f in broker["findings"]]
    assert len(found) == 9
    assert set(found) == {
        (MOVE, "breach", "consent", None),
        (MOVE, "clash", None, PATROL),
        (RAQQA, "breach", "incompatible", None),
        (RAQQA, "breach", None, None),
        (SAJUR, "breach", "corridor", None),
        (DEMINING, "hazard", "protect", None),
        (US_FLIGHT, "clash", "separation", RU_FLIGHT),
        (TADEF, "breach", "keep-out", None),
        (RU_CONVOY, "breach", "lead-time", None),
    }


def test_the_move_on_manbij_is_held_for_russia_and_the_united_states(broker: dict[str, Any]) -> None:
    breach = finding(broker, MOVE, "consent")
    assert (breach["effect"], breach["rule"], breach["settled"]) == ("hold", "manbij-both", False)
    asks = [a for a in broker["asks"] if a["finding"] == breach["id"]]
    assert {(a["of"], a["kind"], a["state"]) for a in asks} == {("RU", "consent", "open"), ("US", "consent", "open")}
    assert any("consent" in r["kind"] for r in breach["remedies"])


def test_it_is_clear_only_when_everyone_has_said_yes(own_run: Run) -> None:
    assert own_run.clearance(MOVE) == "held"
    own_run.answer("RU", MOVE, "grant")
    assert own_run.clearance(MOVE) == "held"
    own_run.answer("US", MOVE, "grant")
    assert own_run.clearance(MOVE) == "clear"


def test_one_no_blocks_it(own_run: Run) -> None:
    own_run.answer("RU", MOVE, "refuse")
    assert own_run.clearance(MOVE) == "blocked"


def test_silence_is_no_yes(own_run: Run) -> None:
    own_run.set_clock(DAY.now + timedelta(hours=12))
    settling.tick(own_run.hub)
    assert own_run.clearance(MOVE) == "held"
    states = {a["state"] for a in own_run.picture("broker")["asks"] if a["operation"] == IDS[MOVE]}
    assert states == {"expired"}


def test_the_move_clashes_with_the_patrol_that_stands_between(broker: dict[str, Any]) -> None:
    clash = finding(broker, MOVE, None)
    assert (clash["kind"], clash["other"]) == ("clash", IDS[PATROL])
    # The second leg is from 04:00 to 07:00; five minutes before and after are too near as well.
    assert datetime.fromisoformat(clash["starts_at"]) == datetime(2017, 3, 8, 3, 55, tzinfo=UTC)
    assert datetime.fromisoformat(clash["ends_at"]) == datetime(2017, 3, 8, 7, 5, tzinfo=UTC)
    region = Polygon(coordinates=clash["met"][0]["region"]["coordinates"])
    assert re.fullmatch(r"\d+ km (W|SW) of Manbij|\d+ km (E|NE) of Arima", describe(region))


def test_the_joint_plan_for_raqqa_is_refused_for_the_incompatible_pair(broker: dict[str, Any]) -> None:
    breach = finding(broker, RAQQA, "incompatible")
    assert (breach["effect"], breach["rule"]) == ("block", "raqqa-pair")
    asks = [a for a in broker["asks"] if a["operation"] == IDS[RAQQA]]
    assert {(a["of"], a["state"]) for a in asks} == {("TR", "refused")}


def test_the_convoys_window(broker: dict[str, Any]) -> None:
    breach = finding(broker, SAJUR, "corridor")
    assert (breach["effect"], breach["rule"]) == ("block", "relief-window")
    window = datetime(2017, 3, 8, 7, 30, tzinfo=UTC), datetime(2017, 3, 8, 13, tzinfo=UTC)
    assert window[0] <= datetime.fromisoformat(breach["starts_at"]) < datetime.fromisoformat(breach["ends_at"]) <= window[1]
    late = finding(broker, RU_CONVOY, "lead-time")
    assert late["rule"] == "notice-48h"


def test_the_hospitals_stand_off(broker: dict[str, Any], views: dict[str, dict[str, Any]]) -> None:
    hazard = finding(broker, DEMINING, "protect")
    hospital = next(s for s in broker["sites"] if s["kind"] == "hospital")
    assert (hazard["kind"], hazard["effect"], hazard["site"]) == ("hazard", "block", hospital["id"])
    told = [t["party"] for t in broker["told"] if t["subject"] == hazard["id"]]
    assert set(told) == {"TR", "RELIEF"}
    for party in ("TR", "RU", "US"):
        assert views[party]["sites"] == []
        assert hospital["id"] not in json.dumps(views[party])
        assert hospital["name"] not in json.dumps(views[party], ensure_ascii=False)
    assert next(f for f in views["RELIEF"]["findings"] if f["id"] == hazard["id"])["operation"] is None


def test_the_memorandum_keeps_flights_further_apart_than_the_default(broker: dict[str, Any]) -> None:
    clash = finding(broker, US_FLIGHT, "separation")
    assert (clash["effect"], clash["rule"], clash["understanding"]) == ("hold", "safe-flight", "us-ru-memorandum")
    gap = clash["met"][0]["vertical_gap_m"]
    assert gap == 500
    assert Minima(up_m=300).up_m < gap < 3000 * 0.3048


def test_russia_suspends_the_memorandum_and_its_finding_turns_into_a_warning(own_run: Run) -> None:
    agreeing.set_status(own_run.hub, Viewer("RU"), "us-ru-memorandum", "suspended", Evidence(b"{}"))
    found = [f for f in own_run.picture("broker")["findings"] if f["operation"] == IDS[US_FLIGHT]]
    assert [(f["understanding"], f["effect"]) for f in found] == [("us-ru-memorandum", "none")]
    assert own_run.clearance(US_FLIGHT) == "clear"


def test_turkey_was_told_of_the_posts_at_tadef(broker: dict[str, Any]) -> None:
    breach = finding(broker, TADEF, "keep-out")
    assert (breach["rule"], breach["settled"]) == ("al-bab-north", True)


def test_three_different_views_of_the_same_day(views: dict[str, dict[str, Any]]) -> None:
    agency = {CONVOY: "details", DISTRIBUTION: "details"}
    assert seen(views["TR"]) == agency | dict.fromkeys([MOVE, SAJUR, DEMINING, AIR_PATROL], "details") \
        | {RAQQA: "envelope", TADEF: "envelope"}
    assert seen(views["RU"]) == agency | dict.fromkeys([RU_FLIGHT, TADEF, RU_CONVOY], "details") | {MOVE: "envelope"}
    assert seen(views["US"]) == agency | dict.fromkeys([PATROL, RAQQA, US_FLIGHT, BRIDGE], "details") | {MOVE: "envelope"}
    assert seen(views["RELIEF"]) == agency


def test_nobody_reads_what_others_wrote(views: dict[str, dict[str, Any]]) -> None:
    released = {CONVOY, DISTRIBUTION}
    for party, view in views.items():
        text = json.dumps(view, ensure_ascii=False)
        for operation in DAY.operations:
            if operation.party != party and operation.title not in released:
                assert operation.title not in text
                assert not operation.note or operation.note not in text
        for other in {"TR", "RU", "US"} - {party}:
            assert not any(s["holder"] == other for s in view["stances"])


def test_each_side_of_the_clash_in_the_sky_learns_where_and_when_only(views: dict[str, dict[str, Any]]) -> None:
    for party, own, foreign in (("RU", RU_FLIGHT, US_FLIGHT), ("US", US_FLIGHT, RU_FLIGHT)):
        clash = next(f for f in views[party]["findings"] if f["rule"] == "safe-flight")
        assert clash["level"] == "overlap"
        assert IDS[own] in (clash["operation"], clash["other"])
        assert IDS[foreign] not in json.dumps(views[party])
        assert shape(Polygon(coordinates=clash["met"][0]["region"]["coordinates"])).area_m2 > 1e6


def test_the_table_tells_the_story(broker: dict[str, Any], views: dict[str, dict[str, Any]]) -> None:
    out = StringIO()
    found = rows(broker, views)
    findings_table(Console(file=out, width=80), found)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    for line in ("who      Turkey: Move on Manbij", "where    11 km W of Manbij, 300 to 1,000 m",
                 "when     2017-03-08 04:00–07:00 UTC",
                 "         Russia: envelope, asked (open), 03-06 14:00",
                 "         United States: envelope, asked (open), 03-06 14:00",
                 "told     Turkey: envelope, asked (refused), 03-06 13:00"):
        assert line in lines
    assert [row.state for row in found] == [*["BLOCKED"] * 4, "REFUSED", *["HELD"] * 3, "SETTLED"]
    assert all(row.told and row.remedies and row.who for row in found)
