"""docs/how-to/load.md does what it says, with an exchange that is served."""

from pathlib import Path

import pytest
from tests.docs.blocks import run
from tests.served import ExchangeServer


def test_the_guide_runs(exchange_server: ExchangeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {"ANTALYA_URL": exchange_server.url, "ANTALYA_TOKEN": "", "COLUMNS": "120"}.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "tokens").write_text("\n".join(map(exchange_server.token, ("TR", "RU", "US"))))
    assert run(Path(__file__).parents[2] / "docs" / "how-to" / "load.md") == 4
