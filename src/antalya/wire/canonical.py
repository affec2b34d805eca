"""The bytes of a thing: canonical (RFC 8785, what is signed and hashed) and plain JSON (what is sent)."""

import hashlib
import json
import re
from datetime import datetime
from typing import Any

import msgspec
import rfc8785

from antalya.model.base import utc
from antalya.model.errors import error

_encoder = msgspec.json.Encoder()
_sorted = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
_TEXTS = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"')
_WHOLE = re.compile(r"\.0(?=[,\]}])")
_LONG = re.compile(r"[,:\[]-?[0-9]{16}")
_ODD = ("e-", "e+", "-0.0,", "-0.0]", "-0.0}")
"""Numbers that Python writes otherwise than RFC 8785, but for the `.0` of whole ones; `_LONG` ones it may have to refuse."""
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
"""Characters that make the order of keys depend on how they are encoded."""


def canonical(thing: object) -> bytes:
    """RFC 8785 bytes of a noun or of builtins; instants as RFC 3339 with Z.

    Raises bad_json where there is no such form: NaN, infinity, an integer that JSON readers can't hold exactly, half a
    surrogate pair, a key that is not text, nesting beyond reason. Raises naive_time for a time without a zone.
    """
    try:
        if not isinstance(thing, msgspec.Struct):
            return rfc8785.dumps(_in_utc(thing))
        plain = msgspec.to_builtins(thing)
        return _quick(plain) or rfc8785.dumps(plain)
    except rfc8785.CanonicalizationError as failure:
        raise error("bad_json", f"no canonical form: {failure}") from None
    except UnicodeEncodeError:
        raise error("bad_json", "no canonical form: half a surrogate pair") from None
    except RecursionError:
        raise error("bad_json", "no canonical form: nested too deeply") from None


def _quick(plain: Any) -> bytes | None:
    """The canonical bytes of a noun's builtins by the standard library's compiled encoder, much faster than rfc8785;
    None where the two might differ. What it gives is held against rfc8785 in the tests."""
    try:
        text = _sorted.encode(plain)
    except ValueError:
        return None  # no number, or a circle: rfc8785 says what
    bare = _TEXTS.sub("", text)
    if any(odd in bare for odd in _ODD) or _LONG.search(bare) or not (text.isascii() or _ASTRAL.search(text) is None):
        return None
    whole = len(_WHOLE.findall(bare))
    if whole and whole != len(_WHOLE.findall(text)):
        return None  # a text has the look of numbers in it
    return (_WHOLE.sub("", text) if whole else text).encode()


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
