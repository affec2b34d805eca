"""How much of the ground about its middle a volume surely fills, and how far it reaches, by direction, compiled (numba): most
pairs are decided by that, before their corners are looked at.

Directions are those of the plane at the middle of a volume's cap, seen from above, and there are `SECTORS`. `deep`: up to so far
from the middle all that lies in a sector is part of the volume, but for `room_m` along its sides; `far`: so far it reaches along
the first side of a sector, at most (its support). A row of the index has both in two words, of four bits each; words of 0 say
nothing.
"""

import math

import numpy as np

from antalya.geometry import ellipsoid
from antalya.geometry.columns import BASIS, CORE, DISC, ORIGIN, RADIUS, STEP
from antalya.geometry.compiled import compiled
from antalya.geometry.glance import WIDE_M, bulge, within
from antalya.geometry.held import DEEP, FAR, LEAST_M, OFF
from antalya.geometry.making import LEAST, MARGIN_M
from antalya.geometry.plane import NO, UNSURE, YES

E2 = ellipsoid.E2
SECTORS = 16
PARTS = 15
"""Between a core and the edge of its cap, four bits tell so many parts apart."""
WIDE = 8
"""A core of so many times what corners may be off (`room_m`): at its edge a sector is wider than twice that."""
_TURN = 2 * math.pi / SECTORS
_SINE = math.sin(_TURN)
EAST, NORTH = (np.array([turned(k % SECTORS * _TURN) for k in range(SECTORS + 1)]) for turned in (math.cos, math.sin))
"""The first sides of the sectors, and the first once more."""
_QUARTER = math.tan(_TURN)


@compiled
def sectors(c, k, step, x0, y0, z0, row, deep, far):  # type: ignore[no-untyped-def]
    """Writes `deep` and `far` (SECTORS), in metres, of a row of columns whose corners are steps from a place as seen from its
    origin. `row`: its numbers, with the plane and the core; where there is no core, `deep` is 0."""
    core, at, u, v = row[CORE], 0, 0.0, 0.0
    if row[DISC] > 0:
        deep[:], far[:] = core, row[RADIUS]
        return
    deep[:], far[:] = np.inf, 0.0
    xu, xv, yu, yv, zu, zv = row[BASIS], row[BASIS + 1], row[BASIS + 2], row[BASIS + 3], row[BASIS + 4], row[BASIS + 5]
    begin = c.first[k]
    for n in range(begin, c.first[k + 1]):
        x, y, z = x0 + c.points[n, 0] * step, y0 + c.points[n, 1] * step, z0 + c.points[n, 2] * step
        p, q = x * xu + y * yu + z * zu, x * xv + y * yv + z * zv
        for s in range(SECTORS):
            far[s] = max(far[s], p * EAST[s] + q * NORTH[s])
        if core > 0:
            at = _along(u, v, p, q, at, deep) if n > begin and c.codes[n - 1] == 1 else sector(p, q)
            deep[at] = min(deep[at], p * p + q * q)
        u, v = p, q
    for s in range(SECTORS):
        deep[s] = min(max(math.sqrt(deep[s]) - room_m(row[STEP], row[RADIUS]), core), row[RADIUS]) if core > 0 else 0.0
        far[s] = min(far[s], row[RADIUS])


@compiled
def _along(u, v, p, q, at, deep):  # type: ignore[no-untyped-def]
    """Notes how near a piece comes, squared, in each of the sectors it goes through, but for where it begins, in sector `at`, and
    ends; in which it ends. It does not touch the middle, so it goes through half of them at most."""
    du, dv = p - u, q - v
    turn, along, behind = u * dv - v * du, du * du + dv * dv, -(u * du + v * dv)
    if 0 < behind < along:
        foot = sector(turn * dv, -turn * du)
        deep[foot] = min(deep[foot], turn * turn / along)
    if turn > 0:
        while EAST[at + 1] * q - NORTH[at + 1] * p >= 0:
            square = _crossing(u, v, du, dv, turn, at + 1)
            deep[at] = min(deep[at], square)
            at = _next(at)
            deep[at] = min(deep[at], square)
    else:
        while EAST[at] * q - NORTH[at] * p < 0:
            square = _crossing(u, v, du, dv, turn, at)
            deep[at] = min(deep[at], square)
            at = _last(at)
            deep[at] = min(deep[at], square)
    return at


@compiled
def _crossing(u, v, du, dv, turn, side):  # type: ignore[no-untyped-def]
    """How far off, squared, a piece crosses the side of a sector. Of one that runs along it any is as good: it is nowhere
    farther from it than rounding."""
    slope = EAST[side] * dv - NORTH[side] * du
    return turn * turn / (slope * slope) if slope != 0 else u * u + v * v


@compiled
def sector(u, v):  # type: ignore[no-untyped-def]
    """In which sector a direction lies."""
    a, b, left, low = abs(u), abs(v), u < 0, v < 0
    s = 0 + (b > _QUARTER * a) + (b > a) + (_QUARTER * b > a)  # within a quarter, seen from the east or the west
    turned = left ^ low
    return 4 * (3 * low ^ left) + (s ^ 3 * turned)


