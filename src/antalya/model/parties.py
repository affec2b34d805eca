"""Parties, the forces they answer for, and what they hold of each other."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from antalya.model.base import Id, Instant, Name, Noun, Text, check_texts, set_utc
from antalya.model.errors import error

PartyKind = Literal["armed-force", "humanitarian", "civil", "state", "broker"]
Level = Literal["nothing", "overlap", "envelope", "details"]
"""The disclosure ladder, per recipient (docs/disclosure.md)."""

LEVELS: tuple[Level, ...] = ("nothing", "overlap", "envelope", "details")
StanceLevel = Literal["partner", "neutral", "rival", "adversary"]
STANCES: tuple[StanceLevel, ...] = ("partner", "neutral", "rival", "adversary")
"""The most guarded one last."""


class PublicKey(Noun, frozen=True, kw_only=True):
    """An Ed25519 public key (RFC 8037 JWK members) with which a party signs; `kid` is its RFC 7638 thumbprint."""

    kid: Annotated[str, Meta(min_length=8, max_length=128)]
    x: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{43}$")]
    until: Instant | None = None

    def __post_init__(self) -> None:
        set_utc(self, "until")


class Party(Noun, frozen=True, kw_only=True):
    """A principal with keys and an account. `must_sign`: unsigned filings are refused instead of marked."""

    id: Id
    name: Name
    kind: PartyKind = "armed-force"
    keys: tuple[PublicKey, ...] = ()
    must_sign: bool = False
    languages: tuple[Literal["en", "tr", "ru", "ar"], ...] = ("en",)
    source: Text = ""

    def __post_init__(self) -> None:
        check_texts(self, "id", "name", "source")

    def good_keys(self, now: datetime) -> dict[str, str]:
        """The keys it may sign with now: `kid` to `x`."""
        return {key.kid: key.x for key in self.keys if key.until is None or now < key.until}


class Force(Noun, frozen=True, kw_only=True):
    """Who moves. One party answers for it: `answers` is that party's id (SDF → US)."""

    id: Id
    name: Name
    answers: Id
    source: Text = ""

    def __post_init__(self) -> None:
        check_texts(self, "id", "name", "source")


class Stance(Noun, frozen=True, kw_only=True):
    """How `holder` (a party) lists `towards` (a force), since when, by what source.

    Directed: two parties may list the same force differently. Private to its holder unless `released`.
    """

    id: Id
    holder: Id
    towards: Id
    stance: StanceLevel
    since: Instant
    until: Instant | None = None
    released: bool = False
    source: Text = ""

    def __post_init__(self) -> None:
        check_texts(self, "id", "source")
        set_utc(self, "since", "until")
        if self.until is not None and self.until < self.since:
            raise error("bad_window", "until is before since", at="until")


def at_least(level: Level, floor: Level) -> bool:
    """Whether a level shows at least as much as another."""
    return LEVELS.index(level) >= LEVELS.index(floor)


def higher(one: Level, other: Level) -> Level:
    """The level of the two that shows more."""
    return max(one, other, key=LEVELS.index)


def lower(one: Level, other: Level) -> Level:
    """The level of the two that shows less."""
    return min(one, other, key=LEVELS.index)
