"""`antalya serve --doors`: one exchange, with processes that take the requests and one that keeps its store."""

import asyncio
import json
import logging
import os
import select
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from tests.served import ExchangeServer, antalya, heeds_ctrl_c
from tests.world import World

from antalya.entry.http import app
from antalya.entry.http.call import Desk
from antalya.entry.http.driving import driven
from antalya.entry.http.rates import Rates
from antalya.entry.keeper import keep
from antalya.entry.opening import hub_of
from antalya.entry.serving import Doors, loop_factory
from antalya.entry.settings import load
from antalya.exchange import settling
from antalya.exchange.hub import Hub
from antalya.model.errors import AntalyaError
from antalya.ports import Transaction
from antalya.store.postgres import PostgresStore
from antalya.store.sqlite import SqliteStore
from antalya.store.system import clock, ids


def children(pid: int) -> list[int]:
    """The processes that a process began and that have not ended."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(stat.parent.name))
    return found


def plan(party: str, lon: float = 37.95) -> dict[str, object]:
    start = clock() + timedelta(hours=2)
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=1)).isoformat()}
    return {"id": ids(), "party": party, "activity": "patrol", "volumes": [
        {"outline": {"type": "Circle", "center": [lon, 36.53], "radius_m": 2_000}, "lower_m": 0, "upper_m": 900} | times]}


@pytest.fixture
def exchange(new_exchange_server: Callable[..., ExchangeServer]) -> Iterator[ExchangeServer]:
    made = new_exchange_server(doors=2)
    yield made
    made.stop()


def post(exchange: ExchangeServer, party: str, body: dict[str, object]) -> httpx.Response:
    """A filing on a connection of its own: whichever door is there takes it."""
    with httpx.Client(base_url=exchange.url, timeout=30) as client:
        return client.post("/v1/operations", json=body, headers={"authorization": f"Bearer {exchange.token(party)}"})


def test_two_parties_meet_through_doors_and_a_stream_at_a_door_tells_at_once(exchange: ExchangeServer) -> None:
    assert len(children(exchange.process.pid)) == 2
    with exchange.client("RU").stream("GET", "/v1/events") as stream:
        told = (json.loads(line.removeprefix("data: ")) for line in stream.iter_lines() if line.startswith("data: "))
        mine, theirs = plan("RU"), plan("TR")
        assert post(exchange, "RU", mine).status_code == 201
        assert next(told)["type"] == "operation.filed"
        assert post(exchange, "TR", theirs).json()["clearance"] == "held"
        assert next(event for event in told if event["type"] == "finding.opened")
    [finding] = exchange.client("RU").get("/v1/findings").json()["items"]
    assert finding["kind"] == "clash"
    assert mine["id"] in (finding["operation"], finding["other"])
    again = post(exchange, "TR", theirs)
    assert (again.status_code, again.json()["code"]) == (409, "duplicate_id")


def test_a_door_that_is_lost_is_replaced_and_what_was_answered_is_there(exchange: ExchangeServer) -> None:
    kept = [plan("TR", 30 + k / 10) for k in range(6)]
    assert all(post(exchange, "TR", body).status_code == 201 for body in kept[:3])
    lost = children(exchange.process.pid)
    for pid in lost:
        os.kill(pid, signal.SIGKILL)
    for body in kept[3:]:  # the listening socket is the keeper's: who calls meanwhile waits for the next door
        while True:
            try:
                answer = post(exchange, "TR", body)
            except httpx.TransportError:  # a connection that a lost door had taken
                continue
            assert answer.status_code == 201 or answer.json()["code"] == "duplicate_id"
            break
    assert not set(children(exchange.process.pid)) & set(lost)
    there = exchange.client("TR").get("/v1/operations").json()["items"]
    assert {item["id"] for item in there} == {body["id"] for body in kept}


def test_doors_end_with_their_keeper_however_it_ends(exchange: ExchangeServer) -> None:
    body, port = plan("TR"), int(exchange.url.rpartition(":")[2])
    assert post(exchange, "TR", body).status_code == 201
    doors = children(exchange.process.pid)
    exchange.kill()
    wait_for_end(doors)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    exchange.start()
    assert exchange.client("TR").get(f"/v1/operations/{body['id']}").status_code == 200
    doors = children(exchange.process.pid)
    assert exchange.stop() == 0
    wait_for_end(doors)
    assert "Traceback" not in exchange.log


def test_ctrl_c_in_a_terminal_is_for_the_keeper_and_what_lies_around_is_not_run(exchange: ExchangeServer, tmp_path: Path) -> None:
    exchange.stop()
    (tmp_path / "antalya").mkdir()
    for name in ("antalya/__init__.py", "json.py", "socket.py"):
        (tmp_path / name).write_text("raise SystemExit('run from where the exchange was begun')")
    command = [str(Path(sys.executable).with_name("antalya")), "serve", "--dir", str(exchange.dir), "--port", "0", "--doors", "1"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, start_new_session=True,
                          preexec_fn=heeds_ctrl_c) as serving:
        assert serving.stdout is not None
        assert " at http" in serving.stdout.readline()
        doors = children(serving.pid)
        os.killpg(serving.pid, signal.SIGINT)
        assert serving.wait(30) == 0
    wait_for_end(doors)


def wait_for_end(pids: list[int]) -> None:
    """Until none of the processes is there; they are not this one's children."""
    assert pids
    for pid in pids:
        try:
            watched = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        with os.fdopen(watched):
            assert select.select([watched], [], [], 30)[0]


