"""From bytes to nouns: what is malformed, unknown or out of range becomes an error of the catalogue that names the place."""

import json
import re
from functools import lru_cache
from typing import Any, TypeVar, get_args

import msgspec

from antalya.model.errors import AntalyaError, error

T = TypeVar("T")
_PATH = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?$", re.DOTALL)
_LISTS = ("volumes", "rules", "items")


def decode(raw: bytes, kind: type[T], *, at: str = "") -> T:
    """JSON bytes as a noun. Raises bad_json, bad_field, naive_time, and what the noun itself raises; `at` is put before the
    place in the input."""
    try:
        text = raw.decode("utf-8")
        json.loads(text, object_pairs_hook=_single_keys, parse_constant=_no_constant)
        return _decoder(kind).decode(text)  # type: ignore[no-any-return, arg-type]
    except AntalyaError as failure:
        raise _placed(failure, raw, kind, at) from None
    except msgspec.ValidationError as failure:
        raise _bad_field(str(failure), at) from None
    except (msgspec.DecodeError, ValueError) as failure:
        raise error("bad_json", _short(str(failure)), at=at) from None
    except RecursionError:
        raise error("bad_json", "nested too deeply", at=at) from None


def from_builtins(thing: object, kind: type[T], *, at: str = "") -> T:
    """Dicts, lists and strings (as JSON or TOML readers give them) as a noun; raises as `decode` does."""
    try:
        return msgspec.convert(thing, kind)
    except AntalyaError as failure:
        raise _placed(failure, thing, kind, at) from None
    except msgspec.ValidationError as failure:
        raise _bad_field(str(failure), at) from None
    except RecursionError:
        raise error("bad_json", "nested too deeply", at=at) from None


@lru_cache(maxsize=256)
def _decoder(kind: type) -> Any:
    return msgspec.json.Decoder(kind)


def _single_keys(pairs: list[tuple[str, object]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise error("bad_json", "a key stands twice in one object")
    for key, value in pairs:
        _no_surrogates(key)
        if isinstance(value, str):
            _no_surrogates(value)


def _no_surrogates(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise error("bad_json", "half a surrogate pair in a text") from None


def _no_constant(name: str) -> object:
    raise error("bad_json", f"{name} is not JSON")


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]} …"


def _bad_field(text: str, at: str) -> AntalyaError:
    found = _PATH.match(text)
    path = (found.group("path") or "") if found else ""
    what = found.group("what") if found else text
    where = f"{at}{path}" if at else path.removeprefix(".")
    if "with a timezone component" in what:
        return error("naive_time", "a time without a zone", at=where)
    return error("bad_field", _short(what), at=where)


def _placed(failure: AntalyaError, thing: object, kind: type, at: str) -> AntalyaError:
    """The same error with the path to the list item that raised it, which a noun can't know of itself."""
    inner = failure.at
    if failure.code.name != "bad_json":
        found = _item_of(thing, kind)
        inner = f"{found}.{inner}".rstrip(".") if found else inner
    where = f"{at}.{inner}".strip(".") if at else inner
    return AntalyaError(failure.code, failure.detail, at=where, **failure.extra)


def _item_of(thing: object, kind: type) -> str:
    """`volumes[3]`: the first item of the noun's list that doesn't stand by itself; empty where it is none of them."""
    builtins = msgspec.json.decode(thing) if isinstance(thing, bytes) else thing
    if not isinstance(builtins, dict) or not hasattr(kind, "__struct_fields__"):
        return ""
    hints = {f.name: f.type for f in msgspec.structs.fields(kind)}
    for name in _LISTS:
        if name in hints and isinstance(builtins.get(name), list):
            one = _item_type(hints[name])
            for i, item in enumerate(builtins[name]):
                try:
                    msgspec.convert(item, one)
                except AntalyaError:
                    return f"{name}[{i}]"
                except msgspec.ValidationError:
                    return ""
    return ""


def _item_type(hint: Any) -> Any:
    args = get_args(hint)
    return _item_type(args[0]) if hasattr(hint, "__metadata__") else args[0]
