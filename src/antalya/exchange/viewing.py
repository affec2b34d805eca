"""Viewing: has what a view depends on gathered and hands every thing through `disclose`. Nothing here decides what is shown."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

from msgspec import to_builtins

from antalya.exchange.gathering import gather
from antalya.exchange.hub import PAGE_BYTES, Hub
from antalya.model.asks import Ask
from antalya.model.errors import error
from antalya.model.findings import Finding, Opened
from antalya.picture import Rulebook, Stored
from antalya.ports import KINDS, Event, Kind, Reader
from antalya.steps.disclose import Context, View, Viewer, disclose
from antalya.steps.disclose.levels import sees_history
from antalya.steps.narrow import Search, fits
from antalya.steps.record import signed_content

_AT_ONCE, _LOOKED_THROUGH = 500, 5_000
"""Operations that a search reads at once, and after which it may end a page."""

Page = list[tuple[int, Stored]]
_Kind = Literal["operation", "finding", "ask", "understanding"]
_ABOUT: dict[str, _Kind] = {"operation": "operation", "clearance": "operation", "finding": "finding", "ask": "ask"}
"""What events are about, by how their type begins."""


def _views(viewer: Viewer, things: Iterable[object], context: Context) -> list[View]:
    return [view for thing in things if (view := disclose(viewer, thing, context)) is not None]


def outcome_view(tx: Reader, viewer: Viewer, stored: Stored, now: datetime, rulebook: Rulebook, *,
                 findings: Iterable[Finding] | None = None, encoded: bool = False) -> dict[str, Any]:
    """What the filer of an operation is told at once: it, its clearance, its findings and the asks about it. `encoded` as for
    `Context`."""
    id_ = stored.operation.id
    opened = tx.findings(operations=[id_]) if findings is None else [Opened(finding=f, opened_at=now) for f in findings]
    asks = [a for a in tx.asks(operations=[id_]) if a.state != "closed"]
    if opened:
        asks += [a for a in tx.asks(findings=[o.finding.id for o in opened]) if a.operation != id_ and a.state != "closed"]
    context = gather(tx, viewer, [id_], now, findings=opened, asks=asks, rulebook=rulebook, encoded=encoded)
    return {"operation": disclose(viewer, stored, context), "clearance": context.clearances.get(id_),
            "findings": _views(viewer, opened, context), "asks": _views(viewer, asks, context)}


def operation(hub: Hub, viewer: Viewer, id: str, version: int | None = None) -> View:
    """One operation, or a version of it (its own party and the broker only). Raises not_found."""
    with hub.store.read() as tx:
        stored = tx.operation(id, version)
        if stored is not None and (version is None or sees_history(viewer, stored.operation)):
            view = disclose(viewer, stored, gather(tx, viewer, [id], hub.clock()))
            if view is not None:
                return view
    raise error("not_found", "no such operation")


def versions(hub: Hub, viewer: Viewer, id: str, after: int = 0, limit: int = 500) -> tuple[list[View], int | None]:
    """A page of the versions of an operation, oldest first, for its own party and the broker, and after which the next begins
    (None: no more). It ends earlier where they come to PAGE_BYTES. Raises not_found."""
    with hub.store.read() as tx:
        newest = tx.operation(id)
        if newest is None or not sees_history(viewer, newest.operation):
            raise error("not_found", "no such operation")
        page = tx.operation_versions(id, after, limit, PAGE_BYTES)
        more = bool(page) and page[-1].version < newest.version
        return _views(viewer, page, gather(tx, viewer, [id], hub.clock())), page[-1].version if more else None


def operations(hub: Hub, viewer: Viewer, search: Search, after: int, limit: int) -> tuple[list[View], int | None]:
    """A page of the operations a viewer may see and a search is about, and where the next page starts (None: no more). That
    follows from what the viewer sees: if it followed from what is stored, it would tell when what is hidden begins and ends. A
    page may hold fewer than `limit`, even none, and not be the last: where enough was looked through, it ends with an operation
    of the viewer's own."""
    found, at_once, looked = list[tuple[int, View]](), min(_AT_ONCE, limit + 1), 0
    with hub.store.read() as tx:
        now = hub.clock()
        while len(found) <= limit:
            page = _page(tx, viewer, search, after, at_once)
            found += _shown(viewer, page, search, gather(tx, viewer, _ids(page), now))
            if len(page) < at_once:
                break
            after, looked, at_once = page[-1][0], looked + len(page), _AT_ONCE
            own = [row for row, stored in page if viewer.broker or stored.operation.party == viewer.party]
            if looked >= _LOOKED_THROUGH and own and len(found) <= limit:
                return [view for row, view in found if row <= own[-1]], own[-1]
    return [view for _, view in found[:limit]], found[limit - 1][0] if len(found) > limit else None


