"""ledger.receipt and ledger.entry: what a party can prove with its files alone, and what it can't be made to believe."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.jose import key
from tests.ledger.trees import Tree, tree_hash

from antalya.ledger.checkpoint import Signer, make
from antalya.ledger.entry import Entry, commitment, opens
from antalya.ledger.merkle import EMPTY_ROOT, consistency_proof, inclusion_proof, leaf_hash, root
from antalya.ledger.receipt import Receipt, verify_growth, verify_log, verify_receipt
from antalya.model.errors import AntalyaError
from antalya.wire.canonical import canonical, encode
from antalya.wire.decode import decode, from_builtins

NOW = datetime(2017, 3, 7, 6, tzinfo=UTC)
ORIGIN = "hub.test/log"
SIGNER = Signer(ORIGIN, key(1))
KNOWN = [SIGNER.verifier()]
SALT, CONTENT = bytes(16), canonical({"party": "TR", "volumes": []})


def entry(i: int = 0, **fields: Any) -> Entry:
    made: dict[str, Any] = {"kind": "operation", "at": NOW + timedelta(minutes=i), "actor": "TR", "subject": f"op-{i}",
                            "content_sha256": commitment(SALT, CONTENT)}
    return Entry(**(made | fields))


ENTRIES = [entry(i) for i in range(23)]
HASHES = [leaf_hash(canonical(e)) for e in ENTRIES]
TREE = Tree([canonical(e) for e in ENTRIES])


def head(size: int, signer: Signer = SIGNER, origin: str = ORIGIN) -> str:
    return make(origin, size, root(size, TREE.get), signer)


def receipt(leaf: int, size: int) -> Receipt:
    return Receipt(entry=ENTRIES[leaf], leaf=leaf, proof=tuple(h.hex() for h in inclusion_proof(leaf, size, TREE.get)),
                   checkpoint=head(size))


def growth(old: int, new: int) -> list[str]:
    return [h.hex() for h in consistency_proof(old, new, TREE.get)]


def broken(check: Any, *args: Any) -> str:
    with pytest.raises(AntalyaError) as wrong:
        check(*args)
    assert wrong.value.code.name == "log_broken"
    return wrong.value.detail


def test_every_receipt_at_every_size_verifies_after_a_journey_as_json() -> None:
    for size in range(1, len(ENTRIES) + 1):
        for leaf in range(size):
            kept = decode(encode(receipt(leaf, size)), Receipt)
            found = verify_receipt(kept, KNOWN)
            assert (found.origin, found.size, found.root) == (ORIGIN, size, tree_hash([canonical(e) for e in ENTRIES[:size]]))


@pytest.mark.parametrize("change", [
    {"actor": "RU"}, {"subject": "op-9"}, {"outcome": "refused", "code": "bad_band"}, {"at": NOW}, {"signed": "kid"},
    {"version": 2}, {"kind": "answer"}, {"content_sha256": "0" * 64}])
def test_an_entry_that_was_altered_is_not_in_the_log(change: dict[str, Any]) -> None:
    good = receipt(5, 23)
    altered = msgspec.structs.replace(good, entry=msgspec.structs.replace(good.entry, **change))
    assert broken(verify_receipt, altered, KNOWN) == "leaf 5 is not in the log of 23 leaves with that root"


@pytest.mark.parametrize("change", [
    {"leaf": 4}, {"leaf": 23}, {"leaf": -1}, {"leaf": 2**70}, {"proof": ()}, {"proof": ("xy",)}, {"proof": ("é" * 64,)},
    {"proof": ("00" * 32,) * 5}, {"proof": ("",) * 5}, {"proof": ("00" * 32,) * 5_000}, {"checkpoint": ""},
    {"checkpoint": head(22)}, {"checkpoint": head(23, Signer(ORIGIN, key(2)))}, {"checkpoint": head(23).replace("23", "24")}])
def test_receipts_that_do_not_fit_are_broken(change: dict[str, Any]) -> None:
    good = receipt(5, 23)
    assert verify_receipt(good, KNOWN).size == 23
    assert broken(verify_receipt, msgspec.structs.replace(good, **change), KNOWN)
    assert broken(verify_receipt, good, [])


@given(st.integers(0, 22), st.integers(0, 4), st.integers(0, 255))
@settings(deadline=None)
def test_any_flipped_bit_of_a_proof_breaks_it(leaf: int, item: int, bit: int) -> None:
    good = receipt(leaf, 23)
    proof = [bytearray.fromhex(h) for h in good.proof]
    proof[item % len(proof)][bit // 8] ^= 1 << bit % 8
    assert broken(verify_receipt, msgspec.structs.replace(good, proof=tuple(h.hex() for h in proof)), KNOWN)


def test_a_log_verifies_against_all_its_checkpoints_in_any_order() -> None:
    notes = [head(size) for size in (23, 0, 1, 8, 22, 8)]
    assert [h.size for h in verify_log(HASHES, notes, KNOWN)] == [0, 1, 8, 8, 22, 23]
    assert verify_log(iter(HASHES[:16]), [head(16)], KNOWN)[0].size == 16
    assert verify_log([], [make(ORIGIN, 0, EMPTY_ROOT, SIGNER)], KNOWN)[0].root == EMPTY_ROOT


@given(st.integers(0, 22), st.integers(0, 22), st.sampled_from(["alter", "remove", "insert", "swap", "double"]))
@settings(deadline=None)
def test_a_log_that_was_tampered_with_is_broken(at: int, other: int, how: str) -> None:
    hashes = list(HASHES)
    match how:
        case "alter":
            hashes[at] = leaf_hash(b"another")
        case "remove":
            del hashes[at]
        case "insert":
            hashes.insert(at, leaf_hash(b"another"))
        case "swap" if at != other:
            hashes[at], hashes[other] = hashes[other], hashes[at]
        case _:
            hashes.insert(at, hashes[at])
    assert broken(verify_log, hashes, [head(23)], KNOWN)


def test_log_and_checkpoints_must_be_of_one_length_and_one_log() -> None:
    assert broken(verify_log, HASHES[:20], [head(20), head(23)], KNOWN) == "a checkpoint says 23 leaves, there are 20"
    assert "more than one log" in broken(verify_log, HASHES, [head(3), head(4, origin="other.test/log")], KNOWN)
    assert broken(verify_log, HASHES, [head(20)], KNOWN) == "no checkpoint that was given speaks for all 23 leaves"
    assert "no checkpoint" in broken(verify_log, HASHES, [], KNOWN)
    forked = make(ORIGIN, 8, leaf_hash(b"another history"), SIGNER)
    assert "the first 8 leaves" in broken(verify_log, HASHES, [head(23), forked], KNOWN)


def test_growth_is_proved_without_the_leaves() -> None:
    for old, new in ((1, 2), (1, 23), (7, 8), (8, 23), (22, 23), (23, 23)):
        first, second = verify_growth(head(old), head(new), growth(old, new), KNOWN)
        assert (first.size, second.size) == (old, new)
    assert verify_growth(head(0), head(23), [], KNOWN)[0].size == 0


@pytest.mark.parametrize(("old", "new", "proof", "wrong"), [
    (head(23), head(7), [], "shrank from 23 to 7"), (head(7), head(23), [], "not the beginning"),
    (head(7), head(23), growth(7, 23)[:-1], "not the beginning"), (head(7), head(23), growth(8, 23), "not the beginning"),
    (head(7), head(23), ["zz"], "hexadecimal"), (head(0), head(23), ["00" * 32], "not the beginning"),
    (head(7, origin="other.test/log"), head(23), growth(7, 23), "two logs"), ("", head(23), [], "not a signed note"),
    (make(ORIGIN, 7, leaf_hash(b"fork"), SIGNER), head(23), growth(7, 23), "not the beginning"),
    (make(ORIGIN, 0, leaf_hash(b"fork"), SIGNER), head(23), [], "not the beginning")])
def test_growth_that_is_not(old: str, new: str, proof: list[str], wrong: str) -> None:
    assert wrong in broken(verify_growth, old, new, proof, KNOWN)


def test_an_entry_opens_only_with_its_salt_and_content() -> None:
    made = entry()
    assert opens(made, SALT, CONTENT)
    assert not opens(made, bytes(15) + b"\x01", CONTENT)
    assert not opens(made, SALT, CONTENT + b" ")
    assert not opens(made, SALT + CONTENT[:1], CONTENT[1:])
    assert not opens(made, b"", SALT + CONTENT)
    with pytest.raises(ValueError, match="16 bytes"):
        commitment(bytes(15), CONTENT)


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16), st.binary(max_size=64))
@settings(deadline=None)
def test_equal_contents_can_t_be_recognised(one: bytes, other: bytes, content: bytes) -> None:
    assert (commitment(one, content) == commitment(other, content)) == (one == other)


def test_a_leaf_reveals_no_content() -> None:
    leaf = canonical(entry())
    assert CONTENT not in leaf
    assert set(json.loads(leaf)) == {"v", "kind", "at", "actor", "subject", "version", "content_sha256", "signed", "outcome",
                                     "code"}
    assert from_builtins(json.loads(leaf), Entry) == entry()


@pytest.mark.parametrize("change", [{"content_sha256": "A" * 64}, {"content_sha256": "0" * 63},
                                    {"content_sha256": "0" * 64 + "\n"}, {"v": 2}, {"outcome": "maybe"},
                                    {"at": "2017-03-07T06:00:00"}, {"colour": "red"}])
def test_entries_of_another_form_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(AntalyaError):
        from_builtins(msgspec.to_builtins(entry()) | change, Entry)


def test_no_byte_changes_its_place_from_one_hash_of_a_proof_to_another() -> None:
    """Hashed end to end, two hashes of 31 and 33 bytes are as good as two of 32."""
    first, second, *others = growth(3, 7)
    assert verify_growth(head(3), head(7), [first, second, *others], KNOWN)
    for said in ([first[2:], second + first[:2], *others], [first.upper(), second, *others], [f"{first[:2]} {first[2:]}", second, *others]):
        assert "hash" in broken(verify_growth, head(3), head(7), said, KNOWN)
