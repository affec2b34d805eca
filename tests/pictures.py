"""Short ways to make operations, agreements and rulebooks for tests, and to check one against the others."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from antalya.model import Area, Circle, Finding, Force, Minima, Operation, Party, Polygon, Site, Understanding, Volume
from antalya.model.rules import AnyRule
from antalya.model.volume import Outline
from antalya.picture import Prepared, Rulebook, prepare
from antalya.separations import Clash
from antalya.steps.detect import detect
from antalya.steps.weigh import weigh

DAY = datetime(2017, 3, 8, tzinfo=UTC)
NOW = datetime(2017, 3, 7, 9, tzinfo=UTC)
LONG_AGO = datetime(2016, 1, 1, tzinfo=UTC)

PARTIES = {p: Party(id=p, name=p) for p in ("TR", "RU", "US", "UN", "IL", "XX")}
FORCES = {f: Force(id=f, name=f, answers=a) for f, a in
          {"TAF": "TR", "TSO": "TR", "RUF": "RU", "SAA": "RU", "USF": "US", "SDF": "US", "AID": "UN"}.items()}


def hour(hours: float) -> datetime:
    """So many hours into the day."""
    return DAY + timedelta(hours=hours)


def box(west: float, south: float, east: float, north: float) -> Polygon:
    """A box in kilometres east and north of 38 E, 36.5 N, near enough."""
    lon, lat = [38 + x / 89.6 for x in (west, east)], [36.5 + y / 110.97 for y in (south, north)]
    return Polygon(coordinates=(((lon[0], lat[0]), (lon[1], lat[0]), (lon[1], lat[1]), (lon[0], lat[1]), (lon[0], lat[0])),))


def circle(east: float, north: float, radius_m: float) -> Circle:
    """A circle about a point in kilometres east and north of 38 E, 36.5 N, near enough."""
    return Circle(center=(38 + east / 89.6, 36.5 + north / 110.97), radius_m=radius_m)


def volume(outline: Outline | None = None, start: float = 6, end: float = 8, lower_m: float = 300.0,
           upper_m: float = 1_000.0) -> Volume:
    """A volume on the day, hours from midnight UTC."""
    return Volume(outline=outline or box(0, 0, 5, 5), lower_m=lower_m, upper_m=upper_m, starts_at=hour(start), ends_at=hour(end))


def plan(id: str = "a", party: str = "TR", activity: Any = "ground-movement", *volumes: Volume, filed: datetime = NOW,
         **fields: Any) -> Prepared:
    """An operation, ready to be checked."""
    return prepare(Operation(id=id, party=party, activity=activity, volumes=volumes or (volume(),), **fields), filed)


def agreed(*rules: AnyRule, status: Any = "in-force", id: str = "u", signatories: Sequence[str] = ("TR", "RU", "US"),
           since: datetime = LONG_AGO, **fields: Any) -> Understanding:
    """An understanding with these rules."""
    return Understanding(id=id, title=id, signatories=tuple(signatories), rules=rules, status=status, since=since, **fields)


def book(*understandings: Understanding, areas: Iterable[Area] = (), sites: Iterable[Site] = ()) -> Rulebook:
    """A rulebook with the usual parties and forces."""
    return Rulebook(parties=PARTIES, forces=FORCES, understandings={u.id: u for u in understandings},
                    areas={a.id: a for a in areas}, sites={s.id: s for s in sites})


def clashes(subject: Prepared, *others: Prepared, rules: Rulebook | None = None, **options: Any) -> tuple[Clash, ...]:
    """What detect finds."""
    return detect(subject, others, rules or book(), NOW, **options)


def findings(subject: Prepared, *others: Prepared, rules: Rulebook | None = None, now: datetime = NOW) -> tuple[Finding, ...]:
    """What the whole check finds."""
    rulebook = rules or book()
    return weigh(subject, detect(subject, others, rulebook, now), others, rulebook, now)


def only(found: Sequence[Finding]) -> Finding:
    """The one finding there is."""
    assert len(found) == 1, [f.why for f in found]
    return found[0]


def remedy(finding: Finding, kind: str) -> Any:
    """The finding's remedy of a kind, for the operation it holds."""
    return next(r for r in finding.remedies if r.kind == kind and r.operation == finding.operation)


APART = Minima()
