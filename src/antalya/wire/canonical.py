"""The bytes of a thing: canonical (RFC 8785, what is signed and hashed) and plain JSON (what is sent)."""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import msgspec
import rfc8785

from antalya.model.base import utc
from antalya.model.errors import error

_encoder = msgspec.json.Encoder()
_sorted = msgspec.json.Encoder(order="sorted")
_TEXTS = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_WHOLE = re.compile(rb"\.0(?=[,\]}])")
_MINUS_ZERO = re.compile(rb"-0\.0[,\]}]")
_SIGNS = b"0123456789.,:[]{}-"
_WORDS = re.compile(rb"(?:true|false|null)*")
"""What is left of a document without its texts and signs, but for the `e` of numbers with exponents: RFC 8785 may write
those otherwise than msgspec."""
_DIGITS = bytes.maketrans(b"123456789:[", b"000000000,,")
_LONG = b"," + b"0" * 16
"""How a number begins, in `_DIGITS` and without its sign, that may have to be refused."""
_LONG_WHOLE = re.compile(rb"[:,\[]-?[0-9]{16}")
"""How a whole number may begin that has to be refused."""
_NOT_FINITE = re.compile(rb"\xcb[\x7f\xff][\xf0-\xff]")
"""How a double begins that is none of JSON's numbers; in no text, for 0xcb has another byte behind it in UTF-8."""
_ASTRAL = re.compile(rb"[\xf0-\xf4]")
"""Characters that make the order of keys depend on how they are encoded."""


def canonical(thing: object) -> bytes:
    """RFC 8785 bytes of a noun or of builtins; instants as RFC 3339 with Z.

    Raises bad_json where there is no such form: NaN, infinity, an integer that JSON readers can't hold exactly, half a
    surrogate pair, a key that is not text, nesting beyond reason. Raises naive_time for a time without a zone.
    """
    try:
        if isinstance(thing, msgspec.Struct):
            quick = _of_whole(thing) if _is_whole(type(thing)) else _quick(thing)
            return quick or rfc8785.dumps(msgspec.to_builtins(thing))
        plain = _in_utc(thing)
        return (_quick(plain) if isinstance(plain, dict | list) else None) or rfc8785.dumps(plain)
    except rfc8785.CanonicalizationError as failure:
        raise error("bad_json", f"no canonical form: {failure}") from None
    except UnicodeEncodeError:
        raise error("bad_json", "no canonical form: half a surrogate pair") from None
    except RecursionError:
        raise error("bad_json", "no canonical form: nested too deeply") from None


def canonical_texts(texts: Sequence[Sequence[str]]) -> bytes:
    """RFC 8785 bytes of lists of texts. Raises bad_json for half a surrogate pair."""
    try:
        return _of_whole(texts) or rfc8785.dumps(texts)
    except UnicodeEncodeError:
        raise error("bad_json", "no canonical form: half a surrogate pair") from None


def is_canonical(document: bytes) -> bool:
    """Whether a JSON document is in RFC 8785 form: the only one its content has, every number being a double."""
    try:
        return (_quick(msgspec.json.decode(document), True) or rfc8785.dumps(json.loads(document, parse_int=float))) == document
    except (ValueError, RecursionError):
        return False


def _quick(thing: Any, null_is_null: bool = False) -> bytes | None:
    """The canonical bytes of a noun, or of what was read from JSON, by msgspec's compiled encoder, much faster than rfc8785; None
    where the two might differ. What it gives is held against rfc8785 in the tests. `null_is_null`: there is no NaN, which would
    become null too."""
    text = _sorted.encode(thing)
    bare = _TEXTS.sub(b"", text) if b"\\" in text else b"".join(text.split(b'"')[::2])
    if not _WORDS.fullmatch(bare.translate(None, _SIGNS)) or _LONG in bare.translate(_DIGITS, b"-"):
        return None
    if b"-0.0" in bare and _MINUS_ZERO.search(bare):
        return None
    if not (text.isascii() or _ASTRAL.search(text) is None) or not (null_is_null or b"null" not in bare or _has_no_nan(thing)):
        return None
    whole = len(_WHOLE.findall(bare))
    if whole and whole != len(_WHOLE.findall(text)):
        return None  # a text has the look of numbers in it
    return _WHOLE.sub(b"", text) if whole else text


def _has_no_nan(thing: object) -> bool:
    """Whether there is surely neither NaN nor infinity in it, by how MessagePack writes them."""
    return _NOT_FINITE.search(msgspec.msgpack.encode(thing)) is None


def _of_whole(thing: object) -> bytes | None:
    """As `_quick`, of what has no number but whole ones in it."""
    text = _sorted.encode(thing)
    return None if _LONG_WHOLE.search(text) or not (text.isascii() or _ASTRAL.search(text) is None) else text


@cache
def _is_whole(noun: type) -> bool:
    """Whether there is no number but whole ones in a noun."""
    described = msgspec.json.encode(msgspec.json.schema(noun))
    return b'"number"' not in described and b"{}" not in described


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
        if not all(isinstance(key, str) for key in plain):
            raise error("bad_json", "no canonical form: a key that is not text")
        return {key: _instants(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [_instants(value) for value in plain]
    return msgspec.to_builtins(utc(plain, "")) if isinstance(plain, datetime) else plain
