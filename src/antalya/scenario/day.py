"""What a scenario consists of besides the nouns of the model."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeAlias, TypeVar

from msgspec import Meta

from antalya.model.asks import Decision
from antalya.model.base import Id, Instant, Name, Noun, Text, check_texts, set_utc
from antalya.model.errors import error
from antalya.model.operations import Operation
from antalya.model.parties import Force, Party, Stance
from antalya.model.places import Area, Control, Site
from antalya.model.understandings import Understanding

Registered: TypeAlias = Party | Force | Area | Stance | Control | Site | Understanding
Theatre: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees on WGS84."""

T = TypeVar("T")


class Manifest(Noun, frozen=True, kw_only=True):
    """`scenario.toml`. `opens_at`: when the registry is filed; `now`: the moment that is shown; `sources`: what `[n]` in
    the source of an item stands for. Raises bad_field, bad_window."""

    title: Name
    opens_at: Instant
    now: Instant
    theatre: Theatre
    viewers: Annotated[tuple[Id, ...], Meta(min_length=1)]
    sources: dict[str, Name] = {}
    summary: Annotated[str, Meta(max_length=4_000)] = ""

    def __post_init__(self) -> None:
        check_texts(self, "title", "summary", "viewers")
        set_utc(self, "opens_at", "now")
        if self.now < self.opens_at:
            raise error("bad_window", "now is before opens_at", at="now")
        west, south, east, north = self.theatre
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise error("bad_field", "a theatre is [west, south, east, north] in degrees", at="theatre")


class Filing(Noun, frozen=True, kw_only=True):
    """One item of `operations.json`: an operation and when its party files it."""

    at: Instant
    operation: Operation

    def __post_init__(self) -> None:
        set_utc(self, "at")

    @property
    def party(self) -> str:
        """Who files it."""
        return self.operation.party


class Reply(Noun, frozen=True, kw_only=True):
    """One item of `answers.json`: what a party answers when it is asked about an operation.

    Ids of asks come into being in the run, so a reply names the operation, and the rule where several things are asked;
    it is for every open ask of that party that fits. Raises bad_field, bad_text.
    """

    at: Instant
    party: Id
    operation: Id
    rule: Id | None = None
    decision: Decision
    conditions: tuple[Text, ...] = ()
    note: Text = ""
    source: Text = ""

    def __post_init__(self) -> None:
        check_texts(self, "note", "conditions", "source")
        set_utc(self, "at")
        if (self.decision == "grant-with-conditions") != bool(self.conditions):
            raise error("bad_field", "conditions go with grant-with-conditions, and only with it", at="conditions")


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario, read and checked.

    `registry`: parties, forces, areas, stances, controls, sites, understandings, in an order in which each refers only to
    earlier ones. Understandings come as `proposed`; `signings` (understanding, party) put in force those which the data
    says are. `filings` and `replies` are in the order of their times, between `opens_at` and `now`.
    """

    id: str
    title: str
    summary: str
    opens_at: datetime
    now: datetime
    theatre: Theatre
    viewers: tuple[str, ...]
    sources: dict[str, str]
    registry: tuple[Registered, ...]
    signings: tuple[tuple[str, str], ...]
    filings: tuple[Filing, ...]
    replies: tuple[Reply, ...]

    def of(self, kind: type[T]) -> tuple[T, ...]:
        """The registered nouns of one kind."""
        return tuple(noun for noun in self.registry if isinstance(noun, kind))

    @property
    def operations(self) -> tuple[Operation, ...]:
        """The operations, in the order of their filing."""
        return tuple(filing.operation for filing in self.filings)

    def events(self) -> Iterator[Filing | Reply]:
        """Filings and replies in one sequence, by time; a filing goes before a reply of the same instant."""
        both: list[Filing | Reply] = [*self.filings, *self.replies]
        yield from sorted(both, key=lambda event: (event.at, isinstance(event, Reply)))
