"""A yes is about what was asked, and every ask can be settled."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from tests.world import DAWN, World, hours, volume

from antalya.exchange import settling, viewing
from antalya.model import Area, Ask, Circle, Understanding
from antalya.model.errors import AntalyaError
from antalya.model.rules import Consent, KeepOut, Limit
from antalya.steps.disclose import Viewer


def manbij(*rules: Consent | KeepOut | Limit) -> Understanding:
    return Understanding(id="manbij", title="Manbij", signatories=("TR", "RU", "US"), rules=rules, since=DAWN - hours(24))


def redrawn(radius_m: float) -> Area:
    return Area(id="manbij", name="Manbij", outline=Circle(center=(37.955, 36.528), radius_m=radius_m))


def knows_of_the_hospital(world: World) -> str:
    """An operation of Turkey's near a hospital, whose unit knows of it."""
    world.protect()
    outcome = world.file("TR", activity="fires")
    [ask] = world.asks("TR")
    world.answer("TR", ask["id"], "grant")
    id_ = str(outcome["operation"]["id"])
    assert world.clearance(id_) == "clear"
    return id_


def put_again(world: World, **fields: object) -> None:
    [site] = world.hub_sites()
    with world.hub.store.read() as tx:
        thing = tx.thing("site", site.id)
    assert thing is not None
    world.put(replace(site, **fields), "AID", version=thing.version)


def test_of_a_site_that_moved_the_unit_does_not_know(world: World) -> None:
    id_ = knows_of_the_hospital(world)
    put_again(world, outline=Circle(center=(37.92, 36.56), radius_m=100), kind="school")
    assert world.clearance(id_) == "held"
    assert [f["settled"] for f in world.findings("TR")] == [False]
    [ask] = world.asks("TR")
    world.answer("TR", ask["id"], "grant")
    assert world.clearance(id_) == "clear"


def test_of_a_site_that_is_of_another_kind_the_unit_does_not_know(world: World) -> None:
    id_ = knows_of_the_hospital(world)
    put_again(world, kind="school")
    assert world.clearance(id_) == "held"


def test_what_says_nothing_new_of_a_site_asks_nothing(world: World) -> None:
    id_ = knows_of_the_hospital(world)
    put_again(world, inspected_by="A team of the agency's", name="Another Name")
    assert (world.clearance(id_), world.asks("TR")) == ("clear", [])


def test_consent_to_another_area_is_no_consent(world: World) -> None:
    world.agree(manbij(Consent(id="ru", area="manbij", of=("RU",))))
    id_ = str(world.file("TR")["operation"]["id"])
    world.answer("RU", world.asks("RU")[0]["id"], "grant")
    world.put(redrawn(40_000), version=1)
    assert world.clearance(id_) == "clear"  # all of it was in the area, and is
    world.put(redrawn(5_000), version=2)
    assert (world.clearance(id_), len(world.asks("RU"))) == ("held", 1)


def test_told_of_another_keep_out_is_not_told(world: World) -> None:
    world.agree(manbij(KeepOut(id="out", area="manbij", unless_told=("RU",))))
    id_ = str(world.file("TR")["operation"]["id"])
    world.answer("RU", world.asks("RU")[0]["id"], "grant")
    world.put(redrawn(5_000), version=1)
    assert (world.clearance(id_), len(world.asks("RU"))) == ("held", 1)


def bound_as_before(world: World, **fields: object) -> Ask:
    """The ask there is, as earlier programs stored it."""
    with world.hub.store.read() as tx:
        [ask] = tx.asks(state="granted")
        stored = tx.operation(ask.operation)
    assert stored is not None
    old = replace(ask, subject_sha256=stored.movement, **fields)
    world.hub.store.write(lambda tx: tx.put_ask(old))
    return old


def refile(world: World, id_: str, version: int, **fields: object) -> None:
    with world.hub.store.read() as tx:
        stored = tx.operation(id_)
    assert stored is not None
    world.change(replace(stored.operation, **fields), version)


def test_what_an_earlier_program_asked_stands_while_nothing_changes(world: World) -> None:
    id_ = knows_of_the_hospital(world)
    bound_as_before(world)
    refile(world, id_, 1, title="The same, with a title")
    assert (world.clearance(id_), world.asks("TR")) == ("clear", [])
    put_again(world, kind="school")
    assert world.clearance(id_) == "held"


