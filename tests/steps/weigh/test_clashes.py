"""Clashes: who gives way, who is asked, how grave, and what signatories show each other."""

from datetime import timedelta

import pytest
from tests.pictures import NOW, agreed, book, box, findings, only, plan, volume

from antalya.model.rules import Contact, Hotline, Separation
from antalya.model.understandings import Disclosure


def test_the_one_filed_later_gives_way() -> None:
    first, second = plan("a", "TR"), plan("b", "RU", filed=NOW + timedelta(minutes=1))
    found = only(findings(first, second))
    assert (found.kind, found.why, found.operation, found.other) == ("clash", "clash", "b", "a")
    assert (found.effect, found.ask, found.asks_of) == ("hold", "consent", ("TR",))
    assert found == only(findings(second, first))


def test_the_lower_priority_gives_way_even_if_it_was_filed_first() -> None:
    first, second = plan("a", "TR", priority=2), plan("b", "RU", filed=NOW + timedelta(minutes=1))
    assert only(findings(first, second)).operation == "a"


def test_what_truly_meets_is_critical_and_what_is_only_near_a_warning() -> None:
    assert only(findings(plan("a"), plan("b", "RU"))).severity == "critical"
    for near in (volume(box(5.1, 0, 9, 5)), volume(lower_m=1_100, upper_m=1_200), volume(start=8.05, end=9)):
        assert only(findings(plan("a"), plan("b", "RU", "ground-movement", near))).severity == "warning"


def test_touching_is_near_but_does_not_meet_where_nothing_is_to_be_kept() -> None:
    rules = book(agreed(Separation(id="s", across_m=0)))
    below = plan("b", "RU", "ground-movement", volume(lower_m=1_000, upper_m=1_200))
    assert findings(plan("a"), below, rules=rules) == ()


def test_everyone_in_a_joint_operation_with_the_right_of_way_is_asked() -> None:
    joint = plan("a", "US", forces=("SDF", "TAF"))
    found = [f for f in findings(joint, plan("b", "RU", filed=NOW + timedelta(1))) if f.kind == "clash"]
    assert only(found).asks_of == ("US", "TR")


def test_the_rule_is_cited_where_the_minima_are_its() -> None:
    rules = book(agreed(Separation(id="s", across_m=5_000)))
    found = only(findings(plan("a"), plan("b", "RU", "ground-movement", volume(box(8, 0, 9, 5))), rules=rules))
    assert (found.understanding, found.rule, found.rule_kind) == ("u", "s", "separation")


def test_what_only_a_suspended_rule_would_keep_apart_is_a_warning() -> None:
    rules = book(agreed(Separation(id="s", across_m=5_000), status="suspended"))
    found = only(findings(plan("a"), plan("b", "RU", "ground-movement", volume(box(8, 0, 9, 5))), rules=rules))
    assert (found.severity, found.effect, found.ask, found.asks_of) == ("warning", "none", None, ())
    assert "suspended" in found.text


@pytest.mark.parametrize(("signatories", "status", "level"), [
    (("TR", "RU"), "in-force", "details"), (("TR", "US"), "in-force", "overlap"), (("TR", "RU"), "suspended", "overlap")])
def test_signatories_may_show_each_other_more(signatories: tuple[str, ...], status: str, level: str) -> None:
    shown = agreed(Separation(id="s", across_m=500, parties=("US",)), signatories=signatories, status=status,
                   disclosure=Disclosure(clash="details"))
    assert only(findings(plan("a"), plan("b", "RU"), rules=book(shown))).disclose == level


def test_the_youngest_of_several_agreements_says_what_is_shown() -> None:
    rule = Separation(id="s", across_m=500, parties=("US",))
    old = agreed(rule, disclosure=Disclosure(clash="details"))
    young = agreed(rule, id="v", disclosure=Disclosure(clash="nothing"), since=NOW - timedelta(1))
    assert only(findings(plan("a"), plan("b", "RU"), rules=book(old, young))).disclose == "nothing"


def test_a_line_between_the_two_is_named_only_where_they_may_know_each_other() -> None:
    line = Hotline(id="line", rungs=(Contact(party="TR", role="duty officer"), Contact(party="RU", role="duty officer")))
    assert only(findings(plan("a"), plan("b", "RU"), rules=book(agreed(line)))).params == {}
    open_ = book(agreed(line, disclosure=Disclosure(clash="envelope")))
    assert only(findings(plan("a"), plan("b", "RU"), rules=open_)).params == {"hotline": "line", "hotline_of": "u"}


def test_another_partys_force_needs_its_consent() -> None:
    found = only(findings(plan("a", "US", forces=("SDF", "TAF", "RUF"))))
    assert (found.why, found.effect, found.rule, found.asks_of) == ("joint-force", "hold", None, ("TR", "RU"))
    assert [r.force for r in found.remedies if r.kind == "leave-out-force"] == ["TAF", "RUF"]
    assert findings(plan("a", "US", forces=("SDF", "USF"))) == ()


def test_an_operation_that_is_over_is_not_weighed() -> None:
    assert findings(plan("a", "US", forces=("TAF",), state="withdrawn")) == ()
