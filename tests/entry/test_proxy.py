"""Whom a proxy names is who calls, where the proxy is one that may (docs/scale.md)."""

from pathlib import Path

import httpx
import pytest
import uvicorn
from tests.http.conftest import Door

from antalya.entry import serving
from antalya.entry.http.rates import Rates


def test_callers_are_told_apart_by_a_proxy_that_may_name_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = list[str]()
    monkeypatch.setattr(Rates, "take", lambda self, who, *_, **__: told.append(who))
    for trusted in ("127.0.0.1", "10.9.9.9"):
        monkeypatch.setenv("FORWARDED_ALLOW_IPS", trusted)
        (tmp_path / trusted).mkdir()
        door = Door(tmp_path / trusted)
        httpx.get(f"{door.url}/v1/me", headers={"x-forwarded-for": "192.0.2.7"})
        config: uvicorn.Config = serving._server(door.desk, lambda: None).config
        assert (config.proxy_headers, config.forwarded_allow_ips) == (True, trusted)
        door.close()
    assert told == ["192.0.2.7", "127.0.0.1"]