def test_what_an_earlier_program_let_stand_for_a_site_that_had_moved_is_asked(world: World) -> None:
    id_ = knows_of_the_hospital(world)
    bound_as_before(world, asked_at=DAWN - timedelta(minutes=1))
    refile(world, id_, 1, title="The same, with a title")
    assert (world.clearance(id_), len(world.asks("TR"))) == ("held", 1)


def asked_of_russia(world: World, **fields: object) -> str:
    """An operation of Turkey's in Manbij, for which Russia's consent is due."""
    world.agree(manbij(Consent(**({"id": "ru", "area": "manbij", "of": ("RU",)} | fields))))
    return str(world.file("TR")["operation"]["id"])


def test_a_refusal_of_another_route_does_not_block_what_was_consented_to(world: World) -> None:
    id_ = asked_of_russia(world)
    world.answer("RU", world.asks("RU")[0]["id"], "refuse")
    refile(world, id_, 1, volumes=(volume(37.91),))
    assert world.clearance(id_) == "held"
    world.answer("RU", world.asks("RU")[0]["id"], "grant")
    assert world.clearance(id_) == "clear"


def test_a_refusal_of_another_route_is_not_turned_into_a_yes_to_this_one(world: World) -> None:
    id_ = asked_of_russia(world)
    old = world.asks("RU")[0]["id"]
    world.answer("RU", old, "refuse")
    refile(world, id_, 1, volumes=(volume(37.91),))
    with pytest.raises(AntalyaError) as caught:
        world.answer("RU", old, "grant")
    assert (caught.value.code.name, world.clearance(id_)) == ("wrong_state", "held")


def test_a_refusal_stands_while_the_route_is_the_same(world: World) -> None:
    id_ = asked_of_russia(world)
    world.answer("RU", world.asks("RU")[0]["id"], "refuse")
    refile(world, id_, 1, title="The same, with a title")
    assert (world.clearance(id_), world.asks("RU")) == ("blocked", [])


def test_who_refused_is_not_told_that_filing_again_asks_again(world: World) -> None:
    id_ = asked_of_russia(world, answer_within_s=600)
    [ask] = world.asks("RU")
    world.answer("RU", ask["id"], "refuse")
    world.later(seconds=601)
    with pytest.raises(AntalyaError, match="a refusal stands until what was asked about changes"):
        world.answer("RU", ask["id"], "grant")
    refile(world, id_, 1, title="The same, with a title")
    assert (world.clearance(id_), world.asks("RU")) == ("blocked", [])


@pytest.mark.parametrize("taken_back", [True, False])
def test_who_answers_what_is_not_asked_any_more_is_told_what_asks_again(world: World, taken_back: bool) -> None:
    id_ = asked_of_russia(world, answer_within_s=600)
    [ask] = world.asks("RU")
    if taken_back:
        world.answer("RU", ask["id"], "grant")
        world.answer("RU", ask["id"], "withdraw")
    else:
        world.later(seconds=601)
        settling.tick(world.hub)
    with pytest.raises(AntalyaError, match="a change of the operation by its owner, also one to the same, asks again"):
        world.answer("RU", ask["id"], "grant")
    refile(world, id_, 1)
    [again] = world.asks("RU")
    world.answer("RU", again["id"], "grant")
    assert world.clearance(id_) == "clear"


def test_a_refusal_from_before_it_left_the_area_does_not_block_it_when_it_comes_another_way(world: World) -> None:
    id_ = asked_of_russia(world)
    world.answer("RU", world.asks("RU")[0]["id"], "refuse")
    refile(world, id_, 1, volumes=(volume(36.0),))
    assert world.clearance(id_) == "clear"
    refile(world, id_, 2, volumes=(volume(37.91),))
    assert world.clearance(id_) == "held"
    world.answer("RU", world.asks("RU")[0]["id"], "grant")
    assert world.clearance(id_) == "clear"


