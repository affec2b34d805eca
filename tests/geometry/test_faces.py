"""Cells of what lies on one face of S2's cube: S2's own, none missed, and the same with compiled code and without."""

import numpy as np
import pytest
import s2geometry as s2
from hypothesis import example, given
from hypothesis import strategies as st
from tests.adversaries import go, ring, star

from antalya.geometry import cells, faces, index, simple
from antalya.geometry.cells import cell_range, coarse, roughly
from antalya.geometry.shape import Shape, shape
from antalya.model.volume import Circle, Outline, Polygon, Position

places = st.tuples(st.floats(-180, 180), st.floats(-90, 90)) | st.sampled_from([
    (45.0, 0.0), (44.9999, 35.26), (-45.0, -35.26), (0.0, 45.0), (20.0, 89.9999), (180.0, 12.0), (-135.0, 44.99), (90.0, -90.0)])


@pytest.fixture(autouse=True, scope="module")
def loaded() -> None:
    index.warm()


def leaf(at: Position) -> int:
    return cells._signed(s2.S2CellId(s2.S2LatLng.FromDegrees(at[1], at[0])).id())


def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "_tools", lambda: faces)


@given(st.integers(0, 5), st.integers(0, 30), st.integers(0, (1 << 30) - 1), st.integers(0, (1 << 30) - 1))
def test_ids_are_those_of_s2(face: int, level: int, i: int, j: int) -> None:
    own = cells._signed(s2.S2CellId.FromFaceIJ(face, i, j).parent(level).id())
    for tools in (faces, simple):
        out = np.empty(1, np.int64)
        assert tools.divided(face, np.array([i, i, j, j]), level, out) == 1
        assert out.tolist() == [own]


@given(places, st.floats(0, 130_000), st.integers(0, 1 << 32))
@example((45.0, 0.0), 0.0, 1)
def test_the_box_holds_what_is_within_the_angle(centre: Position, radius_m: float, seed: int) -> None:
    """On the sphere, where S2 places positions and this reckons."""
    of, rng = shape(Circle(center=centre, radius_m=1.0)), np.random.default_rng(seed)
    limits, angle = np.empty(4, np.int64), radius_m / 6_371_000
    face = simple.box(of.points, angle, limits)
    middle = s2.S2LatLng.FromDegrees(centre[1], centre[0]).ToPoint()
    x, y, z = middle.x(), middle.y(), middle.z()
    if face < 0:
        one, other = np.sort(np.abs([x, y, z]))[1:]
        assert angle > faces.WIDE or one / other + 3 * angle > 1 - 1e-9
        return
    away = rng.normal(size=(50, 3))
    away -= np.outer(away @ (x, y, z), (x, y, z))
    away *= (angle / np.linalg.norm(away, axis=1))[:, None]
    for east, north, up in np.cos(angle) * np.array([x, y, z]) + np.sin(angle) * away / (angle or 1):
        at = s2.S2LatLng.FromRadians(float(np.arctan2(up, np.hypot(east, north))), float(np.arctan2(north, east)))
        found, i, j, _ = s2.S2CellId(at).ToFaceIJOrientation()
        assert found == face
        assert limits[0] - 1 <= i <= limits[1] + 1  # of leaves, a centimetre wide
        assert limits[2] - 1 <= j <= limits[3] + 1


@given(places, st.floats(1, 30_000), st.integers(0, 1 << 32))
def test_none_that_is_touched_is_missed_and_cold_is_warm(centre: Position, size_m: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    outline: Outline = star(rng, centre, size_m) if rng.random() < 0.8 else Circle(center=centre, radius_m=size_m)
    of = shape(outline)
    rough = roughly(of, 9)
    assert list(rough) == sorted(set(rough))
    for at in edge(of, outline, rng):
        assert any(low <= leaf(at) <= high for low, high in map(cell_range, rough))
    with pytest.MonkeyPatch.context() as patched:
        cold(patched)
        assert rough == roughly(of, 9)


def edge(of: Shape, outline: Outline, rng: np.random.Generator) -> list[Position]:
    """Positions on a shape's edge."""
    if isinstance(outline, Circle):
        return [go(of.centre, b, of.disc_m - 0.001) for b in rng.uniform(0, 360, 8)]
    assert isinstance(outline, Polygon)
    corners, found = outline.coordinates[0], []
    for _ in range(8):
        k = int(rng.integers(len(corners) - 1))
        bearing, _, length = cells.ellipsoid.GEOD.inv(*corners[k], *corners[k + 1])
        found.append(go(corners[k], bearing, length * float(rng.uniform(0, 1))))
    return found


def test_what_is_on_several_faces_is_left_to_s2() -> None:
    of = shape(Polygon(coordinates=(ring((44.99, 10.0), (45.01, 10.0), (45.01, 10.01)),)))
    assert cells._placed(of) is None
    assert {cells._cell(c).face() for c in coarse(of)} == {0, 1} == {cells._cell(c).face() for c in roughly(of, 9)}
    assert cells._placed(shape(Circle(center=(44.9, 10.0), radius_m=1_000))) is not None
    assert cells._placed(shape(Circle(center=(44.9, 10.0), radius_m=21_000))) is None
