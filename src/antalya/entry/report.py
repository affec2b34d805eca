"""Findings in words a person can read, gathered from the views the exchange gives out: who, what, where, when, why, what would
remove it, who was told what. `entry.tables` prints them. Nothing is decided or redacted here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Any

import msgspec

from antalya.entry.places import describe
from antalya.model.volume import Outline
from antalya.wire.report import by_whom

View = Mapping[str, Any]

_ORDER = ("BLOCKED", "REFUSED", "HELD", "SETTLED", "NOTED", "CLOSED")
_WHAT = {"clash": "Clash", "breach": "Breach", "hazard": "Hazard to a protected site", "alert": "Alert"}
_WHY = {"joint-force": "Breach, a force of another party without its consent"}
"""Findings of built-in rules, which have no kind of rule to name."""
_PLACES = 2
"""So many places of a finding are named, the others counted."""
_NOISE_M = 1e-6
"""So little over a whole metre is the rounding of a conversion."""
UNSEEN = "another party"
GIVES_WAY = " (gives way)"
"""Stands after the operation of a clash that its findings call "the operation", which holds until the clash is settled."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one party was told of a finding: `level` of the disclosure ladder, with the state of what it is asked; `at` when,
    None where it was only made visible."""

    party: str
    level: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Row:
    """One finding, in words. `state`: BLOCKED; REFUSED where somebody who is asked said no; HELD; SETTLED; NOTED (it only
    warns); CLOSED (it is over, since `closed_at`). Times are in UTC; None where it has no window."""

    id: str
    state: str
    who: tuple[str, ...]
    what: str
    where: str
    starts_at: datetime | None
    ends_at: datetime | None
    why: str
    remedies: tuple[str, ...]
    told: tuple[Told, ...]
    closed_at: datetime | None = None


def rows(picture: View, views: Mapping[str, View]) -> list[Row]:
    """The rows of a picture, gravest first, then by time.

    `picture` is what /v1/picture gives the broker, `views` what it gives each party, by its id: from these comes the level
    at which a party sees a finding; from the broker's list of what was told, since when.
    """
    names = {party["id"]: party["name"] for party in picture["parties"]}
    operations = {view["id"]: view for view in picture["operations"]}
    sites = {site["id"]: site["name"] for site in picture["sites"]}
    found = [Row(id=f["id"], state=_state(f, picture), who=_who(f, operations, names, sites), what=_what(f, picture),
                 where=_where(f, operations), starts_at=starts_at, ends_at=ends_at, why=f["text"],
                 remedies=by_whom(f["remedies"], _short_names(f, operations, names)),
                 told=tuple(_told(f, picture, views, names)), closed_at=instant(f["closed_at"]))
             for f in picture["findings"] for starts_at, ends_at in [_window(f, operations)]]
    return sorted(found, key=lambda row: (_ORDER.index(row.state), row.starts_at is None, row.starts_at, row.who))


def _state(finding: View, picture: View) -> str:
    if finding["closed_at"] is not None:
        return "CLOSED"
    if finding["effect"] in ("none", "block"):
        return "NOTED" if finding["effect"] == "none" else "BLOCKED"
    if finding["settled"]:
        return "SETTLED"
    no = any(ask["finding"] == finding["id"] and ask["state"] == "refused" for ask in picture["asks"])
    return "REFUSED" if no else "HELD"


def _who(finding: View, operations: Mapping[str, View], names: Mapping[str, str], sites: Mapping[str, str]) -> tuple[str, ...]:
    both = (finding["operation"], finding["other"])
    sides = [_operation(operations[o], names) for o in both if o in operations]
    if finding["kind"] == "clash":  # with a side that the viewer may not see, it must still be plain which one gives way
        sides = [_operation(operations[o], names) if o in operations else o or UNSEEN for o in both]
        sides[0] += GIVES_WAY
    return (*sides, sites[finding["site"]]) if finding["site"] in sites else tuple(sides)


def _short_names(finding: View, operations: Mapping[str, View], names: Mapping[str, str]) -> dict[str, str]:
    """Names for the two sides of a clash: their parties', or the operations' own where both are of one; none for the rest."""
    ids = [o for o in (finding["operation"], finding["other"]) if o in operations]
    nouns = {o: operations[o].get("operation", operations[o]) for o in ids}
    parties = {o: names.get(noun["party"], noun["party"]) for o, noun in nouns.items()}
    if len(ids) < 2 or len(set(parties.values())) == 2:
        return parties if len(ids) == 2 else {}
    return {o: noun.get("title") or o for o, noun in nouns.items()}


def _operation(view: View, names: Mapping[str, str]) -> str:
    noun = view.get("operation", view)
    return f"{names.get(noun['party'], noun['party'])}: {noun.get('title') or noun['activity']}"


def _what(finding: View, picture: View) -> str:
    what = _WHY.get(str(finding["why"])) or _WHAT.get(str(finding["kind"]), str(finding["kind"]))
    if finding["rule_kind"] is None:
        return what
    titles = {u["id"]: u["title"] for u in picture["understandings"]}
    agreed = titles.get(finding["understanding"])
    return f"{what}, {finding['rule_kind']} rule" + (f" of “{agreed}”" if agreed else "")


def _where(finding: View, operations: Mapping[str, View]) -> str:
    """Where things meet, and between which heights; else where the operation is, as far as the viewer sees it."""
    regions = [msgspec.convert(met["region"], Outline) for met in finding["met"] if met["region"] is not None]
    view = operations.get(finding["operation"] or "")
    volumes = finding["met"] or ([] if view is None else _volumes(view))
    up = f", {heights(min(v['lower_m'] for v in volumes), max(v['upper_m'] for v in volumes))}" if volumes else ""
    if not regions and view is not None:
        place = describe(msgspec.convert(_volumes(view)[0]["outline"], Outline))
        return f"{place}{up} (envelope)" if "envelope" in view else place + up
    found = list(dict.fromkeys(describe(region) for region in regions))
    more = f" and {len(found) - _PLACES} more places" if len(found) > _PLACES else ""
    return ("; ".join(found[:_PLACES]) + more or "–") + up


def _window(finding: View, operations: Mapping[str, View]) -> tuple[datetime | None, datetime | None]:
    """When it is; where it doesn't say, when its operation is."""
    view = operations.get(finding["operation"] or "")
    if finding["starts_at"] is not None or view is None:
        return instant(finding["starts_at"]), instant(finding["ends_at"])
    return min(moments(view, "starts_at")), max(moments(view, "ends_at"))


