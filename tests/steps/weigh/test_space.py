"""Keep-out, pause and corridor."""

import pytest
from tests.pictures import agreed, book, box, circle, findings, hour, only, plan, volume

from antalya.model import Polygon, Window
from antalya.model.rules import Corridor, KeepOut, Pause
from antalya.picture import shape_of

EAST_WEST = ((37.9, 36.53), (38.2, 36.53))
"""A line about 3.3 km north of the plans' southern edge."""


class TestKeepOut:
    """Rule `keep-out`."""

    def test_an_area(self) -> None:
        rule = KeepOut(id="k", outline=circle(8, 0, 4_000))
        found = only(findings(plan("a"), rules=book(agreed(rule))))
        assert (found.why, found.effect, found.severity, found.ask) == ("in-keep-out", "block", "critical", None)
        assert findings(plan("a"), rules=book(agreed(KeepOut(id="k", outline=circle(8, 0, 2_900))))) == ()

    def test_a_stand_off(self) -> None:
        near = book(agreed(KeepOut(id="k", outline=circle(8, 0, 2_000), stand_off_m=1_500)))
        far = book(agreed(KeepOut(id="k", outline=circle(8, 0, 2_000), stand_off_m=900)))
        assert len(findings(plan("a"), rules=near)) == 1
        assert findings(plan("a"), rules=far) == ()

    def test_a_band(self) -> None:
        assert findings(plan("a"), rules=book(agreed(KeepOut(id="k", outline=box(0, 0, 9, 9), lower_m=1_000)))) == ()
        assert len(findings(plan("a"), rules=book(agreed(KeepOut(id="k", outline=box(0, 0, 9, 9), lower_m=999))))) == 1

    @pytest.mark.parametrize(("side", "north"), [("left", True), ("right", False)])
    def test_a_side_of_a_line(self, side: str, north: bool) -> None:
        rules = book(agreed(KeepOut(id="k", line=EAST_WEST, side=side)))
        on_north = plan("a", "TR", "patrol", volume(box(0, 4, 5, 8)))
        on_south = plan("b", "TR", "patrol", volume(box(0, -5, 5, 3)))
        found = only(findings(on_north if north else on_south, rules=rules))
        assert (found.why, found.effect) == ("wrong-side-of-line", "block")
        assert findings(on_south if north else on_north, rules=rules) == ()

    def test_a_line_reaches_only_so_far(self) -> None:
        rules = book(agreed(KeepOut(id="k", line=EAST_WEST, side="left", reach_m=10_000)))
        assert len(findings(plan("a", "TR", "patrol", volume(box(0, 12, 5, 20))), rules=rules)) == 1
        assert findings(plan("a", "TR", "patrol", volume(box(0, 14, 5, 20))), rules=rules) == ()

    def test_who_draws_a_plan_up_to_the_line_does_not_cross_it(self) -> None:
        line = ((37.9, 36.531234), (38.1, 36.547321), (38.35, 36.51))
        up_to = Polygon(coordinates=((*line, (38.35, 36.3), (37.9, 36.3), line[0]),))
        over = Polygon(coordinates=((line[0], (38.1, 36.5473215), line[2], (38.35, 36.3), (37.9, 36.3), line[0]),))
        rules = book(agreed(KeepOut(id="k", line=line, side="left")))
        assert findings(plan("a", "TR", "patrol", volume(up_to)), rules=rules) == ()
        found = only(findings(plan("a", "TR", "patrol", volume(over)), rules=rules))
        assert shape_of(found.met[0].region).area_m2 < 2_000  # the 5 cm it is across, along 22 km

    def test_a_lines_stand_off_is_kept_on_the_permitted_side(self) -> None:
        rules = book(agreed(KeepOut(id="k", line=EAST_WEST, side="left", stand_off_m=1_000)))
        assert len(findings(plan("a", "TR", "patrol", volume(box(0, -5, 5, 2.6))), rules=rules)) == 1
        assert findings(plan("a", "TR", "patrol", volume(box(0, -5, 5, 2.0))), rules=rules) == ()

    def test_unless_told_holds_until_they_have_acknowledged(self) -> None:
        rule = KeepOut(id="k", outline=box(4, 4, 9, 9), unless_told=("SDF", "TR", "US"), answer_within_s=60)
        found = only(findings(plan("a"), rules=book(agreed(rule))))
        assert (found.effect, found.ask, found.asks_of, found.answer_within_s) == ("hold", "acknowledgement", ("US",), 60)

    def test_who_alone_is_to_be_told_knows_already(self) -> None:
        rule = KeepOut(id="k", outline=box(4, 4, 9, 9), unless_told=("TR",))
        assert findings(plan("a"), rules=book(agreed(rule))) == ()


class TestPause:
    """Rule `pause`."""

    @pytest.mark.parametrize(("start", "end", "breached"), [(8, 10, False), (7.99, 10, True), (4, 6, False), (4, 6.01, True),
                                                            (6.5, 7, True)])
    def test_its_window_is_half_open(self, start: float, end: float, breached: bool) -> None:
        rule = Pause(id="p", window=Window(starts_at=hour(start), ends_at=hour(end)))
        found = findings(plan("a"), rules=book(agreed(rule)))
        assert [(f.why, f.effect) for f in found] == ([("in-pause", "block")] if breached else [])

    def test_an_instant_is_not_missed(self) -> None:
        rules = book(agreed(Pause(id="p", window=Window(starts_at=hour(6), ends_at=hour(7)))))
        assert len(findings(plan("a", "TR", "fires", volume(start=6.5, end=6.5)), rules=rules)) == 1
        assert len(findings(plan("a", "TR", "fires", volume(start=6, end=6)), rules=rules)) == 1
        assert findings(plan("a", "TR", "fires", volume(start=7, end=7)), rules=rules) == ()

    def test_where_only_withdrawing_helps_it_says_so(self) -> None:
        rules = book(agreed(Pause(id="p", window=Window(starts_at=hour(0), ends_at=hour(24)))))
        assert [r.kind for r in only(findings(plan("a"), rules=rules)).remedies] == ["withdraw"]


class TestCorridor:
    """Rule `corridor`."""

    rules = book(agreed(Corridor(id="c", outline=box(4, 4, 9, 9), holders=("UN", "TAF"), lower_m=0, upper_m=500)))

    def test_others_stay_out(self) -> None:
        found = only(findings(plan("a", "RU"), rules=self.rules))
        assert (found.why, found.effect, found.met[0].upper_m) == ("in-corridor", "block", 500)

    def test_its_band(self) -> None:
        assert findings(plan("a", "RU", "flight", volume(lower_m=500)), rules=self.rules) == ()

    @pytest.mark.parametrize(("party", "forces", "free"), [
        ("UN", (), True), ("UN", ("AID",), True), ("TR", ("TAF",), True), ("TR", ("TAF", "TSO"), False), ("TR", (), False)])
    def test_everyone_who_moves_must_hold_it(self, party: str, forces: tuple[str, ...], free: bool) -> None:
        assert (findings(plan("a", party, forces=forces), rules=self.rules) == ()) is free
