"""Steps that bring a store of an earlier version forward and that its database can't take by itself."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from antalya.geometry.columns import BASIS, NUMBERS, ORIGIN, RADIUS, Columns, joined
from antalya.geometry.held import KEY, Held
from antalya.geometry.index import warm
from antalya.model.operations import Operation
from antalya.store.hot import MANY, PART
from antalya.store.rows import kind_of

_logger = logging.getLogger("antalya.store")
Ask = Callable[[str, Sequence[int]], list[Any]]
Write = Callable[[Sequence[tuple[int, bytes]]], object]
"""Keeps what operations' volumes are to be."""
_PLACES = np.argsort([*range(ORIGIN, RADIUS), *range(BASIS, NUMBERS), *range(RADIUS, BASIS)])
"""Where each of a volume's numbers was."""


def hold_volumes(ask: Ask, write: Write) -> None:
    """The table `volumes` gets what the index in memory holds (`Held.stored`) instead of columns as they were made, which have no
    key in its place. What was done before an interruption stays."""
    if ask("SELECT 1 FROM volumes LIMIT 1 OFFSET ?", (MANY,)):
        _logger.warning("the store is brought forward: a minute for a million operations")
        warm()  # then it knows how deep their middles lie
    last = -1
    while rows := ask("SELECT v.operation, v.columns, o.body FROM volumes v JOIN operation o ON o.seq = v.operation "
                      "WHERE v.operation > ? ORDER BY v.operation LIMIT ?", (last, PART)):
        last = rows[-1][0]
        old = [row for row in rows if np.frombuffer(row[1], np.int64)[KEY] != row[0]]
        if old:
            write([(key, _held(key, columns, kind_of(msgspec.json.decode(body, type=Operation)))) for key, columns, body in old])


def _held(key: int, columns: bytes, kind: int) -> bytes:
    made = _columns(columns)
    held = Held(made.size, len(made.points))
    held.add(key, kind, made)
    return held.stored(0, made.size)


def _columns(stored: bytes) -> Columns:
    """Volume by volume how many corners, its numbers and window, its corners, what follows each; all eight bytes wide."""
    words, at, found = np.frombuffer(bytearray(stored), np.float64), 0, list[Columns]()
    while at < len(words):
        count, begin = int(words[at]), at + 1 + NUMBERS + 2
        last = begin + 3 * count
        found.append(Columns(words[begin:last].reshape(count, 3), words[last:].view(np.uint8)[:count], np.array([0, count]),
                             words[at + 1 + _PLACES].reshape(1, NUMBERS), words[begin - 2:begin].view(np.int64).reshape(1, 2)))
        at = last + (count + 7) // 8
    return joined(found)
