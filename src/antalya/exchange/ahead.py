"""Ahead: what can be done about a filing without the store, so that a process before the one that keeps it can have done it."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from antalya.exchange.keeping import movement_hash
from antalya.geometry.cells import roughly
from antalya.geometry.columns import of_shapes
from antalya.geometry.sent import Sent, ShapesIn
from antalya.model.errors import AntalyaError
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


def ready(operation: Operation, limits: Limits, now: datetime) -> Prepared:
    """An operation with all that is known of it without the store (`Prepared.made`). Raises what `prepare` and the checks of
    `admit` do."""
    [made] = all_ready([operation], limits, now)
    if isinstance(made, AntalyaError):
        raise made
    return made


def all_ready(operations: Sequence[Operation], limits: Limits, now: datetime) -> list[Prepared | AntalyaError]:
    """Each made `ready`, or why it can't be. Each step is done for all before the next: so what it needs stays in the processor's
    caches, and a filing among many takes a tenth less."""
    begun = [_prepared(operation, limits, now) for operation in operations]
    good = [subject for subject in begun if isinstance(subject, Prepared)]
    movements = [movement_hash(subject.operation) for subject in good]
    columns = [of_shapes(subject.shapes, subject.operation.volumes) for subject in good]
    cells = [coarse(subject) for subject in good]
    made = iter(map(Made, movements, columns, cells))
    return [subject._replace(made=next(made)) if isinstance(subject, Prepared) else subject for subject in begun]


def _prepared(operation: Operation, limits: Limits, now: datetime) -> Prepared | AntalyaError:
    try:
        check_size(operation, limits)  # before it costs anything
        subject = prepare(operation, now)
        check_areas(subject, limits)
    except AntalyaError as refusal:
        return refusal
    return subject


def sent(subject: Prepared) -> bytes:
    """What is `ready`, for another process (`subject_of`)."""
    assert subject.made is not None
    return _ENCODER.encode(_Sent(subject.made.movement, Sent.of(subject.made.columns), tuple(s.centre for s in subject.shapes),
                                 subject.made.coarse))


def subject_of(operation: Operation, came: bytes, limits: Limits, now: datetime) -> Prepared:
    """An operation that was made `ready` and `sent` by another process of this program. Raises as `check_size`: the keeper's own
    limits hold."""
    check_size(operation, limits)
    known = _DECODER.decode(came)
    columns = known.columns.columns()
    shapes = ShapesIn(columns, [v.outline for v in operation.volumes], known.centres)
    return Prepared(operation, shapes, now, now, 1, Made(known.movement, columns, known.coarse))
