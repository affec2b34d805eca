"""Signed notices: a compact JWS (RFC 7515, EdDSA of RFC 8037, RFC 9864) whose payload is the RFC 8785 form of what is filed.

The protected header binds the signature to its purpose: `typ`, the `kid` (RFC 7638 thumbprint), `act` (method and address
it is for) and `iat`. So a signature over one filing can't be used for another, nor much later.
"""

import base64
import binascii
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Annotated

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey
from joserfc.registry import HeaderParameter
from msgspec import Meta

from antalya.model.errors import AntalyaError, error
from antalya.model.parties import PublicKey
from antalya.wire.canonical import is_canonical
from antalya.wire.decode import decode

# Tokens and notices that say EdDSA instead of Ed25519 are still good: the name is deprecated, the algorithm is the same.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)

TYP = "antalya-notice+jws"
ALGORITHMS = ("EdDSA", "Ed25519")
_STANDARD = bytes.maketrans(b"-_+/", b"+/!!")
"""base64url as base64, whose own letters are none of base64url's."""


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole protected header: `crit`, `b64`, `jwk`, `jku` and all others have no place here."""

    alg: str
    typ: str
    kid: str
    act: str
    iat: Annotated[int, Meta(ge=0, le=1 << 53)]


def registry(algorithms: tuple[str, ...], *, strict: bool = True) -> jws.JWSRegistry:
    """The JOSE library's rules, with these algorithms only. Sizes are bounded where bytes come in, not here."""
    made = jws.JWSRegistry({"act": HeaderParameter("What it is for", "str"), "iat": HeaderParameter("Issued at", "int")},
                           algorithms=algorithms, strict_check_header=strict)
    made.max_header_length, made.max_payload_length = 8_192, 1 << 30
    return made


_REGISTRY = registry(ALGORITHMS)


@dataclass(frozen=True, slots=True)
class Verified:
    """A notice whose signature fits: its payload, the key, when it was signed (seconds since 1970)."""

    payload: bytes
    kid: str
    signed_at: int


def public_key(key: Ed25519PrivateKey) -> PublicKey:
    """The public half, as parties register it; `kid` is its RFC 7638 thumbprint."""
    return public_half(b64(key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)))


def public_half(x: str) -> PublicKey:
    """The same of a key of which only the `x` of its public half is known."""
    return PublicKey(kid=OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x}).thumbprint(), x=x)


def private_jwk(key: Ed25519PrivateKey) -> OKPKey:
    """The key as the JOSE library wants it."""
    return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": public_key(key).x, "d": b64(key.private_bytes_raw())})


def sign(payload: bytes, key: Ed25519PrivateKey, act: str, now: datetime) -> bytes:
    """A notice over canonical bytes, for a purpose (`POST /v1/operations`)."""
    known = public_key(key)
    jwk = private_jwk(key)
    header = {"alg": "Ed25519", "typ": TYP, "kid": known.kid, "act": act, "iat": int(now.timestamp())}
    return jws.serialize_compact(header, payload, jwk, registry=_REGISTRY).encode()


def verify(notice: bytes, keys: Mapping[str, str], act: str, now: datetime, skew_s: float = 300.0) -> Verified:
    """The payload of a notice, if one of these keys (`kid` to base64url `x`) signed it for this purpose not long ago.

    Raises bad_signature: not a JWS, an unknown key, another algorithm or purpose, altered, stale, or not canonical.
    """
    header, payload, signature = _opened(notice)
    if header.alg not in ALGORITHMS or header.typ != TYP:
        raise error("bad_signature", f"wanted alg EdDSA and typ {TYP}")
    x = keys.get(header.kid)
    if x is None:
        raise error("bad_signature", "no registered key of this party has that kid")
    try:
        _public(x).verify(signature, notice.rpartition(b".")[0])
    except (InvalidSignature, ValueError, TypeError):
        raise error("bad_signature", "the signature does not verify") from None
    if header.act != act:
        raise error("bad_signature", "it was signed for another purpose")
    if abs(now.timestamp() - header.iat) > skew_s:
        raise error("bad_signature", f"it was not signed within {skew_s:g} s of now")
    if not is_canonical(payload):
        raise error("bad_signature", "the payload is not in canonical form (RFC 8785)")
    return Verified(payload, header.kid, header.iat)


@lru_cache(maxsize=1_024)
def _public(x: str) -> Ed25519PublicKey:
    """A registered key. Raises ValueError where it is none."""
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=" * (-len(x) % 4)))


def _opened(notice: bytes) -> tuple[_Header, bytes, bytes]:
    """Header, payload and signature, nothing verified. Raises bad_signature."""
    try:
        header, payload, signature = parts(notice)
        return decode(header, _Header), payload, signature
    except ValueError:
        raise error("bad_signature", "not a compact JWS") from None
    except AntalyaError as failure:
        raise error("bad_signature", f"the protected header is not a notice's: {failure.detail}") from None


def parts(compact: bytes) -> tuple[bytes, bytes, bytes]:
    """Header, payload and signature of a compact JWS (RFC 7515, 7.1), nothing verified. There is one way only to write
    each: padding, other alphabets, stray bits and bytes raise ValueError."""
    texts = compact.translate(_STANDARD).split(b".")
    if len(texts) != 3:
        raise ValueError("a compact JWS has three parts")
    header, payload, signature = map(_raw, texts)
    return header, payload, signature


def _raw(text: bytes) -> bytes:
    raw = binascii.a2b_base64(text + b"=" * (-len(text) % 4))
    if binascii.b2a_base64(raw, newline=False).rstrip(b"=") != text:
        raise ValueError("not base64url without padding")
    return raw


def b64(raw: bytes) -> str:
    """base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
