"""Showing: brings a thing's reference in the DSS into line with the thing, in the transaction that changes it."""

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from antalya.exchange.bridge import things
from antalya.exchange.bridge.things import Exhibit
from antalya.exchange.checking import AN_HOUR
from antalya.exchange.coordination.extents import LEVEL, MOST_CELLS
from antalya.exchange.coordination.placing import place, remove
from antalya.exchange.coordination.writing import new_id, new_ovn
from antalya.exchange.hub import Hub
from antalya.geometry.cells import footprint, within
from antalya.model.bridging import Bridged, Notice, Source, Uss
from antalya.model.coordination import Extent, Reference, ReferenceKind, Watch
from antalya.model.errors import AntalyaError, error
from antalya.model.operations import Operation
from antalya.model.parties import Level, at_least
from antalya.model.places import Site
from antalya.model.understandings import Understanding
from antalya.picture import Rulebook, shape_of
from antalya.ports import Transaction
from antalya.steps.disclose import Viewer
from antalya.steps.disclose.envelopes import envelope_cells, released_volumes
from antalya.steps.disclose.levels import released_to
from antalya.steps.record import EXCHANGE
from antalya.wire.canonical import canonical, content_hash

ANYBODY = Viewer("*")
"""Who sees what is released to everybody, and nothing else."""


def is_released(thing: Operation | Site) -> bool:
    """Whether everybody may see something of a thing."""
    return at_least(thing.disclosure.get("*", "nothing"), "envelope")


def show_operation(hub: Hub, tx: Transaction, operation: Operation, now: datetime, *, before: bool) -> None:
    """After an operation was filed or changed; `before`: whether the version before may be shown. Costs nothing where neither is
    released to everybody. Raises area_too_large."""
    if hub.uss is None or not (before or is_released(operation)):
        return
    if tx.adopted_as(operation.id) is None:  # not what a USS has put there itself
        _bring(hub, tx, "operation", operation.id, [each for each in (things.operation(operation),) if each is not None], now)


def show_site(hub: Hub, tx: Transaction, site: Site, now: datetime, *, before: bool) -> None:
    """After a site was registered or changed; `before` as for operations. Raises area_too_large."""
    if hub.uss is not None and (before or is_released(site)):
        _bring(hub, tx, "site", site.id, [things.site(site)], now)


def show_keep_outs(hub: Hub, tx: Transaction, understanding: Understanding, rulebook: Rulebook, now: datetime) -> None:
    """After an understanding, or an area that it names, has changed. Raises area_too_large."""
    if hub.uss is not None and understanding.disclosure is not None:
        _bring(hub, tx, "rule", understanding.id, things.keep_outs(understanding, rulebook), now)


def check_keep_outs(hub: Hub, understanding: Understanding, rulebook: Rulebook) -> None:
    """Before an understanding is signed: whether what it releases can be shown. Raises area_too_large."""
    if hub.uss is not None and understanding.disclosure is not None:
        for exhibit in things.keep_outs(replace(understanding, status="in-force"), rulebook):
            if at_least(level := released_to(ANYBODY, (), exhibit.disclosure), "envelope"):
                extent_of(exhibit, level)


def withdraw(hub: Hub, tx: Transaction, before: Bridged, now: datetime) -> None:
    """Takes a thing's reference out of the DSS."""
    old = tx.utm_reference(before.kind, before.reference)
    tx.drop_bridged(before)
    if old is not None:
        _tell(hub, tx, before, old.version, remove(tx, old, now), now, "withdrawn")


def _bring(hub: Hub, tx: Transaction, source: Source, subject: str, exhibits: Iterable[Exhibit], now: datetime) -> None:
    """Shows what is to be shown of a thing, and takes away what was and is not any more."""
    before = {each.part: each for each in tx.bridged(source, subject)}
    for exhibit in exhibits:
        level = released_to(ANYBODY, (), exhibit.disclosure)
        if at_least(level, "envelope") and exhibit.ends_at > now:
            _show(hub, tx, exhibit, level, before.pop(exhibit.part, None), now)
    for gone in before.values():
        withdraw(hub, tx, gone, now)


