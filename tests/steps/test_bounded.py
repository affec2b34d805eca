"""Clashes of very many volumes: the first are kept, the same from both sides, and nothing is said that only some would show."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.pictures import NOW, agreed, book, box, clashes, plan, volume

from antalya import separations
from antalya.model import Finding
from antalya.model.rules import Incompatible, Separation
from antalya.picture import Prepared, Rulebook
from antalya.separations import MOST_CORNERS, MOST_MET
from antalya.steps.detect import detect
from antalya.steps.weigh import weigh


def many(id: str, party: str, count: int, east: float = 0.0, **fields: object) -> Prepared:
    """An operation whose volumes all meet those of another such one."""
    return plan(id, party, "ground-movement", *(volume(box(east + 0.01 * k, 0, east + 5 + 0.01 * k, 5)) for k in range(count)),
                **fields)


def findings(subject: Prepared, other: Prepared, rules: Rulebook) -> tuple[Finding, ...]:
    return weigh(subject, detect(subject, [other], rules, NOW, bounded=True), [other], rules, NOW)


def test_of_very_many_the_first_are_kept_the_same_from_both_sides() -> None:
    first, second = many("a", "TR", 20), many("b", "RU", 20, 1.0, filed=NOW + timedelta(hours=1))
    whole, = clashes(second, first)
    assert len(whole.encounters) == 400
    one, other = clashes(second, first, bounded=True), clashes(first, second, bounded=True)
    assert len(one) == len(other) == 1
    assert one[0].more
    assert other[0].more
    assert [e[:2] for e in one[0].encounters] == [e[:2] for e in whole.encounters][:MOST_MET]
    assert one[0].met == other[0].met
    assert findings(second, first, book()) == findings(first, second, book())


def test_as_many_as_are_kept_are_all_there_are() -> None:
    first, second = many("a", "TR", 25), many("b", "RU", 10, 1.0)
    found, = clashes(first, second, bounded=True)
    assert len(found.encounters) == MOST_MET
    assert not found.more


def test_no_remedy_is_reckoned_from_what_is_not_all() -> None:
    first, second = many("a", "TR", 20), many("b", "RU", 20, 1.0, filed=NOW + timedelta(hours=1))
    found, = findings(second, first, book())
    assert found.more
    assert {r.kind for r in found.remedies} == {"withdraw", "obtain-consent"}
    assert found.severity == "critical"
    assert found.effect == "hold"
    assert "only the first" in found.text
    few, = findings(plan("b", "RU", filed=NOW + timedelta(hours=1)), plan("a", "TR"), book())
    assert not few.more
    assert "leave-region" in {r.kind for r in few.remedies}


def test_corners_count_too(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = many("a", "TR", 6), many("b", "RU", 6, 1.0, filed=NOW + timedelta(hours=1))
    meeting = clashes(first, second)[0].encounters[0].meeting
    each = len(meeting.shape_a.points) + len(meeting.shape_b.points)
    assert 36 * each < MOST_CORNERS
    monkeypatch.setattr(separations, "MOST_CORNERS", 4 * each)
    one, other = clashes(second, first, bounded=True), clashes(first, second, bounded=True)
    assert [e[:2] for e in one[0].encounters] == [(0, 0), (0, 1), (0, 2), (0, 3)]
    assert one[0].met == other[0].met
    monkeypatch.setattr(separations, "MOST_CORNERS", each - 1)
    assert len(clashes(second, first, bounded=True)[0].encounters) == 1


def test_two_that_adjoin_with_very_many_parts() -> None:
    rules = book(agreed(Incompatible(id="i", pair=("TAF", "SDF"), adjoining_m=5_000)))
    first, second = many("a", "TR", 20, forces=("TAF",)), many("b", "US", 20, 7.0, forces=("SDF",),
                                                               filed=NOW + timedelta(hours=1))
    found, other = findings(second, first, rules), findings(first, second, rules)
    assert found == other
    assert [(f.why, f.more, len(f.met), [r.kind for r in f.remedies]) for f in found] == [
        ("incompatible-adjoining", True, MOST_MET, ["withdraw"])]


def test_what_met_already_is_not_met_again_by_a_suspended_rule() -> None:
    """One pair meets, many come near: from the side of the one that has the right of way, too."""
    rules = book(agreed(Separation(id="s", across_m=3_000), status="suspended"))
    first = plan("a", "TR", "ground-movement", *(volume(box(0.01 * k, 0, 1, 1)) for k in range(20)))
    second = plan("b", "RU", "ground-movement", volume(box(1, 0, 2, 1)),
                  *(volume(box(3 + 0.01 * k, 0, 4, 1)) for k in range(20)), filed=NOW + timedelta(hours=1))
    one, other = (clashes(a, b, rules=rules, bounded=True) for a, b in ((second, first), (first, second)))
    assert [(c.suspended, c.more, len(c.met)) for c in one] == [(False, False, 20), (True, True, MOST_MET)]
    assert [c.met for c in one] == [c.met for c in other]


boxes = st.builds(lambda x, y, start: volume(box(x, y, x + 2, y + 2), start, start + 1),
                  st.integers(0, 6), st.integers(0, 3), st.integers(6, 7))


@settings(max_examples=150, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=6), st.lists(boxes, min_size=1, max_size=6), st.booleans(),
       st.sampled_from(["in-force", "suspended"]), st.booleans(), st.integers(1, 6))
def test_both_sides_say_the_same_whatever_the_rules(ours: list, theirs: list, later: bool, status: str, ruled: bool,  # type: ignore[type-arg]
                                                    most: int) -> None:
    """And each clash that there is, is there, with the first of what the whole says; what only a suspended rule would keep apart
    may be left out where the pair has more than is kept."""
    one = plan("a", "TR", "ground-movement", *ours, filed=NOW + timedelta(hours=int(later)))
    two = plan("b", "RU", "ground-movement", *theirs, filed=NOW + timedelta(hours=int(not later)))
    rules = book(agreed(Separation(id="s", across_m=1_500, outline=box(0, 0, 4, 4)), status=status)) if ruled else book()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(separations, "MOST_MET", most)
        bounded = {(c.rule, c.suspended): c for c in clashes(one, two, rules=rules, bounded=True)}
        across = {(c.rule, c.suspended): c for c in clashes(two, one, rules=rules, bounded=True)}
    whole = {(c.rule, c.suspended): c for c in clashes(one, two, rules=rules)}
    assert bounded.keys() == across.keys()
    full = any(len(c.encounters) > most for c in whole.values() if not c.suspended)
    for key, clash in whole.items():
        if key not in bounded:
            assert full
            assert clash.suspended
            continue
        kept = bounded[key]
        assert kept.met == across[key].met
        assert kept.more == across[key].more == (len(clash.encounters) > most)
        assert kept.met == clash.met[:most]