def test_doors_that_cannot_begin_end_the_keeper_with_an_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    world = World(tmp_path)
    try:
        with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(AntalyaError) as refused:
            keep(Desk(world.hub, (), "x", Rates(1, 1)), taken,
                 Doors(1, {"directory": str(tmp_path / "nowhere"), "flags": {}, "test_keys": False}), lambda: None)
        assert refused.value.code.name == "not_ready"
        assert "nowhere" in capfd.readouterr().err
    finally:
        world.close()


def test_answers_leave_before_more_is_done(tmp_path: Path) -> None:
    """Eight at once are two groups; the answers of the first have left when the second begins, so that doors are at work too."""
    store, happened = SqliteStore(tmp_path / "store.sqlite"), list[str]()

    async def one() -> None:
        await asyncio.wrap_future(store.submit(lambda tx: happened.append("done"), light=True))
        happened.append("left")  # as `Channel.send` does at once

    async def eight() -> None:
        with driven(store, fed=True):
            assert await asyncio.to_thread(store._line._back.wait, 30)  # its own thread has nothing more to do
            await asyncio.gather(*(one() for _ in range(8)))
            await asyncio.sleep(0)
    with closing(store):
        asyncio.run(eight())
    assert happened == (["done"] * 4 + ["left"] * 4) * 2


@pytest.fixture
def held_up(postgres_url: str) -> Iterator[tuple[PostgresStore, Callable[[], object]]]:
    """A store whose commits of a leaf wait until something is called, but not for ever."""
    with closing(PostgresStore(postgres_url, busy_s=10)) as store, psycopg.connect(postgres_url, autocommit=True) as db:
        db.execute("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS "
                   "$$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$")
        db.execute("CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON leaf DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
                   "EXECUTE FUNCTION wait()")
        db.execute("SELECT pg_advisory_lock(7)")
        yield store, lambda: db.execute("SELECT pg_advisory_unlock(7)")


async def begun(store: PostgresStore) -> Future[int]:
    """The answer to a job that was run, and is not durable yet."""
    ran = asyncio.Event()

    def job(tx: Transaction) -> int:
        ran.set()
        return tx.append_leaf(b"x", bytes(16), None)
    answer = store.submit(job, light=True)
    await ran.wait()
    return answer


def test_more_is_taken_while_the_database_commits(held_up: tuple[PostgresStore, Callable[[], object]]) -> None:
    store, go_on = held_up

    async def whole() -> int:
        with driven(store):
            answer = await begun(store)
            assert not answer.done()
            go_on()  # which nobody could, if that was waited for
            return await asyncio.wrap_future(answer)
    assert asyncio.run(whole()) == 0


def test_what_is_under_way_when_the_loop_ends_is_waited_for(held_up: tuple[PostgresStore, Callable[[], object]]) -> None:
    store, go_on = held_up

    async def whole() -> Future[int]:
        with driven(store):
            answer = await begun(store)
            assert not answer.done()
            go_on()
        return answer
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        answer = runner.run(whole())
    assert answer.result(0) == 0
    assert store.write(lambda tx: tx.log_size()) == 1


def test_the_choice_of_a_loop_leaves_the_log_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, logger = logging.NullHandler(), logging.getLogger("uvicorn.error")
    monkeypatch.setattr(logger, "handlers", [ours])
    loop_factory()
    assert logger.handlers == [ours]


def test_the_keeper_and_its_doors_outlive_an_error_that_nobody_foresaw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    antalya("init", tmp_path)
    ticks, hub = list[int](), hub_of(load(tmp_path))

    def tick(_: Hub) -> int:
        ticks.append(len(ticks))
        if len(ticks) == 1:
            raise sqlite3.InterfaceError("nobody foresaw this")
        os.kill(os.getpid(), signal.SIGTERM)
        return 0
    monkeypatch.setattr(app, "_TICK_S", 0.01)
    monkeypatch.setattr(settling, "tick", tick)
    try:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            keep(Desk(hub, (), "x", Rates(1, 1)), taken, Doors(1, {"directory": str(tmp_path), "flags": {}, "test_keys": False}),
                 lambda: None)
        assert len(ticks) > 1
    finally:
        hub.store.close()
