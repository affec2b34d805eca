"""The batch join on the processes of a Dask cluster: here, or on other machines. The same pairs as in one process, always.

The plans are read, prepared and weighed here; workers get parts of the columns (`geometry.parts`) and give pairs back. A
part whose worker died is done again by another one. What is too near the limit for the compiled kernel is decided here, by
the shapes themselves, so that no rounding on the way can change an answer. Dask: docs.dask.org, BSD-3-Clause; ADR 0009.
"""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from antalya.geometry import batch
from antalya.geometry.batch import Pairs
from antalya.geometry.columns import Columns
from antalya.geometry.ellipsoid import Floats, Ints
from antalya.geometry.shape import Shape
from antalya.model.errors import error

if TYPE_CHECKING:
    from distributed import Client

LEAST_ROWS, MOST_ROWS = 512, 16_384
"""Own rows of a part: enough to be worth the way, few enough that a part is some 20 MB."""
PARTS_EACH = 4
"""So many parts for each thread of a worker, at least: who is done early takes another one."""
AHEAD = 2
"""So many parts for each thread are under way at once: the scheduler never holds the whole theatre."""
PATIENCE_S = 30
CALM = {
    "distributed.scheduler.http.routes": [], "distributed.worker.http.routes": [], "distributed.nanny.http.routes": [],
    "distributed.admin.large-graph-warning-threshold": "10GB",
}
"""No pages of Dask's; parts are large on purpose."""


class Join(Protocol):
    """What finds the pairs that meet: `batch.join`, or a `Spread`."""

    def __call__(self, columns: Columns, table: Floats, kind: Ints, group: Ints, *, shape_of: Callable[[int], Shape],
                 progress: Callable[[int, int], None]) -> Pairs: ...


def engine(name: str, workers: int | None = None, scheduler: str | None = None) -> Join:
    """The join of an engine: "local" (threads of this process) or "dask".

    `workers`: processes to start on this machine (one for each core, unless given); or `scheduler`: the address of a cluster
    that runs already, `tls://host:port` or `tcp://host:port`. Raises bad_setting, not_installed.
    """
    if name not in ("local", "dask"):
        raise error("bad_setting", f"there is no engine {name[:60]!r}, only local and dask", at="engine")
    if name == "local":
        if workers is not None or scheduler is not None:
            raise error("bad_setting", "workers and a scheduler are for the engine dask only", at="engine")
        return batch.join
    if workers is not None and scheduler is not None:
        raise error("bad_setting", "either workers of its own or the scheduler of a cluster, not both", at="scheduler")
    if workers is not None and workers < 1:
        raise error("bad_setting", "one worker at least", at="workers")
    try:
        import distributed  # noqa: F401 - an extra that not everybody has
    except ImportError as missing:
        if (missing.name or "").partition(".")[0] not in ("dask", "distributed"):
            raise
        raise error("not_installed", "the engine dask is not installed: pip install 'antalya[dask]'", at="engine") from None
    return Spread(workers, scheduler)


@dataclass(frozen=True)
class Spread:
    """A join on workers: its own on this machine, for as long as it takes, or those of a scheduler. See `engine`."""

    workers: int | None = None
    scheduler: str | None = None

    def __call__(self, columns: Columns, table: Floats, kind: Ints, group: Ints, *, shape_of: Callable[[int], Shape],
                 progress: Callable[[int, int], None]) -> Pairs:
        """As `batch.join`. Raises workers_lost where the cluster can't be reached, or the work killed several workers."""
        progress(0, columns.size)
        with self._client() as client:
            found = list(_found(client, columns, table, kind, group, progress))
        none = np.empty((0, 3), np.int64)
        return batch.decided(np.concatenate([none, *found]), columns, table, kind, shape_of)

    @contextmanager
    def _client(self) -> "Iterator[Client]":
        import dask
        from distributed import Client, LocalCluster
        with dask.config.set(CALM):
            if self.scheduler is not None:
                with _reached(self.scheduler):
                    client = Client(self.scheduler, set_as_default=False, timeout=PATIENCE_S)
                with client:
                    with _reached(self.scheduler):
                        client.wait_for_workers(1, timeout=PATIENCE_S)
                    yield client
                return
            # on loopback, and with keys made for this run: whoever else is on this machine can't hand it work
            with LocalCluster(n_workers=self.workers or os.cpu_count() or 1, threads_per_worker=1, host="127.0.0.1",
                              protocol="tls://", security=True, dashboard_address="127.0.0.1:0", memory_limit=0,
                              silence_logs=logging.CRITICAL) as cluster, Client(cluster, set_as_default=False) as client:
                yield client


@contextmanager
def _reached(address: str) -> Iterator[None]:
    """What goes wrong on the way to a cluster, as an error of the catalogue."""
    try:
        yield
    except (OSError, TimeoutError) as wrong:
        raise error("workers_lost", f"{type(wrong).__name__}: {str(wrong) or 'no answer'}", at=address) from None
    except (ValueError, TypeError) as wrong:  # no address, or keys that are not there
        raise error("bad_setting", str(wrong), at=f"scheduler {address}") from None


def _found(client: "Client", columns: Columns, table: Floats, kind: Ints, group: Ints, progress: Callable[[int, int], None]
           ) -> Iterator[Pairs]:
    """Pairs of rows and verdicts, part by part as they come; never more than a few parts under way."""
    from antalya.geometry import parts  # numba takes a moment to load
    threads = sum(client.nthreads().values())
    size = min(max(columns.size // (PARTS_EACH * threads), LEAST_ROWS), MOST_ROWS)
    waiting = parts.parts(columns, table, size)
    pending: dict[Any, parts.Part] = {}
    done = 0
    while True:
        for part in waiting:
            future = client.submit(parts.found, columns.rows(part.rows), part.own, table, kind[part.rows], group[part.rows],
                                   pure=False, key=f"antalya-part-{part.rows[0]}-{os.urandom(8).hex()}")
            pending[future] = part
            if len(pending) >= AHEAD * threads:
                break
        if not pending:
            return
        for future in _ready(client, list(pending)):
            found, part = _result(future), pending.pop(future)
            rows = part.rows[found[:, :2]]
            yield np.column_stack([np.sort(rows, axis=1), found[:, 2]])
            done += part.own
            progress(done, columns.size)


def _ready(client: "Client", pending: list[Any]) -> list[Any]:
    """Those that are done, at least one: waited for as long as there is a worker."""
    from distributed import wait
    while True:
        try:
            with client.as_current():
                return list(wait(pending, timeout=PATIENCE_S, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            if not client.nthreads():
                raise error("workers_lost", "the cluster has no workers left", at="scheduler") from None
        except CancelledError:
            raise error("workers_lost", "the scheduler went away", at="scheduler") from None


def _result(future: Any) -> Ints:
    """What a part found. A part whose worker died has been given to another one by the scheduler, a few times."""
    from distributed import KilledWorker
    from distributed.comm import CommClosedError
    try:
        found: Ints = future.result()
    except KilledWorker:
        raise error("workers_lost", "the same part of the work ended several workers; have they enough memory?",
                    at="workers") from None
    except (CancelledError, CommClosedError):
        raise error("workers_lost", "the scheduler went away", at="scheduler") from None
    return found