def _page(tx: Reader, viewer: Viewer, search: Search, after: int, limit: int) -> Page:
    """The next `limit` operations that a viewer may have something to see of, each with its row."""
    return tx.operations(*search.stored_window(), seen_by=None if viewer.broker else viewer.party, after=after, limit=limit)


def _ids(page: Page) -> list[str]:
    return [stored.operation.id for _, stored in page]


def _shown(viewer: Viewer, page: Page, search: Search, context: Context) -> list[tuple[int, View]]:
    """The views that a search is about, each with its row."""
    views = ((row, disclose(viewer, stored, context)) for row, stored in page)
    return [(row, view) for row, view in views if view is not None and fits(view, search)]


def findings(hub: Hub, viewer: Viewer, *, open_only: bool, operation: str | None, limit: int) -> list[View]:
    """The findings a viewer may see, newest last; of one operation, those that show it."""
    with hub.store.read() as tx:
        found = _findings(tx, viewer, open_only, operation, limit)
        views = _views(viewer, found, gather(tx, viewer, (), hub.clock(), findings=found))
    return [view for view in views if operation is None or operation in (view["operation"], view["other"])]


def _findings(tx: Reader, viewer: Viewer, open_only: bool, operation: str | None, limit: int) -> list[Opened]:
    return tx.findings(operations=None if operation is None else [operation], open_only=open_only, limit=limit,
                       seen_by=None if viewer.broker else viewer.party)


def finding(hub: Hub, viewer: Viewer, id: str) -> View:
    """One finding, open or closed. Raises not_found."""
    return _one(hub, viewer, "finding", id)


def asks(hub: Hub, viewer: Viewer, state: str | None, before: str | None, limit: int) -> tuple[list[View], str | None]:
    """The last `limit` asks of a viewer and about their operations, newest last; and before which the next page ends (None: no
    more)."""
    with hub.store.read() as tx:
        page = _asks(tx, viewer, state, before, limit)
        views = _views(viewer, page, gather(tx, viewer, (), hub.clock(), asks=page))
        return views, page[0].id if len(page) == limit else None


def _asks(tx: Reader, viewer: Viewer, state: str | None, before: str | None, limit: int) -> list[Ask]:
    return tx.asks(seen_by=None if viewer.broker else viewer.party, state=state, before=before, limit=limit)


def ask(hub: Hub, viewer: Viewer, id: str) -> View:
    """One ask. Raises not_found."""
    return _one(hub, viewer, "ask", id)


def _one(hub: Hub, viewer: Viewer, kind: _Kind, id: str) -> View:
    with hub.store.read() as tx:
        view = _view(tx, viewer, kind, id, hub.clock())
    if view is None:
        raise error("not_found", f"no such {kind}")
    return view


def _view(tx: Reader, viewer: Viewer, kind: _Kind, id: str, now: datetime) -> View | None:
    """One thing as it is now; None where there is none, or the viewer sees nothing of it."""
    match kind:
        case "operation":
            stored = tx.operation(id)
            return None if stored is None else disclose(viewer, stored, gather(tx, viewer, [id], now))
        case "finding":
            found = tx.finding(id)
            return None if found is None else disclose(viewer, found, gather(tx, viewer, (), now, findings=[found]))
        case "ask":
            asked = tx.ask(id)
            return None if asked is None else disclose(viewer, asked, gather(tx, viewer, (), now, asks=[asked]))
        case "understanding":
            agreed = tx.thing("understanding", id)
            return None if agreed is None else disclose(viewer, agreed.noun, Context(tx.rulebook(), now))


