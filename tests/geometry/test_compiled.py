"""Compiled code is kept, and never older than any file it was made of."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from antalya.geometry import compiled

TWICE = "from antalya.geometry import compiled\n\ndef _twice(x):\n    return 2 * x\n\ntwice = compiled.compiled(_twice)\n"


def twice(file: Path) -> Any:
    """A new compiled function of the file, called once."""
    spec = importlib.util.spec_from_file_location("doubling", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.twice(4.0) == 8.0
    return module.twice


def test_it_is_kept_until_any_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "doubling.py"
    file.write_text(TWICE)
    assert sum(twice(file).stats.cache_misses.values()) == 1
    assert sum(twice(file).stats.cache_hits.values()) == 1
    monkeypatch.setattr(compiled, "STAMP", (*compiled.STAMP, ("another.py", 1, 1)))
    assert sum(twice(file).stats.cache_misses.values()) == 1


def test_the_stamp_knows_every_file_of_the_folder() -> None:
    assert {name for name, _, _ in compiled.STAMP} == {p.name for p in Path(compiled.__file__).parent.glob("*.py")}


def test_it_works_where_nothing_can_be_kept(tmp_path: Path) -> None:
    """numba is told that no place may be written to."""
    (tmp_path / "doubling.py").write_text(TWICE + "assert twice(4.0) == 8.0\n")
    code = ("import numba.core.caching as c; c.CacheImpl._locator_classes = []; "
            f"import runpy; runpy.run_path({str(tmp_path / 'doubling.py')!r})")
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120, env=os.environ)
