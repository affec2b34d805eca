"""Party tokens: JWTs (RFC 7519) signed by an issuer the exchange trusts. `sub` is the party, `scope` what it may do."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from msgspec import UNSET

from antalya.model.base import Id, plain_text
from antalya.model.errors import AntalyaError, error
from antalya.wire.decode import decode
from antalya.wire.notice import parts, private_jwk, registry

SCOPES = ("antalya.read", "antalya.file", "antalya.answer", "antalya.broker", "antalya.operate", "utm.strategic_coordination",
          "utm.conformance_monitoring_sa", "utm.constraint_management", "utm.constraint_processing",
          "utm.availability_arbitration")
ALGORITHMS = ("EdDSA", "Ed25519", "RS256", "ES256")
NAMELESS = ""
"""The `kid` of a key that its issuer gave none."""
_TYPES = ("JWT", "AT+JWT", "APPLICATION/AT+JWT")
_MOST_BYTES = 8_192


@dataclass(frozen=True)
class Issuer:
    """Whose tokens are taken: name (`iss`), public keys (a JWK set), the names it knows this exchange by besides the
    exchange's own (`aud`), with which algorithms, which scopes it may give, and how long they may live. `brings_parties`: whom
    it names is a party of the exchange from then on. `parties`: whom it may name besides those (neither: everybody)."""

    name: str
    keys: KeySet
    audiences: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ALGORITHMS
    scopes: tuple[str, ...] = SCOPES
    max_life_s: float = 90 * 86_400.0
    brings_parties: bool = False
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a token says is calling."""

    party: str
    scopes: frozenset[str]
    issuer: str
    expires_at: datetime
    token_id: str


class _Header(msgspec.Struct, frozen=True):
    alg: str
    typ: str | None = None
    kid: str | None = None
    crit: object = UNSET
    b64: object = UNSET


class _Named(msgspec.Struct, frozen=True):
    iss: str


class _Claims(msgspec.Struct, frozen=True):
    iss: str
    sub: Id
    exp: float
    aud: str | list[str]
    iat: float | None = None
    scope: str = ""
    nbf: float | None = None
    jti: str = ""


def mint(issuer: str, key: Ed25519PrivateKey, party: str, scopes: Sequence[str], audience: str, now: datetime, life_s: float,
         token_id: str | None = None) -> str:
    """A token for a party, signed with Ed25519 (RFC 9864). `token_id` unless given follows from its contents."""
    issued = int(now.timestamp())
    jwk = private_jwk(key)
    claims: dict[str, object] = {"iss": issuer, "sub": party, "aud": audience, "iat": issued, "exp": issued + int(life_s),
                                 "scope": " ".join(scopes)}
    claims["jti"] = token_id or str(uuid.uuid5(uuid.NAMESPACE_URL, msgspec.json.encode(claims).decode()))
    return jwt.encode({"alg": "Ed25519", "kid": jwk.thumbprint()}, claims, jwk, algorithms=["Ed25519"])


def verify(token: str, issuers: Sequence[Issuer], audience: str, now: datetime, leeway_s: float = 5.0) -> Caller:
    """Who calls.

    The token must be made out to `audience`, or to a name by which its issuer knows this exchange. Scopes that its issuer
    may not give are left out. Raises bad_token: malformed, unknown issuer, another key or algorithm, altered, expired, not
    valid yet, longer-lived than its issuer may make it (counted from now where it does not say when it was issued), another
    audience.
    """
    issuer, claims = _read(token, issuers)
    at = now.timestamp()
    if claims.exp <= at - leeway_s:
        raise error("bad_token", "it has expired")
    issued = at if claims.iat is None else claims.iat
    if issued > at + leeway_s or (claims.nbf is not None and claims.nbf > at + leeway_s):
        raise error("bad_token", "it is not valid yet")
    if claims.exp - issued > issuer.max_life_s:
        raise error("bad_token", f"it lives longer than the {issuer.max_life_s:g} s its issuer may give")
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if audience not in audiences and not set(issuer.audiences) & set(audiences):
        raise error("bad_token", "it was made for another audience")
    return Caller(claims.sub, frozenset(claims.scope.split()) & set(issuer.scopes), issuer.name,
                  datetime.fromtimestamp(claims.exp, UTC), claims.jti)


def _read(token: str, issuers: Sequence[Issuer]) -> tuple[Issuer, _Claims]:
    """The issuer a token names, and its claims once that issuer's signature is found to fit."""
    if len(token) > _MOST_BYTES:
        raise error("bad_token", "it is too long")
    try:
        raw = token.encode("ascii")
        first, payload, _ = parts(raw)
        header, unproven = decode(first, _Header), decode(payload, _Named)
    except (ValueError, AntalyaError):
        raise error("bad_token", "it is not a JWT") from None
    issuer = next((i for i in issuers if i.name == unproven.iss), None)
    if issuer is None:
        raise error("bad_token", "no issuer of that name is trusted here")
    if header.alg not in issuer.algorithms:
        raise error("bad_token", "its algorithm is not one of this issuer's")
    if header.crit is not UNSET or header.b64 is not UNSET or (header.typ or "JWT").upper() not in _TYPES:
        raise error("bad_token", "its header is not an access token's")
    if not any(_fits(raw, key, header.alg, issuer) for key in _keys(issuer, header.kid)):
        raise error("bad_token", "it does not verify with this issuer's keys")
    try:
        claims = decode(payload, _Claims)
        plain_text(claims.sub, "sub")
    except AntalyaError as failure:
        raise error("bad_token", f"claim {failure.at or 'set'}: {failure.detail}") from None
    return issuer, claims


def unproven(token: str) -> tuple[str, str | None]:
    """The issuer and the key a token names, true or not. Raises bad_token."""
    try:
        first, payload, _ = parts(token[:_MOST_BYTES].encode("ascii"))
        return decode(payload, _Named).iss, decode(first, _Header).kid
    except (ValueError, AntalyaError):
        raise error("bad_token", "it is not a JWT") from None


def _keys(issuer: Issuer, kid: str | None) -> list[Any]:
    """The keys that may have signed a token: those of the name it says and those without one, or all where it says none."""
    return [key for key in issuer.keys if kid is None or key.kid in (NAMELESS, kid)]


def _fits(raw: bytes, key: Any, alg: str, issuer: Issuer) -> bool:
    """Whether a token's signature is that key's, made as its header says and the key allows."""
    if key.get("alg") not in (None, alg):
        return False
    try:
        jws.deserialize_compact(raw, key, registry=registry(issuer.algorithms, strict=False))
    except (JoseError, ValueError, TypeError):
        return False
    return True
