"""The benchmarks run: their pairs agree, every filing is accepted, every server starts. Their times are not judged here."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from benchmarks.batch import compared, ours, peer
from benchmarks.plans import plans, volumes
from benchmarks.table import Row, markdown, times

from benchmarks import __main__ as command

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_every_row_runs_and_the_document_stays_as_it_is() -> None:
    before = command.PAGE.read_bytes()
    parts = ("check", "start", "filing", "door", "looks", "dss")  # `make test` runs batch and index before, test_tracks the tracks
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--quick", *parts], cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    for words in ("whole check", "start from a store", "one filing", "antalya serve", "SQLite, 2 clients, 1 process", "3 in a request", "PostgreSQL, 2 clients, 1 door", "3 parties look", "DSS, writes into one cell"):
        assert words in " ".join(done.stdout.split())
    assert command.PAGE.read_bytes() == before


def test_an_unknown_part_is_refused_at_once() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "flying"], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert "no such part: flying; there are batch, index, check, start, tracks, filing, door, looks, dss" in done.stderr


def test_the_document_has_room_for_the_table() -> None:
    text = command.PAGE.read_text(encoding="utf-8")
    assert text.count(command.BEGIN) == text.count(command.END) == 1
    assert text.index(command.BEGIN) < text.index(command.END)


def test_plans_are_the_same_every_time_and_as_they_are_described() -> None:
    made = volumes(300, clustered=True)
    assert made == volumes(300, clustered=True) != volumes(300, clustered=True, seed=8)
    corners = [len(v.outline.coordinates[0]) - 1 for v in made]  # type: ignore[union-attr]
    assert min(corners) >= 5
    assert max(corners) <= 30
    assert all(600 <= (v.ends_at - v.starts_at).total_seconds() <= 10_800 for v in made)


def test_a_pair_that_differs_by_more_than_two_metres_stops_the_run() -> None:
    nothing = np.empty(0, np.int64)
    assert compared(400, False, nothing, nothing) == 0
    with pytest.raises(AssertionError, match="no time is worth printing"):
        compared(400, False, np.arange(1, 400), nothing)  # volumes all over the theatre: no metre decides whether these meet


def test_both_engines_find_the_same_pairs() -> None:
    made = plans(3_000, clustered=True)
    mine = {tuple(pair) for pair in ours(made).tolist()}
    assert {(min(i, j), max(i, j)) for i, j in peer(made).tolist()} == mine
    assert len(mine) > 50


def test_ratios_say_two_digits() -> None:
    assert [times(r) for r in (None, 23.4, 1.234, 0.1234, 0.01234)] == ["–", "23×", "1.2×", "0.12×", "0.012×"]
    assert markdown([Row("a", "1 s", "b", "2 s", 2.0)]).splitlines()[-1] == "| a | 1 s | b | 2 s | 2× |"
