"""What all reading at the DSS shares: one reference, and those of an area, as many as one answer holds."""

from typing import TypeVar

from antalya.exchange.coordination.writing import entity_id
from antalya.exchange.hub import Hub
from antalya.model.coordination import CALLED, Extent, Reference, ReferenceKind
from antalya.model.errors import error
from antalya.ports import Reader

T = TypeVar("T")
MOST_RESULTS = 10_000
"""What one answer holds at most. More is an error and never a list that looks whole."""


def reference(hub: Hub, kind: ReferenceKind, id: str) -> Reference:
    """A reference. Raises bad_id, not_found."""
    with hub.store.read() as tx:
        return known(tx.utm_reference(kind, entity_id(id)), kind)


def known(found: Reference | None, kind: ReferenceKind) -> Reference:
    """What was found, if it was. Raises not_found."""
    if found is None:
        raise error("not_found", f"no such {CALLED[kind]}")
    return found


def search(tx: Reader, kind: ReferenceKind, area: Extent) -> list[Reference]:
    """All references of a kind in an area. Raises search_too_wide."""
    return whole(tx.utm_references(kind, area, limit=MOST_RESULTS + 1))


def whole(found: list[T], what: str = "match") -> list[T]:
    """What was found with a limit of one more than may be (`what`: as the error calls it). Raises search_too_wide."""
    if len(found) > MOST_RESULTS:
        raise error("search_too_wide", f"more than {MOST_RESULTS} {what}")
    return found
