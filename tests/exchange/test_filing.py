"""One filing, one transaction: what is kept, checked, asked and logged, and what a change or withdrawal does."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from tests.world import BROKER, DAWN, World, hours, volume

from antalya.exchange import ahead, filing, proving, viewing
from antalya.exchange.hub import Evidence
from antalya.ledger.entry import Entry, opens
from antalya.ledger.receipt import Receipt, verify_receipt
from antalya.model import Operation
from antalya.model.errors import AntalyaError
from antalya.model.limits import Limits
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, Ring
from antalya.steps.disclose import Viewer
from antalya.steps.disclose.envelopes import envelope
from antalya.wire.canonical import canonical, encode
from antalya.wire.notice import public_key


def code(caught: pytest.ExceptionInfo[AntalyaError]) -> str:
    return caught.value.code.name


def square(size_deg: float, corners: int = 4) -> Ring:
    edge = [(38 + size_deg * k / (corners - 2), 36.0) for k in range(corners - 1)]
    return (*edge, (38.0, 36 + size_deg), edge[0])


LONG = Polygon(coordinates=(((0.0, 0.0), (80.0, 0.0), (80.0, 1e-3), (0.0, 0.0)),))
"""Of a few km², but each edge is divided into 1,600 pieces."""


@pytest.mark.parametrize(("outline", "light"), [
    (Circle(center=(38, 36), radius_m=50_000), True),
    (Circle(center=(38, 36), radius_m=51_000), False),
    (Polygon(coordinates=(square(0.9, 100),)), True),
    (Polygon(coordinates=(square(0.9, 128),)), False),
    (Polygon(coordinates=(square(20),)), False),
    (Polygon(coordinates=(square(0.9), square(20))), False),
    (MultiPolygon(coordinates=((square(0.1),),)), False),
], ids=["a circle", "a large circle", "a hundred corners", "more corners", "wide", "a wide hole", "several"])
def test_what_takes_long_to_prepare_is_not_light(world: World, outline: Outline, light: bool) -> None:
    assert filing.is_light(world.operation("US", replace(volume(), outline=outline))) == light


def test_neither_are_several_that_nearly_do(world: World) -> None:
    wide = replace(volume(), outline=Circle(center=(38, 36), radius_m=50_000))
    assert [filing.is_light(world.operation("US", *[wide] * many)) for many in (4, 5)] == [True, False]
    assert filing.is_light(world.operation("US", *[volume()] * 20))


def test_a_lone_operation_is_clear_and_has_a_receipt_that_verifies(world: World) -> None:
    outcome = world.file("US")
    assert outcome["clearance"] == "clear"
    assert outcome["findings"] == []
    receipt = msgspec.convert(outcome["receipt"], Receipt)
    head = verify_receipt(receipt, [world.hub.signer.verifier()])
    assert head.size > receipt.leaf
    assert (receipt.entry.kind, receipt.entry.actor, receipt.entry.subject) == ("operation", "US", outcome["operation"]["id"])


def test_the_later_filing_of_a_pair_is_held_until_the_other_side_consents(world: World) -> None:
    first = world.file("US")
    second = world.file("TR")
    assert world.clearance(first["operation"]["id"]) == "clear"
    assert second["clearance"] == "held"
    [ask] = world.asks("US")
    world.answer("US", ask["id"], "grant")
    assert world.clearance(second["operation"]["id"]) == "clear"


def test_higher_priority_has_the_right_of_way_however_late(world: World) -> None:
    patrol = world.file("US", priority=3)
    assert world.file("AID", activity="medevac", priority=8)["clearance"] == "clear"
    assert world.clearance(patrol["operation"]["id"]) == "held"


def test_a_withdrawal_closes_the_findings_and_clears_the_other(world: World) -> None:
    first, second = world.file("US"), world.file("TR")
    world.withdraw("US", first["operation"]["id"])
    assert world.clearance(second["operation"]["id"]) == "clear"
    assert world.findings(BROKER) == []
    [closed] = world.findings(BROKER, open_only=False)
    assert closed["closed_at"] is not None
    assert world.asks("US") == []


def test_a_change_that_moves_away_closes_and_one_that_moves_back_opens_again(world: World) -> None:
    world.file("US")
    filed = world.file("TR")
    operation = msgspec.convert(filed["operation"]["operation"], Operation)
    away = world.change(replace(operation, volumes=(volume(40.0, 35.0),)), 1)
    assert (away["clearance"], away["findings"]) == ("clear", [])
    back = world.change(operation, 2)
    assert back["clearance"] == "held"
    assert back["operation"]["version"] == 3


def test_a_note_changes_nothing_that_was_granted_but_a_move_asks_again(world: World) -> None:
    world.file("US")
    filed = world.file("TR")
    operation = msgspec.convert(filed["operation"]["operation"], Operation)
    world.answer("US", world.asks("US")[0]["id"], "grant")
    assert world.change(replace(operation, note="dusty"), 1)["clearance"] == "clear"
    moved = replace(operation, volumes=(volume(37.91),))
    assert world.change(moved, 2)["clearance"] == "held"
    assert len(world.asks("US")) == 1


def test_earlier_versions_stay_readable_by_their_owner_only(world: World) -> None:
    filed = world.file("US", title="first")
    operation = msgspec.convert(filed["operation"]["operation"], Operation)
    world.change(replace(operation, title="second"), 1)
    titles = [v["operation"]["title"] for v in viewing.versions(world.hub, Viewer("US"), operation.id)[0]]
    assert titles == ["first", "second"]
    assert viewing.operation(world.hub, Viewer("US"), operation.id, 1)["operation"]["title"] == "first"
    with pytest.raises(AntalyaError) as caught:
        viewing.versions(world.hub, Viewer("TR"), operation.id)
    assert code(caught) == "not_found"


def test_what_the_present_version_shows_to_others_does_not_open_earlier_ones(world: World) -> None:
    filed = world.file("US", title="first")
    operation = msgspec.convert(filed["operation"]["operation"], Operation)
    world.change(replace(operation, title="second", disclosure={"TR": "details"}), 1)
    assert viewing.operation(world.hub, Viewer("TR"), operation.id)["operation"]["title"] == "second"
    for look in (lambda: viewing.versions(world.hub, Viewer("TR"), operation.id),
                 lambda: viewing.operation(world.hub, Viewer("TR"), operation.id, 1),
                 lambda: viewing.operation(world.hub, Viewer("TR"), operation.id, 2)):
        with pytest.raises(AntalyaError) as caught:
            look()
        assert code(caught) == "not_found"
    assert len(viewing.versions(world.hub, Viewer("broker", broker=True), operation.id)[0]) == 2


def test_a_stale_version_and_somebody_elses_operation_are_refused(world: World) -> None:
    filed = world.file("US")
    operation = msgspec.convert(filed["operation"]["operation"], Operation)
    with pytest.raises(AntalyaError) as caught:
        world.change(operation, 7)
    assert code(caught) == "stale_etag"
    with pytest.raises(AntalyaError) as caught:
        world.change(operation, 1, party="TR")
    assert code(caught) == "not_found"  # TR can't even know that it exists
    with pytest.raises(AntalyaError) as caught:
        filing.file(world.hub, Viewer("TR"), operation, Evidence(b"x"))
    assert code(caught) in ("not_yours", "duplicate_id")


def test_an_idempotency_key_gives_the_same_answer_and_files_once(world: World) -> None:
    operation = world.operation("US")
    evidence = Evidence(canonical(operation))
    first = filing.file(world.hub, Viewer("US"), operation, evidence, key="k")
    again = filing.file(world.hub, Viewer("US"), operation, evidence, key="k")
    was, now = (msgspec.json.decode(encode(outcome.view | {"receipt": None})) for outcome in (first, again))
    assert was == now
    assert len(viewing.versions(world.hub, Viewer("US"), operation.id)[0]) == 1
    with pytest.raises(AntalyaError) as caught:
        filing.file(world.hub, Viewer("US"), operation, Evidence(b"other bytes"), key="k")
    assert code(caught) == "idempotency_conflict"


def test_a_duplicate_id_is_refused_and_the_refusal_has_a_leaf(world: World) -> None:
    operation = world.operation("US")
    filing.file(world.hub, Viewer("US"), operation, Evidence(b"one"))
    with pytest.raises(AntalyaError) as caught:
        filing.file(world.hub, Viewer("US"), operation, Evidence(b"two"))
    assert code(caught) == "duplicate_id"
    leaves, _ = proving.leaves(world.hub, Viewer("US"), 0, 500)
    last = [leaf for leaf in leaves if "entry" in leaf][-1]
    assert (last["entry"]["outcome"], last["entry"]["code"]) == ("refused", "duplicate_id")
    assert last["content"] is None
    assert opens(msgspec.convert(last["entry"], Entry), bytes.fromhex(last["salt"]), b"two")


@pytest.mark.parametrize(("fields", "limits", "expected"), [
    ({"volumes": (volume(end=DAWN - hours(1), start=DAWN - hours(2)),)}, {}, "window_past"),
    ({"volumes": (volume(end=DAWN + hours(24 * 90)),)}, {}, "beyond_horizon"),
    ({"volumes": (volume(size=5.0),)}, {}, "area_too_large"),
    ({"volumes": (volume(),) * 3}, {"volumes": 2}, "too_many_volumes"),
    ({}, {"vertices": 4}, "too_many_vertices"),
    ({"volumes": (replace(volume(), outline=LONG),) * 32}, {}, "too_many_vertices"),
    ({"forces": ("NOBODY",)}, {}, "unknown_reference"),
    ({"disclosure": {"XX": "details"}}, {}, "unknown_reference"),
    ({"id": "not-a-uuid"}, {}, "bad_id"),
    ({"state": "active"}, {}, "wrong_state"),
    ({"volumes": (volume(36.5, 37.9),)}, {"theatre": (37.0, 35.0, 40.0, 37.0)}, "swapped_position"),
    ({"volumes": (volume(size=0.5),)}, {"area_budget_km2_per_day": 500}, "budget_exceeded"),
])
def test_what_may_not_be_filed_is_refused_and_nothing_is_kept(tmp_path, fields, limits, expected) -> None:  # type: ignore[no-untyped-def]
    world = World(tmp_path, Limits(**limits))
    try:
        with pytest.raises(AntalyaError) as caught:
            world.file("US", **fields)
        assert code(caught) == expected
        assert world.picture(BROKER)["operations"] == []
    finally:
        world.close()


@pytest.mark.parametrize("state", ["withdrawn", "ended"])
@pytest.mark.parametrize(("change", "expected"), [
    ({"volumes": (volume(end=datetime(9999, 12, 31, 23, 30, tzinfo=UTC)),)}, "beyond_horizon"),
    ({"volumes": (replace(volume(), outline=Circle(center=(38, 36), radius_m=2_000_000)),)}, "area_too_large"),
    ({"disclosure": {"XX": "envelope"}}, "unknown_reference"),
    ({"volumes": (volume(lon=39),), "disclosure": {"RU": "envelope"}}, None),
])
def test_what_ends_is_not_changed_into_what_may_not_be_filed(world: World, state: str, change: dict[str, Any],
                                                             expected: str | None) -> None:
    """Else those it is shown to could not be shown anything any more."""
    filed = msgspec.convert(world.file("TR", state="accepted")["operation"]["operation"], Operation)
    if state == "ended":
        world.change(filed := replace(filed, state="active"), 1)
    after = replace(filed, **{"state": state, "disclosure": {"RU": "envelope"}} | change)
    version = 2 if state == "ended" else 1
    if expected is None:
        assert world.change(after, version)["operation"]["operation"]["state"] == state
    else:
        with pytest.raises(AntalyaError) as caught:
            world.change(after, version)
        assert code(caught) == expected
    assert len(world.picture(Viewer("RU"))["operations"]) == (expected is None)


def test_an_envelope_ends_with_the_last_hour_there_is(world: World) -> None:
    late = volume(end=datetime(9999, 12, 31, 23, 30, tzinfo=UTC))
    assert envelope((late,))["ends_at"] == "9999-12-31T23:30:00Z"
    assert envelope((replace(late, ends_at=late.ends_at - hours(1)),))["ends_at"] == "9999-12-31T23:00:00Z"


def test_who_must_sign_signs_what_takes_away_too(world: World) -> None:
    """Else whoever has no more than a party's token could take its operations out, and others would fly there."""
    held = world.file("TR")["operation"]["id"]
    with world.hub.store.read() as tx:
        party = tx.rulebook().parties["TR"]
    world.put(replace(party, must_sign=True), version=1)
    unsigned = viewing.operation(world.hub, Viewer("TR"), held)["operation"]
    for take_away in (lambda: world.withdraw("TR", held), lambda: world.change(
            replace(msgspec.convert(unsigned, Operation), state="withdrawn"), 1)):
        with pytest.raises(AntalyaError) as caught:
            take_away()
        assert code(caught) == "signature_required"
    signed = Evidence(b"withdraw", public_key(world.party_keys["TR"]).kid)
    assert filing.withdraw(world.hub, Viewer("TR"), held, signed, version=1).view["operation"]["operation"]["state"] == "withdrawn"


