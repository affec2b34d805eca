"""Which Python `make` takes."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CAN, CANNOT = "", "sys.modules['ensurepip'] = None; "


def python(path: Path, version: tuple[int, int] | None, lacks: str = CAN) -> Path:
    """A Python that says it is of a version (None: it does not run), and may lack what makes environments."""
    path.parent.mkdir(exist_ok=True)
    code = f"import sys; sys.version_info = {version}; {lacks}exec(sys.argv[1])"
    path.write_text("#!/bin/sh\nexit 127\n" if version is None else f'#!/bin/sh\nexec {sys.executable} -c "{code}" "$2"\n')
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("system", "lacks", "first", "taken"), [
    pytest.param((3, 12), CAN, (3, 11), "system", id="the system's own before the first on the PATH"),
    pytest.param((3, 10), CAN, (3, 11), "python3", id="not one that is too old"),
    pytest.param((3, 15), CAN, (3, 11), "python3", id="not one for which there are no packages"),
    pytest.param((3, 12), CANNOT, (3, 11), "python3", id="not one that can't make environments"),
    pytest.param(None, CAN, (3, 11), "python3", id="not one that does not run"),
    pytest.param((3, 12), CANNOT, (3, 10), "system", id="one that is new enough, if none can do all"),
    pytest.param((3, 10), CAN, None, "", id="none")])
def test_the_python_that_make_takes(tmp_path: Path, system: tuple[int, int] | None, lacks: str, first: tuple[int, int] | None,
                                    taken: str) -> None:
    own, on_path = python(tmp_path / "own" / "system", system, lacks), tmp_path / "path"
    python(on_path / "python3", first)
    for minor in range(11, 15):
        python(on_path / f"python3.{minor}", None)
    (tmp_path / "show.mk").write_text("show: ; @echo $(notdir $(PYTHON))\n")
    found = subprocess.run(["make", "-s", "-f", "Makefile", "-f", tmp_path / "show.mk", "show", f"SYSTEM_PYTHON={own}"], cwd=ROOT,
                           env={"PATH": f"{on_path}:/usr/bin:/bin"}, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == taken
