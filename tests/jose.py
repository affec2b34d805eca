"""Hand-made compact JWS for the attack tests: what a library would not write."""

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from antalya.wire.notice import b64

Sign = Callable[[bytes], bytes]


def key(seed: int) -> Ed25519PrivateKey:
    """A key of its own for each number."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"test key {seed}".encode()).digest())


def compact(header: bytes | dict[str, Any], payload: bytes | dict[str, Any], sign: Sign) -> bytes:
    """A JWS over exactly these bytes; dicts are written as JSON."""
    texts = [b64(part if isinstance(part, bytes) else json.dumps(part).encode()) for part in (header, payload)]
    signed = ".".join(texts).encode()
    return signed + b"." + b64(sign(signed)).encode()


def with_hmac(secret: bytes) -> Sign:
    """HS256."""
    return lambda signed: hmac.digest(secret, signed, "sha256")


def public_forms(private: Ed25519PrivateKey) -> list[bytes]:
    """The bytes of a public key that a confused verifier could take for an HMAC secret."""
    public = private.public_key()
    raw = public.public_bytes_raw()
    return [raw, b64(raw).encode(), public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)]
