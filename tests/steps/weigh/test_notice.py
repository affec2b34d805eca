"""Consent, lead-time and threshold: who is asked, how many must agree, and how long before."""

from datetime import timedelta

import pytest
from tests.pictures import NOW, agreed, book, box, findings, hour, only, plan, remedy, volume

from antalya.model import Strength
from antalya.model.rules import Consent, LeadTime, Threshold

HOUR = 3_600.0


class TestConsent:
    """Rule `consent`."""

    @pytest.mark.parametrize(("of", "quorum", "asked", "needed"), [
        (("RU", "US"), None, ("RU", "US"), None),
        (("RU", "US"), 2, ("RU", "US"), None),
        (("RU", "US"), 1, ("RU", "US"), 1),
        (("SDF", "US"), None, ("US",), None),
        (("SDF", "US"), 2, ("US",), None),
        (("TR", "RU"), None, ("RU",), None),
        (("TR", "RU", "US"), 2, ("RU", "US"), 1),
        (("TAF", "RU", "US"), 2, ("RU", "US"), 1)])
    def test_who_is_asked(self, of: tuple[str, ...], quorum: int | None, asked: tuple[str, ...], needed: int | None) -> None:
        rule = Consent(id="c", of=of, quorum=quorum, answer_within_s=600, valid_for_s=HOUR)
        found = only(findings(plan("a"), rules=book(agreed(rule))))
        assert (found.why, found.effect, found.ask) == ("consent-missing", "hold", "consent")
        assert (found.asks_of, found.quorum) == (asked, needed)
        assert (found.answer_within_s, found.valid_for_s) == (600, HOUR)

    @pytest.mark.parametrize(("of", "quorum"), [(("TR",), None), (("TAF",), 1), (("TR", "RU"), 1)])
    def test_nothing_is_asked_where_the_own_partys_consent_is_enough(self, of: tuple[str, ...], quorum: int | None) -> None:
        assert findings(plan("a"), rules=book(agreed(Consent(id="c", of=of, quorum=quorum)))) == ()

    def test_the_finding_shows_exactly_what_lies_in_the_area(self) -> None:
        rule = Consent(id="c", of=("RU",), outline=box(4, 4, 9, 9))
        subject = plan("a", "TR", "patrol", volume(), volume(box(20, 0, 25, 5)))
        found = only(findings(subject, rules=book(agreed(rule, until=hour(7)))))
        assert [(m.volume, m.starts_at, m.ends_at, m.lower_m, m.upper_m) for m in found.met] \
            == [(0, hour(6), hour(7), 300, 1_000)]
        assert found.starts_at == hour(6)
        assert found.ends_at == hour(7)

    def test_touching_the_area_is_not_coming_into_it(self) -> None:
        assert findings(plan("a"), rules=book(agreed(Consent(id="c", of=("RU",), outline=box(5, 0, 9, 5))))) == ()


class TestLeadTime:
    """Rule `lead-time`."""

    rule = LeadTime(id="l", notice_s=21 * HOUR, emergency_s=2 * HOUR)  # the plan begins 21 h after NOW

    def test_exactly_the_notice_is_enough(self) -> None:
        assert findings(plan("a"), rules=book(agreed(self.rule))) == ()

    def test_a_microsecond_less_is_not(self) -> None:
        late = plan("a", filed=NOW + timedelta(microseconds=1))
        found = only(findings(late, rules=book(agreed(self.rule))))
        assert (found.why, found.effect) == ("notice-too-short", "block")

    def test_an_emergency_shortens_it_where_the_rule_allows(self) -> None:
        late = plan("a", filed=hour(4), emergency=True)
        assert findings(late, rules=book(agreed(self.rule)), now=hour(4)) == ()
        strict = LeadTime(id="l", notice_s=21 * HOUR)
        assert len(findings(late, rules=book(agreed(strict)), now=hour(4))) == 1
        assert len(findings(plan("a", filed=hour(4)), rules=book(agreed(self.rule)), now=hour(4))) == 1

    def test_only_the_parts_that_begin_too_soon_are_shown(self) -> None:
        subject = plan("a", "TR", "convoy", volume(start=6, end=7), volume(start=7, end=8), filed=NOW + timedelta(minutes=30))
        assert [m.volume for m in only(findings(subject, rules=book(agreed(self.rule)))).met] == [0]

    def test_notice_counts_to_when_the_rule_begins_to_bind(self) -> None:
        subject = plan("a", filed=NOW + timedelta(hours=1))
        assert findings(subject, rules=book(agreed(self.rule, since=hour(7)))) == ()

    def test_the_start_that_is_proposed_is_late_enough_if_filed_in_time(self) -> None:
        late = plan("a", filed=NOW + timedelta(minutes=50))
        found = only(findings(late, rules=book(agreed(self.rule)), now=late.filed_at))
        start = remedy(found, "start-after").instant
        refiled = late.filed_at + timedelta(hours=1)
        again = plan("a", "TR", "ground-movement", volume(start=(start - hour(0)).total_seconds() / HOUR, end=99), filed=refiled)
        assert findings(again, rules=book(agreed(self.rule)), now=refiled) == ()

    def test_the_advice_stays_the_same_within_the_hour(self) -> None:
        late = plan("a", filed=NOW + timedelta(minutes=5))
        rules = book(agreed(self.rule))
        assert findings(late, rules=rules, now=NOW + timedelta(minutes=6)) == findings(late, rules=rules,
                                                                                  now=NOW + timedelta(minutes=55))


class TestThreshold:
    """Rule `threshold`."""

    rule = Threshold(id="t", from_size=Strength(troops=9_000, tanks=250), notice_s=21 * HOUR, notify=("RU", "TR", "SDF"))

    @pytest.mark.parametrize(("strength", "due"), [
        (Strength(troops=9_000), True), (Strength(troops=8_999), False), (Strength(tanks=250), True),
        (Strength(troops=8_999, tanks=249, guns=10_000), False), (Strength(), False)])
    def test_any_one_count_that_is_reached_is_enough(self, strength: Strength, due: bool) -> None:
        assert bool(findings(plan("a", strength=strength), rules=book(agreed(self.rule)))) is due

    def test_in_time_it_is_passed_on_and_holds_nothing(self) -> None:
        found = only(findings(plan("a", strength=Strength(troops=9_000)), rules=book(agreed(self.rule))))
        assert (found.why, found.effect, found.severity) == ("size-notice", "none", "info")
        assert (found.ask, found.asks_of) == ("acknowledgement", ("RU", "US"))

    def test_late_it_blocks(self) -> None:
        late = plan("a", strength=Strength(tanks=300), filed=NOW + timedelta(seconds=1))
        found = only(findings(late, rules=book(agreed(self.rule))))
        assert (found.why, found.effect, found.ask) == ("size-notice-short", "block", None)
        assert {r.kind for r in found.remedies} >= {"start-after", "file-earlier", "reduce"}
