"""Commands whose output nobody reads."""

import os
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from tests.served import ANTALYA, typed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="elsewhere output is closed otherwise")


def test_without_a_standard_output_a_command_ends_as_well(tmp_path: Path) -> None:
    for words in (["errors", "bad_json"], ["init", str(tmp_path / "x"), "--json"]):
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *ANTALYA, *words], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_an_exchange_serves_though_nobody_hears_where(tmp_path: Path, as_json: list[str]) -> None:
    typed("init", tmp_path / "x")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    reads, writes = os.pipe()
    os.close(reads)
    words = ["serve", "--dir", str(tmp_path / "x"), "--port", str(port), *as_json]
    with subprocess.Popen([*ANTALYA, *words], stdout=writes, stderr=subprocess.PIPE) as served:
        os.close(writes)
        alive = 0
        while alive != 200:
            with suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"it ended with {served.wait(0.05)}")
            with suppress(httpx.TransportError):
                alive = httpx.get(f"http://127.0.0.1:{port}/healthz").status_code
        served.send_signal(signal.SIGTERM)
        assert served.wait(30) == 0
