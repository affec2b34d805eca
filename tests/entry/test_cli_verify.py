"""`antalya verify`: what is whole verifies, and whatever was changed is found out."""

import json
import os
import pty
import shutil
import subprocess
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.served import ANTALYA, ExchangeServer, plan, typed

from antalya.ledger.checkpoint import Signer, make
from antalya.ledger.entry import Entry
from antalya.ledger.merkle import Tree, append, leaf_hash
from antalya.ledger.receipt import Receipt
from antalya.store.keys import load as load_keys
from antalya.wire.canonical import canonical


@pytest.fixture(scope="module")
def exported(new_exchange_server: Callable[..., ExchangeServer], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with an exported log, its checkpoint, a receipt and the exchange's keys; and the log's public key."""
    exchange, folder = new_exchange_server(), tmp_path_factory.mktemp("exported")
    exchange.run("TR", "file", plan(folder / "p.geojson"), "--receipt", folder / "receipt.json")
    exchange.run("TR", "log", "--export", folder / "log.jsonl")
    exchange.stop()
    shutil.copytree(exchange.dir / "keys", folder / "keys")
    return folder, exchange.made["log_key"]


def spoilt(folder: Path, to: Path, change: Callable[[list[Any]], object]) -> Path:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    change(lines)
    (to / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    shutil.copy(folder / "log.checkpoint", to)
    return to / "log.jsonl"


def readable(lines: list[Any]) -> Any:
    return next(line for line in lines if line.get("content"))


@pytest.mark.parametrize("change", [
    lambda lines: lines.pop(),
    lambda lines: lines.pop(0),
    lambda lines: lines[1].update(hash="0" * 64),
    lambda lines: lines[1].update(hash="no hash"),
    lambda lines: lines.append({"leaf": len(lines), "hash": "0" * 64}) or lines.pop(2),
    lambda lines: readable(lines)["entry"].update(actor="US"),
    lambda lines: readable(lines)["entry"].update(unknown=1),
    lambda lines: readable(lines).update(content="{}"),
    lambda lines: readable(lines).update(salt="zz"),
    lambda lines: [readable(lines).pop(name) for name in ("entry", "salt")],
    lambda lines: [line.pop("entry") and line.update(content="forged") for line in [readable(lines)]],
    lambda lines: [line.pop(name) for line in [readable(lines)] for name in ("entry", "content")],
    lambda lines: lines[0].update(hash=lines[0]["hash"] + lines[1]["hash"][:2]) or lines[1].update(hash=lines[1]["hash"][2:]),
    lambda lines: lines[1].update(hash=lines[1]["hash"][:2] + " " + lines[1]["hash"][2:]),
], ids=range(14))
def test_a_log_that_was_changed_is_broken(exported: tuple[Path, str], tmp_path: Path,
                                          change: Callable[[list[Any]], object]) -> None:
    done = typed("verify", spoilt(exported[0], tmp_path, change), "--key", exported[1], code=7)
    assert "log_broken" in done.stderr
    assert "NOT VERIFIED" in done.stdout


def test_a_log_is_held_against_a_receipt_that_is_younger(exported: tuple[Path, str], tmp_path: Path) -> None:
    """An exchange that shows one party this log and gave another a receipt of a different one, a leaf longer."""
    folder, key = exported
    entry = Entry(kind="told", at=datetime(2017, 3, 7, tzinfo=UTC), actor="exchange", subject="TR", content_sha256="0" * 64)
    hashes = [bytes.fromhex(json.loads(line)["hash"]) for line in (folder / "log.jsonl").read_text().splitlines()]
    signer = Signer("antalya.local/log", load_keys(folder / "keys").log)
    for name, leaf, fits in (("longer", len(hashes), True), ("fork", 1, False)):
        leaves, kept = [*hashes, bytes(32)], dict[tuple[int, int], bytes]()
        leaves[leaf] = leaf_hash(canonical(entry))
        for size, hash_ in enumerate(leaves):
            kept |= {(n.level, n.index): n.hash for n in append(size, hash_, lambda *at, kept=kept: kept[at])}
        tree = Tree(len(leaves), lambda *at, kept=kept: kept[at])
        receipt = Receipt(entry=entry, leaf=leaf, proof=tuple(h.hex() for h in tree.inclusion_proof(leaf)),
                          checkpoint=make("antalya.local/log", tree.size, tree.root(), signer))
        (tmp_path / f"{name}.json").write_bytes(msgspec.json.encode(receipt))
        done = typed("verify", folder / "log.jsonl", tmp_path / f"{name}.json", "--key", key, "--json", code=0 if fits else 7)
        assert [fact["verified"] for fact in json.loads(done.stdout)] == [fits, True]


def test_a_receipt_that_was_changed_is_broken_and_the_others_are_still_said(exported: tuple[Path, str], tmp_path: Path) -> None:
    folder, key = exported
    receipt = json.loads((folder / "receipt.json").read_text())
    for i, changed in enumerate((receipt | {"leaf": receipt["leaf"] + 1}, receipt | {"proof": []}, receipt | {"proof": ["x"]},
                                 receipt | {"entry": receipt["entry"] | {"actor": "RU"}},
                                 receipt | {"checkpoint": receipt["checkpoint"].replace("\n", "\n\n", 1)})):
        (tmp_path / f"{i}.json").write_text(json.dumps(changed))
        done = typed("verify", tmp_path / f"{i}.json", folder / "receipt.json", "--key", key, "--json", code=7)
        assert [fact["verified"] for fact in json.loads(done.stdout)] == [False, True]
    other = "antalya.local/log+" + key.split("+", 1)[1][::-1]
    assert "bad_setting" in typed("verify", folder / "receipt.json", "--key", other, code=2).stderr
    (tmp_path / "no.json").write_text("[3]")
    assert "bad_input_file" in typed("verify", tmp_path / "no.json", "--key", key, code=2).stderr
    assert "bad_input_file" in typed("verify", tmp_path / "none.json", "--key", key, code=2).stderr


def test_a_receipt_from_another_history_is_found_out_by_the_log(exported: tuple[Path, str], tmp_path: Path) -> None:
    """The exchange showed somebody another log: its receipt verifies by itself, but not together with the real log."""
    folder, key = exported
    entry = Entry(kind="operation", at=datetime.now(UTC), actor="TR", subject="x", content_sha256="0" * 64)
    signer = Signer("antalya.local/log", load_keys(folder / "keys").log)
    note = make("antalya.local/log", 1, leaf_hash(canonical(entry)), signer)
    other = tmp_path / "other.json"
    other.write_bytes(msgspec.json.encode(Receipt(entry=entry, leaf=0, proof=(), checkpoint=note)))
    typed("verify", other, "--key", key)
    assert "log_broken" in typed("verify", other, folder / "log.jsonl", "--key", key, code=7).stderr


def test_whoever_looks_sees_how_far_it_is_and_the_result_goes_where_it_is_wanted(exported: tuple[Path, str]) -> None:
    folder, key = exported
    screen, end = pty.openpty()
    done = subprocess.run([*ANTALYA, "verify", str(folder / "log.jsonl"), "--key", key], stdout=subprocess.PIPE, stderr=end, text=True,
                          env=os.environ | {"TERM": "xterm", "COLUMNS": "80"}, timeout=60)
    os.close(end)
    with suppress(OSError):  # the terminal's end, on Linux
        seen = b""
        while part := os.read(screen, 65_536):
            seen += part
    os.close(screen)
    assert "log.jsonl: verified" in done.stdout
    assert b"Verifying log.jsonl" in seen
    assert b"verified:" not in seen


def test_what_only_some_take_for_the_end_of_a_line_is_none(exchange_server: ExchangeServer, tmp_path: Path) -> None:
    key = {"kid": "one\u2028key\u0085here", "x": "A" * 43}
    party = {"id": "ODD", "name": "Odd", "keys": [key]}
    assert exchange_server.client("operator", "antalya.read", "antalya.operate").put("/v1/parties/ODD", json=party).status_code == 201
    exchange_server.run("operator", "log", "--export", tmp_path / "odd.jsonl")
    assert "\u2028" in (tmp_path / "odd.jsonl").read_text()
    exchange_server.run("operator", "verify", tmp_path / "odd.jsonl", "--key", exchange_server.made["log_key"])