def _show(hub: Hub, tx: Transaction, exhibit: Exhibit, level: Level, before: Bridged | None, now: datetime) -> None:
    uss = hub.uss
    if uss is None:
        return
    shown = _seen(exhibit, level, uss)
    if before is not None and before.shown == shown:
        return
    at = extent_of(exhibit, level)
    if before is not None and before.kind != exhibit.kind:
        withdraw(hub, tx, before, now)
        before = None
    old = None if before is None else tx.utm_reference(before.kind, before.reference)
    id_ = new_id(hub) if before is None else before.reference
    kept = Reference(exhibit.kind, id_, uss.id, 1 if old is None else old.version + 1, new_ovn(hub), exhibit.state, at.starts_at,
                     at.ends_at, at.lower_m, at.upper_m, uss.base_url)
    bridged = Bridged(exhibit.source, exhibit.subject, exhibit.part, exhibit.kind, id_, shown, at.ends_at)
    told = place(tx, kept, at, old, now)
    tx.put_bridged(bridged)
    _tell(hub, tx, bridged, kept.version, told, now, level)


def extent_of(exhibit: Exhibit, level: Level) -> Extent:
    """Where a thing is for the DSS, as far as a level shows. Raises area_too_large."""
    try:
        volumes, cells = released_volumes(exhibit.volumes, level), _cells(exhibit, level)
    except AntalyaError as refusal:
        if refusal.code.name != "area_too_large":
            raise
        cells = frozenset()
    if not 0 < len(cells) <= MOST_CELLS:
        raise error("area_too_large", "it covers more than can be shown to everybody: release less, or split it", at="disclosure")
    return Extent(cells, min(v.starts_at for v in volumes), max(v.ends_at for v in volumes),
                  min(v.lower_m for v in volumes), max(v.upper_m for v in volumes))


def _cells(exhibit: Exhibit, level: Level) -> frozenset[int]:
    if level == "envelope":
        return frozenset(cell for coarse in envelope_cells(exhibit.volumes) for cell in within(coarse, LEVEL))
    return frozenset(cell for volume in exhibit.volumes for cell in footprint(shape_of(volume.outline), LEVEL))


def _seen(exhibit: Exhibit, level: Level, uss: Uss) -> str:
    """A hash of all that anybody sees: where nothing of it changes, the reference stays and nobody learns that something did."""
    named = sorted(party for party, shown in exhibit.disclosure.items() if shown == "details")
    volumes = released_volumes(exhibit.volumes, "details" if named else level)
    return content_hash([exhibit.kind, exhibit.state or "", exhibit.type, exhibit.priority if named else 0, level,
                         named, [canonical(volume).decode() for volume in volumes],
                         uss.id, uss.base_url])


def _tell(hub: Hub, tx: Transaction, shown: Bridged, version: int, told: list[Watch], now: datetime, level: str) -> None:
    """The leaf of what is shown to everybody at which level, and the notices to who subscribed to such changes."""
    content = canonical([shown.source, shown.subject, shown.part, level])
    hub.log(tx, f"utm.{shown.kind}", now, EXCHANGE, shown.reference, content, version=version)
    tx.add_notices(notices(shown.kind, shown.reference, told, now))


def notices(kind: ReferenceKind, reference: str, told: Iterable[Watch], now: datetime) -> list[Notice]:
    """A notice for each USS and address, with all its subscriptions there."""
    by_uss: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for watch in told:
        by_uss.setdefault((watch.manager, watch.uss_base_url), []).append((watch.id, watch.index))
    return [Notice(kind, reference, manager, url, tuple(subscriptions), now)
            for (manager, url), subscriptions in sorted(by_uss.items())]


def over(hub: Hub, tx: Transaction, now: datetime) -> int:
    """Takes away what ended an hour ago; how many."""
    ended = tx.bridged_over(now - AN_HOUR)
    for each in ended:
        withdraw(hub, tx, each, now)
    return len(ended)
