"""Shared Hypothesis strategies: plans, rules and sites close enough together that they often meet; and every noun."""

import math
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, get_args

from hypothesis import strategies as st
from msgspec.structs import replace
from tests.pictures import FORCES, NOW, box, circle, hour, plan, volume

from antalya.ledger.entry import Entry
from antalya.model import (
    Answer,
    Area,
    Ask,
    Circle,
    Control,
    Finding,
    Force,
    Met,
    MultiPolygon,
    Operation,
    Outline,
    Party,
    Polygon,
    Remedy,
    Signature,
    Site,
    Stance,
    Strength,
    Understanding,
    Volume,
    Window,
)
from antalya.model.asks import AskKind, AskState
from antalya.model.findings import Effect, FindingKind, RemedyKind, Severity
from antalya.model.operations import ACTIVITIES, NEXT
from antalya.model.parties import LEVELS, PartyKind, PublicKey, StanceLevel
from antalya.model.places import SiteKind
from antalya.model.rules import (
    AnyRule,
    Consent,
    Contact,
    Corridor,
    Exceptions,
    Hotline,
    Incompatible,
    KeepOut,
    LeadTime,
    Limit,
    Pause,
    Protect,
    Separation,
    Threshold,
)
from antalya.model.understandings import Disclosure, Status
from antalya.model.volume import Position
from antalya.picture import Prepared

T = TypeVar("T")

quarters = st.integers(0, 48).map(lambda n: n / 4)
"""Hours of half a day, in quarters."""


@st.composite
def outlines(draw: st.DrawFn) -> Any:
    """Boxes and circles within 20 km of each other."""
    x, y, size = draw(st.integers(-10, 10)), draw(st.integers(-10, 10)), draw(st.integers(1, 6))
    return draw(st.sampled_from([box(x, y, x + size, y + size), circle(x, y, 500.0 * size)]))


@st.composite
def volumes(draw: st.DrawFn) -> Any:
    """Volumes of a quarter of an hour to four hours, 100 to 3,000 m high."""
    start, low = draw(quarters), 100.0 * draw(st.integers(0, 30))
    return volume(draw(outlines()), start, start + draw(st.integers(1, 16)) / 4, low, low + 100 * draw(st.integers(1, 30)))


@st.composite
def plans(draw: st.DrawFn, id: str, party: str = "TR") -> Prepared:
    """Operations of one to three volumes."""
    own = [f for f, force in FORCES.items() if force.answers == party]
    return plan(id, party, draw(st.sampled_from(ACTIVITIES)), *draw(st.lists(volumes(), min_size=1, max_size=3)),
                forces=tuple(draw(st.sets(st.sampled_from(own), max_size=2))) if own else (),
                priority=draw(st.integers(2, 4)), filed=NOW + timedelta(hours=draw(st.integers(-40, 10))),
                strength=Strength(troops=draw(st.integers(0, 3))))


@st.composite
def rules(draw: st.DrawFn, exceptions: Exceptions = Exceptions(), window: Window | None = None) -> AnyRule:
    """Rules of every kind, in an area or everywhere, that bind everybody."""
    area = draw(outlines())
    where = draw(st.sampled_from([None, area]))
    low, until = 100.0 * draw(st.integers(0, 30)), draw(quarters)
    common: dict[str, Any] = {"id": "r", "exceptions": exceptions, "window": window}
    pause = window or Window(starts_at=hour(until), ends_at=hour(until + 2))
    return draw(st.sampled_from([
        Consent(of=("RU", "US", "IL"), quorum=draw(st.sampled_from([None, 1, 2])), outline=where, **common),
        LeadTime(notice_s=3_600.0 * draw(st.integers(1, 60)), outline=where, **common),
        KeepOut(outline=area, lower_m=low, upper_m=low + 500, stand_off_m=draw(st.sampled_from([0.0, 300.0])),
                unless_told=draw(st.sampled_from([(), ("XX",)])), **common),
        KeepOut(line=((37.9, 36.5), (38.1, 36.55)), side=draw(st.sampled_from(["left", "right"])), reach_m=5_000.0, **common),
        Separation(across_m=draw(st.sampled_from([100.0, 5_000.0])), up_m=500, seconds=900, outline=where, **common),
        Incompatible(pair=("TR", "RU"), adjoining_m=4_000.0, outline=where, **common),
        Protect(stand_off_m=2_000.0, activities=ACTIVITIES, **common),
        Pause(outline=where, **(common | {"window": pause})),
        Corridor(outline=area, holders=("XX",), lower_m=low, upper_m=low + 500, **common),
        Limit(outline=where, lower_m=low, upper_m=low + 800, operations_at_once=draw(st.integers(0, 1)),
              at_most=Strength(troops=1), daily_from=hour(2).time(), daily_until=hour(6).time(), **common),
        Threshold(from_size=Strength(troops=1), notice_s=3_600.0 * draw(st.integers(1, 60)), notify=("US",), outline=where,
                  **common),
        Hotline(rungs=(Contact(party="TR", role="duty officer"),), **common)]))


