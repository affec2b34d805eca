"""Checking many at once finds what checking each against all others finds."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.pictures import NOW, agreed, book, box, plan, volume
from tests.strategies import plans, rules

from antalya.checking import pairs
from antalya.checking.check import _findings
from antalya.checking.pairs import nearby
from antalya.model.findings import Finding
from antalya.model.rules import Exceptions, Separation
from antalya.model.volume import Minima
from antalya.picture import Prepared, Rulebook
from antalya.steps.detect import detect
from antalya.steps.weigh import weigh

FIXED = [None, Minima(), Minima(across_m=2_000, up_m=200, seconds=600)]


def one_by_one(prepared: list[Prepared], rulebook: Rulebook, own: bool, fixed: Minima | None) -> dict[str, Finding]:
    found: dict[str, Finding] = {}
    for subject in prepared:
        others = [other for other in prepared if other is not subject]
        clashes = detect(subject, others, rulebook, NOW, own=own, fixed=fixed)
        found |= {f.id: f for f in weigh(subject, clashes, others, rulebook, NOW)}
    return found


def together(prepared: list[Prepared], rulebook: Rulebook, own: bool, fixed: Minima | None) -> dict[str, Finding]:
    return {f.id: f for f in _findings(prepared, rulebook, NOW, own, fixed, lambda what, done, total: None)}


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Prepared], Rulebook]:
    """Up to six operations of three parties, and an agreement with up to two rules, in force or suspended."""
    prepared = [draw(plans(f"o{i}", draw(st.sampled_from(["TR", "RU", "US"])))) for i in range(draw(st.integers(2, 6)))]
    found = draw(st.lists(rules(), max_size=2))
    named = [replace(rule, id=f"r{i}") for i, rule in enumerate(found)]
    status = draw(st.sampled_from(["in-force", "suspended"]))
    return prepared, book(agreed(*named, status=status)) if named else book()


@given(days(), st.booleans(), st.sampled_from(FIXED))
@settings(deadline=None, max_examples=60)
def test_together_finds_what_one_by_one_finds(day: tuple[list[Prepared], Rulebook], own: bool, fixed: Minima | None) -> None:
    prepared, rulebook = day
    assert together(prepared, rulebook, own, fixed) == one_by_one(prepared, rulebook, own, fixed)


def test_long_operations_are_compared_in_parts_and_put_together(monkeypatch: Any) -> None:
    def track(id_: str, party: str, from_km: float, step_km: float) -> Prepared:
        return plan(id_, party, "flight", *(volume(box(x, 0, x + 1, 1), 6 + i / 60, 6 + (i + 1) / 60)
                                            for i in range(20) for x in [from_km + i * step_km]))

    prepared = [track("a", "TR", 0, 1), track("b", "RU", 20, -1)]
    rulebook = book(agreed(Separation(id="r", across_m=3_000, up_m=500, seconds=90)))
    whole = together(prepared, rulebook, False, None)
    assert [len(f.met) for f in whole.values()] > [10]
    monkeypatch.setattr(pairs, "TOGETHER", 3)
    in_parts = together(prepared, rulebook, False, None)
    assert in_parts == whole == one_by_one(prepared, rulebook, False, None)


def test_every_operation_comes_once_with_its_neighbours() -> None:
    prepared = [plan("a", "TR"), plan("b", "RU"), plan("c", "US", "ground-movement", volume(box(90, 90, 95, 95)))]
    found = list(nearby(prepared, book(), NOW, own=False, fixed=None, tell=lambda what, done, total: None))
    assert [subject.operation.id for subject, _, _ in found] == ["a", "b", "c"]
    assert [[c.other.operation.id for c in clashes] for _, clashes, _ in found] == [["b"], [], []]
    assert [[n.operation.id for n in near] for _, _, near in found] == [["b"], ["a"], []]


@given(st.permutations(["US", "RU", "TR"]), st.sampled_from([{"parties": ("US", "RU")}, {"forces": ("USF", "RUF")}, {"between": ("US", "RU")},
                                                             {"exceptions": Exceptions(parties=("TR",))}]))
@settings(deadline=None, max_examples=24)
def test_who_is_not_bound_by_a_rule_hides_nothing_from_whom_it_binds(order: list[str], whom: dict[str, Any]) -> None:
    """The last of an activity may be one that the rule is not about."""
    at = {"US": 0, "RU": 9, "TR": 220}
    prepared = [plan(party.lower(), party, "patrol", volume(box(at[party], 0, at[party] + 4, 4)),
                     forces=(f"{party}F",)) for party in order]
    rulebook = book(agreed(Separation(id="r", across_m=20_000, up_m=300, seconds=60, **whom)))
    found = together(prepared, rulebook, False, None)
    assert [{f.operation, f.other} for f in found.values() if f.kind == "clash"] == [{"us", "ru"}]
    assert found == one_by_one(prepared, rulebook, False, None)
