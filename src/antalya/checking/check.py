"""Checking plans from files, without a server or an account: `antalya.check(...)` and `antalya check`.

Beside the exchange, over the same steps: files become operations (`wire`), operations and the rulebook become findings
(`steps`), findings become a report (`wire.report`). Nothing is stored and nothing is asked of a clock.
"""

import gc
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec

from antalya.checking.pairs import nearby
from antalya.checking.sources import Source, read_book, read_sources, rulebook_of
from antalya.checking.spread import Join
from antalya.checking.spread import engine as engine_of
from antalya.geometry.batch import join
from antalya.geometry.shape import Shape, shapes
from antalya.model.base import utc
from antalya.model.errors import AntalyaError, error
from antalya.model.findings import Finding
from antalya.model.operations import Operation
from antalya.model.volume import Minima
from antalya.picture import Prepared, Rulebook
from antalya.steps.weigh import weigh
from antalya.wire.features import Read
from antalya.wire.geojson import Bounds
from antalya.wire.report import Report, gravest_first
from antalya.wire.rulebook_file import RulebookFile

Progress: TypeAlias = Callable[[str, int, int], None]
"""Told now and then: what is being done, how much is done, of how much."""

NOTICE = timedelta(days=400)
"""Without `now` operations count as filed so long ahead: no period of notice is longer."""
TOGETHER = 5_000
"""So many outlines are prepared at once."""


def check(*sources: Source, understandings: str | os.PathLike[str] | RulebookFile | None = None,
          separation: Sequence[float] | Minima | None = None, own: bool = False,
          theatre: Sequence[float] | None = None, now: datetime | None = None, bounds: Bounds | None = None,
          progress: Progress | None = None, engine: str = "local", workers: int | None = None, scheduler: str | None = None
          ) -> Report:
    """What clashes, and which rules are touched, in plans from GeoJSON files.

    `sources`: paths, GeoJSON as dicts, or sequences of `Operation`; docs/how-to/check-files.md has the properties.
    `understandings`: a TOML file with understandings, areas and sites. `separation`: (metres across, metres up, seconds)
    instead of the activities' minima and the rules'; (0, 0, 0) is plain overlap. `own`: also operations of one party among
    themselves. `theatre`: west, south, east, north in degrees, to notice swapped coordinates. `now`: when the plans count as
    filed, for periods of notice; without it (and without `filed_at`) all notice is in time. `bounds` of a file. `engine`:
    "dask" looks for what meets in `workers` processes, or on the cluster at `scheduler` (docs/how-to/check-on-a-cluster.md);
    the report is the same.

    Raises AntalyaError with the place in the input: bad_input_file, bad_json, bad_field, naive_time, bad_window, bad_band,
    unknown_datum, datum_needs_terrain, ring_not_closed, ring_crosses_itself, swapped_position and the like; of the engine
    not_installed and workers_lost.

    >>> import antalya
    >>> def plan(operation, west, east):
    ...     ring = [[west, 36.5], [east, 36.5], [east, 36.6], [west, 36.6], [west, 36.5]]
    ...     return {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [ring]}, "properties": {
    ...         "operation": operation, "activity": "patrol", "lower_m": 400, "upper_m": 600,
    ...         "starts_at": "2017-03-07T06:00:00Z", "ends_at": "2017-03-07T09:00:00Z"}}
    >>> report = antalya.check(plan("A", 37.9, 38.0), plan("B", 37.95, 38.1))
    >>> report.clear
    False
    >>> [(found["kind"], found["between"], found["from"]) for found in report.to_dict()["findings"]]
    [('clash', ['A', 'B'], '2017-03-07T06:00:00Z')]
    >>> antalya.check(plan("A", 37.9, 38.0), plan("B", 38.0, 38.1), separation=(0, 0, 0)).clear
    True
    """
    tell = progress or (lambda what, done, total: None)
    by, fixed, moment = engine_of(engine, workers, scheduler), _minima(separation), None if now is None else utc(now, "now")
    tell("Reading", 0, 0)
    with _uncollected():
        read, operations = read_sources(sources, theatre, bounds or Bounds())
        rulebook, strangers = rulebook_of(read_book(understandings), operations, read.unnamed)
        prepared = _prepare(read, operations, moment, tell)
        findings = _findings(prepared, rulebook, moment or min(p.filed_at for p in prepared), own, fixed, tell, by)
    warnings = [*read.warnings, *strangers]
    if understandings is not None and not (rulebook.understandings or rulebook.sites):
        warnings.append("there are no understandings and no sites in the rulebook: nothing was weighed against it")
    if len(operations) > 1 and not own and len({operation.party for operation in operations}) == 1:
        warnings.append(f"all operations are of the party {operations[0].party!r}: they were not compared with each other")
    return Report(findings=tuple(sorted(findings, key=gravest_first)), operations={o.id: o for o in operations},
                  places=read.places, unnamed=read.unnamed, altitudes=read.altitudes, warnings=tuple(warnings))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: a hundred thousand plans make no garbage, and looking for it would take half the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _findings(prepared: Sequence[Prepared], rulebook: Rulebook, now: datetime, own: bool, fixed: Minima | None, tell: Progress,
              by: Join = join) -> Iterable[Finding]:
    """Each finding once: both checks of a pair give the same one."""
    found: dict[str, Finding] = {}
    ruled = bool(rulebook.understandings or rulebook.sites or rulebook.forces)
    found_near = nearby(prepared, rulebook, now, own=own, fixed=fixed, tell=tell, by=by)
    for done, (subject, clashes, neighbours) in enumerate(found_near):
        if done % 256 == 0:
            tell("Weighing", done, len(prepared))
        for finding in weigh(subject, clashes, neighbours, rulebook, now) if ruled or clashes else ():
            found.setdefault(finding.id, finding)
    return found.values()


def _minima(separation: Sequence[float] | Minima | None) -> Minima | None:
    if separation is None or isinstance(separation, Minima):
        return separation
    try:
        across_m, up_m, seconds = separation
        return msgspec.convert({"across_m": across_m, "up_m": up_m, "seconds": seconds}, Minima)
    except (ValueError, TypeError):  # the first is msgspec's, too
        raise error("bad_setting", "three numbers are wanted, none below 0: metres across (at most 500,000), metres up (50,000), "
                    "seconds (604,800)", at="separation") from None


def _prepare(read: Read, operations: Sequence[Operation], now: datetime | None, tell: Progress) -> list[Prepared]:
    """Operations with their shapes; what is wrong with an outline is said with its place in the file."""
    volumes = [volume for operation in operations for volume in operation.volumes]
    places = [read.places[o.id][i] if o.id in read.places else f"operation {o.id}: volumes[{i}]"
              for o in operations for i in range(len(o.volumes))]
    prepared: list[Shape] = []
    for start in range(0, len(volumes), TOGETHER):
        tell("Preparing", start, len(volumes))
        try:
            prepared += shapes([volume.outline for volume in volumes[start:start + TOGETHER]])
        except AntalyaError as wrong:
            number, _, inside = wrong.at.removeprefix("[").partition("]")
            at = f"{places[start + int(number)]}.geometry{inside}".removesuffix(".outline")
            raise error(wrong.code.name, wrong.detail, at=at) from None
    filed = now or min(volume.starts_at for volume in volumes) - NOTICE
    found, start = [], 0
    for operation in operations:
        at_moment = read.filed_at.get(operation.id, filed)
        found.append(Prepared(operation, tuple(prepared[start:start + len(operation.volumes)]), at_moment, at_moment))
        start += len(operation.volumes)
    return found
