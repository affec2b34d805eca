"""Checkpoints: the signed head of a log, as C2SP signed-note and tlog-checkpoint have it.

Three lines (origin, size, root in base64), an empty line, then one `— name base64(keyhash ‖ signature)` line for each
signature. The key hash is SHA-256(name ‖ LF ‖ 0x01 ‖ public key)[:4] for Ed25519 (c2sp.org/signed-note).
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from antalya.model.errors import AntalyaError, error

_ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+\x00-\x1f]+")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_SIZE = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)
_MOST_SIGNATURES = 100


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise error("bad_setting", "a log's or key's name is not empty and has no spaces, plus or control characters")


@dataclass(frozen=True)
class Signer:
    """A name and the private key it signs with. Raises bad_setting for a name with spaces or plus."""

    name: str
    key: Ed25519PrivateKey

    def __post_init__(self) -> None:
        _check_name(self.name)

    def line(self, text: str) -> str:
        """The signature line over a note's text."""
        return f"— {self.name} {base64.b64encode(self._hash + self.key.sign(text.encode())).decode()}\n"

    @cached_property
    def _hash(self) -> bytes:
        return _key_hash(self.name, self.key.public_key().public_bytes_raw())

    def verifier(self) -> "Verifier":
        """The public half."""
        return Verifier(self.name, self.key.public_key().public_bytes_raw())


@dataclass(frozen=True)
class Verifier:
    """A name and its Ed25519 public key (32 bytes). As text: `name+hash+base64(0x01 ‖ key)` (the vkey of signed-note)."""

    name: str
    public: bytes

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @property
    def hash(self) -> bytes:
        """Four bytes that, with the name, say whose a signature line is."""
        return _key_hash(self.name, self.public)

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """A verifier from its text form. Raises bad_setting."""
        try:
            name, hash_, key = text.strip().split("+", 2)
            raw = _unbase64(key)
            if not _NAME.fullmatch(name) or raw[:1] != _ED25519 or len(raw) != 33 or _key_hash(name, raw[1:]).hex() != hash_:
                raise ValueError
        except ValueError:
            raise error("bad_setting", "not a verifier key: wanted name+hash+key") from None
        return cls(name, raw[1:])

    def fits(self, text: str, signature: bytes) -> bool:
        """Whether a signature is this key's over a note's text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its origin, how many leaves, the root over them."""

    origin: str
    size: int
    root: bytes


def make(origin: str, size: int, root: bytes, signer: Signer) -> str:
    """A signed checkpoint. Raises bad_setting for an origin that would not stay one line."""
    _check_name(origin)
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return f"{text}\n{signer.line(text)}"


def open_note(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint of a note that at least one of the verifiers signed. Raises log_broken."""
    lines = open_signed(note, verifiers).removesuffix("\n").split("\n")
    try:
        origin, size, root = lines[0], lines[1], _unbase64(lines[2])
        if not all(lines) or not _SIZE.fullmatch(size) or len(root) != 32:
            raise ValueError
    except (ValueError, IndexError):
        raise error("log_broken", "the note is not a checkpoint") from None
    return Checkpoint(origin, int(size), root)


def open_signed(note: str, verifiers: Sequence[Verifier]) -> str:
    """The text of a signed note (c2sp.org/signed-note), if at least one of the verifiers signed it and none of those whose
    signature it bears fails. Signatures of unknown keys are passed over. Raises log_broken."""
    text, blank, block = note.rpartition("\n\n")
    lines = block.split("\n")
    if not blank or lines.pop() or _CONTROL.search(note):
        raise _broken("the checkpoint is not a signed note")
    if not 0 < len(lines) <= _MOST_SIGNATURES:
        raise _broken("the checkpoint has no signatures, or too many")
    text, proven = f"{text}\n", False
    for line in lines:
        name, blob = _signature(line)
        for verifier in verifiers:
            if verifier.name == name and verifier.hash == blob[:4]:
                if not verifier.fits(text, blob[4:]):
                    raise _broken(f"the signature of {name} does not fit the checkpoint")
                proven = True
    if not proven:
        raise _broken("the checkpoint is not signed by a key that was given")
    return text


def _signature(line: str) -> tuple[str, bytes]:
    """The name and bytes of a signature line."""
    found = _SIGNATURE.fullmatch(line)
    try:
        blob = _unbase64(found.group(2)) if found else b""
    except ValueError:
        blob = b""
    if found is None or len(blob) < 5:
        raise _broken("the checkpoint has a line that is not a signature")
    return found.group(1), blob


def _unbase64(text: str) -> bytes:
    """The bytes of base64 in its one form (RFC 4648, 4). Raises ValueError."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not base64 in its one form")
    return raw


def _broken(detail: str) -> AntalyaError:
    return error("log_broken", detail)
