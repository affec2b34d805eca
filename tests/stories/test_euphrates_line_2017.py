"""The Euphrates line, November 2017 [1][2]: each side keeps to its bank unless it tells the other."""

from typing import Any

import pytest

from antalya import scenario, wiring
from antalya.exchange import viewing
from antalya.exchange.replaying import Replay
from antalya.model.limits import Limits
from antalya.steps.disclose import Viewer
from antalya.store import keys

DAY = scenario.load("euphrates-line-2017")
TITLES = {operation.id: operation.title for operation in DAY.operations}
CROSSING, WEST_CROSSING = "Crossing to the east bank at Abu Kamal", "Crossing to the west bank at Mayadin"
NEAR = "Flight on the east bank opposite Abu Kamal"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("line")
    clock = wiring.SetClock(DAY.opens_at)
    hub = wiring.exchange(folder / "day.sqlite", keys.create(folder / "keys"), "exchange.example/line",
                          Limits(theatre=DAY.theatre), clock=clock)

    def set_clock(now: Any) -> None:
        clock.now = now
    replay = Replay(hub, DAY, set_clock)
    replay.run()
    assert replay.refused == []
    yield viewing.picture(hub, Viewer("broker", broker=True))
    hub.store.close()


def test_only_who_crosses_untold_or_comes_near_is_held(broker: dict[str, Any]) -> None:
    held = {TITLES[view["id"]] for view in broker["operations"] if view["clearance"] == "held"}
    assert held == {CROSSING, NEAR}
    assert {view["clearance"] for view in broker["operations"]} == {"held", "clear"}


def test_the_findings(broker: dict[str, Any]) -> None:
    found = {(TITLES[f["operation"]], f["kind"], f["rule"], f["settled"]) for f in broker["findings"]}
    assert found == {(CROSSING, "breach", "east-bank", False), (WEST_CROSSING, "breach", "west-bank", True),
                     (NEAR, "clash", "safe-flight", False)}


def test_three_hundred_feet(broker: dict[str, Any]) -> None:
    clash = next(f for f in broker["findings"] if f["kind"] == "clash")
    assert clash["met"][0]["vertical_gap_m"] == pytest.approx(300 * 0.3048, abs=0.5)


def test_the_question_goes_to_the_other_bank(broker: dict[str, Any]) -> None:
    asks = {(TITLES[a["operation"]], a["of"], a["kind"], a["state"]) for a in broker["asks"]}
    assert (CROSSING, "US", "acknowledgement", "open") in asks
    assert (WEST_CROSSING, "RU", "acknowledgement", "granted") in asks
