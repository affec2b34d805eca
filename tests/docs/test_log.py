"""docs/log.md does what it says, on the golden bytes."""

import json
import re
from pathlib import Path

import pytest
from tests.docs.blocks import blocks, run
from tests.vectors.golden import kept

from antalya.ledger.entry import Entry

GUIDE = Path(__file__).parents[2] / "docs" / "log.md"


def test_the_guide_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(GUIDE) >= 6


def test_its_files_are_the_golden_ones() -> None:
    files = {block.name: block.body for block in blocks(GUIDE) if block.name}
    vectors = kept()
    assert json.loads(files["receipt.json"]) == vectors["receipt"]
    assert files["exchange.key"].strip() == vectors["log"]["verifier"]
    assert json.loads(files["growth.json"]) == vectors["growth"]
    assert files["log.checkpoint"] == vectors["checkpoints"]["3"]
    lines = [json.loads(line) for line in files["log.jsonl"].splitlines()]
    assert [line | leaf for line, leaf in zip(lines, vectors["leaves"], strict=True)] == vectors["leaves"]


def test_every_field_of_an_entry_is_explained() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.*?) \|", text, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(rows))) == set(Entry.__struct_fields__)