# Every noun, as wide as its fields allow: for what has to hold of any noun (wire, stores, log).

ids = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-_.:", min_size=1, max_size=36)
texts = st.text(st.characters(codec="utf-8", categories=("L", "M", "N", "P", "S", "Zs"),
                              exclude_characters="\u200e\u200f\ufeff"), max_size=40)
"""Any script, emoji too, without the controls and direction marks that texts may not have."""
names = texts.filter(bool)
moments = st.integers(0, 100 * 366 * 86_400_000_000).map(lambda us: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(microseconds=us))
shas = st.binary(min_size=32, max_size=32).map(bytes.hex)
levels = st.sampled_from(LEVELS)


def instances(kind: type[T], /, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[T]:
    """Nouns of a kind from strategies for its fields."""
    return st.builds(kind, **fields)  # (`kind` is positional: some nouns have a field of that name)


def floats(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers between two, both included, as bodies have them: whole, with a few places, or with all."""
    return st.one_of(st.integers(math.ceil(low), math.floor(high)).map(float), st.floats(low, high),
                     st.floats(low, high).map(lambda x: min(high, max(low, round(x, 3)))))


def some(of: st.SearchStrategy[T], most: int = 3, least: int = 0) -> st.SearchStrategy[tuple[T, ...]]:
    """A few different ones."""
    return st.lists(of, min_size=least, max_size=most, unique=True).map(tuple)


def maybe(of: st.SearchStrategy[T]) -> st.SearchStrategy[T | None]:
    """One, or none."""
    return st.none() | of


positions = st.tuples(floats(-180, 180), floats(-90, 90))


@st.composite
def rings(draw: st.DrawFn) -> tuple[Position, ...]:
    """Closed rings of at least three different corners; whether they cross is geometry's to say, not the noun's."""
    corners = draw(st.lists(positions, min_size=3, max_size=6, unique=True))
    return (*corners, corners[0])


_polygon_rings = st.lists(rings(), min_size=1, max_size=2).map(tuple)
outlines_anywhere: st.SearchStrategy[Outline] = st.one_of(
    instances(Polygon, coordinates=_polygon_rings),
    instances(MultiPolygon, coordinates=st.lists(_polygon_rings, min_size=1, max_size=2).map(tuple)),
    instances(Circle, center=positions, radius_m=floats(0.001, 2_000_000)))


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """Windows, some of no length."""
    start, end = sorted((draw(moments), draw(moments)))
    return Window(starts_at=start, ends_at=draw(st.sampled_from([start, end])))


@st.composite
def volumes_anywhere(draw: st.DrawFn) -> Volume:
    """Volumes of any outline, band and window."""
    window, low = draw(windows()), draw(floats(-12_000, 199_000))
    return Volume(outline=draw(outlines_anywhere), lower_m=low, upper_m=draw(floats(low + 0.5, 200_000)),
                  starts_at=window.starts_at, ends_at=window.ends_at)


strengths = instances(Strength, troops=st.integers(0, 10_000_000), tanks=st.integers(0, 500), guns=st.integers(0, 9))
operations = instances(
    Operation, id=ids, party=ids, activity=st.sampled_from(ACTIVITIES), forces=some(ids), title=texts, note=texts, source=texts,
    volumes=st.lists(volumes_anywhere(), min_size=1, max_size=3).map(tuple), priority=st.integers(0, 9), emergency=st.booleans(),
    state=st.sampled_from(sorted(NEXT)), strength=strengths, disclosure=st.dictionaries(ids | st.just("*"), levels, max_size=3))
public_keys = instances(PublicKey, kid=st.text("abcdef_-0123", min_size=8, max_size=43), until=maybe(moments),
                        x=st.text("abcXYZ019_-", min_size=43, max_size=43))
parties = instances(Party, id=ids, name=names, kind=st.sampled_from(get_args(PartyKind)), must_sign=st.booleans(), source=texts,
                    keys=st.lists(public_keys, max_size=2).map(tuple), languages=some(st.sampled_from(["en", "tr", "ru", "ar"])))
forces = instances(Force, id=ids, name=names, answers=ids, source=texts)
areas = instances(Area, id=ids, name=names, outline=outlines_anywhere, source=texts,
                  names=st.dictionaries(st.sampled_from(["en", "tr", "ru", "ar"]), names))


@st.composite
def stances(draw: st.DrawFn) -> Stance:
    """Stances, open-ended or over."""
    window = draw(windows())
    return Stance(id=draw(ids), holder=draw(ids), towards=draw(ids), stance=draw(st.sampled_from(get_args(StanceLevel))),
                  since=window.starts_at, until=draw(st.sampled_from([None, window.ends_at])), released=draw(st.booleans()))


@st.composite
def controls(draw: st.DrawFn) -> Control:
    """Claims of control."""
    window = draw(windows())
    return Control(id=draw(ids), claimant=draw(ids), force=draw(ids), area=draw(ids), since=window.starts_at,
                   until=draw(st.sampled_from([None, window.ends_at])), released=draw(st.booleans()), source=draw(texts))


@st.composite
def sites(draw: st.DrawFn) -> Site:
    """Protected sites."""
    window, low = draw(windows()), draw(floats(-12_000, 199_000))
    return Site(id=draw(ids), owner=draw(ids), name=draw(names), kind=draw(st.sampled_from(get_args(SiteKind))),
                outline=draw(outlines_anywhere), lower_m=low, upper_m=draw(floats(low + 0.5, 200_000)),
                stand_off_m=draw(floats(0, 100_000)), clear_above_m=draw(floats(0, 30_000)), valid_from=window.starts_at,
                expires_at=window.ends_at + timedelta(seconds=1), inspected_at=draw(maybe(moments)), contact=draw(texts))


@st.composite
def understandings(draw: st.DrawFn) -> Understanding:
    """Understandings with one to four rules of any kind."""
    window = draw(windows())
    made = draw(st.lists(rules(), min_size=1, max_size=4))
    disclosure = instances(Disclosure, clash=levels, consent=levels)
    return Understanding(id=draw(ids), title=draw(names), signatories=draw(some(ids, least=1)), status=draw(statuses),
                         rules=tuple(replace(rule, id=f"rule {i}") for i, rule in enumerate(made)), since=window.starts_at,
                         until=draw(st.sampled_from([None, window.ends_at + timedelta(seconds=1)])),
                         disclosure=draw(maybe(disclosure)), source=draw(texts))


statuses = st.sampled_from(get_args(Status))
signatures = instances(Signature, understanding=ids, party=ids, content_sha256=shas, at=moments, kid=maybe(ids))
remedies = instances(Remedy, kind=st.sampled_from(get_args(RemedyKind)), operation=ids, text=texts, instant=maybe(moments),
                     altitude_m=maybe(floats(-500, 9_000)), distance_m=maybe(floats(0, 9_000)), parties=some(ids),
                     force=maybe(ids))


@st.composite
def meetings(draw: st.DrawFn) -> Met:
    """Where two volumes meet."""
    window = draw(windows())
    return Met(volume=draw(st.integers(0, 9)), other_volume=draw(maybe(st.integers(0, 9))), region=draw(maybe(outlines_anywhere)),
               starts_at=window.starts_at, ends_at=window.ends_at, lower_m=draw(floats(0, 500)), upper_m=draw(floats(500, 900)),
               distance_m=draw(floats(0, 9_000)), time_gap_s=draw(floats(0, 600)))


findings = instances(
    Finding, id=ids, kind=st.sampled_from(get_args(FindingKind)), severity=st.sampled_from(get_args(Severity)),
    effect=st.sampled_from(get_args(Effect)), operation=ids, other=maybe(ids), site=maybe(ids), understanding=maybe(ids),
    rule=maybe(ids), why=ids, text=texts, met=st.lists(meetings(), max_size=2).map(tuple), starts_at=maybe(moments),
    params=st.dictionaries(ids, texts | floats(-1e6, 1e6) | st.integers(-9, 9) | st.none(), max_size=3), asks_of=some(ids),
    ask=maybe(st.sampled_from(["consent", "acknowledgement"])), quorum=maybe(st.integers(1, 3)), disclose=levels,
    remedies=st.lists(remedies, max_size=2).map(tuple), answer_within_s=maybe(floats(0, 86_400)))
asks = instances(
    Ask, id=ids, kind=st.sampled_from(get_args(AskKind)), finding=ids, operation=ids, of=ids, text=texts, asked_at=moments,
    deadline=moments, subject_sha256=shas, state=st.sampled_from(get_args(AskState)), valid_until=maybe(moments),
    conditions=some(names), about=maybe(ids))
answers = st.one_of(
    instances(Answer, id=ids, ask=ids, party=ids, decision=st.sampled_from(["grant", "refuse", "withdraw"]), note=texts,
              valid_until=maybe(moments), at=maybe(moments)),
    instances(Answer, id=ids, ask=ids, party=ids, decision=st.just("grant-with-conditions"), conditions=some(names, least=1)))
entries = instances(Entry, kind=ids, at=moments, actor=ids, subject=ids, version=st.integers(1, 9), content_sha256=shas,
                    signed=maybe(ids), outcome=st.sampled_from(["accepted", "refused"]), code=maybe(ids))

nouns: st.SearchStrategy[Any] = st.one_of(
    operations, parties, forces, areas, stances(), controls(), sites(), understandings(), signatures, findings, asks, answers,
    entries, windows(), volumes_anywhere(), outlines_anywhere, rules(), remedies, meetings())
"""Any noun of the model."""
