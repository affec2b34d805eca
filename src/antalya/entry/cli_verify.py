"""`antalya verify`: receipts and exported logs, offline. Nothing but the files and the log's public key is needed."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from antalya.entry.terminal import AsJson, bars, say, show_error
from antalya.ledger.checkpoint import Verifier, open_note
from antalya.ledger.entry import Entry, opens
from antalya.ledger.merkle import leaf_hash
from antalya.ledger.receipt import Receipt, hash_of, verify_log, verify_receipt
from antalya.model.errors import AntalyaError, error
from antalya.wire.canonical import canonical
from antalya.wire.decode import from_builtins

Said = dict[str, Any]
Bar = Callable[[str, int], Callable[..., None]]
_A_STEP = 500
"""After how many leaves the progress bar moves."""


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """A line of an exported log: its leaf's hash, and the leaf itself where whoever exported it may read it."""

    leaf: int
    hash: str
    entry: dict[str, Any] | None = None
    salt: str | None = None
    content: str | None = None


def verify(
    files: Annotated[list[Path], typer.Argument(help="Receipts (JSON), or logs exported with `antalya log --export`.")],
    key: Annotated[str, typer.Option(help="The log's key (name+hash+key), or a file that holds it.")],
    checkpoint: Annotated[list[Path] | None, typer.Option(
        help="An older or other checkpoint that the log must agree with; again for more.")] = None,
    as_json: AsJson = False,
) -> None:
    """Verify receipts and exported logs, offline. Exit code 0: all verified, 7: something is broken, 2: not such a file.

    A log is held against the checkpoint beside it, those given with --checkpoint, and receipts given with it and theirs.
    """
    verifier = Verifier.parse(_key(key))
    with bars(as_json) as bar:
        codes = _verify(files, verifier, checkpoint or [], as_json, bar)
    raise typer.Exit(max(codes))


def _verify(files: list[Path], verifier: Verifier, checkpoints: list[Path], as_json: bool, bar: Bar) -> list[int]:
    """Says of each file what is verified; the exit codes."""
    step, read = bar("Reading", len(files)), {}
    for path in files:
        read[path] = _values(path)
        step()
    notes = [_text(path) for path in checkpoints]
    heads = notes + [v["checkpoint"] for values in read.values() for v in values if isinstance(v.get("checkpoint"), str)]
    receipts = [value for values in read.values() if not _is_log(values) for value in values]
    if notes and not any(_is_log(values) for values in read.values()):
        raise error("bad_input_file", "a checkpoint is compared with a log, and none of the files is one", at="--checkpoint")
    said, codes = [], [0]
    for path, values in read.items():
        try:
            found = [_log(path, values, verifier, notes, heads, receipts, bar)] if _is_log(values) \
                else _receipts(path, values, verifier)
        except AntalyaError as broken:
            codes.append(broken.code.exit_code if as_json else show_error(broken, False))
            found = [{"file": str(path), "verified": False} | broken.problem()]
        said += found
        if not as_json:
            for fact in found:
                typer.echo(fact.get("text") or f"{path}: NOT VERIFIED")
    if as_json:
        say(said)
    return codes


def _key(given: str) -> str:
    try:
        return Path(given).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, ValueError):
        return given


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as wrong:
        why = wrong.strerror if isinstance(wrong, OSError) else "not a text file"
        raise error("bad_input_file", why or "it can't be read", at=str(path)) from None


def _values(path: Path) -> list[dict[str, Any]]:
    """The objects of a file: one JSON document (an outcome's receipt is taken out of it), a list, or one document a line."""
    text = _text(path)
    try:
        try:
            whole = msgspec.json.decode(text)
        except msgspec.DecodeError:
            whole = [msgspec.json.decode(line) for line in text.split("\n") if line.strip()]
    except (msgspec.DecodeError, RecursionError) as wrong:
        raise error("bad_input_file", f"not JSON: {wrong}", at=str(path)) from None
    values = whole if isinstance(whole, list) else [whole]
    if not values or not all(isinstance(value, dict) for value in values):
        raise error("bad_input_file", "neither receipts nor a log", at=str(path))
    return [value["receipt"] if isinstance(value.get("receipt"), dict) else value for value in values]


def _is_log(values: list[dict[str, Any]]) -> bool:
    return "hash" in values[0]


def _receipts(path: Path, values: list[dict[str, Any]], verifier: Verifier) -> list[Said]:
    return [_receipt(f"{path}:{i + 1}" if len(values) > 1 else str(path), value, verifier) for i, value in enumerate(values)]