@pytest.mark.parametrize("refused_first", [False, True])
def test_conditions_that_were_let_pass_are_asked_again_when_it_files_again(world: World, refused_first: bool) -> None:
    id_ = asked_of_russia(world, answer_within_s=600)
    world.answer("RU", world.asks("RU")[0]["id"], "grant-with-conditions", conditions=("Keep south of the Sajur.",))
    if refused_first:
        world.answer("TR", world.asks("TR")[0]["id"], "refuse")
    world.later(seconds=601)
    assert (world.clearance(id_), world.asks("TR")) == ("held", [])
    refile(world, id_, 1, title="The same, with a title")
    [again] = world.asks("TR")
    assert (again["kind"], list(again["conditions"])) == ("conditions", ["Keep south of the Sajur."])
    refile(world, id_, 2, title="The same, with another title")
    assert [a["id"] for a in world.asks("TR")] == [again["id"]]
    world.answer("TR", again["id"], "grant")
    assert world.clearance(id_) == "clear"
    refile(world, id_, 3, title="The same, with a title")
    assert (world.clearance(id_), world.asks("TR")) == ("clear", [])


def test_conditions_are_not_asked_again_of_a_yes_that_ran_out(world: World) -> None:
    id_ = asked_of_russia(world, answer_within_s=600, valid_for_s=600)
    world.answer("RU", world.asks("RU")[0]["id"], "grant-with-conditions", conditions=("Keep south of the Sajur.",))
    world.later(seconds=601)
    refile(world, id_, 1, title="The same, with a title")
    assert {a["kind"] for a in (*world.asks("TR"), *world.asks("RU"))} == {"consent"}


def test_filing_again_asks_again_also_before_the_exchange_has_noticed_that_the_deadline_passed(world: World) -> None:
    id_ = asked_of_russia(world, answer_within_s=600)
    old = world.asks("RU")[0]["id"]
    world.clock.now += timedelta(seconds=601)
    refile(world, id_, 1, title="The same, with a title")
    world.later(seconds=1)
    [ask] = world.asks("RU")
    assert ask["id"] != old
    world.answer("RU", ask["id"], "grant")
    assert world.clearance(id_) == "clear"


def test_a_stranger_who_files_asks_nothing_again_of_others(world: World) -> None:
    """Wherever that is: it is counted with Turkey's by a rule that holds everywhere. Neither side is to learn that it filed."""
    world.agree(manbij(Limit(id="five", operations_at_once=5)))
    later = volume(start=DAWN + hours(30), end=DAWN + hours(31))
    operation = world.operation("TR", later, forces=("RUF",))
    world.file("TR", later, id=operation.id, forces=("RUF",))
    [ask] = world.asks("RU")
    world.answer("RU", ask["id"], "grant")
    world.answer("RU", ask["id"], "withdraw")
    told = len(viewing.events(world.hub, Viewer("RU"), 0))
    world.file("US", volume(80.0, 10.0, start=DAWN + hours(30), end=DAWN + hours(31)))
    assert (world.asks("RU"), len(viewing.events(world.hub, Viewer("RU"), 0))) == ([], told)
    world.change(replace(operation, title="again"), 1)
    assert len(world.asks("RU")) == 1


def test_nor_does_the_other_side(world: World) -> None:
    """The United States have the right of way, and took their yes back: a note of theirs is no question of Turkey's."""
    first = world.operation("US")
    world.file("US", *first.volumes, id=first.id)
    second = world.operation("TR")
    world.file("TR", *second.volumes, id=second.id)
    [ask] = world.asks("US")
    for decision in ("grant", "withdraw"):
        world.answer("US", ask["id"], decision)
    world.change(replace(first, note="a note"), 1)
    assert world.asks("US") == []
    world.change(replace(second, note="a note"), 1)
    assert len(world.asks("US")) == 1


def test_a_yes_to_one_of_two_same_plans_is_none_to_the_other(world: World) -> None:
    """The United States, whose force is in both, let Russia's pass while Turkey's had the right of way: now it is the other way."""
    joint, plan = {"forces": ("SDF",)}, volume()
    world.file("TR", plan, **joint)
    second = world.operation("RU", plan, **joint)
    world.file("RU", plan, id=second.id, **joint)
    for ask in world.asks("US"):
        world.answer("US", ask["id"], "grant")
    world.change(replace(second, priority=9), 1)
    [asked] = world.asks("US")
    assert asked["finding"] in {f["id"] for f in world.findings("TR") if f["kind"] == "clash"}
