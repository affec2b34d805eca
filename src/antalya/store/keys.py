"""Key files: the exchange's two keys (tokens, log), parties' signing keys, and the keys of issuers it trusts."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, import_key

from antalya.model.errors import error
from antalya.wire.notice import public_key

ISSUER, LOG = "issuer.pem", "log.pem"


@dataclass(frozen=True)
class KeyRing:
    """The exchange's own keys: `issuer` signs tokens, `log` signs checkpoints."""

    issuer: Ed25519PrivateKey
    log: Ed25519PrivateKey

    def issuer_public(self) -> KeySet:
        """The issuer's public key as a JWK set."""
        known = public_key(self.issuer)
        return KeySet([import_key({"kty": "OKP", "crv": "Ed25519", "x": known.x, "kid": known.kid})])


def create(directory: Path) -> KeyRing:
    """Makes both keys in a directory (0700), each readable by its owner only. Raises bad_setting where keys are already."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    ring = KeyRing(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate())
    for name in (ISSUER, LOG):
        if (directory / name).exists():
            raise error("bad_setting", f"there is a key already: {directory / name}")
    write_key(directory / ISSUER, ring.issuer)
    write_key(directory / LOG, ring.log)
    return ring


def load(directory: Path) -> KeyRing:
    """The keys of an exchange. Raises bad_setting."""
    return KeyRing(party_key(directory / ISSUER), party_key(directory / LOG))


def write_key(path: Path, key: Ed25519PrivateKey) -> None:
    """Writes a private key (PEM, PKCS 8) with mode 0600, whole or not at all; never over a file. Raises bad_setting."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    part = path.with_name(f".{path.name}.part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(part, path)  # fails where a file is
    except FileExistsError:
        raise error("bad_setting", f"there is a file already: {path}") from None
    except OSError as failure:
        raise error("bad_setting", f"{path}: {failure.strerror}") from None
    finally:
        part.unlink(missing_ok=True)


def party_key(path: Path) -> Ed25519PrivateKey:
    """An Ed25519 private key from a PEM file that only its owner can read. Raises bad_setting."""
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise error("bad_setting", f"others can read {path}: chmod 600 it")
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as failure:
        raise error("bad_setting", f"{path}: {failure.strerror}") from None
    except (ValueError, TypeError):
        raise error("bad_setting", f"{path} is not an unencrypted PEM key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise error("bad_setting", f"{path} is not an Ed25519 key")
    return key


def issuer_keys(path: Path) -> KeySet:
    """Public keys of an issuer, from a PEM file or a JWK set. Private halves in it are dropped. Raises bad_setting."""
    try:
        raw = path.read_bytes()
        if raw.lstrip().startswith(b"{"):
            found: dict[str, Any] = msgspec.json.decode(raw)
            keys = [import_key(k) for k in found.get("keys", [found])]
        else:
            keys = [_public(raw)]
    except OSError as failure:
        raise error("bad_setting", f"{path}: {failure.strerror}") from None
    except (JoseError, ValueError, TypeError, KeyError, StopIteration, msgspec.DecodeError):
        raise error("bad_setting", f"{path} is neither a PEM public key nor a JWK set") from None
    public = [import_key(k.as_dict(private=False)) for k in keys if k.key_type != "oct"]
    for key in public:
        key.ensure_kid()
    if not public:
        raise error("bad_setting", f"{path} has no public key")
    return KeySet(public)


def _public(raw: bytes) -> Any:
    """A PEM key as a JWK, its public half where it is a private one."""
    if b"PRIVATE" in raw:
        private = load_pem_private_key(raw, None)
        raw = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = load_pem_public_key(raw)
    kind = {Ed25519PublicKey: "OKP", RSAPublicKey: "RSA", EllipticCurvePublicKey: "EC"}
    return import_key(raw, next(name for of, name in kind.items() if isinstance(key, of)))  # type: ignore[call-overload]
