"""What a scenario's files must agree on among themselves. Raises bad_input_file with the item's kind and id in `at`."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from uuid import UUID

from antalya.model.errors import AntalyaError, error
from antalya.model.parties import Force, Party, Stance
from antalya.model.places import Area, Control, Site
from antalya.model.rules import AnyRule, Hotline, KeepOut, Protect
from antalya.model.understandings import Understanding
from antalya.model.volume import Circle, MultiPolygon, Outline, Polygon, Position
from antalya.scenario.day import Filing, Manifest, Registered, Reply, Theatre

ILLUSTRATIVE = "illustrative"
_CITED = re.compile(r"\[([^\]]+)\]")


def check(manifest: Manifest, registry: Sequence[Registered], filings: Sequence[Filing], replies: Sequence[Reply]) -> None:
    """References lead somewhere, ids are single, sources are given, times and places lie inside the scenario's."""
    _check_ids(registry, filings)
    for where, source in _sources(registry, filings, replies):
        _check_source(source, manifest.sources, where)
    known = _Known(registry, filings)
    for viewer in manifest.viewers:
        known.party(viewer, "scenario.toml.viewers")
    for noun in registry:
        _check_noun(noun, known)
    for filing in filings:
        _check_filing(filing, manifest, known)
    for reply in replies:
        _check_reply(reply, manifest, filings, known)
    for where, position in _positions(registry, filings):
        _check_inside(position, manifest.theatre, where)


def _wrong(where: str, what: str) -> AntalyaError:
    return error("bad_input_file", what, at=where)


def _where(noun: Registered) -> str:
    return f"{type(noun).__name__.lower()} {noun.id}"


def _check_ids(registry: Iterable[Registered], filings: Iterable[Filing]) -> None:
    seen: set[str] = set()
    for where in (*map(_where, registry), *(f"operation {filing.operation.id}" for filing in filings)):
        if where in seen:
            raise _wrong(where, "that id stands twice")
        seen.add(where)
    for filing in filings:
        try:
            parsed = UUID(filing.operation.id)
        except ValueError:
            parsed = None
        if parsed is None or parsed.version not in (4, 7) or str(parsed) != filing.operation.id:
            raise _wrong(f"operation {filing.operation.id}", "the id is not a UUID of version 4 or 7")


def _sources(registry: Iterable[Registered], filings: Iterable[Filing], replies: Iterable[Reply]) -> Iterator[tuple[str, str]]:
    for noun in registry:
        yield _where(noun), noun.source
        if isinstance(noun, Understanding):
            for rule in noun.rules:
                yield f"{_where(noun)} rule {rule.id}", rule.source
    for filing in filings:
        yield f"operation {filing.operation.id}", filing.operation.source
    for reply in replies:
        yield f"answer of {reply.party} to {reply.operation}", reply.source


def _check_source(source: str, known: Mapping[str, str], where: str) -> None:
    cited = _CITED.findall(source)
    if not cited and ILLUSTRATIVE not in source:
        raise _wrong(where, f"no source: give [n] of scenario.toml's sources, or {ILLUSTRATIVE!r}")
    for name in cited:
        if name not in known:
            raise _wrong(where, f"the source [{name}] is not in scenario.toml")


class _Known:
    """What references may lead to."""

    def __init__(self, registry: Iterable[Registered], filings: Iterable[Filing]) -> None:
        self.ids: dict[type, set[str]] = {}
        for noun in registry:
            self.ids.setdefault(type(noun), set()).add(noun.id)
        self.operations = {filing.operation.id for filing in filings}

    def _have(self, id: str, where: str, *kinds: type) -> None:
        if not any(id in self.ids.get(kind, ()) for kind in kinds):
            raise _wrong(where, f"no {' or '.join(kind.__name__.lower() for kind in kinds)} {id!r}")

    def party(self, id: str, where: str) -> None:
        self._have(id, where, Party)

    def force(self, id: str, where: str) -> None:
        self._have(id, where, Force)

    def mover(self, id: str, where: str) -> None:
        self._have(id, where, Party, Force)

    def area(self, id: str, where: str) -> None:
        self._have(id, where, Area)

    def site(self, id: str, where: str) -> None:
        self._have(id, where, Site)


