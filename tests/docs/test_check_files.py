"""docs/how-to/check-files.md does what it says."""

from pathlib import Path

import pytest
from tests.docs.blocks import run

from antalya.geometry.datum import pressure_altitude
from antalya.model.operations import ACTIVITIES
from antalya.wire.properties import KNOWN
from antalya.wire.report import Report

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = DOCS / "how-to" / "check-files.md"


def test_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(GUIDE) >= 7


def test_the_guide_to_clusters_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(DOCS / "how-to" / "check-on-a-cluster.md") >= 1


def test_the_guide_names_every_property_and_activity() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert {name for name in (*KNOWN, *ACTIVITIES) if f"`{name}`" not in text} == set()


def test_the_guide_names_every_member_of_a_finding() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    assert {name for name in Report(findings=(), operations={}).to_dict() if f"`{name}`" not in text} == set()


def test_the_table_of_flight_levels_is_what_the_code_reckons() -> None:
    text = (DOCS / "reference" / "altitude.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:5] for line in text.splitlines() if line.startswith("| FL")]
    assert len(rows) == 4
    for level, standard, low, high in rows:
        metres = int(level.strip()[2:]) * 30.48
        said = [float(cell.replace("m", "").replace(",", "")) for cell in (standard, low, high)]
        assert said == [round(metres), *map(round, pressure_altitude(metres))]
