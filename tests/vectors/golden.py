"""Golden bytes of what must never change: what was signed and logged years ago has to verify for ever.

`python -m tests.vectors.golden` writes them anew; a difference is a break of the format and needs a new version of it.
"""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import to_builtins
from tests.jose import key
from tests.ledger.trees import Tree

from antalya.ledger.checkpoint import Signer, make
from antalya.ledger.entry import Entry, commitment
from antalya.ledger.merkle import consistency_proof, inclusion_proof, leaf_hash, root
from antalya.ledger.receipt import Receipt
from antalya.wire.canonical import canonical, content_hash
from antalya.wire.decode import from_builtins
from antalya.wire.notice import public_key, sign
from antalya.wire.tokens import mint

FILE = Path(__file__).with_name("antalya.json")
NOW = datetime(2017, 3, 7, 6, tzinfo=UTC)
ORIGIN = "exchange.example/log"
ACT = "POST /v1/operations"
OPERATION = {"id": "0190163d-8694-739b-aea5-966c26f8ad91", "party": "TR", "activity": "patrol", "volumes": [{
    "outline": {"type": "Circle", "center": [37.95, 36.53], "radius_m": 500.0}, "lower_m": 0.0, "upper_m": 100.0,
    "starts_at": "2017-03-07T08:00:00Z", "ends_at": "2017-03-07T10:00:00Z"}]}


def made() -> dict[str, Any]:
    """The vectors, made by the code as it is."""
    party, signer = key(1), Signer(ORIGIN, key(2))
    payload = canonical(OPERATION)
    notice = sign(payload, party, ACT, NOW)
    lines = [
        _line(0, b'{"id":"0190163d-0000-7000-8000-000000000001","party":"US"}', kind="operation", actor="US",
              subject="0190163d-0000-7000-8000-000000000001", outcome="refused", code="bad_field"),
        _line(1, notice, kind="operation", actor="TR", subject=OPERATION["id"], signed=public_key(party).kid),
        _line(2, b'[["finding.opened","0190163d-0000-7000-8000-000000000002"]]', kind="told", actor="exchange", subject="TR"),
    ]
    entries = [from_builtins(line["entry"], Entry) for line in lines]
    tree = Tree([canonical(entry) for entry in entries])
    heads = {str(size): make(ORIGIN, size, root(size, tree.get), signer) for size in range(4)}
    proof = tuple(h.hex() for h in inclusion_proof(1, 3, tree.get))
    found = {
        "about": "Golden bytes; made by `python -m tests.vectors.golden`. The keys are for tests only",
        "party": {"seed": party.private_bytes_raw().hex(), **to_builtins(public_key(party))},
        "log": {"seed": signer.key.private_bytes_raw().hex(), "verifier": str(signer.verifier())},
        "canonical": payload.decode(), "content_hash": content_hash(OPERATION), "act": ACT, "notice": notice.decode(),
        "token": mint("exchange.example", party, "TR", ["antalya.read", "antalya.file"], "exchange.example", NOW, 3_600),
        "leaves": lines, "checkpoints": heads,
        "receipt": to_builtins(Receipt(entry=entries[1], leaf=1, proof=proof, checkpoint=heads["3"])),
        "growth": {"from": 2, "to": 3, "proof": [h.hex() for h in consistency_proof(2, 3, tree.get)]},
    }
    again: dict[str, Any] = json.loads(json.dumps(found))
    return again


def _line(index: int, content: bytes, **fields: Any) -> dict[str, Any]:
    """A leaf as an exported log has it. The salt is not random here, so that the bytes stay."""
    salt = bytes([index]) * 16
    entry = Entry(at=NOW + timedelta(minutes=index), content_sha256=commitment(salt, content), **fields)
    return {"leaf": index, "hash": leaf_hash(canonical(entry)).hex(), "entry": to_builtins(entry), "salt": salt.hex(),
            "content": content.decode()}


def kept() -> dict[str, Any]:
    """The vectors as they were once written."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    FILE.write_text(json.dumps(made(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
