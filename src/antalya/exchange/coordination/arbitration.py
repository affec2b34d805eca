"""Which USSs are available, as an arbitrator says; and reports of communication trouble, which are archived."""

from msgspec import UNSET
from msgspec.structs import replace

from antalya.exchange.coordination.writing import Done, Request, new_ovn, write
from antalya.exchange.hub import Hub
from antalya.model import f3548
from antalya.model.base import plain_text
from antalya.model.coordination import Availabilities
from antalya.model.errors import error
from antalya.ports import Transaction
from antalya.wire.canonical import encode


def availability(hub: Hub, uss: str) -> f3548.AvailabilityAnswer:
    """What is known of a USS; Unknown where nobody ever said anything. Raises bad_field."""
    with hub.store.read() as tx:
        return _shown(tx.utm_availability(_uss(uss)))


def set_availability(hub: Hub, request: Request, uss: str, wanted: f3548.SetAvailability) -> bytes:
    """Says whether a USS is available. Raises stale_ovn where `old_version` is not the current one, bad_field."""
    _uss(uss)

    def job(tx: Transaction) -> Done:
        hub.moment(tx)
        if tx.utm_availability(uss).version != wanted.old_version:
            raise error("stale_ovn", "old_version is not the current version", at="old_version")
        kept = Availabilities(uss, wanted.availability, new_ovn(hub))
        tx.utm_put_availability(kept)
        return Done(1, _shown(kept))
    return write(hub, request, "availability", uss, job)


def report(hub: Hub, request: Request, wanted: f3548.ErrorReport) -> bytes:
    """Archives a report and gives it an id. Raises bad_field where it has one already."""
    if wanted.report_id not in (UNSET, None):
        raise error("bad_field", "the receiver of a report gives it its id", at="report_id")
    id = hub.ids()
    source = request.party if wanted.exchange.request_source is UNSET else wanted.exchange.request_source
    kept = replace(wanted, report_id=id, exchange=replace(wanted.exchange, request_source=source))

    def job(tx: Transaction) -> Done:
        now = hub.moment(tx)
        tx.utm_put_report(id, request.party, now, encode(kept).decode())
        return Done(1, kept)
    return write(hub, request, "report", id, job)


def _uss(uss: str) -> str:
    if not 1 <= len(uss) <= 128:
        raise error("bad_field", "1 to 128 characters", at="uss_id")
    return plain_text(uss, "uss_id")


def _shown(known: Availabilities) -> f3548.AvailabilityAnswer:
    return f3548.AvailabilityAnswer(version=known.version,
                                    status=f3548.UssAvailability(uss=known.uss, availability=known.state))
