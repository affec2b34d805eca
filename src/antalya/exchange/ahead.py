"""Ahead: what can be done about a filing without the store, so that a process before the one that keeps it can have done it."""

from datetime import datetime

import msgspec

from antalya.exchange.keeping import movement_hash
from antalya.geometry.cells import roughly
from antalya.geometry.columns import of_shapes
from antalya.geometry.sent import Sent, ShapesIn
from antalya.model.limits import Limits
from antalya.model.operations import Operation
from antalya.model.volume import Position
from antalya.picture import Made, Prepared, prepare
from antalya.steps.admit import check_areas, check_size
from antalya.steps.disclose.envelopes import ENVELOPE_LEVEL


class _Sent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`Made`, for another process; `centres` of the shapes."""

    movement: str
    columns: Sent
    centres: tuple[Position, ...]
    coarse: tuple[int, ...]


_ENCODER, _DECODER = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(_Sent)


def coarse(subject: Prepared) -> tuple[int, ...]:
    """The cells that its party's budget of area is charged for, sorted."""
    return tuple(sorted({cell for shape in subject.shapes for cell in roughly(shape, ENVELOPE_LEVEL)}))


def sent(operation: Operation, limits: Limits, now: datetime) -> bytes:
    """What is known of an operation without the store, for `subject_of`. Raises what `prepare` and the checks of `admit` do."""
    check_size(operation, limits)  # before it costs anything; the keeper's own limits hold
    subject = prepare(operation, now)
    check_areas(subject, limits)
    columns = of_shapes(subject.shapes, operation.volumes)
    return _ENCODER.encode(_Sent(movement_hash(operation), Sent.of(columns), tuple(s.centre for s in subject.shapes),
                                 coarse(subject)))


def subject_of(operation: Operation, came: bytes, now: datetime) -> Prepared:
    """An operation, prepared by `sent` in another process of this program."""
    known = _DECODER.decode(came)
    columns = known.columns.columns()
    shapes = ShapesIn(columns, [v.outline for v in operation.volumes], known.centres)
    return Prepared(operation, shapes, now, now, 1, Made(known.movement, columns, known.coarse))
