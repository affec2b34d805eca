"""The wheel holds everything: the demo runs from it, outside the checkout."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place), str(ROOT)], check=True,
                   capture_output=True, timeout=120)
    [wheel] = place.glob("antalya-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(place / "site")
    return place / "site"


def test_the_demo_runs_from_the_wheel_outside_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}
    where = subprocess.run([sys.executable, "-c", "import antalya; print(antalya.__file__)"], cwd=tmp_path, env=environment,
                           capture_output=True, text=True, check=True).stdout
    assert where.startswith(str(unpacked))
    done = subprocess.run([sys.executable, "-m", "antalya", "demo", "--no-serve", "--json"], cwd=tmp_path, env=environment,
                          capture_output=True, text=True, timeout=120, check=True)
    assert json.loads(done.stdout)["findings"]


def test_the_wheel_has_page_map_scenarios_and_sql_and_nothing_of_the_tests(unpacked: Path) -> None:
    for name in ("entry/web/static/index.html", "data/basemap.geojson", "data/places.json", "store/sqlite/0001.sql",
                 "store/postgres/0001.sql",
                 "scenarios/northern-syria-2017/scenario.toml", "geometry/egm96_15.npz"):
        assert (unpacked / "antalya" / name).is_file(), name
    assert not list(unpacked.rglob("test_*.py"))
