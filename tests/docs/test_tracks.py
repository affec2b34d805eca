"""docs/tracks.md does what it says."""

from pathlib import Path

import pytest
from tests.docs.blocks import run

GUIDE = Path(__file__).parents[2] / "docs" / "tracks.md"


def test_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(GUIDE) == 2
