"""The bytes of a thing: canonical (RFC 8785, what is signed and hashed) and plain JSON (what is sent)."""

import hashlib
from datetime import datetime
from typing import Any

import msgspec
import rfc8785

from antalya.model.base import utc
from antalya.model.errors import error

_encoder = msgspec.json.Encoder()


def canonical(thing: object) -> bytes:
    """RFC 8785 bytes of a noun or of builtins; instants as RFC 3339 with Z.

    Raises bad_json where there is no such form: NaN, infinity, an integer that JSON readers can't hold exactly, half a
    surrogate pair, a key that is not text, nesting beyond reason. Raises naive_time for a time without a zone.
    """
    try:
        plain = msgspec.to_builtins(thing) if isinstance(thing, msgspec.Struct) else _in_utc(thing)
        return rfc8785.dumps(plain)
    except rfc8785.CanonicalizationError as failure:
        raise error("bad_json", f"no canonical form: {failure}") from None
    except UnicodeEncodeError:
        raise error("bad_json", "no canonical form: half a surrogate pair") from None
    except RecursionError:
        raise error("bad_json", "no canonical form: nested too deeply") from None


def content_hash(thing: object) -> str:
    """SHA-256 of the canonical bytes, lower-case hex. Raises as `canonical` does."""
    return hashlib.sha256(canonical(thing)).hexdigest()


def encode(thing: object) -> bytes:
    """Plain JSON in UTF-8, for answers. What JSON can't say (NaN, infinity) becomes null; the nouns hold none."""
    return _encoder.encode(thing)


def _in_utc(thing: object) -> Any:
    """Builtins whose instants are in UTC, so that equal moments have equal bytes; a noun has seen to that itself."""
    plain = msgspec.to_builtins(thing, builtin_types=(datetime,))
    return _instants(plain)


def _instants(plain: Any) -> Any:
    if isinstance(plain, dict):
        return {key: _instants(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_instants(value) for value in plain]
    return msgspec.to_builtins(utc(plain, "")) if isinstance(plain, datetime) else plain
