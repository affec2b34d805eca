"""Checkpoints: the signed head of a log, as C2SP signed-note and tlog-checkpoint have it.

Three lines (origin, size, root in base64), an empty line, then one `— name base64(keyhash ‖ signature)` line for each
signature. The key hash is SHA-256(name ‖ LF ‖ 0x01 ‖ public key)[:4] for Ed25519 (c2sp.org/signed-note).
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from antalya.model.errors import error

_ED25519 = b"\x01"


def _key_hash(name: str, public: bytes) -> bytes:
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


@dataclass(frozen=True)
class Signer:
    """A name and the private key it signs with."""

    name: str
    key: Ed25519PrivateKey

    def line(self, text: str) -> str:
        """The signature line over a note's text."""
        public = self.key.public_key().public_bytes_raw()
        return f"— {self.name} {base64.b64encode(_key_hash(self.name, public) + self.key.sign(text.encode())).decode()}\n"

    def verifier(self) -> "Verifier":
        """The public half."""
        return Verifier(self.name, self.key.public_key().public_bytes_raw())


@dataclass(frozen=True)
class Verifier:
    """A name and its Ed25519 public key (32 bytes). As text: `name+hash+base64(0x01 ‖ key)` (the vkey of signed-note)."""

    name: str
    public: bytes

    def __str__(self) -> str:
        return f"{self.name}+{_key_hash(self.name, self.public).hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """A verifier from its text form. Raises bad_setting."""
        try:
            name, hash_, key = text.strip().split("+", 2)
            raw = base64.b64decode(key, validate=True)
            if not name or raw[:1] != _ED25519 or len(raw) != 33 or _key_hash(name, raw[1:]).hex() != hash_:
                raise ValueError
        except (ValueError, binascii.Error):
            raise error("bad_setting", "not a verifier key: wanted name+hash+key") from None
        return cls(name, raw[1:])

    def fits(self, text: str, blob: bytes) -> bool:
        """Whether a signature line's bytes are this key's over the text."""
        if blob[:4] != _key_hash(self.name, self.public):
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(blob[4:], text.encode())
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
    """A signed checkpoint."""
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return f"{text}\n{signer.line(text)}"


def open_note(note: str, verifiers: Sequence[Verifier]) -> Checkpoint:
    """The checkpoint of a note that at least one of the verifiers signed. Raises log_broken."""
    text, blank, signatures = note.partition("\n\n")
    text += "\n"
    if not blank or not any(_signed_by(text, line, verifier) for line in signatures.splitlines() for verifier in verifiers):
        raise error("log_broken", "the checkpoint is not signed by a key that was given")
    lines = text.splitlines()
    try:
        origin, size, root = lines[0], lines[1], base64.b64decode(lines[2], validate=True)
        if not origin or not size.isascii() or not size.isdigit() or size != str(int(size)) or len(root) != 32:
            raise ValueError
    except (ValueError, IndexError, binascii.Error):
        raise error("log_broken", "the note is not a checkpoint") from None
    return Checkpoint(origin, int(size), root)


def _signed_by(text: str, line: str, verifier: Verifier) -> bool:
    dash, _, rest = line.partition(" ")
    name, _, blob = rest.partition(" ")
    if dash != "—" or name != verifier.name:
        return False
    try:
        return verifier.fits(text, base64.b64decode(blob, validate=True))
    except binascii.Error:
        return False
