"""exchange.ahead: what a door makes of a filing is what the keeper would make of it."""

import numpy as np
import pytest
from hypothesis import given
from tests.pictures import NOW
from tests.strategies import plans

from antalya.exchange import ahead
from antalya.exchange.keeping import movement_hash
from antalya.geometry.columns import of_shapes, packed
from antalya.model.errors import AntalyaError
from antalya.model.limits import Limits
from antalya.picture import Prepared, prepare


@given(plans("a"))
def test_what_was_made_ahead_is_the_same(plan: Prepared) -> None:
    operation = plan.operation
    here = prepare(operation, NOW)
    there = ahead.subject_of(operation, ahead.sent(operation, Limits(), NOW), NOW)
    assert there.made is not None
    assert there.made.movement == movement_hash(operation)
    assert there.made.packed == packed(of_shapes(here.shapes, operation.volumes))
    assert there.made.coarse == ahead.coarse(here)
    for ours, theirs in zip(here.shapes, there.shapes, strict=True):
        np.testing.assert_array_equal(ours.points, theirs.points)


@given(plans("a"))
def test_what_is_too_large_is_refused_before_it_is_made(plan: Prepared) -> None:
    with pytest.raises(AntalyaError) as refused:
        ahead.sent(plan.operation, Limits(volumes=0), NOW)
    assert refused.value.code.name == "too_many_volumes"
