"""The whole check of one operation against all that stand, in process: who is near, detect, weigh, with rules, stances and
findings.

The peer is what a user would build with PostGIS: one prepared query that asks the index `gist (outline, during)` for what may
come near, and decides by geodesic distance (`ST_DWithin` of geographies). It finds who is near and no more: no rules, no regions,
no findings; so there are two rows, one for the same work, one for all of a check. It runs on a server of its own on this machine,
through its socket, with everything in memory. The pairs of both are compared before any time is printed. Where PostGIS is not
installed, the rows say so.
"""

import gc
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from antalya.entry.serving import settle
from antalya.exchange.checking import check
from antalya.geometry.columns import of_degrees, of_shapes
from antalya.geometry.index import Index, warm
from antalya.geometry.shape import shape
from antalya.geometry.touch import distance_m
from antalya.model import Area, Force, Operation, Stance, Understanding, Volume, Window
from antalya.model.operations import Strength, minima
from antalya.model.rules import AnyRule, Consent, Incompatible, KeepOut, LeadTime, Limit, Pause, Threshold
from antalya.model.volume import Circle
from antalya.picture import Prepared, Rulebook, prepare
from antalya.ports import Transaction
from benchmarks.exchanges import PARTIES, made, opened, stock
from benchmarks.plans import operation, plans, tomorrow, volumes
from benchmarks.table import Part, Row

WARM = 50
WITHIN_M = 2.0
RULE = minima("drone", "drone")
NO_POSTGIS = "PostGIS is not installed (Debian: apt-get install postgresql-15-postgis-3)"
_TABLE = """
CREATE EXTENSION postgis;
CREATE TABLE volume (id integer PRIMARY KEY, party text NOT NULL, outline geometry(Polygon, 4326) NOT NULL,
  during tstzrange NOT NULL, lower_m float8 NOT NULL, upper_m float8 NOT NULL);
"""
_NEAR = """SELECT id FROM volume WHERE outline && ST_Expand(%(outline)s::geometry, %(wide)s, %(high)s)
  AND during && tstzrange(%(starts)s, %(ends)s) AND lower_m < %(upper)s AND upper_m > %(lower)s AND party <> %(party)s
  AND ST_DWithin(outline::geography, %(outline)s::geography, %(across)s)"""


def book(held: Rulebook, start: datetime) -> Rulebook:
    """The exchange's parties with a dozen rules of most kinds over parts of the theatre, and stances of each towards each."""
    day = timedelta(days=1)
    areas = {f"area-{k}": Area(id=f"area-{k}", name=f"Area {k}", outline=Circle(center=(36.5 + k, 35.5), radius_m=12_000))
             for k in range(5)}
    rules: list[AnyRule] = [
        Consent(id="consent", area="area-0", of=("RU", "US")), KeepOut(id="keep-out", area="area-1", parties=("TR",)),
        LeadTime(id="notice", notice_s=3_600), Incompatible(id="never", pair=("TRF", "USF"), adjoining_m=2_000),
        Pause(id="pause", area="area-2", window=Window(starts_at=start, ends_at=start + day)),
        Limit(id="limit", area="area-3", upper_m=3_000),
        Threshold(id="threshold", from_size=Strength(troops=9_000), notice_s=3_628_800)]
    agreed = Understanding(id="bench", title="Bench", signatories=PARTIES, rules=tuple(rules), status="in-force",
                           since=start - 30 * day)
    stances = [Stance(id=f"{a}-{b}", holder=a, towards=f"{b}F", stance="rival", since=start - 30 * day)
               for a in PARTIES for b in PARTIES if a != b]
    forces = {f"{p}F": Force(id=f"{p}F", name=p, answers=p) for p in PARTIES}
    return Rulebook(held.version, held.parties, forces, areas, {}, {s.id: s for s in stances}, {agreed.id: agreed})


def ours(directory: Path, asked: list[Operation], start: datetime) -> tuple[list[float], list[set[int]], int]:
    """Seconds of each whole check, whom it clashes with, and how many findings there were in all."""
    hub = opened(directory)
    subjects = [prepare(o, start - timedelta(days=1)) for o in asked]
    try:
        with _settled():
            return hub.store.write(lambda tx: _checked(tx, subjects, book(tx.rulebook(), start), start - timedelta(days=1)))
    finally:
        hub.store.close()


@contextmanager
def _settled() -> Iterator[None]:
    """The collector as a serving process has it: else it would look through all the benchmark holds, in the midst of a check."""
    before = gc.get_threshold()
    settle()
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def nearby(subjects: list[Operation], count: int, start: datetime) -> tuple[list[float], list[set[int]]]:
    """Seconds of finding who of the others comes too near, and whom: what PostGIS is asked, of the index an exchange has in
    memory. A subject is a prepared shape, as the exchange has it by then; there it is a text, as a database is given it."""
    index, kept = Index(), plans(count, seed=1_000, start=start)
    index.load(np.arange(count), np.zeros(count, np.uint8), of_degrees(*kept))
    took, met = [], list[set[int]]()
    for subject in [prepare(o, start) for o in subjects]:
        began = time.perf_counter()
        found = index.near(of_shapes(subject.shapes, subject.operation.volumes), (RULE,))
        others = [k for k in found if PARTIES[k % 3] != subject.operation.party]
        took.append(time.perf_counter() - began)
        met.append(set(others))
    return took, met