@compiled
def room_m(step, radius):  # type: ignore[no-untyped-def]
    """How far what a volume's corners say may be off: pieces are bent, and corners steps."""
    return step * step * radius * (1 / (6 * LEAST * LEAST)) + MARGIN_M + OFF * max(radius, LEAST_M)


@compiled
def packed(row, deep, far, words):  # type: ignore[no-untyped-def]
    """Writes `deep` and `far` to the words of a held row, to the safe side."""
    part, within_it, beyond = (row[RADIUS] - row[CORE]) / PARTS, 0, 0
    if part > 0:
        for s in range(SECTORS):
            within_it |= max(0, min(PARTS, int((deep[s] - row[CORE]) / part - 1e-6))) << 4 * s
            beyond |= max(0, min(PARTS, int((row[RADIUS] - far[s]) / part - 1e-6))) << 4 * s
    words[DEEP], words[FAR] = within_it, beyond


@compiled
def afar(n, i, deep, far, m, words, j, across):  # type: ignore[no-untyped-def]
    """Whether a volume, row i of numbers with planes, by its sectors, and a held one, row j, come nearer than `across` metres
    (above 0): yes where what they surely fill along the line between their middles does; no where they don't reach so far; else
    unsure."""
    dx, dy, dz = m[j, ORIGIN] - n[i, ORIGIN], m[j, ORIGIN + 1] - n[i, ORIGIN + 1], m[j, ORIGIN + 2] - n[i, ORIGIN + 2]
    away = math.sqrt(dx * dx + dy * dy + dz * dz)
    if away == 0 or away + n[i, RADIUS] + m[j, RADIUS] > WIDE_M:
        return UNSURE
    s, there, back = _between(dx * n[i, BASIS] + dy * n[i, BASIS + 2] + dz * n[i, BASIS + 4],
                              dx * n[i, BASIS + 1] + dy * n[i, BASIS + 3] + dz * n[i, BASIS + 5])
    x, y, z = m[j, ORIGIN], m[j, ORIGIN + 1], m[j, ORIGIN + 2]
    square = x * x + y * y  # below, east and north at the other are both made as many times too long
    t, first, second = _between((y * dx - x * dy) * math.sqrt(z * z + square * (1 - E2) * (1 - E2)),
                                z * (x * dx + y * dy) - square * (1 - E2) * dz)
    if s < 0 or t < 0:
        return UNSURE
    part = (m[j, RADIUS] - m[j, CORE]) * (1 / PARTS)
    reach = far[s] * there + far[_next(s)] * back + m[j, RADIUS] * (first + second)
    reach -= part * (_four(words[j, FAR], t) * first + _four(words[j, FAR], _next(t)) * second)
    slack = 2 * (bulge(n[i, STEP], n[i, RADIUS], away) + bulge(m[j, STEP], m[j, RADIUS], away))
    apart = away - reach * (1 / _SINE) > across + slack
    room, there = room_m(n[i, STEP], n[i, RADIUS]), room_m(m[j, STEP], m[j, RADIUS])
    filled = (n[i, CORE] > WIDE * room) & (m[j, CORE] > WIDE * there)
    inner, outer = deep[s], m[j, CORE] + _four(words[j, DEEP], t) * part
    # the ground leaves the plane at a middle, and that plane the line between both: along that line, and beside it; and what is
    # beyond a side of a sector may come nearer than what is within, but by that much one can go to that side
    gap = max(away - inner - outer, 0.0) + _short(inner, away) + _short(outer, away) + room + there
    beside = (inner * (away + inner) + outer * (away + outer)) * (0.51 / LEAST)
    # without branches: which way they go is as good as chance
    return NO if apart else YES if filled & within(gap * gap + beside * beside, across - MARGIN_M) else UNSURE


@compiled
def _between(u, v):  # type: ignore[no-untyped-def]
    """The sector of a direction, and its shares of that one's two sides, times the sine of a sector; -1 of none."""
    size = math.sqrt(u * u + v * v)
    if size == 0:
        return -1, 0.0, 0.0
    s = sector(u, v)
    share = 1 / size
    return s, (u * NORTH[s + 1] - v * EAST[s + 1]) * share, (v * EAST[s] - u * NORTH[s]) * share


@compiled
def _next(s):  # type: ignore[no-untyped-def]
    return (s + 1) & (SECTORS - 1)


@compiled
def _last(s):  # type: ignore[no-untyped-def]
    return (s - 1) & (SECTORS - 1)


@compiled
def _four(word, s):  # type: ignore[no-untyped-def]
    return word >> 4 * s & PARTS


@compiled
def _short(length, away):  # type: ignore[no-untyped-def]
    return length * (away + length) * (away + length) * (0.14 / (LEAST * LEAST)) + MARGIN_M
