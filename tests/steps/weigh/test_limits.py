"""The `limit` rule: band, strength, how many at once, hours of the day."""

from datetime import UTC, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pictures import NOW, agreed, book, box, findings, hour, only, plan, volume

from antalya.model import Strength
from antalya.model.rules import Limit
from antalya.steps.weigh.limits import outside_hours


def test_a_band() -> None:
    assert findings(plan("a"), rules=book(agreed(Limit(id="l", lower_m=300, upper_m=1_000)))) == ()
    found = findings(plan("a"), rules=book(agreed(Limit(id="l", lower_m=301, upper_m=999))))
    assert {(f.why, f.met[0].lower_m, f.met[0].upper_m) for f in found} \
        == {("above-limit", 999, 1_000), ("below-limit", 300, 301)}
    assert all(f.effect == "block" for f in found)


@pytest.mark.parametrize(("strength", "over"), [(Strength(vehicles=20), False), (Strength(vehicles=21), True),
                                                (Strength(troops=10_000), False)])
def test_strength(strength: Strength, over: bool) -> None:
    rules = book(agreed(Limit(id="l", at_most=Strength(vehicles=20))))
    found = findings(plan("a", strength=strength), rules=rules)
    assert [f.why for f in found] == (["too-many"] if over else [])


class TestAtOnce:
    """So many operations at once."""

    rules = book(agreed(Limit(id="l", outline=box(-20, -20, 20, 20), operations_at_once=2)))

    def one(self, id: str, start: float, end: float, **fields: object) -> object:
        index = ord(id) - ord("a")
        return plan(id, "TR", "patrol", volume(box(index, 0, index + 0.5, 1), start, end),
                    filed=NOW + timedelta(minutes=index), **fields)

    def test_the_last_one_has_no_place(self) -> None:
        a, b, c = self.one("a", 6, 8), self.one("b", 7, 9), self.one("c", 7.5, 10)
        found = only(findings(c, a, b, rules=self.rules))
        assert (found.why, found.operation, found.effect) == ("too-many-at-once", "c", "block")
        assert [(m.starts_at, m.ends_at) for m in found.met] == [(hour(7.5), hour(8))]
        assert findings(a, b, c, rules=self.rules) == findings(b, a, c, rules=self.rules) == ()

    def test_one_that_ends_leaves_its_place_to_one_that_begins(self) -> None:
        a, b, c = self.one("a", 6, 8), self.one("b", 7, 9), self.one("c", 8, 10)
        assert findings(c, a, b, rules=self.rules) == ()

    def test_never_more_than_two_at_the_same_time_is_not_three(self) -> None:
        a, b, c = self.one("a", 6, 7), self.one("b", 7, 8), self.one("c", 6, 8)
        assert findings(c, a, b, rules=self.rules) == ()

    def test_a_higher_priority_takes_the_place(self) -> None:
        a, b, c = self.one("a", 6, 8), self.one("b", 6, 8), self.one("c", 6, 8, priority=9)
        assert findings(c, a, b, rules=self.rules) == ()
        assert only(findings(b, a, c, rules=self.rules)).operation == "b"

    def test_an_operation_counts_once_however_many_volumes_it_has(self) -> None:
        both = plan("a", "TR", "patrol", volume(box(0, 0, 1, 1)), volume(box(2, 0, 3, 1)))
        later = plan("b", "TR", "patrol", volume(box(9, 0, 10, 1)), filed=NOW + timedelta(1))
        assert findings(later, both, rules=self.rules) == ()

    def test_what_is_elsewhere_or_over_does_not_count(self) -> None:
        a, c = self.one("a", 6, 8), self.one("c", 6, 8)
        away = plan("b", "TR", "patrol", volume(box(30, 0, 31, 1)))
        assert findings(c, a, away, self.one("d", 6, 8, state="ended"), rules=self.rules) == ()

    def test_no_place_at_all(self) -> None:
        rules = book(agreed(Limit(id="l", operations_at_once=0)))
        assert only(findings(plan("a"), rules=rules)).why == "too-many-at-once"


class TestHours:
    """Hours of the day."""

    @pytest.mark.parametrize(("start", "end", "free"), [(6, 18, True), (7, 18, False), (6, 7, False), (5, 8, True),
                                                        (22, 9, True), (22, 7.5, False), (0, 0, True)])
    def test_by_day_and_over_midnight(self, start: float, end: float, free: bool) -> None:
        clock = [hour(h).time() for h in (start, end)]
        rules = book(agreed(Limit(id="l", daily_from=clock[0], daily_until=clock[1])))
        found = findings(plan("a"), rules=rules)
        assert [f.why for f in found] == ([] if free else ["outside-hours"])

    def test_a_time_with_a_zone_is_taken_at_its_word(self) -> None:
        damascus = timezone(timedelta(hours=2))
        rules = book(agreed(Limit(id="l", daily_from=time(8, tzinfo=damascus), daily_until=time(10, tzinfo=damascus))))
        assert findings(plan("a"), rules=rules) == ()

    @given(start=st.integers(0, 3 * 24 * 60), length=st.integers(1, 4 * 24 * 60), begin=st.integers(0, 1_439),
           end=st.integers(0, 1_439))
    def test_every_minute_is_either_allowed_or_shown(self, start: int, length: int, begin: int, end: int) -> None:
        base, minute = datetime(2017, 3, 8, tzinfo=UTC), timedelta(minutes=1)
        starts, ends = base + start * minute, base + (start + length) * minute
        shown = outside_hours(starts, ends, begin * minute, end * minute)

        def allowed(at: int) -> bool:
            clock = at % 1_440
            return begin == end or (begin <= clock < end if begin < end else clock >= begin or clock < end)
        for at in range(start, start + length, max(1, length // 97)):
            moment = base + at * minute
            assert allowed(at) is not any(s <= moment < e for s, e in shown)
