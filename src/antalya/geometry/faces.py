"""S2 cells of what lies on one face of its cube, without S2: the box round it in the face's plane, and the cells of the box.

On a face great circles are straight, and cells are squares of whole numbers: i and j below 2^30, at each level with two bits
fewer. All functions are plain; `simple` has them compiled, and both reckon the same to the last bit.
Source: s2geometry.io, "S2 Cells"; s2/s2coords.h, quadratic projection.
"""

import math

import numpy as np

from antalya.geometry.ellipsoid import E2, Floats, Ints

LEAVES = 30
WIDE = 0.02
"""For wider angles a box is a poor bound."""
_AXES = np.array([(1, 2), (0, 2), (0, 1), (2, 1), (2, 0), (1, 0)])
_SIGNS = np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)])
_PLACES = np.array([(0, 1, 3, 2), (0, 3, 1, 2), (2, 3, 1, 0), (2, 1, 3, 0)])
"""Where on the curve each quarter (2 i + j) of a cell comes, by how the cell is turned."""
_TURNS = np.array([1, 0, 0, 3])


def box(points: Floats, angle: float, out: Ints) -> int:
    """The face that holds every point within an angle of some points in space, or of straight lines between them; `out`: the
    least and the greatest i and j of them, or a little less and more. −1 where no face does, or the angle is wide."""
    if angle > WIDE:
        return -1
    axis = int(np.argmax(np.abs(points[0])))
    face = axis + (3 if points[0, axis] < 0 else 0)
    a, b = _AXES[face]
    least_u = least_v = math.inf
    most_u = most_v = -math.inf
    for n in range(len(points)):
        along = points[n, axis] / (1 - E2) if axis == 2 else points[n, axis]
        if along == 0 or (along < 0) != (face > 2):
            return -1
        u = _SIGNS[face, 0] * (points[n, a] / (1 - E2) if a == 2 else points[n, a]) / along
        v = _SIGNS[face, 1] * (points[n, b] / (1 - E2) if b == 2 else points[n, b]) / along
        least_u, most_u, least_v, most_v = min(least_u, u), max(most_u, u), min(least_v, v), max(most_v, v)
    # u changes by (1 + u²)^½ (1 + u² + v²)^½ times the angle at most, v likewise: less than 3 times on the face
    far_u, far_v = max(-least_u, most_u) + 3 * angle, max(-least_v, most_v) + 3 * angle
    if far_u >= 1 or far_v >= 1:
        return -1
    room = angle * math.sqrt(1 + far_u * far_u + far_v * far_v)
    room_u, room_v = room * math.sqrt(1 + far_u * far_u), room * math.sqrt(1 + far_v * far_v)
    edges = (least_u - room_u, most_u + room_u, least_v - room_v, most_v + room_v)
    for k in range(4):
        edge = edges[k]
        share = 0.5 * math.sqrt(1 + 3 * edge) if edge >= 0 else 1 - 0.5 * math.sqrt(1 - 3 * edge)
        out[k] = int(share * (1 << LEAVES))
    return face


def divided(face: int, limits: Ints, level: int, out: Ints) -> int:
    """The signed ids of the cells of a level that hold a box of i and j on a face, sorted, for which there is room; how many."""
    down, size = LEAVES - level, 0
    for i in range(limits[0] >> down, (limits[1] >> down) + 1):
        for j in range(limits[2] >> down, (limits[3] >> down) + 1):
            turned, place = face & 1, 0
            for bit in range(level - 1, -1, -1):
                quarter = _PLACES[turned, 2 * (i >> bit & 1) + (j >> bit & 1)]
                place, turned = 4 * place + quarter, turned ^ _TURNS[quarter]
            out[size] = ((face - 8 if face > 3 else face) << 2 * LEAVES + 1) + ((2 * place + 1) << 2 * down)
            size += 1
    out[:size].sort()
    return size
