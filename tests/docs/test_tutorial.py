"""The tutorial, executed: every `sh` block in one shell, compared with the `text` block that follows it."""

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_FENCE = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def matches(expected: str, printed: str) -> bool:
    """Whether what was printed is what is shown; `…` stands for any text."""
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.DOTALL) is not None


def shell(script: str, where: Path) -> subprocess.CompletedProcess[str]:
    """Runs a script in a group of its own, so that its server ends with it whatever happens."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with subprocess.Popen(["bash", "-c", script], cwd=where, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
                          start_new_session=True, env={**os.environ, "PATH": path, "COLUMNS": "160"}) as process:
        try:
            _, said = process.communicate(timeout=240)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(script, process.returncode, "", said)


def test_the_tutorial_says_what_happens(tmp_path: Path) -> None:
    blocks = _FENCE.findall((ROOT / "docs/tutorial.md").read_text(encoding="utf-8"))
    script, expected = ["set -u"], []
    for (kind, body), (after, shown) in zip(blocks, [*blocks[1:], ("", "")], strict=True):
        if kind == "sh":
            script.append(f"{{ {body} }} > out.{len(expected)} || exit 9")
            expected.append(shown if after == "text" else None)
    done = shell("\n".join(script), tmp_path)
    for i, shown in enumerate(expected):
        printed = (tmp_path / f"out.{i}").read_text() if (tmp_path / f"out.{i}").exists() else f"did not run: {done.stderr}"
        assert shown is None or matches(shown, printed), f"expected:\n{shown}\nprinted:\n{printed}\n{done.stderr}"
    assert done.returncode == 0, done.stderr
    assert sum(shown is not None for shown in expected) >= 6
