"""Closest approach: all pairs among aircraft that come nearer than 5 NM and 1,000 ft within 300 s.

The peers are what PyPI has: `bluesky-simulator` (its compiled `cstatebased`) and `minisky`. They stand in an environment of
their own, `.venv-bench`, which is made at the first run from the group `bench` of pyproject.toml; where that can't be done, the
rows say so. Each engine runs in a process of its own, on the same file of states.

The peers reckon on a flat earth about each pair, with the tracks' norths taken as parallel: that moves a closest approach by
hundreds of metres. So pairs may differ; each one that does is reckoned once more with pyproj's geodesics, and no time is
printed unless these agree with Antalya in every one.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyproj import Geod

from benchmarks import detectors
from benchmarks.detectors import ACROSS_M, LOOK_AHEAD_S, UP_M, States
from benchmarks.table import Part, Row, times

ROOT = Path(__file__).resolve().parents[1]
PLACE = ROOT / ".venv-bench"
PEERS = {"bluesky": "bluesky-simulator 1.1.1, cstatebased", "minisky": "minisky 0.0.2"}
GEOD = Geod(ellps="WGS84")
GOLDEN = (5**0.5 - 1) / 2
SURE_M, SURE_UP_M = 1e-3, 1e-6


class Answer(NamedTuple):
    """What an engine found, each pair once, and what it took."""

    pairs: set[tuple[int, int]]
    seconds: float
    megabytes: float


def traffic(count: int, seed: int = 7) -> States:
    """Aircraft over Europe, at flight levels 100 to 410 by tens, two in five climbing or descending, at 180–260 m/s."""
    dice = np.random.default_rng(seed)
    climbs = dice.choice([-12.0, -8.0, -5.0, 5.0, 8.0, 12.0], count)
    return {
        "lon_deg": dice.uniform(-10, 30, count), "lat_deg": dice.uniform(36, 60, count),
        "altitude_m": dice.integers(10, 42, count) * 1_000 * 0.3048, "track_deg": dice.uniform(0, 360, count),
        "speed_m_s": dice.uniform(180, 260, count), "rate_m_s": np.where(dice.random(count) < 0.6, 0.0, climbs),
    }


def peers_python(install: bool) -> Path | None:
    """The Python that has the peers; None where there is none, and none could be made."""
    python = PLACE / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ready = PLACE / ".ready"
    if not ready.exists() and install:
        wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["bench"]
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(PLACE)], check=True)
            subprocess.run([str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install", *wanted], check=True)
        except subprocess.CalledProcessError:
            return None
        ready.touch()
    return python if ready.exists() else None


def run(python: str, name: str, states: States) -> Answer | None:
    """An engine in a process of its own; None where it fails (its reasons go to the error output)."""
    with tempfile.TemporaryDirectory() as folder:
        given, answer = Path(folder) / "states.npz", Path(folder) / "answer.npz"
        np.savez(given, **states)
        command = [python, str(Path(detectors.__file__)), name, str(given), str(answer)]
        home = {**os.environ, "HOME": folder}  # one of the peers keeps settings there
        if subprocess.run(command, stdout=subprocess.DEVNULL, cwd=folder, env=home).returncode:
            return None
        with np.load(answer) as found:
            pairs = np.sort(found["pairs"], axis=1)
            return Answer(set(map(tuple, pairs.tolist())), float(found["seconds"]), float(found["megabytes"]))


def _moved(states: States, rows: NDArray[np.int64], when: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    return GEOD.fwd(*(states[key][rows] for key in ("lon_deg", "lat_deg", "track_deg")), states["speed_m_s"][rows] * when)


def judged(states: States, pairs: list[tuple[int, int]]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """By pyproj: how near each pair comes while less than 1,000 ft apart (never: infinity); whether it just keeps 1,000 ft."""
    i, j = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    off, rate = (states[key][j] - states[key][i] for key in ("altitude_m", "rate_m_s"))
    room = UP_M - SURE_UP_M
    with np.errstate(divide="ignore", invalid="ignore"):
        edges = np.sort([(-room - off) / rate, (room - off) / rate], axis=0)
    level = rate == 0
    low = np.where(level, 0, np.maximum(edges[0], 0))
    high = np.where(level, np.where(np.abs(off) < room, LOOK_AHEAD_S, 0), np.minimum(edges[1], LOOK_AHEAD_S))
    begin, end = low, np.maximum(low, high)

    def apart(when: NDArray[np.float64]) -> NDArray[np.float64]:
        one, two = _moved(states, i, when), _moved(states, j, when)
        return np.asarray(GEOD.inv(one[0], one[1], two[0], two[1])[2])

    for _ in range(60):  # golden section: distances fall, then rise
        a, b = end - GOLDEN * (end - begin), begin + GOLDEN * (end - begin)
        left = apart(a) < apart(b)
        begin, end = np.where(left, begin, a), np.where(left, b, end)
    least = np.where(low < high, apart((begin + end) / 2), np.inf)
    return least, (low >= high) & (np.abs(np.abs(off) - UP_M) < SURE_UP_M)


def compared(states: States, ours: set[tuple[int, int]], theirs: set[tuple[int, int]]) -> str:
    """How the pairs differ, in words. Raises AssertionError where pyproj does not agree with ours in one that does."""
    differ = sorted(ours ^ theirs)
    least, touching = judged(states, differ)
    mine = np.array([pair in ours for pair in differ], dtype=np.bool_)
    wrong = np.where(mine, least >= ACROSS_M + SURE_M, least < ACROSS_M - SURE_M)
    if wrong.any():
        raise AssertionError(f"pyproj has {wrong.sum()} of {len(differ)} pairs that differ otherwise: no time is worth printing")
    more = len(differ) - mine.sum()
    off = np.abs(least[np.isfinite(least)] - ACROSS_M).max(initial=0)
    return (f"{len(theirs):,} pairs, lacks {mine.sum()} and has {more} more, {touching.sum()} of these exactly 1,000 ft apart; "
            f"where distance decides, by up to {off:,.0f} m")


def part(quick: bool) -> Part:
    """One row a peer."""
    count = 2_000 if quick else 20_000
    states = traffic(count)
    mine = run(sys.executable, "antalya", states)
    if mine is None:
        raise RuntimeError("closest approach failed")
    what = f"closest approach, {count:,} aircraft over Europe: {len(mine.pairs):,} pairs"
    figure = f"{mine.seconds * 1e3:.1f} ms, {mine.megabytes:.0f} MB"
    python = peers_python(install=not quick)
    rows, said = [], []
    for name, title in PEERS.items():
        theirs = run(str(python), name, states) if python else None
        if theirs is None:
            missing = "is not installed (a run without --quick installs it)" if quick else "could not be installed"
            why = "failed" if python else missing
            rows.append(Row(what, figure, title, "missing", None))
            said.append(f"Closest approach: {title} {why}; nothing was compared.")
            continue
        said.append(f"Closest approach, {title}: {compared(states, mine.pairs, theirs.pairs)}; pyproj's geodesics agree with "
                    "Antalya in every pair that differs.")
        rows.append(Row(what, figure, title, f"{theirs.seconds:.2f} s, {theirs.megabytes:.0f} MB", theirs.seconds / mine.seconds))
    fewer = None if quick else run(sys.executable, "antalya", traffic(count // 10))
    if fewer:
        said.append(f"Closest approach, from {count // 10:,} to {count:,} aircraft over the same Europe ({times(10)}): pairs "
                    f"{times(len(mine.pairs) / max(1, len(fewer.pairs)))}, Antalya's time {times(mine.seconds / fewer.seconds)}.")
    return Part(rows, said)
