"""From bytes to nouns: what is malformed, unknown or out of range becomes an error of the catalogue that names the place.

Input is read twice: once for its keys (one that stands twice in an object is refused: two readers would believe different
things), then by msgspec, which checks types and makes the noun. Keys are seen by the standard library; what msgspec reads and
writes again to the same bytes, as most programs send it, has no key twice, and that is known much sooner.
"""

import json
import math
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

import msgspec

from antalya.model.errors import AntalyaError, error

T = TypeVar("T")
_PATH = re.compile(r"^(?P<what>.*?)(?: - at `(?:key in )?\$(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.\w+|\[\d+\]")
_NAMED = re.compile(r"^Object (?:missing required|contains unknown) field `([^`]{1,100})`$")


def decode(raw: bytes, kind: type[T], *, at: str = "", plain: bool = False) -> T:
    """JSON bytes as a noun.

    `at` is put before the place in the input (`volumes[0].lower_m`). `plain`: they are known to have no key twice, as what is
    canonical, or was decoded before. Raises bad_json (not one JSON document in UTF-8, NaN, half a surrogate pair, a key twice
    in one object, nested too deeply), bad_field (wrong, missing or unknown), naive_time, and what the noun itself raises, with
    the way to it put before its own `at`.
    """
    things = None
    try:
        if plain or _is_plain(raw):
            with suppress(AntalyaError, msgspec.ValidationError):
                return _decoder(kind).decode(raw)  # type: ignore[no-any-return, arg-type]
        text = raw.decode("utf-8")
        things = json.loads(text, object_pairs_hook=_single_keys, parse_constant=_no_constant)
        return _decoder(kind).decode(text)  # type: ignore[no-any-return, arg-type]
    except AntalyaError as failure:
        raise _placed(failure, things, kind, at) from None
    except msgspec.ValidationError as failure:
        raise _bad_field(str(failure), at, things, kind) from None
    except UnicodeDecodeError as failure:
        raise error("bad_json", f"not UTF-8 at byte {failure.start}", at=at) from None
    except (msgspec.DecodeError, ValueError) as failure:
        raise error("bad_json", _short(str(failure)), at=at) from None
    except RecursionError:
        raise error("bad_json", "nested too deeply", at=at) from None


def from_builtins(thing: object, kind: type[T], *, at: str = "") -> T:
    """Dicts, lists and strings (as JSON or TOML readers give them) as a noun; raises as `decode` does, and
    bad_field for NaN and infinity, which TOML can say."""
    try:
        made = msgspec.convert(thing, kind)
    except AntalyaError as failure:
        raise _placed(failure, thing, kind, at) from None
    except msgspec.ValidationError as failure:
        raise _bad_field(str(failure), at, thing, kind) from None
    except RecursionError:
        raise error("bad_json", "nested too deeply", at=at) from None
    _finite(thing, at)
    return made


def _is_plain(raw: bytes) -> bool:
    """Whether a document is one that programs write: read and written again, it is the same, to the byte."""
    try:
        return msgspec.json.encode(msgspec.json.decode(raw)) == raw
    except (msgspec.DecodeError, ValueError, RecursionError):
        return False


@lru_cache(maxsize=256)
def _decoder(kind: type) -> Any:
    return msgspec.json.Decoder(kind)


def _single_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise error("bad_json", "a key stands twice in one object")
    for key, value in pairs:
        _no_surrogates(key)
        if isinstance(value, str):
            _no_surrogates(value)
    return made


def _no_surrogates(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise error("bad_json", "half a surrogate pair in a text") from None


def _no_constant(name: str) -> object:
    raise error("bad_json", f"{name} is not JSON")


def _finite(thing: object, at: str) -> None:
    """Refuses NaN, with which no comparison would ever be true, and infinity."""
    waiting = [(at, thing)]
    while waiting:
        where, value = waiting.pop()
        if isinstance(value, float) and not math.isfinite(value):
            raise error("bad_field", f"{value} is not a finite number", at=where)
        waiting.extend((_join(where, part), inner) for part, inner in _parts(value))


def _parts(thing: object) -> Iterator[tuple[str, Any]]:
    """What a dict or list holds, each with its step of the way: `.name` or `[0]`."""
    if isinstance(thing, dict):
        yield from ((f".{key}", value) for key, value in thing.items())
    elif isinstance(thing, list | tuple):
        yield from ((f"[{i}]", value) for i, value in enumerate(thing))


def _join(at: str, path: str) -> str:
    return f"{at}{path}" if at else path.removeprefix(".")


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]} …"


def choices(kind: Any) -> tuple[str, ...]:
    """The words of which a type allows one; none where it is another type."""
    if get_origin(kind) is Literal:
        return tuple(str(word) for word in get_args(kind))
    return tuple(word for inner in get_args(kind) for word in choices(inner))


def _wanted(plain: object, kind: Any, path: str) -> str:
    """What would have been right at a place, where that is one of some words."""
    for step in _STEP.findall(path):
        kind = _types(plain, kind).get(step, _types(plain, kind).get("[]"))
        plain = dict(_parts(plain)).get(step)
    words = choices(kind)
    return f": one of {', '.join(words)} is wanted" if words else ""


def _bad_field(text: str, at: str, plain: object, kind: Any) -> AntalyaError:
    found = _PATH.match(text)
    path = (found.group("path") or "") if found else ""
    what = found.group("what") if found else text
    named = _NAMED.match(what)
    where = _join(at, f"{path}.{named.group(1)}" if named else path)
    if "with a timezone component" in what:
        return error("naive_time", "a time without a zone", at=where)
    wanted = _wanted(plain, kind, path) if what.startswith("Invalid enum value") else ""
    return error("bad_field", _short(what) + wanted, at=where)


def _placed(failure: AntalyaError, plain: object, kind: type, at: str) -> AntalyaError:
    """The same error with the way to the noun that raised it, which that noun can't know itself."""
    if failure.code.name == "bad_json":
        return AntalyaError(failure.code, failure.detail, at=failure.at or at, **failure.extra)
    way = _join(at, _way(plain, kind))
    inner = failure.at if not way or failure.at.startswith("[") or not failure.at else f".{failure.at}"
    return AntalyaError(failure.code, failure.detail, at=way + inner, **failure.extra)


def _way(plain: object, kind: Any) -> str:
    """The way from a thing to the innermost noun in it that refuses itself: `.volumes[3].outline`."""
    types = _types(plain, kind)
    for part, value in _parts(plain):
        inner = types.get(part, types.get("[]"))
        if inner is not None and _refused(value, inner):
            return part + _way(value, inner)
    return ""


def _types(plain: object, kind: Any) -> dict[str, Any]:
    """The types of a thing's parts, by their step (`[]`: any item)."""
    if get_origin(kind) is Annotated:
        return _types(plain, get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return {f".{field.encode_name}": field.type for field in msgspec.structs.fields(kind)}
    args = get_args(kind)
    if get_origin(kind) is tuple and args[1:] != (...,):
        return {f"[{i}]": arg for i, arg in enumerate(args)}
    if isinstance(plain, list | tuple):
        return {"[]": args[0]} if args else {}
    for member in args:  # a union: the struct whose tag the thing has
        config = getattr(member, "__struct_config__", None)
        if config is not None and isinstance(plain, dict) and plain.get(config.tag_field) in (config.tag, None):
            return _types(plain, member)
    return {}


def _refused(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except AntalyaError:
        return True
    except msgspec.ValidationError:
        return False
    return False
