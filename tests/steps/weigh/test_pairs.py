"""The `incompatible` rule: never in one operation, never side by side."""

from datetime import timedelta

import pytest
from tests.pictures import NOW, agreed, book, box, findings, hour, only, plan, volume

from antalya.model.rules import Exceptions, Incompatible
from antalya.model.understandings import Disclosure

PAIR = Incompatible(id="i", pair=("TAF", "SDF"), adjoining_m=5_000)
RULES = book(agreed(PAIR))
US = plan("b", "US", "patrol", volume(box(9, 0, 12, 5)), forces=("SDF",), filed=NOW + timedelta(hours=1))


def breaches(*plans: object, rules: object = RULES) -> list[object]:
    return [f for f in findings(*plans, rules=rules) if f.kind == "breach"]


def test_one_operation_may_not_join_them() -> None:
    found = [f for f in breaches(plan("a", "US", forces=("USF", "SDF", "TAF"))) if f.why != "joint-force"]
    assert (found[0].why, found[0].effect, found[0].other) == ("incompatible-joint", "block", None)
    assert [r.force for r in found[0].remedies if r.kind == "leave-out-force"] == ["SDF", "TAF"]


def test_without_a_distance_only_joining_is_forbidden() -> None:
    rules = book(agreed(Incompatible(id="i", pair=("TAF", "SDF"))))
    assert breaches(plan("a", forces=("TAF",)), US, rules=rules) == []


def test_the_one_that_gives_way_is_blocked_whichever_is_weighed() -> None:
    turks = plan("a", forces=("TAF",))
    one, other = only(breaches(turks, US)), only(breaches(US, turks))
    assert one == other
    assert (one.why, one.effect, one.operation, one.other) == ("incompatible-adjoining", "block", "b", "a")


@pytest.mark.parametrize(("east", "found"), [(9.9, True), (10.1, False)])
def test_the_distance(east: float, found: bool) -> None:
    other = plan("b", "US", "patrol", volume(box(east, 0, east + 3, 5)), forces=("SDF",))
    assert bool(breaches(plan("a", forces=("TAF",)), other)) is found


def test_altitude_makes_no_difference_and_time_does() -> None:
    high = plan("b", "US", "flight", volume(box(9, 0, 12, 5), lower_m=9_000, upper_m=10_000), forces=("SDF",))
    later = plan("b", "US", "patrol", volume(box(9, 0, 12, 5), start=8, end=10), forces=("SDF",))
    assert len(breaches(plan("a", forces=("TAF",)), high)) == 1
    assert breaches(plan("a", forces=("TAF",)), later) == []


@pytest.mark.parametrize("forces", [("TSO",), ()])
def test_others_may_be_as_near_as_they_like(forces: tuple[str, ...]) -> None:
    assert breaches(plan("a", forces=forces), US) == []


def test_only_in_its_area_are_they_kept_apart() -> None:
    rules = book(agreed(Incompatible(id="i", pair=("TAF", "SDF"), adjoining_m=5_000, outline=box(-1, -1, 8, 8))))
    assert breaches(plan("a", forces=("TAF",)), US, rules=rules) == []
    rules = book(agreed(Incompatible(id="i", pair=("TAF", "SDF"), adjoining_m=5_000, outline=box(-1, -1, 9.5, 8))))
    assert len(breaches(plan("a", forces=("TAF",)), US, rules=rules)) == 1
    rules = book(agreed(Incompatible(id="i", pair=("TAF", "SDF"), adjoining_m=3_950, outline=box(4, -1, 9.5, 8))))
    assert breaches(plan("a", "TR", "patrol", volume(box(0, 0, 4.5, 5)), forces=("TAF",)), US, rules=rules) == []


def test_an_exception_for_either_side() -> None:
    rules = book(agreed(Incompatible(id="i", pair=("TAF", "SDF"), adjoining_m=5_000, exceptions=Exceptions(operations=("b",)))))
    assert breaches(plan("a", forces=("TAF",)), US, rules=rules) == []


def test_what_is_not_live_is_no_neighbour() -> None:
    over = plan("b", "US", "patrol", volume(box(9, 0, 12, 5)), forces=("SDF",), state="ended")
    assert breaches(plan("a", forces=("TAF",)), over) == []


def test_a_suspended_agreement_only_warns() -> None:
    found = only(breaches(plan("a", forces=("TAF",)), US, rules=book(agreed(PAIR, status="suspended"))))
    assert (found.effect, found.severity) == ("none", "warning")


def test_what_the_two_see_of_each_other_is_what_they_agreed() -> None:
    rules = book(agreed(PAIR, disclosure=Disclosure(clash="envelope")))
    assert only(breaches(plan("a", forces=("TAF",)), US)).disclose == "overlap"
    assert only(breaches(plan("a", forces=("TAF",)), US, rules=rules)).disclose == "envelope"


def test_the_window_shown_is_that_of_both() -> None:
    late = plan("b", "US", "patrol", volume(box(9, 0, 12, 5), start=7, end=10), forces=("SDF",))
    found = only(breaches(plan("a", forces=("TAF",)), late))
    assert (found.starts_at, found.ends_at) == (hour(7), hour(8))