def _checked(tx: Transaction, subjects: list[Prepared], rulebook: Rulebook, now: datetime
             ) -> tuple[list[float], list[set[int]], int]:
    took, met, found = [], list[set[int]](), 0
    for subject in subjects:
        began = time.perf_counter()
        findings = check(tx, subject, rulebook, now)
        took.append(time.perf_counter() - began)
        found += len(findings)
        others = [f.other if f.operation == subject.operation.id else f.operation for f in findings if f.kind == "clash"]
        met.append({int(o[-12:], 16) for o in others if o is not None})
    return took, met, found


def peer(stored: list[Volume], asked: list[Volume]) -> tuple[list[float], list[set[int]]] | None:
    """The same with PostGIS; None where it is not installed."""
    import psycopg
    from tests.postgres import PostgresServer, programs
    where = programs()
    if where is None:
        return None
    server = PostgresServer(where, shared_buffers="1GB", work_mem="64MB")
    try:
        with psycopg.connect(server.new_database(), autocommit=True) as db:
            try:
                db.execute(_TABLE)
            except psycopg.errors.FeatureNotSupported:
                return None
            with db.cursor().copy("COPY volume FROM STDIN") as copy:
                for k, v in enumerate(stored):
                    during = f"[{v.starts_at},{v.ends_at})"
                    copy.write_row((k, PARTIES[k % 3], f"SRID=4326;{shape_text(v)}", during, v.lower_m, v.upper_m))
            db.execute("CREATE INDEX ON volume USING gist (outline, during)")
            db.execute("VACUUM ANALYZE volume")
            return _asked(db, asked)
    finally:
        server.end()


def shape_text(volume: Volume) -> str:
    """Its outline as WKT."""
    (ring,) = volume.outline.coordinates  # type: ignore[union-attr]
    return "POLYGON((" + ",".join(f"{x!r} {y!r}" for x, y in ring) + "))"


def _asked(db: "psycopg.Connection", asked: list[Volume]) -> tuple[list[float], list[set[int]]]:  # type: ignore[name-defined]  # noqa: F821
    took, met, gap = [], list[set[int]](), timedelta(seconds=RULE.seconds)
    db.prepare_threshold = 1
    for v in asked:
        values = {"outline": f"SRID=4326;{shape_text(v)}", "across": RULE.across_m, "wide": RULE.across_m / 85_000,
                  "high": RULE.across_m / 110_000, "starts": v.starts_at - gap, "ends": v.ends_at + gap,
                  "lower": v.lower_m - RULE.up_m, "upper": v.upper_m + RULE.up_m, "party": PARTIES[0]}
        began = time.perf_counter()
        rows = db.execute(_NEAR, values).fetchall()
        took.append(time.perf_counter() - began)
        met.append({row[0] for row in rows})
    return took, met


def compared(stored: list[Volume], asked: list[Volume], mine: list[set[int]], theirs: list[set[int]]) -> int:
    """How many pairs only one has. Raises AssertionError if one of them is not decided by less than 2 m."""
    differ = [(k, j) for k, (a, b) in enumerate(zip(mine, theirs, strict=True)) for j in a ^ b]
    for k, j in differ:
        off = distance_m(shape(asked[k].outline), shape(stored[j].outline))
        if abs(off - RULE.across_m) > WITHIN_M:
            raise AssertionError(f"volumes {off:.2f} m apart: no time is worth printing")
    return len(differ)


def part(quick: bool) -> Part:
    """Against one size; the peer once."""
    count, tries = (2_000, 60) if quick else (100_000, 3_000)
    start = tomorrow()
    asked = volumes(WARM + tries, seed=99, start=start)
    warm()
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "full"
        made(directory)
        stock(directory, count, start)
        subjects = [operation(10**9 + k, v, PARTIES[0]) for k, v in enumerate(asked)]
        took, mine, found = ours(directory, subjects, start)
    who_s, who = nearby(subjects, count, start)
    rows = [(f"who of {count:,} comes too near to one operation, {tries:,} times: {sum(map(len, who)):,} do", who_s),
            (f"the whole check of one operation against {count:,}, {tries:,} times: {found:,} findings", took)]
    stored = volumes(count, seed=1_000, start=start)
    compared(stored, asked, who, mine)
    answered = peer(stored, asked)
    if answered is None:
        return Part([Row(what, _ms(seconds), NO_POSTGIS, "–", None) for what, seconds in rows], [])
    theirs_s, theirs = answered
    differ = compared(stored, asked, mine, theirs)
    return Part([Row(f"{what} ({differ} pairs differ, by less than 2 m)", _ms(seconds),
                     "PostGIS gist (outline, during): who is near, no more", _ms(theirs_s), _p99(theirs_s) / _p99(seconds))
                 for what, seconds in rows], [])


def _p99(seconds: list[float]) -> float:
    return float(np.percentile(seconds[WARM:], 99))


def _ms(seconds: list[float]) -> str:
    return f"p50 {float(np.percentile(seconds[WARM:], 50)) * 1e3:.2f} ms, p99 {_p99(seconds) * 1e3:.2f} ms"
