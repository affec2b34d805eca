"""The page's modules against their JSDoc types, where a TypeScript compiler is at hand."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TSC = shutil.which("tsc") or shutil.which("tsc", path=str(ROOT / "node_modules/.bin"))


@pytest.mark.skipif(TSC is None, reason="no TypeScript compiler found: npm install --global typescript")
def test_the_types_of_the_page_fit():
    done = subprocess.run([TSC, "-p", "jsconfig.json"], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout) == (0, "")
