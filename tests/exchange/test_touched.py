"""A change of the registry is checked against all that it touches, where it was and where it is, and nothing else."""

from msgspec.structs import replace
from tests.world import DAWN, World, hours, volume

from antalya.exchange import agreeing
from antalya.exchange.hub import Evidence
from antalya.model import Area, Circle, Understanding
from antalya.model.rules import Consent, Limit
from antalya.model.understandings import Disclosure
from antalya.steps.disclose import Viewer


def filed(world: World, *longitudes: float, size: float = 0.01) -> list[str]:
    return [str(world.file("TR", volume(lon, 36.5, size))["operation"]["id"]) for lon in longitudes]


def clearances(world: World, ids: list[str]) -> list[str]:
    return [world.clearance(id_) for id_ in ids]


def test_a_site_that_moves_is_left_behind_and_met_anew(world: World) -> None:
    ids = filed(world, 37.95, 38.95, 39.95)
    site = world.protect(outline=Circle(center=(37.955, 36.505), radius_m=100))
    assert clearances(world, ids) == ["held", "clear", "clear"]
    world.put(replace(site, outline=Circle(center=(38.955, 36.505), radius_m=100)), "AID", version=1)
    assert clearances(world, ids) == ["clear", "held", "clear"]


def test_a_site_whose_stand_off_grows_meets_what_is_within_it(world: World) -> None:
    ids = filed(world, 37.95, 38.05)
    site = world.protect(outline=Circle(center=(37.955, 36.505), radius_m=100))
    assert clearances(world, ids) == ["held", "clear"]
    world.put(replace(site, stand_off_m=10_000.0), "AID", version=1)
    assert clearances(world, ids) == ["held", "held"]
    assert [f["operation"] for f in world.findings("TR")] == ids


def agreed(world: World, rule: Consent | Limit) -> Understanding:
    understanding = Understanding(id="u", title="Manbij", signatories=("RU", "US"), since=DAWN - hours(1), rules=(rule,))
    world.agree(understanding)
    return understanding


def test_a_rule_that_comes_and_goes_touches_what_is_in_its_area(world: World) -> None:
    later = world.file("TR", volume(37.95, 36.5, 0.01, start=DAWN + hours(1_000), end=DAWN + hours(1_001)))["operation"]["id"]
    ids = [*filed(world, 37.95, 40.0), later]
    agreed(world, Consent(id="c", area="manbij", of=("RU",), activities=("patrol",)))
    assert clearances(world, ids) == ["held", "clear", "held"]
    agreeing.set_status(world.hub, Viewer("RU"), "u", "ended", Evidence(b"x"))
    assert clearances(world, ids) == ["clear"] * 3


def test_a_rule_whose_area_moves_lets_go_of_some_and_takes_others(world: World) -> None:
    ids = filed(world, 37.95, 39.95)
    agreed(world, Consent(id="c", area="manbij", of=("RU",), activities=("patrol",)))
    assert clearances(world, ids) == ["held", "clear"]
    world.put(Area(id="manbij", name="Manbij", outline=Circle(center=(39.955, 36.505), radius_m=15_000)), version=1)
    assert clearances(world, ids) == ["clear", "held"]


def test_what_signatories_show_each_other_is_shown_of_their_clashes_wherever_these_are(world: World) -> None:
    for party in ("TR", "RU"):
        world.file(party, volume(45.0, 36.5, 0.01))
    assert [f["level"] for f in world.findings("TR")] == ["overlap"]
    world.agree(Understanding(id="u", title="Manbij", signatories=("TR", "RU"), since=DAWN - hours(1),
                              rules=(Consent(id="c", area="manbij", of=("RU",)),), disclosure=Disclosure(clash="details")))
    assert [f["level"] for f in world.findings("TR")] == ["details"]
    assert [[o["level"] for o in world.picture(party)["operations"]] for party in ("TR", "RU", "US")] == [["details"] * 2] * 2 + [[]]


def test_who_is_counted_in_an_area_counts_however_far_off_and_leaves_its_place_to_the_next(world: World) -> None:
    agreed(world, Limit(id="one", area="manbij", operations_at_once=1))
    first, second, outside = filed(world, 37.82, 38.08, 38.3)
    assert clearances(world, [first, second, outside]) == ["clear", "blocked", "clear"]
    world.withdraw("TR", first)
    assert world.clearance(second) == "clear"


def test_what_has_just_ended_is_touched_too(world: World) -> None:
    """Russia is asked about it no more, with the agreement, though its findings would stay for an hour after its end."""
    understanding = Understanding(id="u", title="Manbij", signatories=("RU", "US"), since=DAWN - hours(1), rules=(
        Consent(id="c", area="manbij", of=("RU",)),), disclosure=Disclosure(clash="envelope"))
    world.agree(understanding)
    world.file("TR")
    world.later(hours=4.5)
    agreeing.set_status(world.hub, Viewer("US"), "u", "ended", Evidence(b"x"))
    assert (world.asks("RU"), world.picture("RU")["operations"]) == ([], [])
