"""What was signed and logged with this format stays verifiable, byte for byte."""

from datetime import timedelta

import pytest
from joserfc.jwk import KeySet, OKPKey
from tests.vectors.golden import ACT, NOW, OPERATION, ORIGIN, kept, made

from antalya.ledger.checkpoint import Verifier, open_note
from antalya.ledger.entry import Entry, opens
from antalya.ledger.merkle import leaf_hash
from antalya.ledger.receipt import Receipt, verify_growth, verify_log, verify_receipt
from antalya.model import Operation
from antalya.wire.canonical import canonical
from antalya.wire.decode import decode, from_builtins
from antalya.wire.notice import verify
from antalya.wire.tokens import Issuer
from antalya.wire.tokens import verify as verify_token

VECTORS = kept()
KNOWN = [Verifier.parse(VECTORS["log"]["verifier"])]


@pytest.mark.parametrize("name", made())
def test_the_code_still_makes_the_same_bytes(name: str) -> None:
    assert made()[name] == VECTORS[name], "the format changed: old records must stay verifiable"


def test_the_kept_notice_still_verifies() -> None:
    party = VECTORS["party"]
    found = verify(VECTORS["notice"].encode(), {party["kid"]: party["x"]}, ACT, NOW + timedelta(minutes=4))
    assert found.payload.decode() == VECTORS["canonical"]
    assert decode(found.payload, Operation) == from_builtins(OPERATION, Operation)


def test_the_kept_token_still_verifies() -> None:
    public = {"kty": "OKP", "crv": "Ed25519", "x": VECTORS["party"]["x"], "kid": VECTORS["party"]["kid"]}
    keys = KeySet([OKPKey.import_key(public)])
    caller = verify_token(VECTORS["token"], [Issuer("exchange.example", keys)], "exchange.example", NOW)
    assert (caller.party, caller.scopes) == ("TR", {"antalya.read", "antalya.file"})


def test_the_kept_log_receipt_and_growth_still_verify() -> None:
    leaves = VECTORS["leaves"]
    for leaf in leaves:
        entry = from_builtins(leaf["entry"], Entry)
        assert leaf_hash(canonical(entry)).hex() == leaf["hash"]
        assert opens(entry, bytes.fromhex(leaf["salt"]), leaf["content"].encode())
    heads = VECTORS["checkpoints"]
    assert len(verify_log([bytes.fromhex(leaf["hash"]) for leaf in leaves], list(heads.values()), KNOWN)) == 4
    receipt = from_builtins(VECTORS["receipt"], Receipt)
    assert verify_receipt(receipt, KNOWN) == open_note(heads["3"], KNOWN)
    first, second = verify_growth(heads["2"], heads["3"], VECTORS["growth"]["proof"], KNOWN)
    assert (first.origin, first.size, second.size) == (ORIGIN, 2, 3)
