"""Comparing: whether what a USS tells of its intent or constraint is what its reference in the DSS says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from antalya.exchange.coordination.extents import Given, given, volumes_of
from antalya.model import f3548
from antalya.model.base import plain_text
from antalya.model.coordination import Extent
from antalya.model.coordination import Reference as Known
from antalya.model.errors import AntalyaError
from antalya.model.f3548_details import Constraint, Intent
from antalya.model.f3548_geozone import in_words
from antalya.model.limits import Limits
from antalya.model.volume import Volume

LONGEST_NOTE = 4_000


@dataclass(frozen=True, slots=True)
class Compared:
    """What was told: the volumes as far as they could be read, the priority, where it is not what the reference says, and what
    kind of constraint it is."""

    volumes: tuple[Volume, ...]
    priority: int
    problems: tuple[str, ...]
    note: str = ""


def compare(known: Known, at: Extent, told: Intent | Constraint, limits: Limits) -> Compared:
    """Compares details with the reference, which lies `at`: an extent with its cells. Of a thing that is another's, or another
    thing, nothing is taken in and nothing said: it may have been told to the exchange only."""
    if strange := tuple(_differing({"id": (known.id, told.reference.id.lower()),
                                    "manager": (known.manager, told.reference.manager)})):
        return Compared((), 0, strange)
    problems = list(_reference(known, told.reference))
    volumes: Sequence[f3548.Volume4D] = told.details.volumes
    priority, flies = 0, isinstance(told, Intent)
    if isinstance(told, Intent):
        volumes, priority = (*told.details.volumes, *told.details.off_nominal_volumes), told.details.priority
        problems += _states(told)
    try:
        if not volumes:
            return Compared((), priority, (*problems, "details: there are no volumes"))
        note = "" if isinstance(told, Intent) else _note(told)
        found = given(volumes, limits, times=True, heights=flies, at="details")
        return Compared(volumes_of(volumes), priority, (*problems, *_within(found, at)), note)
    except AntalyaError as refusal:
        return Compared((), priority, (*problems, f"{refusal.at or 'details'}: {refusal.code.name}: {refusal.detail}"))


def _reference(known: Known, told: f3548.IntentReference | f3548.ConstraintReference) -> Iterator[str]:
    pairs: dict[str, tuple[object, object]] = {
        "ovn": (known.ovn, told.ovn), "version": (known.version, told.version),
        "uss_base_url": (known.uss_base_url, told.uss_base_url),
        "time_start": (known.starts_at, told.time_start.value), "time_end": (known.ends_at, told.time_end.value)}
    if isinstance(told, f3548.IntentReference):
        pairs["state"] = (known.state, told.state)
    yield from _differing(pairs)


def _differing(pairs: Mapping[str, tuple[object, object]]) -> Iterator[str]:
    """What is told as something else than the reference says."""
    for name, (ours, theirs) in pairs.items():
        if ours != theirs:
            yield f"reference.{name}: {theirs} and not {ours}" if name != "ovn" else "reference.ovn: not the current one"


def _note(told: Constraint) -> str:
    """What a constraint's details say besides where it is. Raises bad_text."""
    kind, zone = told.details.type, told.details.geozone
    lines = [f"constraint type: {plain_text(kind, 'details.type')}"] if kind else []
    note = "\n".join([*lines, *([f"ED-269 geo zone\n{in_words(zone)}"] if zone else [])])
    return note if len(note) <= LONGEST_NOTE else f"{note[:LONGEST_NOTE - 1]}…"


def _states(told: Intent) -> Iterator[str]:
    state, details = told.reference.state, told.details
    if (state in f3548.OFF_NOMINAL) != bool(details.off_nominal_volumes):
        yield f"details.off_nominal_volumes: {'none' if state in f3548.OFF_NOMINAL else 'some'} in the state {state}"
    if state == "Contingent" and details.volumes:
        yield "details.volumes: some in the state Contingent"


def _within(found: Given, at: Extent) -> Iterator[str]:
    """Where details are outside their reference's cells, heights and times. A millimetre more is none: heights may have been
    written as decimals twice."""
    there = found.extent
    if not there.cells <= at.cells:
        yield f"details: outside the reference's cells by {len(there.cells - at.cells)}"
    if there.starts_at < at.starts_at or there.ends_at > at.ends_at:
        yield "details: outside the reference's times"
    if there.lower_m < at.lower_m - 0.001 or there.upper_m > at.upper_m + 0.001:
        yield "details: outside the reference's heights"
