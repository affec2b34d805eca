"""The benchmarks run (their pair sets agree, every filing is accepted); their times are not judged here."""

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_every_row_runs_and_the_document_stays_as_it_is() -> None:
    root = Path(__file__).resolve().parents[2]
    before = (root / "docs/performance.md").read_text()
    done = subprocess.run([sys.executable, "-m", "benchmarks", "--quick"], cwd=root, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    for words in ("uniform", "clustered", "one filing", "1 client", "2 clients"):
        assert words in done.stdout
    assert (root / "docs/performance.md").read_text() == before