def _check_noun(noun: Registered, known: _Known) -> None:
    where = _where(noun)
    match noun:
        case Force(answers=party) | Site(owner=party):
            known.party(party, where)
        case Stance(holder=party, towards=force):
            known.party(party, where)
            known.force(force, where)
        case Control(claimant=party, force=force, area=area):
            known.party(party, where)
            known.force(force, where)
            known.area(area, where)
        case Understanding():
            if noun.status not in ("proposed", "in-force"):
                raise _wrong(where, "a scenario's understandings are proposed or in-force")
            for party in noun.signatories:
                known.party(party, where)
            for rule in noun.rules:
                _check_rule(rule, known, f"{where} rule {rule.id}")


def _check_rule(rule: AnyRule, known: _Known, where: str) -> None:
    movers = [*rule.parties, *rule.forces, *rule.exceptions.parties, *rule.exceptions.forces]
    for name in ("of", "unless_told", "between", "pair", "holders", "notify"):
        movers += getattr(rule, name, ())
    if isinstance(rule, Hotline):
        movers += [rung.party for rung in rule.rungs]
    for mover in movers:
        known.mover(mover, where)
    for area in (rule.area, *rule.exceptions.areas):
        if area is not None:
            known.area(area, where)
    if isinstance(rule, Protect):
        for site in rule.sites:
            known.site(site, where)


def _check_filing(filing: Filing, manifest: Manifest, known: _Known) -> None:
    operation, where = filing.operation, f"operation {filing.operation.id}"
    known.party(operation.party, where)
    for force in operation.forces:
        known.force(force, where)
    for party in operation.disclosure:
        if party != "*":
            known.party(party, where)
    if not manifest.opens_at <= filing.at <= manifest.now:
        raise _wrong(where, "filed outside [opens_at, now]")
    if max(volume.ends_at for volume in operation.volumes) <= filing.at:
        raise _wrong(where, "filed when it is over")


def _check_reply(reply: Reply, manifest: Manifest, filings: Iterable[Filing], known: _Known) -> None:
    where = f"answer of {reply.party} to {reply.operation}"
    known.party(reply.party, where)
    filed = next((filing.at for filing in filings if filing.operation.id == reply.operation), None)
    if filed is None:
        raise _wrong(where, "no such operation")
    if not filed <= reply.at <= manifest.now:
        raise _wrong(where, "answered before the filing, or after now")


def _positions(registry: Iterable[Registered], filings: Iterable[Filing]) -> Iterator[tuple[str, Position]]:
    for noun in registry:
        match noun:
            case Area() | Site():
                yield from ((_where(noun), position) for position in _corners(noun.outline))
            case Understanding():
                for rule in noun.rules:
                    where = f"{_where(noun)} rule {rule.id}"
                    yield from ((where, position) for position in _corners(rule.outline))
                    yield from ((where, position) for position in (isinstance(rule, KeepOut) and rule.line) or ())
    for filing in filings:
        for i, volume in enumerate(filing.operation.volumes):
            yield from ((f"operation {filing.operation.id} volumes[{i}]", p) for p in _corners(volume.outline))


def _corners(outline: Outline | None) -> Iterator[Position]:
    match outline:
        case Circle(center=middle):
            yield middle
        case Polygon(coordinates=rings):
            for ring in rings:
                yield from ring
        case MultiPolygon(coordinates=polygons):
            for rings in polygons:
                for ring in rings:
                    yield from ring


def _check_inside(position: Position, theatre: Theatre, where: str) -> None:
    west, south, east, north = theatre
    lon, lat = position
    if west <= lon <= east and south <= lat <= north:
        return
    swapped = west <= lat <= east and south <= lon <= north
    hint = "; swapped it would be inside: positions are [longitude, latitude]" if swapped else ""
    raise _wrong(where, f"[{lon}, {lat}] is outside the theatre{hint}")
