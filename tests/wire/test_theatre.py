"""Swapped longitude and latitude."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from antalya.model.errors import AntalyaError
from antalya.model.volume import Circle, MultiPolygon, Polygon, Position
from antalya.wire.theatre import check_theatre, fits, look_for_swaps

SYRIA = (35.0, 32.0, 42.5, 37.5)


def features(*positions: Position, file: str = "A") -> list[tuple[str, str, Circle]]:
    return [(file, f"{file}: features[{i}]", Circle(center=p, radius_m=10)) for i, p in enumerate(positions)]


def refused(*args: object) -> AntalyaError:
    with pytest.raises(AntalyaError) as wrong:
        look_for_swaps(*args)  # type: ignore[arg-type]
    return wrong.value


def test_a_swap_that_fits_the_given_theatre_is_refused_and_said() -> None:
    wrong = refused(features((38.0, 36.5), (36.5, 38.0)), (37.0, 36.0, 39.0, 37.4))
    assert (wrong.code.name, wrong.at) == ("swapped_position", "A: features[1].geometry")
    assert wrong.detail == "[36.5, 38] is outside the theatre, [38, 36.5] would be inside"


def test_outside_either_way_is_a_warning_and_inside_either_way_nothing() -> None:
    assert look_for_swaps(features((38.0, 36.5), (-10.0, 50.0), (3.0, 3.0)), SYRIA) == [
        "A: features[1]: outside the theatre, and 1 more features"]
    assert look_for_swaps(features((36.5, 37.0), (37.0, 36.5)), SYRIA) == []
    assert look_for_swaps([], SYRIA) == []


def test_without_a_theatre_the_other_features_are_one() -> None:
    london = [(-0.1 - i / 10, 51.5) for i in range(5)]
    wrong = refused(features(*london, (51.5, -0.2)))
    assert wrong.at == "A: features[5].geometry"
    assert "would be among them" in wrong.detail
    assert look_for_swaps(features(*london, (100.0, 10.0))) == []


def test_a_whole_file_that_is_swapped() -> None:
    wrong = refused([*features((-0.1, 51.5)), *features((51.4, -0.2), (51.6, -0.3), file="B")])
    assert wrong.at == "B: all features"


def test_what_could_be_meant_is_at_most_warned_of() -> None:
    near = [(38.0 + i / 100, 31.9) for i in range(6)]
    (warning,) = look_for_swaps(features(*near, (31.9, 38.0)))
    assert warning.startswith("A: features[6]: longitude and latitude may be swapped: [31.9, 38] is far from")
    assert look_for_swaps([*features((38.0, 36.5)), *features((36.5, 38.0), file="B")]) == []


@given(st.lists(st.tuples(st.floats(35, 42.5), st.floats(32, 37.5)), min_size=1, max_size=12))
def test_no_real_plan_in_syria_is_refused(positions: list[Position]) -> None:
    assert all("swapped" in warning for warning in look_for_swaps(features(*positions)))
    assert look_for_swaps(features(*positions), SYRIA) == []


@given(st.lists(st.tuples(st.floats(-10, 2), st.floats(50, 60)), min_size=4, max_size=9), st.data())
def test_one_swapped_among_real_ones_is_found(positions: list[Position], data: st.DataObject) -> None:
    i = data.draw(st.integers(0, len(positions) - 1))
    centre = (-4.0, 55.0)
    positions = [(centre[0] + (lon + 4) / 10, centre[1] + (lat - 55) / 10) for lon, lat in positions]
    positions[i] = (positions[i][1], positions[i][0])
    assert refused(features(*positions)).at == f"A: features[{i}].geometry"


def test_theatres() -> None:
    assert check_theatre([35, 32, 42.5, 37.5]) == SYRIA
    for wrong in ([1, 2, 3], [0, 9, 1, 8], [0, 0, 181, 1], [0, -91, 1, 1], [float("nan"), 0, 1, 1]):
        with pytest.raises(AntalyaError) as said:
            check_theatre(wrong)
        assert said.value.code.name == "bad_setting"
    pacific = check_theatre([170, -20, -170, 10])
    assert fits((179.0, 0.0), pacific)
    assert fits((-175.0, 0.0), pacific)
    assert not fits((0.0, 0.0), pacific)


def test_every_kind_of_outline_counts() -> None:
    ring = ((51.5, -0.1), (51.6, -0.1), (51.6, -0.2), (51.5, -0.1))
    for outline in (Polygon(coordinates=(ring,)), MultiPolygon(coordinates=((ring,),))):
        assert refused([("A", "A: feature", outline)], (-10.0, 49.0, 2.0, 61.0)).code.name == "swapped_position"
