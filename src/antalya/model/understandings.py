"""Understandings: what parties agreed, with rules as data."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from antalya.model.base import Id, Instant, Name, Noun, Text, check_texts, set_utc
from antalya.model.errors import error
from antalya.model.parties import Level
from antalya.model.rules import AnyRule

Status = Literal["proposed", "in-force", "suspended", "ended"]


class Disclosure(Noun, frozen=True, kw_only=True):
    """What signatories chose to show each other instead of the defaults: to the other side of a clash between them, and
    to whoever must consent under this understanding. `everybody`: what anybody may see of its keep-outs, which drone
    operators' clients have as constraints; nothing unless given."""

    clash: Level = "overlap"
    consent: Level = "envelope"
    everybody: Level | UnsetType = UNSET


class Understanding(Noun, frozen=True, kw_only=True):
    """What parties agreed. The content (all but `status`) is what each signatory signs, by its hash.

    In force only when every signatory has signed the same content hash, and within [since, until). Suspension keeps the
    rules visible and turns their findings into warnings (memorandum of October 2015, suspended 8 April 2017 while its
    line kept working).
    """

    id: Id
    title: Name
    signatories: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=64)]
    rules: Annotated[tuple[AnyRule, ...], Meta(min_length=1, max_length=500)]
    status: Status = "proposed"
    since: Instant
    until: Instant | None = None
    disclosure: Disclosure | None = None
    source: Text = ""

    def __post_init__(self) -> None:
        check_texts(self, "id", "title", "source")
        set_utc(self, "since", "until")
        if len({rule.id for rule in self.rules}) != len(self.rules):
            raise error("bad_field", "two rules with the same id", at="rules")
        if self.until is not None and self.until <= self.since:
            raise error("bad_window", "until is not after since", at="until")

    def applies_at(self, moment: datetime) -> bool:
        """Whether its dates hold at a moment (its status is another matter)."""
        return self.since <= moment and (self.until is None or moment < self.until)


class Signature(Noun, frozen=True, kw_only=True):
    """A signatory's yes to one content hash of an understanding."""

    understanding: Id
    party: Id
    content_sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    at: Instant
    kid: str | None = None
