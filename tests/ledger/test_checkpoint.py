"""ledger.checkpoint: signed notes as Go's sumdb and C2SP have them, and nothing that only looks like one."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.jose import key

from antalya.ledger.checkpoint import Checkpoint, Signer, Verifier, make, open_note, open_signed
from antalya.model.errors import AntalyaError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "signed_note.json").read_text(encoding="utf-8"))
PETER = Verifier.parse(VECTORS["verifier"])
TEXT, SIGNATURE = VECTORS["text"], VECTORS["signature"]
NOTE = f"{TEXT}\n{SIGNATURE}"

ORIGIN = "hub.test/log"
SIGNER, WITNESS = Signer(ORIGIN, key(1)), Signer("witness.test/w", key(2))
ROOT = bytes(range(32))
HEAD = make(ORIGIN, 7, ROOT, SIGNER)


def refused(note: str, *verifiers: Verifier) -> str:
    with pytest.raises(AntalyaError) as wrong:
        open_note(note, verifiers or [SIGNER.verifier()])
    assert wrong.value.code.name == "log_broken"
    return wrong.value.detail


def unsigned(text: str) -> str:
    return f"{text}\n{SIGNER.line(text)}"


def test_the_note_of_the_reference_implementation() -> None:
    assert open_signed(NOTE, [PETER]) == TEXT
    assert str(PETER) == VECTORS["verifier"]
    seed = base64.b64decode(VECTORS["seed_base64"])
    signer = Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(seed[1:]))
    assert signer.line(TEXT) == SIGNATURE
    assert signer.verifier() == PETER


@pytest.mark.parametrize("note", [
    TEXT, f"{TEXT}\n", NOTE[:-1], f"\x01{NOTE}", f"\ud800{NOTE}", NOTE.replace("— PeterNeumann", "— Peter Neumann"),
    f"{NOTE}Unexpected line.\n", f"{NOTE}\n", NOTE.replace("\n", "\r\n"), NOTE.replace("—", "-"), NOTE.replace("— ", "—  "),
    NOTE.replace("\n\n", "\n"), f"{NOTE}\n{NOTE}".replace(SIGNATURE, "", 1), NOTE.replace("x08go", "x08g"),
    NOTE + SIGNATURE * 100, NOTE.replace("JnAM=", "JnAN="), "", "\n\n", f"\n\n{SIGNATURE}"])
def test_what_the_reference_implementation_refuses(note: str) -> None:
    with pytest.raises(AntalyaError, match="log_broken"):
        open_signed(note, [PETER])


@pytest.mark.parametrize("text", [*VECTORS["bad_verifiers"], "", "+", "++", "PeterNeumann", "PeterNeumann+c74f20a3",
                                  *(VECTORS["verifier"][:i] for i in range(1, 60, 7)), f"x{VECTORS['verifier']}",
                                  VECTORS["verifier"].replace("c74f", "C74F"), VECTORS["verifier"].replace("Peter", "Peter "),
                                  VECTORS["verifier"].replace("ARpc", "ARpd"), VECTORS["verifier"].replace("TW", "TX")])
def test_bad_verifier_keys(text: str) -> None:
    with pytest.raises(AntalyaError, match="bad_setting"):
        Verifier.parse(text)


def test_a_verifier_key_in_a_file_may_end_with_a_line() -> None:
    assert Verifier.parse(f" {VECTORS['verifier']}\n") == PETER


def test_a_note_s_text_may_have_empty_lines_and_is_split_at_the_last() -> None:
    text = "first\n\nsecond\n\n— a bbbb\n\nthird\n"
    assert open_signed(unsigned(text), [SIGNER.verifier()]) == text
    assert refused(unsigned(text)) == "the note is not a checkpoint"


def test_a_signature_that_fails_refuses_the_note_and_unknown_ones_are_passed_over() -> None:
    # altered beyond its key hash: the same key, another signature
    corrupt = SIGNATURE.replace("RyyBwJnAM=", "RyyBwJnBM=")
    for note in (f"{NOTE}{corrupt}", f"{TEXT}\n{corrupt}{SIGNATURE}"):
        with pytest.raises(AntalyaError, match="does not fit"):
            open_signed(note, [PETER])
    stranger = Signer("PeterNeumann", key(9)).line(TEXT)
    assert open_signed(f"{TEXT}\n{stranger}{SIGNATURE}", [PETER]) == TEXT
    assert open_signed(f"{TEXT}\n{SIGNATURE * 100}", [PETER]) == TEXT


def test_a_checkpoint_is_read_back_and_has_the_form_of_the_specification() -> None:
    assert open_note(HEAD, [SIGNER.verifier()]) == Checkpoint(ORIGIN, 7, ROOT)
    assert HEAD.split("\n")[:4] == [ORIGIN, "7", base64.b64encode(ROOT).decode(), ""]
    assert open_note(make(ORIGIN, 0, ROOT, SIGNER), [SIGNER.verifier()]).size == 0
    assert open_note(make(ORIGIN, 10**17, ROOT, SIGNER), [SIGNER.verifier()]).size == 10**17
    assert refused(VECTORS["checkpoint"]) == "the checkpoint is not signed by a key that was given"
    text = VECTORS["checkpoint"].partition("\n\n")[0] + "\n"
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert open_note(unsigned(text), [SIGNER.verifier()]) == Checkpoint("example.com/behind-the-sofa", 20_852_163, root)


def test_witnesses_can_sign_beside_the_log() -> None:
    text = open_signed(HEAD, [SIGNER.verifier()])
    both = HEAD + WITNESS.line(text)
    for verifiers in ([SIGNER.verifier()], [WITNESS.verifier()], [WITNESS.verifier(), SIGNER.verifier()]):
        assert open_note(both, verifiers).root == ROOT
    assert refused(HEAD, WITNESS.verifier())
    assert refused(HEAD, Verifier(ORIGIN, WITNESS.verifier().public))
    with pytest.raises(AntalyaError, match="log_broken"):
        open_note(HEAD, [])


def test_extension_lines_are_allowed_empty_ones_are_not() -> None:
    text = open_signed(HEAD, [SIGNER.verifier()])
    assert open_note(unsigned(f"{text}extra\n"), [SIGNER.verifier()]) == Checkpoint(ORIGIN, 7, ROOT)
    assert refused(unsigned(f"{text}\nextra\n")) == "the note is not a checkpoint"


R64 = base64.b64encode(ROOT).decode()


@pytest.mark.parametrize("text", [
    f"\n7\n{R64}\n", f"{ORIGIN}\n{R64}\n", f"{ORIGIN}\n7\n", f"{ORIGIN}\n07\n{R64}\n", f"{ORIGIN}\n+7\n{R64}\n",
    f"{ORIGIN}\n-7\n{R64}\n", f"{ORIGIN}\n7 \n{R64}\n", f"{ORIGIN}\n٧\n{R64}\n", f"{ORIGIN}\n7.0\n{R64}\n",
    f"{ORIGIN}\n{'9' * 5_000}\n{R64}\n", f"{ORIGIN}\n7\n{R64[:-1]}\n", f"{ORIGIN}\n7\n{R64} \n", f"{ORIGIN}\n7\nAAAA\n",
    f"{ORIGIN}\n7\n{R64.replace('=', '')}\n", f"{ORIGIN}\n7\n{R64[:-2]}9=\n", f"{ORIGIN}\n7\n\n",
    f"{ORIGIN}\u20287\u2028{R64}\n", "\n"])
def test_signed_texts_that_are_no_checkpoint(text: str) -> None:
    assert refused(unsigned(text))


@given(st.integers(0, len(HEAD) - 1), st.characters())
@settings(deadline=None)
def test_any_other_character_is_noticed(at: int, character: str) -> None:
    altered = HEAD[:at] + character + HEAD[at + 1:]
    if altered != HEAD:
        assert refused(altered)


@given(st.text(alphabet="— ab\n+=/7") | st.text())
@settings(deadline=None)
def test_any_text_is_refused(note: str) -> None:
    assert refused(note)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\tb", "a\x00"])
def test_names_that_would_break_a_note_are_refused(name: str) -> None:
    with pytest.raises(AntalyaError, match="bad_setting"):
        Signer(name, key(1))
    with pytest.raises(AntalyaError, match="bad_setting"):
        make(name, 7, ROOT, SIGNER)
