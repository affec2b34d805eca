"""Writes constraints/runtime.txt and constraints/dev.txt: every package pinned with its hashes, no addresses."""

import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HEADER = "# Versions and hashes of {what}; made by `make constraints`. No addresses: take packages from wherever you trust.\n"
BUILD = ["hatchling>=1.25", "editables>=0.5"]  # what an install from a checkout is built with


def compile_pins(wanted: list[str], out: Path, what: str, below: Path | None = None) -> None:
    """Resolves requirements with pip-compile, keeping to the pins in `below`."""
    with tempfile.NamedTemporaryFile("w", suffix=".in", delete=False) as file:
        file.write("\n".join([*wanted, *([f"-c {below}"] if below else [])]) + "\n")
    command = [sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes", "--no-header", "--no-annotate",
               "--no-emit-index-url", "--no-emit-trusted-host", "--no-emit-find-links", "--allow-unsafe", "--strip-extras",
               "--resolver=backtracking", "--output-file", str(out), file.name]
    subprocess.run(command, check=True, cwd=ROOT)
    lines = [line for line in out.read_text().splitlines() if not line.startswith("-")]
    out.write_text(HEADER.format(what=what) + "\n".join(lines) + "\n")


def main() -> None:
    """Compiles both files."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime, dev = ROOT / "constraints/runtime.txt", ROOT / "constraints/dev.txt"
    compile_pins([*project["project"]["dependencies"], *BUILD], runtime, "what ships")
    compile_pins([*project["dependency-groups"]["dev"], *project["project"]["dependencies"], *BUILD], dev, "the test tools",
                 runtime)


if __name__ == "__main__":
    main()
