"""`antalya verify`: receipts and exported logs, offline."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from antalya.entry.cli_admin import AsJson, say
from antalya.ledger.checkpoint import Verifier
from antalya.ledger.entry import Entry, opens
from antalya.ledger.merkle import leaf_hash
from antalya.ledger.receipt import Receipt, verify_log, verify_receipt
from antalya.model.errors import error
from antalya.wire.canonical import canonical


def verify(
    files: Annotated[list[Path], typer.Argument(help="Receipts (JSON), or logs exported with `antalya log --export`.")],
    key: Annotated[str, typer.Option(help="The log's key (name+hash+key), or a file that holds it.")],
    checkpoint: Annotated[list[Path] | None, typer.Option(help="Another checkpoint the log must agree with.")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify receipts and exported logs, offline. Exit code 0: all verified, 7: something is broken."""
    verifier = Verifier.parse(Path(key).read_text(encoding="utf-8") if Path(key).is_file() else key)
    said = [fact for path in files for fact in _verify_file(path, verifier, checkpoint or [])]
    if as_json:
        say(said)
        return
    for fact in said:
        typer.echo(fact["text"])


def _verify_file(path: Path, verifier: Verifier, checkpoints: list[Path]) -> Iterator[dict[str, Any]]:
    lines = _lines(path)
    if lines and "hash" in lines[0]:
        yield _whole_log(path, lines, verifier, checkpoints)
        return
    for i, line in enumerate(lines):
        try:
            receipt = msgspec.convert(line, Receipt)
        except msgspec.ValidationError as failure:
            raise error("bad_input_file", f"not a receipt: {failure}", at=f"{path}:{i + 1}") from None
        head = verify_receipt(receipt, [verifier])
        entry = receipt.entry
        yield {"file": str(path), "leaf": receipt.leaf, "size": head.size, "origin": head.origin,
               "text": f"{path}: verified: leaf {receipt.leaf} of {head.origin} ({head.size} leaves): {entry.kind} "
                       f"{entry.subject} by {entry.actor} at {entry.at:%Y-%m-%dT%H:%M:%SZ}, {entry.code or entry.outcome}, "
                       f"{'signed' if entry.signed else 'unsigned'}"}


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        raw = path.read_bytes()
        try:
            whole = msgspec.json.decode(raw)
            return [whole.get("receipt", whole)] if isinstance(whole, dict) else list(whole)
        except msgspec.DecodeError:
            return [msgspec.json.decode(line) for line in raw.splitlines() if line.strip()]
    except OSError as failure:
        raise error("bad_input_file", failure.strerror or "can't be read", at=str(path)) from None
    except (msgspec.DecodeError, RecursionError, AttributeError) as failure:
        raise error("bad_input_file", f"not JSON: {failure}", at=str(path)) from None


def _whole_log(path: Path, lines: list[dict[str, Any]], verifier: Verifier, checkpoints: list[Path]) -> dict[str, Any]:
    notes = [p.read_text(encoding="utf-8") for p in (path.with_suffix(".checkpoint"), *checkpoints) if p.is_file()]
    if not notes:
        raise error("bad_input_file", "no checkpoint beside it: give one with --checkpoint", at=str(path))
    opened = 0
    for i, line in enumerate(lines):
        if line.get("leaf") != i:
            raise error("log_broken", f"line {i + 1} is leaf {line.get('leaf')}", at=str(path))
        if "entry" in line:
            entry = msgspec.convert(line["entry"], Entry)
            if leaf_hash(canonical(entry)).hex() != line["hash"]:
                raise error("log_broken", f"the entry of leaf {i} has another hash", at=str(path))
            if line.get("content") is not None:
                if not opens(entry, bytes.fromhex(line["salt"]), line["content"].encode()):
                    raise error("log_broken", f"the content of leaf {i} is not what the entry commits to", at=str(path))
                opened += 1
    heads = verify_log((bytes.fromhex(line["hash"]) for line in lines), notes, [verifier])
    return {"file": str(path), "size": len(lines), "checkpoints": len(heads), "opened": opened,
            "text": f"{path}: verified: {len(lines)} leaves, {len(heads)} checkpoint(s), {opened} content(s) opened"}
