"""The bytes of a thing: canonical (RFC 8785, what is signed and hashed) and plain JSON (what is sent)."""

import hashlib

import msgspec
import rfc8785

from antalya.model.errors import error

_encoder = msgspec.json.Encoder()


def canonical(thing: object) -> bytes:
    """RFC 8785 bytes of a noun or of builtins; instants as RFC 3339 with Z.

    Raises bad_json where a number is NaN, infinite, or an integer that JSON readers can't hold exactly.
    """
    try:
        return rfc8785.dumps(msgspec.to_builtins(thing))
    except rfc8785.CanonicalizationError as failure:
        raise error("bad_json", f"no canonical form: {failure}") from None


def content_hash(thing: object) -> str:
    """SHA-256 of the canonical bytes, lower-case hex."""
    return hashlib.sha256(canonical(thing)).hexdigest()


def encode(thing: object) -> bytes:
    """Plain JSON in UTF-8."""
    return _encoder.encode(thing)
