"""A check on the worker processes of a Dask cluster gives the report of a check in one process, also when workers die."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tests.checking.plans import plan, write
from tests.geometry.test_batch import TABLE, crowd
from tests.geometry.test_parts import everything
from tests.served import antalya as run

import antalya
from antalya.checking import spread
from antalya.geometry import batch
from antalya.geometry.columns import Columns, of_shapes
from antalya.geometry.shape import Shape, shapes
from antalya.model.errors import AntalyaError

pytestmark = [pytest.mark.slow, pytest.mark.skipif(find_spec("distributed") is None, reason="Dask is not installed")]

Theatre = tuple[Columns, list[Shape], np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def theatre() -> Theatre:
    """Crowds at several places, on the antimeridian and at a pole among them, and two volumes over everything."""
    rng = np.random.default_rng(7)
    volumes = [v for about in ((38.0, 36.0), (180.0, 10.0), (0.0, 90.0)) for v in crowd(rng, about, 1_000, 150_000, 24)]
    volumes += [everything(rng, (38.0, 36.0)), everything(rng, (180.0, 60.0))]
    made = shapes([v.outline for v in volumes])
    return of_shapes(made, volumes), made, np.arange(len(volumes)) % len(TABLE), np.arange(len(volumes)) // 2


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two worker processes, each watched by a nanny that starts it again when it dies."""
    import dask
    import distributed
    with dask.config.set({**spread.CALM, "distributed.scheduler.allowed-failures": 3}), distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", memory_limit=0,
            silence_logs=50) as made:
        yield made


def found(theatre: Theatre, by: spread.Join, progress: Any = None) -> list[Any]:
    columns, made, kind, group = theatre
    pairs: list[Any] = by(columns, TABLE, kind, group, shape_of=made.__getitem__,
                          progress=progress or (lambda done, total: None)).tolist()
    return pairs


def test_own_workers_find_the_same_and_listen_on_loopback_only(theatre: Theatre) -> None:
    told, listening = list[tuple[int, int]](), set[str]()

    def progress(done: int, total: int) -> None:
        told.append((done, total))
        if not listening and done:
            for process in [psutil.Process(), *psutil.Process().children(recursive=True)]:
                listening.update(c.laddr.ip for c in process.net_connections("inet") if c.status == psutil.CONN_LISTEN)

    expected = found(theatre, batch.join)
    assert found(theatre, spread.engine("dask", workers=2), progress) == expected
    assert len(expected) > 4_000
    assert told == sorted(told)
    assert (told[0], told[-1]) == ((0, 3_002), (3_002, 3_002))
    assert listening == {"127.0.0.1"}


@pytest.fixture
def many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some fifty parts, so that there is always work to be interrupted in."""
    monkeypatch.setattr(spread, "LEAST_ROWS", 64)
    monkeypatch.setattr(spread, "PARTS_EACH", 16)


@pytest.mark.usefixtures("many_parts")
def test_a_worker_killed_in_the_middle_changes_nothing(theatre: Theatre, cluster: Any) -> None:
    killed = list[int]()

    def progress(done: int, total: int) -> None:
        if done and not killed and (one := busy(cluster)):
            killed.append(one)
            os.kill(one, signal.SIGKILL)

    expected = found(theatre, batch.join)
    assert found(theatre, spread.Spread(scheduler=cluster.scheduler_address), progress) == expected
    assert killed[0] not in {nanny.pid for nanny in cluster.workers.values()}


def busy(cluster: Any) -> int | None:
    """The process of a worker that has work to do; None where none has at the moment."""
    for worker in list(cluster.scheduler.workers.values()):
        for nanny in cluster.workers.values():
            if worker.processing and nanny.worker_address == worker.address and nanny.pid:
                return int(nanny.pid)
    return None


@pytest.mark.usefixtures("many_parts")
def test_work_that_ends_its_workers_is_an_error_and_never_clear(theatre: Theatre, cluster: Any,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)

    def progress(done: int, total: int) -> None:
        if done and (one := busy(cluster)):
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)

    with pytest.raises(AntalyaError) as raised:
        found(theatre, spread.Spread(scheduler=cluster.scheduler_address), progress)
    assert raised.value.code.name == "workers_lost"


def test_a_cluster_that_is_not_there(monkeypatch: pytest.MonkeyPatch, theatre: Theatre) -> None:
    monkeypatch.setattr(spread, "PATIENCE_S", 0.2)
    for address, code in (("tcp://127.0.0.1:1", "workers_lost"), ("nonsense://x", "bad_setting")):
        with pytest.raises(AntalyaError) as raised:
            found(theatre, spread.Spread(scheduler=address))
        assert raised.value.code.name == code


def test_the_report_is_the_same(cluster: Any) -> None:
    plans = [plan(f"o{k}", lower_m=100 * (k % 7), upper_m=100 * (k % 7) + 150, party=f"p{k % 3}") for k in range(60)]
    here = antalya.check(*plans)
    there = antalya.check(*plans, engine="dask", scheduler=cluster.scheduler_address)
    assert here.to_dict() == there.to_dict()
    assert not here.clear


def test_on_the_command_line(tmp_path: Path, cluster: Any) -> None:
    path = write(tmp_path / "a.geojson", plan("A", party="TR"), plan("B", party="RU"))
    here = run("check", path, "--json", code=1)
    there = run("check", path, "--json", "--engine", "dask", "--scheduler", cluster.scheduler_address, code=1)
    assert json.loads(here.stdout) == json.loads(there.stdout)
    assert there.stderr == ""


@pytest.mark.parametrize(("given", "at"), [
    ({"engine": "ray"}, "engine"), ({"workers": 2}, "engine"), ({"engine": "dask", "workers": 0}, "workers"),
    ({"engine": "dask", "workers": 2, "scheduler": "tcp://127.0.0.1:1"}, "scheduler")])
def test_settings_that_make_no_sense(given: dict[str, Any], at: str) -> None:
    with pytest.raises(AntalyaError) as raised:
        antalya.check(plan(), **given)
    assert (raised.value.code.name, raised.value.at) == ("bad_setting", at)


def test_without_the_extra_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(AntalyaError) as raised:
        antalya.check(plan(), engine="dask")
    assert raised.value.code.name == "not_installed"
    assert "pip install 'antalya[dask]'" in raised.value.detail
