"""What every noun shares: frozen structs that check themselves, and the field types they are made of.

Nouns are `msgspec.Struct`s (docs/adr/0001): frozen, keyword-only, unknown fields refused, decoded and checked in one pass.
A check that fails raises an `AntalyaError` of the catalogue; msgspec lets it through unchanged unless it is a ValueError,
so `wire.decode` is the door that turns its ValidationError into `bad_field`.
"""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from antalya.model.errors import error

Id = Annotated[str, Meta(min_length=1, max_length=128)]
"""An id: a UUID for what is filed through a door, a short code (`TR`, `SDF`) for parties and forces."""

Text = Annotated[str, Meta(max_length=500)]
Name = Annotated[str, Meta(min_length=1, max_length=200)]
Instant = Annotated[datetime, Meta(tz=True)]
Metres = Annotated[float, Meta(ge=0, le=20_000_000)]
Seconds = Annotated[float, Meta(ge=0, le=366 * 86_400)]

_MISLEADING = re.compile("[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
                         "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]")


class Noun(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """The base of every noun. They are made of values and other nouns and so never part of a cycle: the collector need not look
    at them (`gc=False`)."""


def plain_text(value: str, at: str) -> str:
    """`value`, if no reader could be misled by it.

    Refuses NUL and control characters, the invisible characters that reorder, break or pad text (Unicode TR36, 'Trojan
    Source'), and halves of surrogate pairs. Ordinary Arabic, Hebrew, Cyrillic or Turkish text passes. Raises bad_text.
    """
    found = None if value.isprintable() else _MISLEADING.search(value)
    if found:
        name = unicodedata.name(found.group(), f"U+{ord(found.group()):04X}")
        raise error("bad_text", f"{name} at character {found.start()}", at=at)
    return value


def utc(value: datetime, at: str) -> datetime:
    """`value` in UTC. Raises naive_time where it has no zone, bad_field where it is before year 1 or after 9999 in UTC."""
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise error("naive_time", "a time without a zone", at=at)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise error("bad_field", "a time outside the years 1 to 9999 (UTC)", at=at) from None


def set_utc(noun: msgspec.Struct, *fields: str) -> None:
    """Puts the named instants of a noun under construction into UTC; None stays None."""
    for field in fields:
        value = getattr(noun, field)
        if value is not None and value.tzinfo is not UTC:
            msgspec.structs.force_setattr(noun, field, utc(value, field))


def check_texts(noun: msgspec.Struct, *fields: str) -> None:
    """Refuses misleading characters in the named text fields; tuples and dicts of texts are looked through."""
    for field in fields:
        value = getattr(noun, field)
        if not value:
            continue
        if isinstance(value, dict):
            value = (*value, *value.values())
        for text in (value,) if isinstance(value, str) else value:
            plain_text(text, field)