def things(hub: Hub, viewer: Viewer, kind: Kind) -> list[View]:
    """The registry nouns of a kind that a viewer may see."""
    with hub.store.read() as tx:
        return _thing_views(tx, viewer, kind, hub.clock())


def _thing_views(tx: Reader, viewer: Viewer, kind: Kind, now: datetime) -> list[View]:
    return _views(viewer, (t.noun for t in tx.things(kind)), Context(tx.rulebook(), now))


def thing(hub: Hub, viewer: Viewer, kind: Kind, id: str) -> tuple[View, int]:
    """One registry noun and its version. Raises not_found."""
    with hub.store.read() as tx:
        found = tx.thing(kind, id)
        view = None if found is None else disclose(viewer, found.noun, Context(tx.rulebook(), hub.clock()))
        if found is None or view is None:
            raise error("not_found", f"no such {kind}")
        if kind == "understanding":
            view = view | {"content_sha256": signed_content(found.noun),  # type: ignore[arg-type]
                           "signatures": [to_builtins(s) for s in tx.signatures(id)]}
        return view, found.version


def subject_view(tx: Reader, viewer: Viewer, event: Event, now: datetime) -> View | None:
    """What an event is about, as its recipient sees it now; None where there is nothing left to see."""
    return _view(tx, viewer, _ABOUT.get(event.type.partition(".")[0], "understanding"), event.subject, now)


def picture(hub: Hub, viewer: Viewer, limit: int = 5_000, told: int = 1_000) -> dict[str, Any]:
    """Everything a viewer may see of now and what is to come: the page's one load. `told`: of how many events, the latest."""
    now = hub.clock()
    with hub.store.read() as tx:
        search = Search(starts_at=now - timedelta(days=1))
        page, found = _page(tx, viewer, search, 0, limit), _findings(tx, viewer, True, None, limit)
        asked = _asks(tx, viewer, None, None, limit)
        context = gather(tx, viewer, _ids(page), now, findings=found, asks=asked)
        party = tx.rulebook().parties.get(viewer.party)
        return {
            "now": to_builtins(now),
            "viewer": {"party": viewer.party, "name": party.name if party else viewer.party, "broker": viewer.broker},
            **{_PLURAL[kind]: _thing_views(tx, viewer, kind, now) for kind in KINDS},
            "operations": [view for _, view in _shown(viewer, page, search, context)],
            "findings": _views(viewer, found, context),
            "asks": _views(viewer, asked, context),
            "told": [_told(e) for e in tx.latest_events(None if viewer.broker else viewer.party, told)],
            "truncated": limit in (len(page), len(found), len(asked)),
        }


_PLURAL: dict[Kind, str] = {"party": "parties", "force": "forces", "area": "areas", "stance": "stances",
                            "control": "controls", "site": "sites", "understanding": "understandings"}


def _told(event: Event) -> View:
    return {"id": event.seq, "at": to_builtins(event.at), "party": event.party, "type": event.type, "subject": event.subject,
            "delivered_at": None if event.delivered_at is None else to_builtins(event.delivered_at)}


def events(hub: Hub, viewer: Viewer, after: int, limit: int = 200) -> list[dict[str, Any]]:
    """What a party was told after an event, each with the view of what it is about."""
    now = hub.clock()
    with hub.store.read() as tx:
        return [_told(e) | {"data": subject_view(tx, viewer, e, now)}
                for e in tx.events(None if viewer.broker else viewer.party, after, limit)]


def last_event(hub: Hub) -> int:
    """The last event of all, whichever process of the exchange told it."""
    with hub.store.read() as tx:
        return tx.last_event()


def begin_after(hub: Hub, viewer: Viewer, named: int | None) -> int:
    """After which event to begin: the one that is `named`, or the last before the first that was not yet delivered to a party;
    for the broker the present end. One that is not there yet was told before a backup was restored: what comes has its number
    too."""
    with hub.store.read() as tx:
        if named is not None and named <= tx.last_event():
            return named
        return tx.last_event() if viewer.broker else tx.last_delivered(viewer.party)