def test_what_covers_much_is_refused_before_its_cells_are_looked_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[int]()
    monkeypatch.setattr(ahead, "roughly", lambda shape, level: asked.append(level) or ())
    large = world.operation("TR", *[replace(volume(), outline=Circle(center=(38, 36), radius_m=650_000))] * 5)
    for given in (lambda: filing.file(world.hub, Viewer("TR"), large, Evidence(b"x")),
                  lambda: ahead.ready(large, world.hub.limits, DAWN)):
        with pytest.raises(AntalyaError) as caught:
            given()
        assert code(caught) == "area_too_large"
    assert asked == []


def test_only_a_clear_operation_becomes_active(world: World) -> None:
    world.file("US")
    filed = world.file("TR", state="accepted")
    operation = msgspec.convert(filed["operation"]["operation"], Operation)
    with pytest.raises(AntalyaError) as caught:
        world.change(replace(operation, state="active"), 1)
    assert code(caught) == "wrong_state"
    world.answer("US", world.asks("US")[0]["id"], "grant")
    assert world.change(replace(operation, state="active"), 1)["operation"]["operation"]["state"] == "active"


def test_a_dry_run_answers_only_about_what_the_caller_filed(world: World) -> None:
    world.file("US")
    filed = world.file("TR")
    id_ = filed["operation"]["id"]
    found = filing.dry_run(world.hub, Viewer("TR"), id_)
    assert [f["id"] for f in found["findings"]] == [f["id"] for f in filed["findings"]]
    for stranger, unknown in (("RU", id_), ("TR", world.new_id())):
        with pytest.raises(AntalyaError) as caught:
            filing.dry_run(world.hub, Viewer(stranger), unknown)
        assert code(caught) == "not_found"


def test_a_clock_that_jumps_back_stops_filing_until_it_is_right(world: World) -> None:
    world.file("US")
    world.clock.now = DAWN - hours(1)
    with pytest.raises(AntalyaError) as caught:
        world.file("US")
    assert code(caught) == "clock_unsure"
    world.clock.now = DAWN + hours(1)
    assert world.file("RU", volume(39.5))["clearance"] == "clear"
