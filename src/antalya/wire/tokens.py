"""Party tokens: JWTs (RFC 7519) signed by an issuer the exchange trusts. `sub` is the party, `scope` what it may do."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from antalya.model.errors import error
from antalya.wire.notice import private_jwk, unpad

SCOPES = ("antalya.read", "antalya.file", "antalya.answer", "antalya.broker", "antalya.operate")
ALGORITHMS = ("EdDSA", "Ed25519", "RS256", "ES256")
_MOST_BYTES = 8_192


@dataclass(frozen=True)
class Issuer:
    """Whose tokens are taken: name (`iss`), public keys (a JWK set), for which audiences, with which algorithms, how long
    they may live, and which scopes it may give."""

    name: str
    keys: KeySet
    audiences: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ALGORITHMS
    scopes: tuple[str, ...] = SCOPES
    max_life_s: float = 90 * 86_400.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a token says is calling."""

    party: str
    scopes: frozenset[str]
    issuer: str
    expires_at: datetime
    token_id: str


class _Claims(msgspec.Struct):
    iss: str
    sub: str
    exp: float
    iat: float
    aud: str | list[str]
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
    """Who calls. Raises bad_token: malformed, unknown issuer, another key or algorithm, altered, expired, not yet valid,
    longer-lived than its issuer may make it, another audience."""
    issuer = _issuer_of(token, issuers)
    try:
        found = jwt.decode(token, issuer.keys, algorithms=list(issuer.algorithms))
        claims = msgspec.convert(found.claims, _Claims)
    except (JoseError, msgspec.ValidationError, ValueError, TypeError, KeyError):
        raise error("bad_token", "it does not verify with this issuer's keys, or a claim is missing") from None
    at = now.timestamp()
    if claims.exp <= at - leeway_s:
        raise error("bad_token", "it has expired")
    if claims.iat > at + leeway_s or (claims.nbf is not None and claims.nbf > at + leeway_s):
        raise error("bad_token", "it is not valid yet")
    if claims.exp - claims.iat > issuer.max_life_s:
        raise error("bad_token", f"it lives longer than the {issuer.max_life_s:g} s its issuer may give")
    audiences = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if audience not in audiences and not set(issuer.audiences) & set(audiences):
        raise error("bad_token", "it was made for another audience")
    if not 1 <= len(claims.sub) <= 128:
        raise error("bad_token", "its subject is not a party's id")
    return Caller(claims.sub, frozenset(claims.scope.split()) & set(issuer.scopes), issuer.name,
                  datetime.fromtimestamp(claims.exp, UTC), claims.jti)


def _issuer_of(token: str, issuers: Sequence[Issuer]) -> Issuer:
    """The issuer a token names, before anything of it is believed."""
    if len(token) > _MOST_BYTES:
        raise error("bad_token", "it is too long")
    try:
        _, claims, _ = token.encode("ascii").split(b".")
        name = msgspec.json.decode(unpad(claims), type=dict[str, object]).get("iss")
    except (ValueError, msgspec.DecodeError):
        raise error("bad_token", "it is not a JWT") from None
    for issuer in issuers:
        if issuer.name == name:
            return issuer
    raise error("bad_token", "no issuer of that name is trusted here")
