"""Several processes of one exchange on one PostgreSQL database: nothing missed between them, nothing half there, one log."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from queue import SimpleQueue
from time import monotonic

import pytest
from tests.crash.audit import Audit
from tests.crash.doors import WIDE, Door, patrol, registered
from tests.crash.test_kill import PARTIES, Filing, filings, overlapping
from tests.crash.test_races import boxes, race
from tests.postgres import PostgresServer
from tests.served import ExchangeServer, antalya

from antalya.ledger.checkpoint import Verifier
from antalya.store.system import ids
from antalya.wire.canonical import canonical

Shared = tuple[ExchangeServer, ExchangeServer]


@pytest.fixture
def shared(new_exchange_server: Callable[..., ExchangeServer], postgres_url: str) -> Iterator[Shared]:
    """Two processes of one exchange without parties, on one database."""
    one = new_exchange_server(WIDE, parties=False, store=postgres_url)
    other = one.beside()
    yield one, other
    other.stop()
    one.stop()  # before its database goes


@pytest.mark.slow
def test_eight_clients_file_into_one_square_over_two_processes_and_no_clash_is_missed(shared: Shared, postgres_url: str,
                                                                                      tmp_path: Path) -> None:
    race(shared, boxes(40), postgres_url, tmp_path)  # 320 operations


def test_what_one_process_tells_reaches_the_streams_of_the_other(shared: Shared) -> None:
    one, other = shared
    registered(one, PARTIES)
    with other.client("RU").stream("GET", "/v1/events?after=0") as stream:
        lines = stream.iter_lines()
        with Door(one, "TR") as turkey, Door(one, "RU") as russia:
            assert turkey.send("POST", "/v1/operations", canonical(patrol(ids(), "TR", 37, 36, 0.02)))[0] == 201
            assert russia.send("POST", "/v1/operations", canonical(patrol(ids(), "RU", 37.01, 36, 0.02)))[0] == 201
        told = next(json.loads(line.removeprefix("data:")) for line in lines if line.startswith("data:"))
    assert told["type"].startswith(("finding.", "operation."))


@contextmanager
def filing(servers: Shared, made: list[Filing], answered: dict[str, Filing]) -> Iterator[threading.Condition]:
    """Four clients, two at each process, that file and repeat under the Idempotency-Key until they are answered: where their
    process is gone, at the other one. Notifies at every answer; ends when all are filed."""
    waiting, news, wrong = SimpleQueue[Filing | None](), threading.Condition(), list[object]()
    for each in [*made, None, None, None, None]:
        waiting.put(each)

    def client(number: int) -> None:
        server, ends = servers[number % 2], monotonic() + 240
        while (each := waiting.get()) is not None:
            while True:
                try:
                    with Door(server, each.operation.party) as door:
                        status, said = each.send(door)
                except (OSError, HTTPException) as gone:
                    if monotonic() > ends:
                        wrong.append(repr(gone))
                        return
                    server = servers[1]
                    continue
                if status == 201:
                    break
                if status != 503:
                    wrong.append(said)
                    raise AssertionError(said)
            with news:
                answered[each.operation.id] = each
                news.notify_all()
    threads = [threading.Thread(target=client, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        yield news
    finally:
        for thread in threads:
            thread.join(300)
    assert len(answered) >= len(made), wrong


@pytest.mark.slow
def test_kill_9_of_a_process_and_of_what_serves_it_in_the_database_leaves_nothing_half_there(
        shared: Shared, postgres_url: str, postgres_server: PostgresServer) -> None:
    keys = registered(shared[0], PARTIES)
    made, answered = filings(keys, 0)[:300], dict[str, Filing]()
    with filing(shared, made, answered) as news:
        for after, strike in ((40, lambda: postgres_server.kill_backends(postgres_url)), (110, shared[0].kill),
                              (190, lambda: postgres_server.kill_backends(postgres_url))):
            with news:
                assert news.wait_for(lambda after=after: len(answered) >= after, timeout=120)  # type: ignore[misc]
            strike()
    audit = Audit(postgres_url)
    audit.everything(Verifier.parse(shared[0].made["log_key"]), [])
    assert {id_ for id_, _ in audit.operations()} == {f.operation.id for f in made}
    assert set(audit.clashes().values()) == overlapping(made)
    audit.close()


def test_a_database_without_its_server_is_not_ready_and_no_password_is_shown(
        new_exchange_server: Callable[..., ExchangeServer], new_postgres_server: Callable[..., PostgresServer]) -> None:
    database = new_postgres_server()
    server = new_exchange_server(store=database.new_database().replace("antalya@", "antalya:very-secret@"))
    client = server.client("TR")
    assert client.get("/readyz").status_code == 200
    shown = antalya("config", "show", "--origin", "--dir", server.dir).stdout
    assert "postgresql://antalya:***@" in shown
    told = antalya("doctor", "--dir", server.dir, "--json")
    assert "PostgreSQL 1" in told.stdout
    database.stop()
    assert client.get("/readyz").json()["code"] == "not_ready"
    assert client.get("/healthz").status_code == 200
    fails = antalya("doctor", "--dir", server.dir, "--json", code=1)
    assert "not_ready" in fails.stdout
    database.start()
    assert client.get("/readyz").status_code == 200
    for text in (shown, told.stdout, fails.stdout, fails.stderr, server.log):
        assert "very-secret" not in text
    server.stop()


def test_a_new_exchange_takes_no_database_that_another_is_kept_in(shared: Shared, postgres_url: str, tmp_path: Path) -> None:
    registered(shared[0], PARTIES)
    refused = antalya("init", tmp_path / "second", "--store", postgres_url, code=None)
    assert refused.returncode != 0
    assert "exchange is kept already in postgresql://" in refused.stderr
    assert not (tmp_path / "second").exists()