def _told(finding: View, picture: View, views: Mapping[str, View], names: Mapping[str, str]) -> Iterable[Told]:
    for party, view in views.items():
        level = next((f["level"] for f in view["findings"] if f["id"] == finding["id"]), None)
        asks = [a for a in view["asks"] if a["finding"] == finding["id"] and a["of"] == party]
        if level is None and not asks:
            continue
        about = {finding["id"], *(a["id"] for a in asks)}
        told = [instant(t["at"]) for t in picture["told"] if t["party"] == party and t["subject"] in about]
        states = dict.fromkeys(str(a["state"]) for a in asks)
        asked = f", asked ({', '.join(states)})" if asks else ""
        yield Told(names.get(party, party), (level or "overlap") + asked, min((t for t in told if t is not None), default=None))


def heights(lower_m: float, upper_m: float) -> str:
    """`300 to 1,000 m`: a band to whole metres, never shown narrower than it is."""
    return f"{floor(lower_m + _NOISE_M):,} to {ceil(upper_m - _NOISE_M):,} m"


def instant(value: str | datetime | None) -> datetime | None:
    """An instant of a view, which is text where the view came as JSON."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _volumes(view: View) -> Sequence[View]:
    """The volumes of an operation, or of its envelope the one there is."""
    return [view["envelope"]] if "envelope" in view else view["operation"]["volumes"]


def moments(view: View, end: str) -> list[datetime]:
    """When the volumes of an operation's view begin (`starts_at`) or end (`ends_at`)."""
    return [moment for volume in _volumes(view) if (moment := instant(volume[end])) is not None]
