"""Protect: Kunduz, 3 October 2015 [15]. The no-strike list was not aboard and the data link failed: headquarters knew of the
hospital, the crew did not. Protection does not depend on a notice [19]."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.pictures import agreed, book, findings, only, plan

from antalya.model import Area, Circle, Finding, Site, Understanding, Volume
from antalya.model.rules import Protect
from antalya.picture import Prepared

NIGHT = datetime(2015, 10, 2, 21, 38, tzinfo=UTC)  # 02:08 in Kunduz
TRAUMA_CENTRE = Site(
    id="site-77", owner="UN", name="Kunduz Trauma Centre", kind="hospital", outline=Circle(center=(68.862, 36.718), radius_m=150),
    stand_off_m=500, clear_above_m=3_000, valid_from=datetime(2015, 9, 29, tzinfo=UTC),
    expires_at=datetime(2016, 9, 29, tzinfo=UTC), inspected_by="told again on 29 September")
NO_STRIKE = agreed(Protect(id="hospitals", kinds=("hospital",), activities=("flight", "fires")), signatories=("US", "UN"),
                   since=datetime(2015, 1, 1, tzinfo=UTC))


def hazard(metres_east: float, minutes: float = 29, activity: str = "fires", lower_m: float = 0,
           upper_m: float = 4_000) -> Prepared:
    """Where danger falls: a circle of 400 m, so far east of the hospital's centre."""
    where = Circle(center=(68.862 + metres_east / 89_300, 36.718), radius_m=400)
    return plan("sortie", "US", activity, Volume(outline=where, lower_m=lower_m, upper_m=upper_m, starts_at=NIGHT,
                                                 ends_at=NIGHT + timedelta(minutes=minutes)), filed=NIGHT - timedelta(hours=1))


def weighed(subject: Prepared, *agreements: Understanding, areas: tuple[Area, ...] = ()) -> tuple[Finding, ...]:
    return findings(subject, rules=book(*agreements, sites=[TRAUMA_CENTRE], areas=areas), now=NIGHT - timedelta(minutes=50))


def test_without_any_agreement_the_unit_that_acts_must_say_that_it_knows() -> None:
    found = only(weighed(hazard(300)))
    assert (found.kind, found.effect, found.ask, found.asks_of) == ("hazard", "hold", "acknowledgement", ("US",))


def test_with_one_it_is_forbidden_and_no_word_lifts_it() -> None:
    found = only(weighed(hazard(300), NO_STRIKE))
    assert (found.effect, found.ask, found.rule) == ("block", None, "hospitals")


def test_that_the_agreement_is_suspended_does_not_take_the_protection_away() -> None:
    suspended = agreed(*NO_STRIKE.rules, status="suspended", since=NO_STRIKE.since)
    assert {(f.effect, f.rule) for f in weighed(hazard(300), suspended)} == {("hold", None), ("none", "hospitals")}


@pytest.mark.parametrize(("metres_east", "near"), [(1_049, True), (1_051, False)])
def test_five_hundred_metres_from_wall_to_hazard(metres_east: float, near: bool) -> None:
    assert bool(weighed(hazard(metres_east), NO_STRIKE)) is near


def test_flying_high_over_it_is_no_hazard() -> None:
    assert weighed(hazard(0, activity="flight", lower_m=6_000, upper_m=7_000), NO_STRIKE) == ()
    assert len(weighed(hazard(0, activity="flight", lower_m=5_999, upper_m=7_000), NO_STRIKE)) == 1


def test_the_crew_learns_that_it_is_a_hospital_and_how_far_to_keep_not_which_one() -> None:
    found = only(weighed(hazard(300), NO_STRIKE))
    told = " ".join([found.text, str(found.params), *(r.text for r in found.remedies)])
    assert "hospital" in told
    assert "500 m" in told
    assert "Protection does not depend on this notice" in told
    for secret in ("Kunduz", "Trauma", "site-77", "UN", "68.86", "told again"):
        assert secret not in told


def test_waiting_until_its_entry_runs_out_is_never_advised() -> None:
    a_year = 60 * 24 * 366
    found = only(weighed(hazard(300, minutes=a_year), NO_STRIKE))
    assert not {r.kind for r in found.remedies} & {"start-after", "end-before"}


def test_the_ambulance_may_come() -> None:
    assert weighed(hazard(0, activity="medevac"), NO_STRIKE) == ()
