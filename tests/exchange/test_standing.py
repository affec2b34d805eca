"""What was agreed stands for what it was given for, and for nothing else."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from tests.world import BROKER, DAWN, World, hours, volume

from antalya.exchange import agreeing, viewing
from antalya.exchange.hub import Evidence
from antalya.exchange.keeping import movement_hash
from antalya.model import Force, Operation
from antalya.model.errors import AntalyaError
from antalya.model.operations import Strength
from antalya.model.parties import Stance
from antalya.model.rules import AnyRule, Consent, Threshold
from antalya.model.understandings import Disclosure, Understanding
from antalya.steps.disclose import Viewer
from antalya.steps.record import signed_content


def agreed(*rules: AnyRule, signatories: tuple[str, ...] = ("RU", "US"), **fields: Any) -> Understanding:
    return Understanding(**{"id": "u", "title": "u", "signatories": signatories, "rules": rules, "since": DAWN} | fields)


def operation_of(view: dict[str, Any]) -> Operation:
    return msgspec.convert(view["operation"]["operation"], Operation)


def refused(code: str, call: Any, *given: Any, **named: Any) -> None:
    with pytest.raises(AntalyaError) as caught:
        call(*given, **named)
    assert caught.value.code.name == code


def test_what_begins_is_clear_as_it_begins_not_as_it_was(world: World) -> None:
    """Who has the right of way by a high priority does not give it back with the very change by which it begins."""
    below = operation_of(world.file("RU", priority=3, state="accepted"))
    above = operation_of(world.file("TR", priority=9, state="accepted"))
    assert (world.clearance(above.id), world.clearance(below.id)) == ("clear", "held")
    refused("wrong_state", world.change, replace(above, state="active", priority=0), 1)
    assert (world.clearance(above.id), world.clearance(below.id)) == ("clear", "held")
    under_way = replace(above, state="active")
    assert world.change(under_way, 1)["clearance"] == "clear"
    refused("wrong_state", world.change, replace(under_way, priority=8), 2)
    assert world.change(replace(under_way, priority=10), 2)["clearance"] == "clear"


def test_a_yes_and_a_notice_are_for_the_strength_they_were_given_for(world: World) -> None:
    size = Threshold(id="size", from_size=Strength(troops=9_000), notice_s=24 * 3_600, notify=("RU",))
    world.agree(agreed(size, Consent(id="yes", of=("RU",))))
    later = volume(start=DAWN + hours(30), end=DAWN + hours(32))
    filed = operation_of(world.file("TR", later, strength=Strength(troops=10)))
    world.answer("RU", world.asks("RU")[0]["id"], "grant")
    assert world.clearance(filed.id) == "clear"
    world.later(hours=20)
    assert world.change(replace(filed, title="the same men"), 1)["clearance"] == "clear"
    many = world.change(replace(filed, strength=Strength(troops=20_000)), 2)
    assert many["clearance"] != "clear"
    assert [ask["state"] for ask in world.asks("RU") if ask["kind"] == "consent"] == ["open"]
    assert any(found["effect"] != "none" for found in many["findings"] if found["rule"] == "size")


def test_a_yes_from_before_strength_was_part_of_it_stays(world: World) -> None:
    world.agree(agreed(Consent(id="yes", of=("RU",))))
    filed = operation_of(world.file("TR"))
    earlier = "as an earlier program reckoned it"
    world.hub.store.write(lambda tx: tx._rows("UPDATE operation SET movement = ?", (earlier,)))  # type: ignore[attr-defined]
    world.hub.store.write(lambda tx: tx._rows("UPDATE ask SET body = replace(body, ?, ?)",  # type: ignore[attr-defined]
                                              (movement_hash(filed), earlier)))
    world.answer("RU", world.asks("RU")[0]["id"], "grant")
    assert world.change(replace(filed, title="as before"), 1)["clearance"] == "clear"
    assert world.change(replace(filed, strength=Strength(troops=1)), 2)["clearance"] == "held"


def test_a_force_that_answers_to_another_party_has_that_asked(world: World) -> None:
    world.agree(agreed(Consent(id="yes", of=("SAA",))))
    own, other = (world.file(party, volume(lower_m=low, upper_m=low + 100))["operation"]["id"]
                  for party, low in (("RU", 0), ("TR", 5_000)))
    world.answer("RU", world.asks("RU")[0]["id"], "grant")
    assert (world.clearance(own), world.clearance(other)) == ("clear", "clear")
    world.put(Force(id="SAA", name="SAA", answers="US"), version=1)
    assert (world.clearance(own), world.clearance(other)) == ("held", "held")
    assert {ask["operation"] for ask in world.asks("US")} == {own, other}


def test_a_party_alone_does_not_agree_that_it_sees_others_plans(world: World) -> None:
    hidden = world.file("RU")["operation"]["id"]
    shown = Disclosure(consent="details")
    world.agree(agreed(Consent(id="yes", of=("TR",)), signatories=("TR",), disclosure=shown))
    seen = viewing.operation(world.hub, Viewer("TR"), hidden)
    assert (seen["level"], "operation" in seen) == ("envelope", False)
    world.agree(agreed(Consent(id="yes", of=("TR",)), signatories=("TR", "RU"), disclosure=shown, id="both"))
    assert viewing.operation(world.hub, Viewer("TR"), hidden)["level"] == "details"


@pytest.mark.parametrize("ended", [True, False], ids=["what ended", "another content, and back again"])
def test_who_signed_what_was_before_signs_anew(world: World, ended: bool) -> None:
    one = agreed(Consent(id="yes", of=("RU",)), signatories=("TR", "RU"))
    world.put(one, "TR")
    agreeing.sign(world.hub, Viewer("RU"), "u", signed_content(one), Evidence(b"x"))
    if ended:
        agreeing.sign(world.hub, Viewer("TR"), "u", signed_content(one), Evidence(b"x"))
        agreeing.set_status(world.hub, Viewer("RU"), "u", "ended", Evidence(b"x"))
    else:
        world.put(replace(one, title="two"), "TR", 1)
    world.put(one, "TR", viewing.thing(world.hub, BROKER, "understanding", "u")[1])
    assert agreeing.sign(world.hub, Viewer("TR"), "u", signed_content(one), Evidence(b"x")).noun.status == "proposed"
    assert agreeing.sign(world.hub, Viewer("RU"), "u", signed_content(one), Evidence(b"x")).noun.status == "in-force"


def test_a_signature_outlasts_the_same_proposal_made_again(world: World) -> None:
    one = agreed(Consent(id="yes", of=("RU",)), signatories=("TR", "RU"))
    world.put(one, "TR")
    agreeing.sign(world.hub, Viewer("RU"), "u", signed_content(one), Evidence(b"x"))
    world.put(one, "TR", 1)
    assert agreeing.sign(world.hub, Viewer("TR"), "u", signed_content(one), Evidence(b"x")).noun.status == "in-force"


def test_who_must_sign_signs_agreements_too(world: World) -> None:
    with world.hub.store.read() as tx:
        party = tx.rulebook().parties["TR"]
    one = agreed(Consent(id="yes", of=("TR",)), signatories=("TR", "RU"))
    world.put(one, "RU")
    world.put(replace(party, must_sign=True), version=1)
    hub, tr, content, signed = world.hub, Viewer("TR"), signed_content(one), Evidence(b"x", party.keys[0].kid)
    refused("signature_required", world.put, replace(one, id="other"), "TR")
    refused("signature_required", world.put, Stance(id="s", holder="TR", towards="RUF", stance="rival", since=DAWN), "TR")
    refused("signature_required", agreeing.sign, hub, tr, "u", content, Evidence(b"x"))
    agreeing.sign(hub, Viewer("RU"), "u", content, Evidence(b"x"))
    assert agreeing.sign(hub, tr, "u", content, signed).noun.status == "in-force"
    refused("signature_required", agreeing.set_status, hub, tr, "u", "ended", Evidence(b"x"))
    assert agreeing.set_status(hub, tr, "u", "ended", signed).noun.status == "ended"
