"""What is told to whoever waits for an answer as the exchange is stopped."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from tests.http.conftest import Door

from antalya.entry.http.app import application


@pytest.mark.parametrize("path", ["/v1/operations", "/dss/v1/reports"])
def test_who_is_cut_off_is_told_to_look_whether_it_was_kept(tmp_path: Path, path: str) -> None:
    door, sent = Door(tmp_path), list[dict[str, Any]]()
    head = [(b"authorization", f"Bearer {door.token('TR', 'antalya.file', 'utm.strategic_coordination')}".encode())]
    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": head, "client": ("127.0.0.1", 1)}

    async def cut_off() -> None:
        waits = asyncio.Event()

        async def receive() -> dict[str, Any]:
            waits.set()
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            sent.append(message)
        request = asyncio.create_task(application(door.desk)(scope, receive, send))  # type: ignore[arg-type]
        await waits.wait()
        door.desk.stopping.set()
        request.cancel()
        await request
    try:
        asyncio.run(cut_off())
    finally:
        door.close()
    assert sent[0]["status"] == 503
    body = json.loads(sent[1]["body"])
    assert "not_ready" in (body.get("code") or body["message"])
    assert "look whether it was kept" in (body.get("detail") or body["message"])
