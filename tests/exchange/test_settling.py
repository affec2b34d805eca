"""Clearance: clear, held, blocked follow from findings and answers. No answer is never a yes."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace
from tests.world import DAWN, World, hours

from antalya.exchange import agreeing
from antalya.exchange.hub import Evidence
from antalya.model import Force, Operation, Understanding
from antalya.model.errors import AntalyaError
from antalya.model.rules import Consent
from antalya.steps.disclose import Viewer
from antalya.steps.record import signed_content


def manbij(**fields: object) -> Understanding:
    rule = Consent(**({"id": "both", "area": "manbij", "of": ("RU", "US"), "activities": ("ground-movement",)} | fields))
    return Understanding(id="manbij", title="Manbij", signatories=("TR", "RU", "US"), rules=(rule,), since=DAWN - hours(24))


def move(world: World, **fields: object) -> str:
    outcome = world.file("TR", activity="ground-movement", forces=("OPP",), **fields)
    return str(outcome["operation"]["id"])


def ask_of(world: World, party: str) -> str:
    [ask] = world.asks(party)
    return str(ask["id"])


def test_the_move_on_manbij_is_held_until_both_have_consented(world: World) -> None:
    world.agree(manbij())
    id_ = move(world)
    assert world.clearance(id_) == "held"
    world.answer("RU", ask_of(world, "RU"), "grant")
    assert world.clearance(id_) == "held"
    world.answer("US", ask_of(world, "US"), "grant")
    assert world.clearance(id_) == "clear"


def test_one_refusal_blocks_where_all_must_agree(world: World) -> None:
    world.agree(manbij())
    id_ = move(world)
    world.answer("RU", ask_of(world, "RU"), "refuse")
    assert world.clearance(id_) == "blocked"
    world.answer("RU", world.asks("RU", None)[0]["id"], "grant")
    world.answer("US", ask_of(world, "US"), "grant")
    assert world.clearance(id_) == "clear"


def test_a_quorum_of_one_is_enough_and_one_refusal_does_not_block(world: World) -> None:
    world.agree(manbij(quorum=1))
    id_ = move(world)
    world.answer("RU", ask_of(world, "RU"), "refuse")
    assert world.clearance(id_) == "held"
    world.answer("US", ask_of(world, "US"), "grant")
    assert world.clearance(id_) == "clear"


def test_the_ask_goes_to_the_party_that_answers_for_the_force(world: World) -> None:
    world.agree(manbij(of=("SDF", "SAA")))
    move(world)
    assert [a["of"] for a in world.asks("US")] == ["US"]
    assert [a["of"] for a in world.asks("RU")] == ["RU"]


def test_conditions_hold_until_the_owner_accepts_them(world: World) -> None:
    world.agree(manbij(of=("RU",)))
    id_ = move(world)
    world.answer("RU", ask_of(world, "RU"), "grant-with-conditions", conditions=("Keep south of the Sajur.",))
    assert world.clearance(id_) == "held"
    conditions = next(a for a in world.asks("TR") if a["kind"] == "conditions")
    assert list(conditions["conditions"]) == ["Keep south of the Sajur."]
    world.answer("TR", conditions["id"], "grant")
    assert world.clearance(id_) == "clear"


def test_no_answer_is_never_a_yes(world: World) -> None:
    world.agree(manbij(of=("RU",), answer_within_s=3600))
    id_ = move(world)
    ask = ask_of(world, "RU")
    world.later(minutes=61)
    assert world.clearance(id_) == "held"
    assert [a["state"] for a in world.asks("RU", None)] == ["expired"]
    with pytest.raises(AntalyaError) as caught:
        world.answer("RU", ask, "grant")
    assert caught.value.code.name == "wrong_state"


def test_filing_again_asks_again_after_silence(world: World) -> None:
    world.agree(manbij(of=("RU",), answer_within_s=60))
    outcome = world.file("TR", activity="ground-movement")
    operation = msgspec.convert(outcome["operation"]["operation"], Operation)
    world.later(minutes=2)
    assert world.asks("RU") == []
    world.change(operation, 1)
    world.answer("RU", ask_of(world, "RU"), "grant")
    assert world.clearance(operation.id) == "clear"


def test_a_consent_runs_out(world: World) -> None:
    world.agree(manbij(of=("RU",), valid_for_s=600))
    id_ = move(world)
    world.answer("RU", ask_of(world, "RU"), "grant", valid_until=DAWN + timedelta(seconds=900))
    assert world.clearance(id_) == "clear"
    world.later(seconds=599)
    assert world.clearance(id_) == "clear"
    world.clock.now += timedelta(seconds=1)
    assert world.clearance(id_) == "held", "before the exchange has noticed"
    world.later(seconds=0)
    assert world.clearance(id_) == "held"


def test_a_consent_can_be_taken_back(world: World) -> None:
    world.agree(manbij(of=("RU",)))
    id_ = move(world)
    ask = ask_of(world, "RU")
    world.answer("RU", ask, "grant")
    assert world.clearance(id_) == "clear"
    world.answer("RU", ask, "withdraw")
    assert world.clearance(id_) == "held"


def test_only_the_asked_party_answers_and_strangers_see_no_ask(world: World) -> None:
    world.agree(manbij(of=("RU",)))
    move(world)
    ask = ask_of(world, "RU")
    for party, expected in (("TR", "not_yours"), ("AID", "not_found")):
        with pytest.raises(AntalyaError) as caught:
            world.answer(party, ask, "grant")
        assert caught.value.code.name == expected


def test_a_force_of_another_party_needs_its_consent(world: World) -> None:
    outcome = world.file("US", forces=("USF", "TAF"))
    assert outcome["clearance"] == "held"
    world.answer("TR", ask_of(world, "TR"), "grant")
    assert world.clearance(outcome["operation"]["id"]) == "clear"


def test_a_suspended_understanding_only_warns_and_resuming_holds_again(world: World) -> None:
    world.agree(manbij(of=("RU",)))
    id_ = move(world)
    agreeing.set_status(world.hub, Viewer("RU"), "manbij", "suspended", Evidence(b"s"))
    assert world.clearance(id_) == "clear"
    assert [f["severity"] for f in world.findings("TR")] == ["warning"]
    with pytest.raises(AntalyaError) as caught:
        agreeing.set_status(world.hub, Viewer("US"), "manbij", "in-force", Evidence(b"s"))
    assert caught.value.code.name == "not_yours"
    agreeing.set_status(world.hub, Viewer("RU"), "manbij", "in-force", Evidence(b"s"))
    assert world.clearance(id_) == "held"


def test_an_understanding_is_in_force_only_when_all_signed_the_same_content(world: World) -> None:
    agreed = manbij()
    world.put(agreed)
    id_ = move(world)
    for party in ("TR", "RU"):
        agreeing.sign(world.hub, Viewer(party), "manbij", signed_content(agreed), Evidence(b"s"))
        assert world.clearance(id_) == "clear"
    with pytest.raises(AntalyaError) as caught:
        agreeing.sign(world.hub, Viewer("US"), "manbij", "0" * 64, Evidence(b"s"))
    assert caught.value.code.name == "stale_etag"
    agreeing.sign(world.hub, Viewer("US"), "manbij", signed_content(agreed), Evidence(b"s"))
    assert world.clearance(id_) == "held"


def test_a_proposal_that_changes_drops_its_signatures(world: World) -> None:
    first = manbij()
    world.put(first)
    for party in ("TR", "RU"):
        agreeing.sign(world.hub, Viewer(party), "manbij", signed_content(first), Evidence(b"s"))
    second = manbij(quorum=1)
    world.put(second, version=1)
    kept = agreeing.sign(world.hub, Viewer("US"), "manbij", signed_content(second), Evidence(b"s"))
    assert kept.noun.status == "proposed"


def test_a_new_site_checks_the_operations_around_it(world: World) -> None:
    outcome = world.file("TR", activity="fires")
    assert outcome["clearance"] == "clear"
    world.protect()
    assert world.clearance(outcome["operation"]["id"]) == "held"
    [seen] = world.findings("TR")
    assert seen["kind"] == "hazard"
    [ask] = world.asks("TR")
    world.answer("TR", ask["id"], "grant")
    assert world.clearance(outcome["operation"]["id"]) == "clear"


def test_a_force_that_changes_hands_is_asked_of_its_new_answering_party(world: World) -> None:
    outcome = world.file("US", forces=("USF",))
    world.put(replace(Force(id="USF", name="USF", answers="US"), answers="TR"), version=1)
    assert world.clearance(outcome["operation"]["id"]) == "held"
    assert len(world.asks("TR")) == 1
