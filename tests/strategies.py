"""Shared Hypothesis strategies: plans, rules and sites close enough together that they often meet."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from tests.pictures import FORCES, NOW, box, circle, hour, plan, volume

from antalya.model import Strength, Window
from antalya.model.operations import ACTIVITIES
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
from antalya.picture import Prepared

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
