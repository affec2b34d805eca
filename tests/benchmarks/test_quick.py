"""The benchmarks run: their pairs agree, every filing is accepted, every server starts. Their times are not judged here."""

import math
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from benchmarks.batch import compared, decided_by_little
from benchmarks.plans import START, volumes
from benchmarks.table import Row, markdown, times

from antalya.model import Polygon, Volume
from benchmarks import __main__ as command

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_every_row_runs_and_the_document_stays_as_it_is() -> None:
    before = command.PAGE.read_bytes()
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--quick"], cwd=ROOT, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    for words in ("uniform", "clustered", "closest approach", "one filing", "antalya serve", "1 client", "2 clients", "CPU a filing"):
        assert words in " ".join(done.stdout.split())
    assert command.PAGE.read_bytes() == before


def test_an_unknown_part_is_refused_at_once() -> None:
    done = subprocess.run([sys.executable, "-m", "benchmarks", "flying"], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 2
    assert "no such part: flying; there are batch, tracks, filing, door" in done.stderr


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


def test_a_pair_that_differs_by_more_than_a_metre_stops_the_run() -> None:
    count = 400
    apart = {(0, k) for k in range(1, count)}  # volumes all over the theatre: no metre decides whether these meet
    assert compared(count, False, set(), set()) == 0
    with pytest.raises(AssertionError, match="no time is worth printing"):
        compared(count, False, apart, set())


@pytest.mark.parametrize(("east_m", "little"), [(999.5, True), (1_000.5, True), (998, False), (1_002, False)])
def test_a_pair_at_the_very_limit_may_differ(east_m: float, little: bool) -> None:
    """Two squares of 1 km side by side: what overlaps or gapes by half a metre is little, by two metres is not."""
    def square(west_m: float) -> Volume:
        metre = 1 / (111_320 * math.cos(math.radians(35.75))), 1 / 110_990
        ring = [(38 + (west_m + x) * metre[0], 36 + y * metre[1]) for x, y in ((0, 0), (1_000, 0), (1_000, 1_000), (0, 1_000), (0, 0))]
        return Volume(outline=Polygon(coordinates=(tuple(ring),)), lower_m=0, upper_m=1, starts_at=START,
                      ends_at=START + timedelta(hours=1))
    assert decided_by_little([square(0), square(east_m)], [(0, 1)]) is little


def test_ratios_say_two_digits() -> None:
    assert [times(r) for r in (None, 23.4, 1.234, 0.1234, 0.01234)] == ["–", "23×", "1.2×", "0.12×", "0.012×"]
    assert markdown([Row("a", "1 s", "b", "2 s", 2.0)]).splitlines()[-1] == "| a | 1 s | b | 2 s | 2× |"
