"""Signed notices: a compact JWS (RFC 7515, EdDSA of RFC 8037, RFC 9864) whose payload is the RFC 8785 form of what is filed.

The protected header binds the signature to its purpose: `typ`, the `kid` (RFC 7638 thumbprint), `act` (method and address
it is for) and `iat`. So a signature over one filing can't be used for another, nor much later.
"""

import base64
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey
from joserfc.registry import HeaderParameter

from antalya.model.errors import error
from antalya.model.parties import PublicKey
from antalya.wire.canonical import canonical

# Tokens and notices that say EdDSA instead of Ed25519 are still good: the name is deprecated, the algorithm is the same.
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)

TYP = "antalya-notice+jws"
_REGISTRY = jws.JWSRegistry({"act": HeaderParameter("What it is for", "str", True),
                             "iat": HeaderParameter("Issued at", "int", True)}, algorithms=["EdDSA", "Ed25519"])


@dataclass(frozen=True, slots=True)
class Verified:
    """A notice whose signature fits: its payload, the key, when it was signed."""

    payload: bytes
    kid: str
    signed_at: int


def public_key(key: Ed25519PrivateKey) -> PublicKey:
    """The public half, as parties register it; `kid` is its RFC 7638 thumbprint."""
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    x = b64(raw)
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
    header = _header(notice)
    x = keys.get(str(header.get("kid", "")))
    if x is None:
        raise error("bad_signature", "no registered key of this party has that kid")
    if header.get("alg") not in ("EdDSA", "Ed25519") or header.get("typ") != TYP:
        raise error("bad_signature", f"wanted alg EdDSA and typ {TYP}")
    if "crit" in header or "b64" in header:
        raise error("bad_signature", "crit and b64 are not used here")
    try:
        found = jws.deserialize_compact(notice, OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": x}), registry=_REGISTRY)
    except (JoseError, ValueError, TypeError):
        raise error("bad_signature", "the signature does not verify") from None
    if header.get("act") != act:
        raise error("bad_signature", "it was signed for another purpose")
    signed_at = header.get("iat")
    if not isinstance(signed_at, int) or abs(now.timestamp() - signed_at) > skew_s:
        raise error("bad_signature", f"it was not signed within {skew_s:g} s of now")
    _check_canonical(found.payload)
    return Verified(found.payload, str(header["kid"]), signed_at)


def _header(notice: bytes) -> dict[str, object]:
    try:
        first, payload, signature = notice.split(b".")
        for part in (first, payload, signature):
            if base64.urlsafe_b64encode(unpad(part)).rstrip(b"=") != part:  # one form only
                raise ValueError
        return msgspec.json.decode(unpad(first), type=dict[str, object])
    except (ValueError, msgspec.DecodeError):
        raise error("bad_signature", "not a compact JWS") from None


def b64(raw: bytes) -> str:
    """base64url without padding (RFC 7515, 2)."""
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpad(part: bytes) -> bytes:
    """The bytes of base64url without padding. Raises ValueError."""
    return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))


def _check_canonical(payload: bytes) -> None:
    try:
        same = canonical(msgspec.json.decode(payload)) == payload
    except (msgspec.DecodeError, RecursionError):
        same = False
    if not same:
        raise error("bad_signature", "the payload is not in canonical form (RFC 8785)")
