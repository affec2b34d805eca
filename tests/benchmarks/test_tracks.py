"""The benchmark of closest approach compares before it prints, and says what is missing."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.detectors import States

from antalya.geometry import approach
from benchmarks import detectors, tracks


def pair(gap_ft: float, off_deg: float) -> States:
    """Two aircraft side by side at the equator, flying north."""
    return {key: np.array(row, dtype=float) for key, row in {
        "lon_deg": [10, 10 + off_deg], "lat_deg": [0, 0], "altitude_m": [3_048, (10_000 + gap_ft) * 0.3048], "track_deg": [0, 0],
        "speed_m_s": [200, 200], "rate_m_s": [0, 0]}.items()}


def test_the_minima_are_the_default_ones() -> None:
    assert (detectors.ACROSS_M, detectors.UP_M, detectors.LOOK_AHEAD_S) == (
        approach.ACROSS_M, approach.UP_M, approach.LOOK_AHEAD_S)


def test_a_pair_that_pyproj_does_not_have_stops_the_run() -> None:
    """0.08° are 8.9 km, 0.09° 10.0 km; 5 NM are 9.26 km."""
    both, none = {(0, 1)}, set[tuple[int, int]]()
    assert "lacks 1 and has 0 more" in tracks.compared(pair(0, 0.08), both, none)
    assert "lacks 0 and has 1 more, 0 of these exactly 1,000 ft" in tracks.compared(pair(0, 0.09), none, both)
    assert "has 1 more, 1 of these exactly 1,000 ft" in tracks.compared(pair(1_000, 0.01), none, both)
    assert "lacks 0 and has 0 more" in tracks.compared(pair(0, 0.08), both, both)
    for states, ours, theirs in ((pair(0, 0.08), none, both), (pair(0, 0.09), both, none), (pair(1_000, 0.01), both, none)):
        with pytest.raises(AssertionError, match="no time is worth printing"):
            tracks.compared(states, ours, theirs)


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "PLACE", tmp_path)
    made = tracks.part(quick=True)
    assert [row.theirs for row in made.rows] == ["missing", "missing"]
    assert [row.ratio for row in made.rows] == [None, None]
    assert "bluesky-simulator 1.1.1, cstatebased is not installed" in made.said[0]


def test_traffic_is_the_same_every_time() -> None:
    one, same, other = tracks.traffic(500), tracks.traffic(500), tracks.traffic(500, seed=8)
    assert all((one[key] == same[key]).all() for key in one)
    assert any((one[key] != other[key]).any() for key in one)
    assert len(approach.States(**one)) == 500
