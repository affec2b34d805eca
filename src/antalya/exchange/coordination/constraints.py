"""Constraint references: create, change, delete, read, search."""

from antalya.exchange.bridge.adopting import forget, report
from antalya.exchange.coordination.extents import area_of, given, volumes_of
from antalya.exchange.coordination.placing import place, remove
from antalya.exchange.coordination.reading import known, reference, search
from antalya.exchange.coordination.writing import Done, Request, base_url, check_version, entity_id, new_ovn, write
from antalya.exchange.hub import Hub
from antalya.model import f3548
from antalya.model.coordination import Reference
from antalya.model.errors import error
from antalya.ports import Transaction
from antalya.steps.refer import constraint_for, subscribers


def put(hub: Hub, request: Request, id: str, wanted: f3548.PutConstraint) -> bytes:
    """Creates a constraint's reference, or changes the version `request.old` of it.

    Raises bad_id, bad_field, not_yours, stale_ovn, window_past and what the extents raise.
    """
    id = entity_id(id)
    base_url(wanted.uss_base_url, hub)
    volumes = given(wanted.extents, hub.limits, times=True)

    def job(tx: Transaction) -> Done:
        now = hub.moment(tx)
        old = tx.utm_reference("constraint", id)
        if old is not None:
            check_version(old, request)
        elif request.old is not None:
            raise error("stale_ovn", "there is no such constraint to change")
        volumes.not_over(now)
        at = volumes.extent
        kept = Reference("constraint", id, request.party, 1 if old is None else old.version + 1, new_ovn(hub), None,
                         at.starts_at, at.ends_at, at.lower_m, at.upper_m, wanted.uss_base_url)
        told = place(tx, kept, at, old, now)
        report(hub, tx, kept, volumes_of(wanted.extents), now)
        shown = tx.utm_reference("constraint", id) or kept
        return Done(kept.version, f3548.ChangedConstraint(subscribers=subscribers(told),
                                                          constraint_reference=constraint_for(request.party, shown)))
    return write(hub, request, "constraint", id, job)


def delete(hub: Hub, request: Request, id: str) -> bytes:
    """Deletes the version `request.old` of a constraint's reference. Raises not_found, not_yours, stale_ovn."""
    id = entity_id(id)

    def job(tx: Transaction) -> Done:
        now = hub.moment(tx)
        old = known(tx.utm_reference("constraint", id), "constraint")
        check_version(old, request)
        told = remove(tx, old, now)
        forget(hub, tx, "constraint", id, now)
        return Done(old.version, f3548.ChangedConstraint(subscribers=subscribers(told),
                                                         constraint_reference=constraint_for(request.party, old)))
    return write(hub, request, "constraint", id, job)


def get(hub: Hub, party: str, id: str) -> dict[str, f3548.ConstraintReference]:
    """A constraint's reference. Raises bad_id, not_found."""
    return {"constraint_reference": constraint_for(party, reference(hub, "constraint", id))}


def query(hub: Hub, party: str, wanted: f3548.Query) -> dict[str, list[f3548.ConstraintReference]]:
    """The references in an area. Raises search_too_wide, and what the area raises."""
    area = area_of(wanted, hub.limits)
    with hub.store.read() as tx:
        return {"constraint_references": [constraint_for(party, r) for r in search(tx, "constraint", area)]}
