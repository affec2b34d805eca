"""Areas, claims of control, and protected sites."""

from typing import Annotated, Literal

from msgspec import Meta

from antalya.model.base import Id, Instant, Name, Noun, Text, check_texts, set_utc
from antalya.model.errors import error
from antalya.model.parties import Level
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon

SiteKind = Literal["hospital", "school", "shelter", "water", "warehouse", "office", "camp", "heritage", "other"]


class Area(Noun, frozen=True, kw_only=True):
    """A named polygon with holes. Shared reference data of the exchange: everybody in it sees it."""

    id: Id
    name: Name
    outline: Polygon | MultiPolygon | Circle
    names: dict[Literal["en", "tr", "ru", "ar"], Name] = {}
    source: Text = ""

    def __post_init__(self) -> None:
        check_texts(self, "id", "name", "names", "source")


class Control(Noun, frozen=True, kw_only=True):
    """A claim, not a truth: `claimant` (a party) says that `force` holds `area`. Private to it unless `released`."""

    id: Id
    claimant: Id
    force: Id
    area: Id
    since: Instant
    until: Instant | None = None
    released: bool = False
    source: Text = ""

    def __post_init__(self) -> None:
        check_texts(self, "id", "source")
        set_utc(self, "since", "until")
        if self.until is not None and self.until < self.since:
            raise error("bad_window", "until is before since", at="until")


class Site(Noun, frozen=True, kw_only=True):
    """A protected place. `owner` (a party) filed it, `inspected_by` says who checked the place and when.

    It is information, never a request for permission, and protection does not depend on it (Yemen HNS SOP, March 2021).
    Nobody keeps nearer than `stand_off_m` across or within `clear_above_m` over it while the entry is valid
    ([valid_from, expires_at)). Nobody but its owner and the broker can list it; who files over it learns of it. `disclosure`
    shows it to a named party, or to `*`, everybody: in whole at `details`; drone operators' clients see its keep-out volume
    as a constraint, coarse at `envelope`.
    """

    id: Id
    owner: Id
    name: Name
    kind: SiteKind
    outline: Outline
    lower_m: Annotated[float, Meta(ge=-12_000, le=200_000)] = -500.0
    upper_m: Annotated[float, Meta(ge=-12_000, le=200_000)] = 3_000.0
    stand_off_m: Annotated[float, Meta(ge=0, le=100_000)] = 500.0
    clear_above_m: Annotated[float, Meta(ge=0, le=30_000)] = 300.0
    valid_from: Instant
    expires_at: Instant
    inspected_by: Text = ""
    inspected_at: Instant | None = None
    contact: Text = ""
    source: Text = ""
    disclosure: dict[Id, Level] = {}

    def __post_init__(self) -> None:
        check_texts(self, "id", "name", "inspected_by", "contact", "source", "disclosure")
        set_utc(self, "valid_from", "expires_at", "inspected_at")
        if self.expires_at <= self.valid_from:
            raise error("bad_window", "expires_at is not after valid_from", at="expires_at")
        if not self.lower_m < self.upper_m:
            raise error("bad_band", "lower_m is not below upper_m", at="upper_m")


Place = Area | Site
