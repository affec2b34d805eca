"""Which pairs clash, under which minima, and that both sides are told the same."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pictures import agreed, book, box, clashes, hour, plan, volume

from antalya.model import Area, Minima, Window
from antalya.model.operations import LIVE, MINIMA
from antalya.model.rules import Exceptions, Incompatible, Separation
from antalya.separations import concerns_own, reach, widest_minima, widest_towards


def test_two_that_overlap_clash_and_both_checks_say_the_same() -> None:
    a, b = plan("a", "TR"), plan("b", "RU")
    one, other = clashes(a, b), clashes(b, a)
    assert len(one) == len(other) == 1
    assert one[0].met == other[0].met
    assert one[0].other is b
    assert one[0].minima == MINIMA["ground-movement"]


def test_defaults_are_the_wider_of_the_two_activities() -> None:
    flight = plan("a", "TR", "flight", volume(lower_m=1_250, upper_m=2_000))
    ground = plan("b", "RU", "patrol", volume(lower_m=300, upper_m=1_000))
    assert len(clashes(flight, ground)) == 1
    higher = plan("a", "TR", "flight", volume(lower_m=1_300, upper_m=2_000))
    assert clashes(higher, ground) == ()


@pytest.mark.parametrize("state", ["withdrawn", "ended"])
def test_what_is_not_live_takes_no_space(state: str) -> None:
    assert clashes(plan("a"), plan("b", "RU", state=state)) == ()
    assert clashes(plan("a", state=state), plan("b", "RU")) == ()


@pytest.mark.parametrize("state", sorted(LIVE))
def test_what_is_live_does(state: str) -> None:
    assert len(clashes(plan("a"), plan("b", "RU", state=state))) == 1


def test_a_partys_own_plans_are_compared_only_on_request() -> None:
    assert clashes(plan("a"), plan("b")) == ()
    assert len(clashes(plan("a"), plan("b"), own=True)) == 1
    assert clashes(plan("a"), plan("a"), own=True) == ()


def test_fixed_minima_come_before_everything() -> None:
    near = plan("b", "RU", "ground-movement", volume(box(5.1, 0, 9, 5)))
    rules = book(agreed(Separation(id="s", across_m=5_000)))
    assert len(clashes(plan("a"), near, rules=rules)) == 1
    assert clashes(plan("a"), near, rules=rules, fixed=Minima()) == ()
    assert clashes(plan("a"), near, rules=rules, fixed=Minima(across_m=500))[0].rule is None


class TestSeparation:
    """Whom, where and when a `separation` rule binds."""

    apart = Separation(id="s", across_m=2_000, up_m=100, seconds=60)
    near = plan("b", "RU", "ground-movement", volume(box(6, 0, 9, 5)))

    def test_a_wider_rule_widens(self) -> None:
        assert clashes(plan("a"), self.near) == ()
        found = clashes(plan("a"), self.near, rules=book(agreed(self.apart)))
        assert [(c.rule, c.minima.across_m) for c in found] == [(("u", "s"), 2_000)]

    def test_a_narrower_rule_narrows(self) -> None:
        touching = plan("b", "RU", "ground-movement", volume(box(5.2, 0, 9, 5)))
        assert len(clashes(plan("a"), touching)) == 1
        assert clashes(plan("a"), touching, rules=book(agreed(Separation(id="s", across_m=100)))) == ()

    def test_a_narrower_rule_narrows_only_what_lies_wholly_in_its_area_and_time(self) -> None:
        touching = plan("b", "RU", "ground-movement", volume(box(5.2, 0, 9, 5)))
        small, whole = box(4, 0, 6, 5), box(-1, -1, 10, 6)
        assert len(clashes(plan("a"), touching, rules=book(agreed(Separation(id="s", across_m=100, outline=small))))) == 1
        assert clashes(plan("a"), touching, rules=book(agreed(Separation(id="s", across_m=100, outline=whole)))) == ()
        half = Window(starts_at=hour(7), ends_at=hour(9))
        assert len(clashes(plan("a"), touching, rules=book(agreed(Separation(id="s", across_m=100, window=half))))) == 1

    def test_both_must_be_in_its_area(self) -> None:
        around = Separation(id="s", across_m=2_000, outline=box(-1, -1, 5.5, 6))
        assert clashes(plan("a"), self.near, rules=book(agreed(around))) == ()
        both = Separation(id="s", across_m=2_000, outline=box(-1, -1, 6.5, 6))
        assert len(clashes(plan("a"), self.near, rules=book(agreed(both)))) == 1

    @pytest.mark.parametrize(("between", "binds"), [((), True), (("RU",), True), (("TR", "RU"), True), (("TR", "US"), False),
                                                    (("TAF", "RU"), True), (("US",), False)])
    def test_between(self, between: tuple[str, ...], binds: bool) -> None:
        subject = plan("a", "TR", forces=("TAF",))
        rule = Separation(id="s", across_m=2_000, between=between)
        assert bool(clashes(subject, self.near, rules=book(agreed(rule)))) is binds

    def test_of_several_rules_the_widest_holds_dimension_by_dimension(self) -> None:
        rules = book(agreed(self.apart, Separation(id="t", across_m=1_500, up_m=700)))
        high = plan("b", "RU", "ground-movement", volume(box(6, 0, 9, 5), lower_m=1_600, upper_m=1_800))
        found = clashes(plan("a"), high, rules=rules)
        assert [(c.rule, c.minima) for c in found] == [(("u", "s"), Minima(across_m=2_000, up_m=700, seconds=60))]

    @pytest.mark.parametrize("exceptions", [
        Exceptions(parties=("RU",)), Exceptions(activities=("ground-movement",)), Exceptions(operations=("a",)),
        Exceptions(operations=("b",)), Exceptions(areas=("all",))])
    def test_an_exception_for_either_side_lets_the_defaults_stand(self, exceptions: Exceptions) -> None:
        rules = book(agreed(Separation(id="s", across_m=2_000, exceptions=exceptions)),
                     areas=[Area(id="all", name="all", outline=box(-50, -50, 50, 50))])
        assert clashes(plan("a"), self.near, rules=rules) == ()

    @pytest.mark.parametrize("status", ["proposed", "ended"])
    def test_proposed_and_ended_agreements_change_nothing(self, status: str) -> None:
        assert clashes(plan("a"), self.near, rules=book(agreed(self.apart, status=status))) == ()

    def test_a_suspended_wider_rule_is_still_told_apart(self) -> None:
        found = clashes(plan("a"), self.near, rules=book(agreed(self.apart, status="suspended")))
        assert [(c.rule, c.suspended) for c in found] == [(("u", "s"), True)]

    def test_a_suspended_narrower_rule_falls_back_to_the_defaults(self) -> None:
        touching = plan("b", "RU", "ground-movement", volume(box(5.2, 0, 9, 5)))
        rules = book(agreed(Separation(id="s", across_m=100), status="suspended"))
        assert [(c.rule, c.suspended) for c in clashes(plan("a"), touching, rules=rules)] == [(None, False)]

    def test_what_clashes_anyway_is_not_told_twice(self) -> None:
        found = clashes(plan("a"), plan("b", "RU"), rules=book(agreed(self.apart, status="suspended")))
        assert [(c.rule, c.suspended) for c in found] == [(None, False)]

    def test_volumes_in_and_out_of_the_area_keep_their_own_minima(self) -> None:
        far = box(40, 0, 45, 5)
        a = plan("a", "TR", "ground-movement", volume(), volume(far))
        b = plan("b", "RU", "ground-movement", volume(box(6, 0, 9, 5)), volume(box(45.2, 0, 49, 5)))
        found = clashes(a, b, rules=book(agreed(Separation(id="s", across_m=2_000, outline=box(-1, -1, 10, 6)))))
        assert {(c.rule, tuple((e.volume, e.other_volume) for e in c.encounters)) for c in found} \
            == {(("u", "s"), ((0, 0),)), (None, ((1, 1),))}


def test_widest_minima_bound_every_pair() -> None:
    rules = book(agreed(Separation(id="s", across_m=9_000, seconds=5)), agreed(Separation(id="s", across_m=1, up_m=4_000), id="v",
                                                                              status="suspended"))
    assert widest_minima(rules, plan("a").operation) == Minima(across_m=9_000, up_m=4_000, seconds=600)


def test_reach_is_for_those_an_incompatible_rule_is_about() -> None:
    rules = book(agreed(Incompatible(id="i", pair=("TAF", "SDF"), adjoining_m=5_000)))
    taf, other = plan("a", forces=("TAF",)).operation, plan("b", "RU").operation
    assert reach(rules, taf).across_m == 5_000
    assert reach(rules, taf).up_m > 200_000
    assert reach(rules, other) == Minima()
    assert widest_minima(rules, taf).across_m == 5_000
    assert [concerns_own(widest_towards(rules, o)) for o in (taf, other)] == [True, False]


coarse = st.integers(0, 12)


@given(x=coarse, y=coarse, start=coarse, low=coarse, activity=st.sampled_from(sorted(MINIMA)), status=st.sampled_from(
    ["in-force", "suspended", "proposed"]), across=st.sampled_from([0.0, 700.0, 4_000.0]), priority=st.integers(2, 4),
    later=st.booleans())
def test_detection_is_symmetric(x: int, y: int, start: int, low: int, activity: str, status: str, across: float, priority: int,
                                later: bool) -> None:
    rules = book(agreed(Separation(id="s", across_m=across, up_m=200, seconds=600), status=status))
    a = plan("a", "TR", "patrol", volume(), volume(box(8, 8, 9, 9), 9, 10))
    b = plan("b", "RU", activity, volume(box(x - 3, y - 3, x, y), start, start + 1.5, 200.0 * low, 200.0 * low + 100),
             priority=priority, filed=a.filed_at + timedelta(hours=later))
    one, other = clashes(a, b, rules=rules), clashes(b, a, rules=rules)
    assert [(c.met, c.minima, c.rule, c.suspended) for c in one] == [(c.met, c.minima, c.rule, c.suspended) for c in other]
