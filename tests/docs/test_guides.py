"""Guides of docs/how-to do what they say, with an exchange that is served."""

import os
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from tests.docs.blocks import blocks, compare
from tests.served import ExchangeServer

pytestmark = pytest.mark.skipif(not (shutil.which("bash") and shutil.which("curl")), reason="the guides are for bash and curl")


@pytest.mark.parametrize(("guide", "party", "shown"), [("notify-a-site.md", "AID", 3), ("file-a-plan.md", "US", 2)])
def test_the_guide_runs(exchange_server: ExchangeServer, tmp_path: Path, guide: str, party: str, shown: int) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "COLUMNS": "120"} | exchange_server.environment(party)
    compared = 0
    for block, after in pairwise(blocks(Path(__file__).parents[2] / "docs" / "how-to" / guide)):
        if block.kind == "sh":
            done = subprocess.run(["bash", "-euc", block.body], capture_output=True, text=True, timeout=60, cwd=tmp_path,
                                  env=environment)
            assert (done.returncode, done.stderr) == (0, ""), block.line
            compare(f"line {block.line}", after.body, done.stdout)
            compared += 1
    assert compared == shown
