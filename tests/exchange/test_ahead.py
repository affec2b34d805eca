"""exchange.ahead: what a door makes of a filing is what the keeper would make of it."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.pictures import NOW
from tests.strategies import plans
from tests.world import World, volume

from antalya.exchange import ahead, filing
from antalya.exchange.hub import Evidence
from antalya.exchange.keeping import movement_hash
from antalya.geometry import sent
from antalya.geometry.columns import Columns, of_shapes
from antalya.geometry.shape import Shape
from antalya.model.errors import AntalyaError
from antalya.model.limits import Limits
from antalya.model.volume import Outline, Position, Volume
from antalya.picture import Prepared, prepare
from antalya.steps.disclose import Viewer
from antalya.wire.canonical import canonical


@given(plans("a"))
def test_what_was_made_ahead_is_the_same(plan: Prepared) -> None:
    operation = plan.operation
    here = prepare(operation, NOW)
    there = ahead.subject_of(operation, ahead.sent(ahead.ready(operation, Limits(), NOW)), Limits(), NOW)
    assert there.made is not None
    assert there.made.movement == movement_hash(operation)
    for ours, theirs in zip(of_shapes(here.shapes, operation.volumes), there.made.columns, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert there.made.coarse == ahead.coarse(here)
    for ours, theirs in zip(here.shapes, there.shapes, strict=True):
        np.testing.assert_array_equal(ours.points, theirs.points)


@given(st.lists(plans("a"), max_size=6))
def test_several_at_once_are_made_as_each_alone(several: list[Prepared]) -> None:
    few = Limits(volumes=1)
    together = ahead.all_ready([plan.operation for plan in several], few, NOW)
    for plan, made in zip(several, together, strict=True):
        if len(plan.operation.volumes) == 1:
            assert isinstance(made, Prepared)
            assert made.operation is plan.operation
            assert ahead.sent(made) == ahead.sent(ahead.ready(plan.operation, few, NOW))
            continue
        with pytest.raises(AntalyaError) as refused:
            ahead.ready(plan.operation, few, NOW)
        assert isinstance(made, AntalyaError)
        assert (made.code, made.at) == (refused.value.code, refused.value.at)


@given(plans("a"))
def test_what_is_too_large_is_refused_before_it_is_made(plan: Prepared) -> None:
    came = ahead.sent(ahead.ready(plan.operation, Limits(), NOW))
    for make in (lambda few: ahead.ready(plan.operation, few, NOW), lambda few: ahead.subject_of(plan.operation, came, few, NOW)):
        with pytest.raises(AntalyaError) as refused:
            make(Limits(volumes=0))
        assert refused.value.code.name == "too_many_volumes"


def test_a_shape_is_made_where_somebody_is_near_and_nowhere_else(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    made, make = list[Outline](), sent._shape

    def counted(columns: Columns, row: int, outline: Outline, centre: Position) -> Shape:
        made.append(outline)
        return make(columns, row, outline, centre)
    monkeypatch.setattr(sent, "_shape", counted)

    def file(party: str, *volumes: Volume) -> dict[str, Any]:
        operation = world.operation(party, *volumes)
        came = ahead.sent(ahead.ready(operation, world.hub.limits, world.clock()))
        ready = ahead.subject_of(operation, came, world.hub.limits, world.clock())
        return filing.begin(world.hub, Viewer(party), operation, Evidence(canonical(operation)), ready=ready).result().view
    lone, far = file("US"), file("RU", volume(39.9))
    assert [lone["clearance"], far["clearance"], made] == ["clear", "clear", []]
    [near], [plain] = (how("TR", volume(37.95), volume(45.0))["findings"] for how in (file, world.file))
    assert near["met"] == plain["met"]
    assert made == [v.outline for v in (volume(37.95), volume(45.0), volume())]  # once, of who came near and whom it came near
