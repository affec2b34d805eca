"""The regions of pairs of plain shapes, many times faster than by general overlays: traced along their boundaries (`walking`).

Whatever is not plain (holes, several polygons, edges that touch, what is far away or has very many corners) is left to them.
Ordinary Python and the compiled code give the same; that is loaded with the index's (`warm`), or when there is much to do.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from antalya.geometry import curves, ellipsoid, walking
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.outlining import ROUNDED_M
from antalya.geometry.shape import Shape
from antalya.geometry.walking import CORNERS, ENDS, FLOATS, INTS, LAT, LON, ROOM, SHELLS
from antalya.model.volume import MultiPolygon, Outline, Polygon, Ring

FEW = 300
"""So many are traced in ordinary Python, 5 ms each, before the compiled code is worth loading."""

_PLAIN: Callable[..., Any] = walking.traced


class Traced(NamedTuple):
    """A region, and whether the two shapes themselves meet in the plane (circles as the polygons round them)."""

    region: Outline
    meet: bool


class _Tracer:
    """What traces: ordinary Python first, then compiled."""

    def __init__(self) -> None:
        self.few = FEW
        self._compiled: tuple[Callable[..., Any], Callable[..., Any]] | None = None
        self._own = threading.local()

    def rings(self, points: Floats, many: int, frame: Floats, by_m: float) -> tuple[list[tuple[Ring, int]], bool]:
        """`walking.traced`: each ring, and whether it is an outer one; none where it is not plain."""
        self.few -= 1
        if self._compiled is None and self.few < 0:
            self.load()
        if self._compiled is None:
            floats, ints = [[0.0] * ROOM for _ in range(FLOATS)], [[0] * ROOM for _ in range(INTS)]
            count, meet = _PLAIN(points.tolist(), many, frame.tolist(), by_m, floats, ints)
            room, whole = np.array(floats), np.array(ints)
        else:
            room, whole = self._room()
            count, meet = self._compiled[0](points, many, frame, by_m, room, whole)
        if count < 0:
            return [], meet
        return _rings(room[LON:LAT + 1], whole[ENDS, :count].tolist(), whole[SHELLS, :count].tolist()), meet

    def off_m(self, place: Shape, other: Shape) -> float | None:
        """`curves.off` of plain shapes; None where it cannot tell, or nothing is compiled: then overlays are as quick."""
        if self._compiled is None or not (_is_plain(place) and _is_plain(other)):
            return None
        room, points = self._room()[0], np.concatenate((place.points, other.points)).ravel()
        found: float = self._compiled[1](points, len(place.points), place.laying, room[0], room[1])
        return None if found < 0 else found

    def _room(self) -> tuple[Floats, Ints]:
        """To work in: each thread has its own."""
        room: tuple[Floats, Ints] | None = getattr(self._own, "room", None)
        if room is None:
            room = self._own.room = np.zeros((FLOATS, ROOM)), np.zeros((INTS, ROOM), np.int64)
        return room

    @property
    def is_compiled(self) -> bool:
        """Whether the compiled code is there."""
        return self._compiled is not None

    def load(self) -> None:
        """Loads, or compiles, the compiled code."""
        if self._compiled is not None:
            return
        from numba.extending import register_jitable

        from antalya.geometry.compiled import compiled
        for part in (curves.lay, curves.degrees, curves.grown, curves.turned, curves.winding, curves.boxed, curves.crossings,
                     curves.ordered, curves.beside,
                     walking.prepared, walking.walked, walking.linked, walking.told, walking.clear, walking.good, walking.met):
            register_jitable(part)
        trace, off = compiled(walking.traced), compiled(curves.off)
        floats, ints = self._room()
        trace(np.zeros(18), 3, np.ones(11), 0.0, floats, ints)
        off(np.zeros(18), 3, np.ones(11), *floats[:2])
        self._compiled = trace, off


_tracer = _Tracer()
warm = _tracer.load
off_m = _tracer.off_m
"""How far two shapes are from each other in the plane about the first; None: not plain, or not compiled."""


def traced(a: Shape, b: Shape, across_m: float) -> Traced | None:
    """{p in A nearer than across_m to B} and {q in B nearer than across_m to A}; at 0 what they share. None: not plain."""
    one, two = a.rim, b.rim
    if not (_is_plain(one) and _is_plain(two)):
        return None
    small = a if a.radius_m <= b.radius_m else b
    by_m = across_m and across_m * (1 + ellipsoid.stretch(small.rim.radius_m + across_m)) + ROUNDED_M
    points = np.concatenate((one.points, two.points)).ravel()
    found, meet = _tracer.rings(points, len(one.points), small.laying, float(by_m))
    outer, holes = [ring for ring, shell in found if shell], [ring for ring, shell in found if not shell]
    if len(outer) == 1:
        return Traced(Polygon(coordinates=(*outer, *holes)), meet)
    if not outer or holes:  # whose hole is which?
        return None
    return Traced(MultiPolygon(coordinates=tuple((ring,) for ring in outer)), meet)


def _is_plain(of: Shape) -> bool:
    return len(of.ring_ends) == 2 and 3 < len(of.points) <= CORNERS


def _rings(whole: Floats, ends: Sequence[int], shells: Sequence[int]) -> list[tuple[Ring, int]]:
    """The rings in degrees, each with whether it is an outer one."""
    lon, lat = (whole[:, :ends[-1]] / curves.DIGITS).tolist()
    positions = tuple(zip(lon, lat, strict=True))
    return [(positions[i:j], shell) for i, j, shell in zip([0, *ends], ends, shells, strict=False)]
