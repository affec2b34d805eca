"""Syncing: brings everything shown at the drone door into line at once, when an exchange begins to serve: its settings may have
changed since it last did."""

import logging
from collections.abc import Callable, Iterable
from functools import partial

from antalya.exchange.bridge.adopting import forget, report
from antalya.exchange.bridge.showing import is_released, show_keep_outs, show_operation, show_site, withdraw
from antalya.exchange.coordination.extents import rough_volumes
from antalya.exchange.hub import Hub
from antalya.model.bridging import Adopted, Bridged
from antalya.model.coordination import ReferenceKind
from antalya.model.errors import AntalyaError
from antalya.ports import Transaction

_logger = logging.getLogger("antalya.bridge")
_TOGETHER, _CHECKED_TOGETHER = 100, 10
"""Jobs of one transaction; fewer of those in which operations are checked, for all who write wait meanwhile."""


def sync(hub: Hub) -> None:
    """Shows what is released and not shown yet, takes away what is not released any more, and takes in references that are no
    operations yet: all of their cells, until their USS has told more. Where the exchange has no address for USSs now, it shows
    nothing and takes in nothing. What can't be shown is said in its own log."""
    with hub.store.read() as tx:
        shown, adopted = tx.bridged(), tx.all_adopted()
        strange = [] if hub.uss is None else tx.not_adopted(hub.uss.id)
        if hub.uss is None and not shown and not adopted:
            return
        rulebook = tx.rulebook()
        operations = [] if hub.uss is None else sorted({*tx.released_to_all(), *(b.subject for b in shown
                                                                                 if b.source == "operation")})
    if hub.uss is None:
        _each(hub, [*(partial(_withdraw, hub, each) for each in shown), *(partial(_forget, hub, each) for each in adopted)])
        return
    known = {each.subject for each in shown}
    _each(hub, (partial(_operation, hub, id_) for id_ in operations))
    _each(hub, (partial(_site, hub, id_) for id_, site in rulebook.sites.items() if is_released(site) or id_ in known))
    _each(hub, (partial(_keep_outs, hub, id_) for id_ in rulebook.understandings))
    _each(hub, (partial(_seek, hub, kind, id_) for kind, id_ in strange), _CHECKED_TOGETHER)


def _each(hub: Hub, jobs: Iterable[Callable[[Transaction], None]], together: int = _TOGETHER) -> None:
    waiting = list(jobs)
    for first in range(0, len(waiting), together):
        part = waiting[first:first + together]
        hub.store.write(lambda tx, part=part: [job(tx) for job in part])  # type: ignore[misc]


def _withdraw(hub: Hub, shown: Bridged, tx: Transaction) -> None:
    withdraw(hub, tx, shown, hub.moment(tx))


def _forget(hub: Hub, adopted: Adopted, tx: Transaction) -> None:
    forget(hub, tx, adopted.kind, adopted.reference, hub.moment(tx))


def _seek(hub: Hub, kind: ReferenceKind, id: str, tx: Transaction) -> None:
    """Its USS may never answer: until it does, all that the DSS has of it is kept clear of."""
    reference = tx.utm_reference(kind, id)
    if reference is not None and tx.adopted(kind, id) is None:
        report(hub, tx, reference, rough_volumes(reference.extent(tx.utm_cells(kind, id))), hub.moment(tx))


def _operation(hub: Hub, id: str, tx: Transaction) -> None:
    stored = tx.operation(id)
    if stored is not None:
        _try("operation", id, partial(show_operation, hub, tx, stored.operation, hub.moment(tx), before=True))


def _site(hub: Hub, id: str, tx: Transaction) -> None:
    _try("site", id, partial(show_site, hub, tx, tx.rulebook().sites[id], hub.moment(tx), before=True))


def _keep_outs(hub: Hub, id: str, tx: Transaction) -> None:
    rulebook = tx.rulebook()
    _try("understanding", id, partial(show_keep_outs, hub, tx, rulebook.understandings[id], rulebook, hub.moment(tx)))


def _try(what: str, id: str, show: Callable[[], None]) -> None:
    try:
        show()
    except AntalyaError as refusal:
        _logger.warning("%s %s is not shown to drone operators", what, id, extra={"code": refusal.code.name})
