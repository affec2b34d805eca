"""One engine finds the conflicts among aircraft: `python detectors.py NAME STATES.npz ANSWER.npz`, in the Python that has it.

The answer holds the pairs (both ways round, as the peers give them), the seconds of the fastest of some runs after one on 100
aircraft, and the MB they took on top. Only what finds conflicts is timed; making the engine's own objects is not, except ours.
"""

import resource
import sys
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

ACROSS_M, UP_M, LOOK_AHEAD_S = 9_260.0, 304.8, 300.0
RUNS = {"antalya": 7, "minisky": 3, "bluesky": 1}

States = dict[str, NDArray[np.float64]]
Run = Callable[[], Any]


def antalya(states: States) -> Run:
    """From arrays to arrays, checks and all."""
    from antalya.geometry import approach

    def run() -> Any:
        found = approach.approaches(approach.States(**states), ACROSS_M, UP_M, LOOK_AHEAD_S)
        return np.column_stack([found.i, found.j])

    return run


def bluesky(states: States) -> Run:
    """The compiled state-based detection, as `CStateBased` calls it."""
    from bluesky.traffic.asas import cstatebased

    flown, *minima = _flown(states)
    return lambda: cstatebased.detect(flown, flown, *minima)[0]


def minisky(states: States) -> Run:
    """Its only detection; of the object it is a method of, it needs the class alone."""
    from minisky._internal.conflict.detection import ConflictDetection

    flown, *minima = _flown(states)
    return lambda: ConflictDetection.detect(ConflictDetection, flown, flown, *minima).confpairs


def _flown(states: States) -> tuple[Any, ...]:
    """What the peers call traffic, named by row, and the minima of each."""
    count = len(states["lon_deg"])
    ids = list(range(count))
    traffic = SimpleNamespace(
        lon=states["lon_deg"], lat=states["lat_deg"], alt=states["altitude_m"], trk=states["track_deg"], gs=states["speed_m_s"],
        vs=states["rate_m_s"], id=ids, callsign=ids, ntraf=count,
    )
    return traffic, np.full(count, ACROSS_M), np.full(count, UP_M), np.full(count, LOOK_AHEAD_S)


def _peak_mb() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1_024)


def main(name: str, given: str, answer: str) -> None:
    """Runs the engine; what it prints while it is imported is nobody's business."""
    engine = {"antalya": antalya, "bluesky": bluesky, "minisky": minisky}[name]
    with np.load(given) as kept:
        states = {key: kept[key] for key in kept.files}
    engine({key: row[:100] for key, row in states.items()})()
    run, before, seconds, found = engine(states), _peak_mb(), np.inf, None
    for _ in range(RUNS[name]):
        began = time.perf_counter()
        found = run()
        seconds = min(seconds, time.perf_counter() - began)
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    np.savez(answer, pairs=pairs, seconds=seconds, megabytes=_peak_mb() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
