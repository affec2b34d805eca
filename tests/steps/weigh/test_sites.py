"""Protected sites: stand-offs, who must know, what a rule forbids, and what nobody is told."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from tests.pictures import LONG_AGO, agreed, book, box, circle, findings, hour, only, plan, volume

from antalya.model import Area, Site, Window
from antalya.model.rules import Exceptions, Protect


def site(id: str = "s", **fields: Any) -> Site:
    standard: dict[str, Any] = {"owner": "UN", "name": "Al-Amal", "kind": "hospital", "outline": circle(8, 2, 100),
                                "valid_from": LONG_AGO, "expires_at": hour(999), "stand_off_m": 3_000.0}
    return Site(id=id, **(standard | fields))


HOSPITAL = book(sites=[site()])


def test_who_comes_near_must_confirm_that_the_acting_unit_knows() -> None:
    found = only(findings(plan("a"), rules=HOSPITAL))
    assert (found.kind, found.why, found.effect, found.site) == ("hazard", "near-site", "hold", "s")
    assert (found.ask, found.asks_of) == ("acknowledgement", ("TR",))
    assert "does not depend on this notice" in found.text


@pytest.mark.parametrize(("stand_off", "near"), [(2_890.0, False), (2_910.0, True)])
def test_the_stand_off_across(stand_off: float, near: bool) -> None:
    assert bool(findings(plan("a"), rules=book(sites=[site(stand_off_m=stand_off)]))) is near


@pytest.mark.parametrize(("lower", "near"), [(3_299, True), (3_300, False)])
def test_the_stand_off_above(lower: float, near: bool) -> None:
    assert bool(findings(plan("a", "TR", "flight", volume(lower_m=lower, upper_m=5_000)), rules=HOSPITAL)) is near


@pytest.mark.parametrize(("start", "end", "near"), [(8, 9, False), (4, 6, False), (7.9, 9, True), (4, 6.1, True)])
def test_only_while_its_entry_is_valid(start: float, end: float, near: bool) -> None:
    assert bool(findings(plan("a"), rules=book(sites=[site(valid_from=hour(start), expires_at=hour(end))]))) is near


def test_its_owner_and_aid_are_left_alone() -> None:
    assert findings(plan("a", "UN"), rules=HOSPITAL) == ()
    for activity in ("medevac", "relief", "convoy"):
        assert findings(plan("a", "TR", activity), rules=HOSPITAL) == ()


def test_neither_its_name_nor_its_place_nor_its_owner_is_told() -> None:
    found = only(findings(plan("a"), rules=HOSPITAL))
    told = msgspec.json.encode(msgspec.structs.replace(found, site=None, id="")).decode()
    for secret in ("Al-Amal", '"UN"', "38.089", "inspected"):
        assert secret not in told
    assert all(m.distance_m == 0 for m in found.met)
    assert found.params == {"site_kind": "hospital", "stand_off_m": 3_000}


class TestProtect:
    """Rule `protect`."""

    def blocked(self, rule: Protect, subject: Any = None, status: Any = "in-force",
                **fields: Any) -> list[tuple[str, str | None]]:
        rules = book(agreed(rule, status=status), sites=[site(**fields)],
                     areas=[Area(id="hole", name="h", outline=box(0, -5, 20, 9))])
        return [(f.effect, f.rule) for f in findings(subject or plan("a"), rules=rules)]

    def test_it_forbids_instead_of_asking(self) -> None:
        assert self.blocked(Protect(id="p")) == [("block", "p")]

    @pytest.mark.parametrize(("rule", "covers"), [
        (Protect(id="p", kinds=("hospital",)), True), (Protect(id="p", kinds=("school",)), False),
        (Protect(id="p", sites=("s",)), True), (Protect(id="p", sites=("t",)), False),
        (Protect(id="p", sites=("t",), kinds=("hospital",)), True),
        (Protect(id="p", outline=box(6, 0, 20, 9)), True), (Protect(id="p", outline=box(9, 0, 20, 9)), False),
        (Protect(id="p", exceptions=Exceptions(areas=("hole",))), False),
        (Protect(id="p", activities=("fires",)), False)])
    def test_which_sites_and_whom(self, rule: Protect, covers: bool) -> None:
        assert self.blocked(rule) == ([("block", "p")] if covers else [("hold", None)])

    def test_the_wider_stand_off_of_the_two(self) -> None:
        assert self.blocked(Protect(id="p", stand_off_m=3_000), stand_off_m=500) == [("block", "p")]
        assert self.blocked(Protect(id="p", stand_off_m=500), stand_off_m=3_000) == [("block", "p")]
        assert self.blocked(Protect(id="p", stand_off_m=500), stand_off_m=500) == []

    def test_a_wider_stand_off_finds_sites_beyond_the_widest_of_their_own(self) -> None:
        assert self.blocked(Protect(id="p", stand_off_m=50_000), outline=circle(50, 2, 100)) == [("block", "p")]

    def test_aid_is_bound_by_a_rule_that_names_it(self) -> None:
        convoy = plan("a", "TR", "convoy")
        assert self.blocked(Protect(id="p"), convoy) == []
        assert self.blocked(Protect(id="p", activities=("convoy",)), convoy) == [("block", "p")]

    def test_outside_the_rules_window_knowing_is_enough(self) -> None:
        rule = Protect(id="p", window=Window(starts_at=hour(9), ends_at=hour(10)))
        assert self.blocked(rule) == [("hold", None)]

    def test_a_suspended_rule_warns_and_the_acting_unit_must_still_know(self) -> None:
        assert sorted(self.blocked(Protect(id="p"), status="suspended")) == [("hold", None), ("none", "p")]


def test_thousands_of_sites_are_looked_through_and_the_right_ones_found() -> None:
    many = [site(f"{i:05}", outline=circle(i % 100, i // 100 - 50, 50), stand_off_m=400.0) for i in range(10_000)]
    found = findings(plan("a"), rules=book(sites=many))
    expected = {f"{i:05}" for i in range(10_000) if i % 100 <= 5 and 0 <= i // 100 - 50 <= 5}
    assert {f.site for f in found} == expected


def test_sites_of_another_rulebook_are_not_remembered() -> None:
    assert len(findings(plan("a"), rules=HOSPITAL)) == 1
    assert findings(plan("a"), rules=replace(HOSPITAL, sites={})) == ()
    assert len(findings(plan("a"), rules=HOSPITAL)) == 1