def _receipt(place: str, value: dict[str, Any], verifier: Verifier) -> Said:
    try:
        receipt = from_builtins(value, Receipt)
        head = verify_receipt(receipt, [verifier])
    except AntalyaError as wrong:
        name = "log_broken" if wrong.code.name == "log_broken" else "bad_input_file"
        raise error(name, f"{'' if name == 'log_broken' else 'not a receipt: '}{wrong.detail}", at=place) from None
    entry = receipt.entry
    return {"file": place, "verified": True, "leaf": receipt.leaf, "size": head.size, "origin": head.origin,
            "entry": msgspec.to_builtins(entry),
            "text": f"{place}: verified: leaf {receipt.leaf} of {head.origin} ({head.size} leaves): {entry.kind} "
                    f"{entry.subject} by {entry.actor} at {entry.at:%Y-%m-%dT%H:%M:%SZ}, {entry.code or entry.outcome}, "
                    f"{'signed' if entry.signed else 'unsigned'}"}


def _log(path: Path, values: list[dict[str, Any]], verifier: Verifier, notes: list[str], heads: list[str],
         receipts: list[dict[str, Any]], bar: Bar) -> Said:
    """Verifies a whole log. Checkpoints that were given must all lie in it; of receipts' those do that are not younger, and what
    any receipt says is at its place."""
    beside = path.with_suffix(".checkpoint")
    own = [_text(beside)] if beside.is_file() and beside != path else []
    if not own and not notes:
        raise error("bad_input_file", f"no {beside.name} beside it: give one with --checkpoint", at=str(path))
    hashes, opened, step = [], 0, bar(f"Verifying {path.name}", len(values))
    for i, value in enumerate(values):
        line = _line(path, i, value)
        if line.leaf != i:
            raise error("log_broken", f"line {i + 1} is leaf {line.leaf}", at=str(path))
        opened += _opened(path, line)
        hashes.append(_hex(line.hash, path, i))
        if len(hashes) % _A_STEP == 0:
            step(_A_STEP)
    older = [note for note in heads if note not in notes and _size(note, verifier) <= len(hashes)]
    try:
        held = verify_log(hashes, list(dict.fromkeys([*own, *notes, *older])), [verifier])
        _compare(receipts, hashes, held[-1].origin, verifier)
    except AntalyaError as broken:
        raise error(broken.code.name, broken.detail, at=str(path)) from None
    return {"file": str(path), "verified": True, "size": len(hashes), "checkpoints": len(held), "opened": opened,
            "text": f"{path}: verified: {len(hashes)} leaves, {len(held)} checkpoint(s), {opened} content(s) opened"}


def _compare(receipts: list[dict[str, Any]], hashes: list[bytes], origin: str, verifier: Verifier) -> None:
    """That the leaves are those of which receipts of the same log speak, also younger ones. Raises log_broken."""
    for value in receipts:
        try:
            receipt = from_builtins(value, Receipt)
            head = verify_receipt(receipt, [verifier])
        except AntalyaError:  # that is said of the receipt
            continue
        if head.origin == origin and receipt.leaf < len(hashes) and hashes[receipt.leaf] != leaf_hash(canonical(receipt.entry)):
            raise error("log_broken", f"leaf {receipt.leaf} is another one than in a receipt that was given")


def _size(note: str, verifier: Verifier) -> float:
    """The size a receipt's checkpoint speaks of; infinite where it isn't signed, which is said of the receipt."""
    try:
        return open_note(note, [verifier]).size
    except AntalyaError:
        return math.inf


def _line(path: Path, i: int, value: dict[str, Any]) -> _Line:
    try:
        return msgspec.convert(value, _Line)
    except msgspec.ValidationError as wrong:
        raise error("bad_input_file", f"line {i + 1} is not a leaf: {wrong}", at=str(path)) from None


def _opened(path: Path, line: _Line) -> int:
    """1 where the content is there and is what the entry commits to; 0 where it isn't there. Raises log_broken,
    also for a content that no entry vouches for."""
    if line.entry is None:
        if line.content is not None or line.salt is not None:
            raise error("log_broken", f"leaf {line.leaf} has a content and no entry that vouches for it", at=str(path))
        return 0
    if leaf_hash(canonical(line.entry)).hex() != line.hash:
        raise error("log_broken", f"the entry of leaf {line.leaf} has another hash", at=str(path))
    if line.content is None:
        return 0
    try:
        fits = opens(from_builtins(line.entry, Entry), bytes.fromhex(line.salt or ""), line.content.encode())
    except (AntalyaError, ValueError):
        fits = False
    if not fits:
        raise error("log_broken", f"the content of leaf {line.leaf} is not what its entry commits to", at=str(path))
    return 1


def _hex(text: str, path: Path, i: int) -> bytes:
    try:
        return hash_of(text)
    except AntalyaError as wrong:
        raise error("log_broken", f"line {i + 1}: {wrong.detail}", at=str(path)) from None
