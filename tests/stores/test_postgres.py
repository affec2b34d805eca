"""What only the PostgreSQL store has: a server that goes away and comes back, other processes' transactions, other databases."""

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from importlib.resources import files
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.pictures import NOW
from tests.postgres import PostgresServer
from tests.stores.earlier import LEAVES, check, check_over, filled, half_dropped, held, with_cells, with_nodes
from tests.stores.samples import SALT, ask, disc, found, keep, kept, near
from tests.stores.test_jobs import held_up, leaf, leaves, queued
from tests.stores.test_past import put_rows

from antalya.geometry.held import STATE
from antalya.ledger.merkle import leaf_hash
from antalya.model import Party
from antalya.model.errors import AntalyaError, error
from antalya.model.operations import ACTIVITIES
from antalya.picture import Stored
from antalya.ports import Transaction
from antalya.store.postgres import PostgresStore, turns
from antalya.store.postgres.opening import HELD, VERSION, keep_whole
from antalya.store.postgres.pipeline import Pipeline, array
from antalya.store.rows import kind_of


@pytest.fixture
def db(postgres_url: str) -> Iterator[psycopg.Connection[Any]]:
    """Another session in the test's database."""
    with psycopg.connect(postgres_url, autocommit=True) as made:
        yield made


def quoted(raw: bytes) -> str:
    """Bytes as PostgreSQL's SQL has them."""
    return f"'\\x{raw.hex()}'"


def refused(url: str, **options: Any) -> AntalyaError:
    """The error with which a store won't open."""
    with pytest.raises(AntalyaError) as wrong:
        PostgresStore(url, **options)
    return wrong.value


# the database


def test_a_notice_of_a_few_kilobytes_lies_in_its_row_uncompressed(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    keep_whole(db)  # a database that can't be told so (here: without the tables) is none the worse
    with closing(PostgresStore(postgres_url)) as store:
        store.write(lambda tx: tx.append_leaf(b"x" * 3_000, SALT, b"y" * 3_000))
        assert db.execute("SELECT pg_column_size(data) >= 3000, pg_column_size(content) >= 3000, "
                          "pg_relation_size((SELECT reltoastrelid FROM pg_class WHERE oid = 'leaf'::regclass)) FROM leaf"
                          ).fetchone() == (True, True, 0)


def test_a_new_database_is_made_and_opened_again(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    for _ in range(2):
        with closing(PostgresStore(postgres_url)) as store:
            assert dict(db.execute("SELECT key, value FROM meta").fetchall())["version"] == str(VERSION)
            store.write(leaf("x"))
    with closing(PostgresStore(postgres_url)) as store:
        assert leaves(store) == ["x", "x"]


def test_the_index_of_a_database_of_an_earlier_version_gets_its_activities(
        postgres_url: str, db: psycopg.Connection[Any]) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        plans = [disc(activity, activity=activity) for activity in ACTIVITIES]
        kept(store, *plans)
    before = held(db.execute)
    with_nodes(db.execute, [], "BIGINT BIGINT BYTEA", quoted)
    db.execute("ALTER TABLE volumes DROP COLUMN kind")
    for version in (4, HELD - 1):  # the second time as if interrupted before the new version was written
        db.execute(f"UPDATE meta SET value = '{version}' WHERE key = 'version'".encode())
        PostgresStore(postgres_url).close()
        assert held(db.execute) == before
    assert [rows[0][STATE - 1] for _, rows in sorted(before.items())] == [kind_of(p.operation) for p in plans]


def test_the_log_of_a_database_of_an_earlier_version_is_the_same(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        filled(store)
        with store.read() as tx:
            root, hashes = tx.tree().root(), [leaf_hash(each.data) for each in tx.leaves(0, LEAVES)]
    with_nodes(db.execute, hashes, "BIGINT BIGINT BYTEA", quoted)
    db.execute("UPDATE meta SET value = '6' WHERE key = 'version'")
    for statement in files("antalya.store.postgres").joinpath("0007.sql").read_text(encoding="utf-8").split(";"):
        db.execute(statement.encode())  # where it was interrupted before its version was written, it is done again
    with closing(PostgresStore(postgres_url)) as store:
        check(store, root)


@pytest.mark.parametrize("half", [False, True])
def test_a_database_of_an_earlier_version_is_rid_of_what_nobody_asks_for(postgres_url: str, db: psycopg.Connection[Any],
                                                                         half: bool) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        filled(store)
    with_cells(db.execute, "BIGINT", quoted)
    if half:
        half_dropped(db.execute)
    db.execute("UPDATE meta SET value = '8' WHERE key = 'version'")
    PostgresStore(postgres_url).close()
    db.execute("UPDATE meta SET value = '8' WHERE key = 'version'")  # interrupted before it was written: done again
    with closing(PostgresStore(postgres_url)) as store:
        assert db.execute("SELECT to_regclass('cell'), to_regclass('volumes_ends')").fetchone() == (None, None)
        check_over(store)


def test_both_stores_have_the_same_tables_and_columns(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    PostgresStore(postgres_url).close()
    there = {(table, column) for table, column in db.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'").fetchall()}
    with closing(sqlite3.connect(":memory:")) as embedded:
        for script in sorted(files("antalya.store.sqlite").iterdir(), key=lambda file: file.name):
            if script.name.endswith(".sql"):
                embedded.executescript(script.read_text(encoding="utf-8"))
        here = set(embedded.execute("SELECT m.name, c.name FROM sqlite_schema m, pragma_table_info(m.name) c "
                                    "WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"))
    assert there == here


def test_the_tables_need_nothing_that_other_databases_of_the_language_lack() -> None:
    script = files("antalya.store.postgres").joinpath("0001.sql").read_text(encoding="utf-8")
    script = re.sub(r"--.*", "", script).upper()
    for word in ("SERIAL", "SEQUENCE", "USING", "GIST", "DEFERR", "TRIGGER", "COLLATE", "REFERENCES", "EXTENSION", "NOTIFY"):
        assert word not in script
    assert set(re.findall(r"^  \w+ +(BIGINT|TEXT|BYTEA|DOUBLE PRECISION|\w+)", script, re.M)) <= {
        "BIGINT", "TEXT", "BYTEA", "DOUBLE PRECISION", "KEY"}
    partial = set(re.findall(r" ON (\w+) \([\w, ]+\) WHERE", script))
    assert partial == {"THING", "OPERATION", "FINDING", "EVENT"}  # of these none is written with ON CONFLICT DO UPDATE
    for statement in script.split(";"):
        assert not statement.strip() or "IF NOT EXISTS" in statement or "ON CONFLICT" in statement


def test_a_database_of_a_newer_version_is_left_alone(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    PostgresStore(postgres_url).close()
    db.execute("UPDATE meta SET value = '999' WHERE key = 'version'")
    assert refused(postgres_url).code.name == "store_newer"


@pytest.mark.parametrize("table", ["bookmarks (url TEXT)", "meta (key TEXT, value TEXT)", "meta (other TEXT)"])
def test_another_program_s_database_is_left_alone(postgres_url: str, db: psycopg.Connection[Any], table: str) -> None:
    db.execute(f"CREATE TABLE {table}".encode())
    assert refused(postgres_url).code.name == "store_broken"
    assert len(db.execute("SELECT 1 FROM information_schema.tables WHERE table_schema = 'public'").fetchall()) == 1


def test_views_that_an_extension_brought_along_are_no_other_program_s(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    db.execute("CREATE VIEW pg_stat_statements AS SELECT 1 AS calls")
    with closing(PostgresStore(postgres_url)) as store:
        assert store.write(leaf("x")) == 0


def test_an_interrupted_making_goes_on(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    script = files("antalya.store.postgres").joinpath("0001.sql").read_text(encoding="utf-8")
    for statement in re.sub(r"--.*", "", script).split(";")[:7]:  # a database that makes tables outside transactions leaves this
        db.execute(statement.encode())
    with closing(PostgresStore(postgres_url)) as store:
        assert store.write(leaf("x")) == 0


def test_a_database_in_another_encoding_is_refused(postgres_server: PostgresServer) -> None:
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as db:
        db.execute("CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc TEMPLATE template0")
    assert "ENCODING 'UTF8'" in refused(postgres_server.url("latin")).detail


def test_a_role_whose_schemas_are_not_there_is_told_so(postgres_url: str) -> None:
    failure = refused(postgres_url + "&options=-csearch_path%3Dnowhere")
    assert (failure.code.name, "search_path" in failure.detail) == ("bad_setting", True)


def test_texts_are_sent_as_they_are_whatever_encoding_an_address_names(postgres_url: str) -> None:
    with closing(PostgresStore(postgres_url + "&client_encoding=LATIN1")) as store:
        store.write(lambda tx: tx.add_event("Türkiye ğüş ж م", "x", "y", NOW))
        with store.read() as tx:
            assert [event.party for event in tx.events(None)] == ["Türkiye ğüş ж م"]


@pytest.mark.parametrize("url", ["postgresql://antalya:very-secret@/x?host=/nowhere", "postgresql://antalya:very-secret@[::1/x",
                                 "postgresql://antalya:very-secret@/x?no_such_word=1"])
def test_no_error_says_the_password(url: str) -> None:
    failure = refused(url)
    assert failure.code.name in ("not_ready", "bad_setting")
    assert "very-secret" not in str(failure)


def test_no_plan_is_kept_from_when_a_table_was_empty(postgres_url: str) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        def kept_by_writer() -> dict[str, tuple[str, int]]:
            return {sql: (name, kept) for name, sql, kept in store._turns.db.execute(
                "SELECT name, statement, generic_plans FROM pg_prepared_statements").fetchall()}

        def file(count: int) -> None:
            for n in range(count):  # by itself a server keeps a plan after the fifth time
                store.submit(leaf("x"), about=(f"op {n}", "x")).result(30)
        file(20)
        with store.read() as tx:
            for _ in range(20):
                tx.operation("x")
            assert not any(kept for sql, kept in tx._rows(  # type: ignore[attr-defined]
                "SELECT statement, generic_plans FROM pg_prepared_statements") if "$" in sql)
        assert all(kept for sql, (_, kept) in kept_by_writer().items() if "INSERT" in sql)
        assert not [sql for sql in kept_by_writer() if " IN ($1" in sql]
        put_rows(store, [(n, n + 1) for n in range(turns._SETTLED)])
        kept(store, disc("last"))
        file(20)
        [(name, times)] = [found for sql, found in kept_by_writer().items() if " IN ($1" in sql]
        plan = str(store._turns.db.execute(f"EXPLAIN EXECUTE {name} ('a', 'b', 'c', 'd')".encode()).fetchall())
        assert times
        assert "operation_current" in plan


@pytest.mark.parametrize("count", [1, 4, 5, 16, 64, 65, 150])
def test_any_number_of_operations_is_looked_up_at_once(postgres_url: str, count: int) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        kept(store, disc("op 0"), disc("op 70"))
        found = store.submit(lambda tx: {id_ for id_, known in tx._group.known.items() if known is not None},  # type: ignore[attr-defined]
                             about=[f"op {n}" for n in range(count)]).result(30)
        assert found == {"op 0", "op 70"} & {f"op {n}" for n in range(count)}


def test_an_id_that_the_server_refuses_is_nobody_else_s_trouble(postgres_url: str) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        def submit(*about: str) -> Future[int]:
            return store.submit(leaf("x"), about=about)
        with held_up(store):
            answers = [submit("op 0"), submit("\0", "a\ud800"), submit("op 1")]
        assert [answer.result(30) for answer in answers] == [0, 1, 2]


TEXTS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"))


@pytest.mark.parametrize(("kind", "values"), [
    ("int8", st.integers(-2**63, 2**63 - 1)), ("float8", st.floats(allow_nan=False)), ("text", TEXTS), ("bytea", st.binary())])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(data=st.data())
def test_arrays_come_to_the_server_as_they_are(db: psycopg.Connection[Any], kind: str, values: st.SearchStrategy[Any],
                                               data: st.DataObject) -> None:
    sent = data.draw(st.lists(st.none() | values))
    pipeline = Pipeline(db, {})
    pipeline.send(f"SELECT v FROM unnest($1::{kind}[]) WITH ORDINALITY AS t (v, n) ORDER BY n", [array(kind, sent)])
    pipeline.sync()
    pipeline.go()
    [result] = pipeline.until_sync()
    assert [value for (value,) in pipeline.rows(result)] == sent


def test_after_an_error_a_pipeline_goes_on_at_its_next_sync(db: psycopg.Connection[Any]) -> None:
    prepared: dict[str, bytes] = {}
    for _ in range(2):  # what was prepared is known the second time
        pipeline = Pipeline(db, prepared)
        for sql in ("SELECT 1", "SELECT 1 / 0", "SELECT 2"):
            pipeline.send(sql)
        pipeline.sync()
        pipeline.send("SELECT 3")
        pipeline.sync()
        pipeline.go()
        with pytest.raises(psycopg.errors.DivisionByZero):
            pipeline.until_sync()
        assert [pipeline.rows(result) for result in pipeline.until_sync()] == [[(3,)]]
    assert prepared.keys() == {"SELECT 1", "SELECT 1 / 0", "SELECT 3"}
    assert db.execute("SELECT 4").fetchone() == (4,)


def test_a_commit_is_on_disk_whatever_the_database_says(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    [(name,)] = db.execute("SELECT current_database()").fetchall()
    db.execute(f"ALTER DATABASE {name} SET synchronous_commit = off".encode())
    with closing(PostgresStore(postgres_url)) as store:
        assert store._turns.db.execute("SHOW synchronous_commit").fetchone() == ("on",)


# writers of several processes


class Counted:
    """A job that counts how often it was run."""

    def __init__(self, job: Callable[[Transaction], Any]) -> None:
        self.job, self.runs = job, 0

    def __call__(self, tx: Transaction) -> Any:
        self.runs += 1
        return self.job(tx)


@pytest.mark.parametrize("lock", [True, False])
def test_writers_at_once_are_put_in_order_by_the_server_and_saved_work_by_the_lock(postgres_url: str, lock: bool) -> None:
    with closing(PostgresStore(postgres_url, lock=lock)) as one, closing(PostgresStore(postgres_url, lock=lock)) as two:
        jobs = [Counted(lambda tx, n=n: (tx.set_last_at(NOW), tx.append_leaf(f"job {n}".encode(), SALT, None),
                                         tx.add_event("TR", "x", str(n), NOW))) for n in range(200)]
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda n: (one if n % 2 else two).write(jobs[n]), range(200)))
        assert sorted(index for _, index, _ in done) == list(range(200))
        assert sorted(seq for _, _, seq in done) == list(range(1, 201))
        assert [leaves(one)[index] for _, index, _ in done] == [f"job {n}" for n in range(200)]
        runs = sum(job.runs for job in jobs)
        assert runs == 200 if lock else runs > 200  # the lock is speed; without it the server had to abort some


def test_two_that_each_look_for_the_other_before_filing_can_t_both_find_nothing(postgres_url: str) -> None:
    """Write skew, the anomaly that snapshots alone allow: both look before either has filed."""
    both = threading.Barrier(2)
    firsts = {"a": True, "b": True}

    def job(mine: str) -> Callable[[Transaction], list[str]]:
        def work(tx: Transaction) -> list[str]:
            seen = near(tx, disc(mine))
            if firsts.pop(mine, False):
                both.wait(30)
            tx.put_operation(stored_of(mine), True)
            return seen
        return work
    with closing(PostgresStore(postgres_url, lock=False)) as one, closing(PostgresStore(postgres_url, lock=False)) as two, \
            ThreadPoolExecutor(2) as pool:
        a, b = pool.submit(one.write, job("a")), pool.submit(two.write, job("b"))
        assert sorted([a.result(60), b.result(60)]) in ([[], ["a"]], [[], ["b"]])


def stored_of(id_: str) -> Any:
    return Stored(disc(id_).operation, 1, NOW, NOW, NOW, "movement", None, 0)


_ABORTS = """
CREATE SEQUENCE aborted;
CREATE FUNCTION abort() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('aborted') <= {times} THEN RAISE EXCEPTION 'another came between' USING ERRCODE = '{code}'; END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER abort AFTER INSERT ON {table} {when} FOR EACH ROW EXECUTE FUNCTION abort();
"""
AT_COMMIT, AT_ONCE = "DEFERRABLE INITIALLY DEFERRED", ""


@pytest.mark.parametrize(("code", "table", "when"), [("40001", "event", AT_COMMIT), ("40001", "event", AT_ONCE),
                                                    ("40P01", "event", AT_ONCE), ("40001", "leaf", AT_ONCE),
                                                    ("25P04", "thing", AT_ONCE)])  # PostgreSQL 17's transaction_timeout
def test_an_aborted_transaction_is_done_again_with_all_its_jobs_and_nothing_of_it_remembered(
        postgres_url: str, db: psycopg.Connection[Any], code: str, table: str, when: str) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        db.execute(_ABORTS.format(times=3, code=code, table=table, when=when).encode())

        def everything(tx: Transaction) -> tuple[Any, ...]:
            before = near(tx, disc("x")), dict(tx.rulebook().parties), tx.log_size()
            tx.put_thing("party", Party(id="TR", name="x"), "operator", NOW)
            keep(tx, disc("a"))
            tx.add_event("TR", "x", "y", NOW)
            after = near(tx, disc("x")), list(tx.rulebook().parties), tx.log_size()
            return *before, *after
        job = Counted(everything)
        assert store.write(job) == ([], {}, 0, ["a"], ["TR"], 1)
        assert job.runs == 4
        assert found(store, disc("x")) == ["a"]
        assert store.write(leaf("next")) == 1


def test_what_is_always_aborted_is_busy_in_the_end_and_leaves_nothing(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        db.execute(_ABORTS.format(times=10**9, code="40001", table="leaf", when=AT_COMMIT).encode())
        with pytest.raises(AntalyaError, match="store_busy"):
            store.write(leaf("x"))
        db.execute("DROP TRIGGER abort ON leaf")
        assert store.write(leaf("y")) == 0
        assert leaves(store) == ["y"]


def test_a_read_that_fails_fails_its_own_job_alone(postgres_url: str) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        runs = [Counted(leaf("one")), Counted(lambda tx: tx._ask("SELECT 1 / 0")), Counted(leaf("three"))]
        one, broken, three = queued(store, list(runs))
        assert isinstance(broken.exception(), psycopg.errors.DivisionByZero)
        assert (one.result(), three.result()) == (0, 1)
        assert leaves(store) == ["one", "three"]
        assert [run.runs for run in runs] == [2, 2, 1]


def test_jobs_that_wait_are_committed_together(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        futures = queued(store, [leaf(f"job {n}") for n in range(20)])
        assert sorted(f.result() for f in futures) == list(range(20))
    [(transactions,)] = db.execute("SELECT count(DISTINCT xmin::text) FROM leaf").fetchall()
    assert transactions <= 2  # they, or they in two goes


def test_what_is_prepared_on_the_server_does_not_grow_with_what_fails(postgres_url: str) -> None:
    def fails(tx: Transaction) -> None:
        tx.put_ask(ask())
        raise error("wrong_state", "taken back")

    def prepared() -> int:
        return int(store._turns.db.execute("SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'antalya%'").fetchone()[0])
    with closing(PostgresStore(postgres_url)) as store:
        store.write(leaf("x"))
        some = prepared()
        assert some > 0
        for _ in range(10):
            with pytest.raises(AntalyaError, match="wrong_state"):
                store.write(fails)
            store.write(leaf("x"))
        assert prepared() <= 2 * some


def test_another_process_that_holds_the_lock_is_waited_for_and_in_the_end_busy(postgres_url: str,
                                                                              db: psycopg.Connection[Any]) -> None:
    with closing(PostgresStore(postgres_url, busy_s=0.1)) as hasty, closing(PostgresStore(postgres_url)) as patient:
        connection = hasty._turns.db
        db.execute("BEGIN")
        db.execute(turns.LOCK.encode())
        with pytest.raises(AntalyaError, match="store_busy"):
            hasty.write(leaf("lost"))
        with ThreadPoolExecutor(1) as pool:
            waits = pool.submit(patient.write, leaf("x"))
            assert leaves(hasty) == []  # readers go on
            db.execute("COMMIT")
            assert waits.result(30) == 0
        assert hasty.write(leaf("y")) == 1
        assert hasty._turns.db is connection  # and what is known of the database is known still


def test_a_database_without_such_locks_is_used_without(postgres_url: str, db: psycopg.Connection[Any],
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LOCK", "LOCK TABLES thing")  # as a database says it that does not know the statement
    db.execute("CREATE SCHEMA exchange")
    db.execute("CREATE SCHEMA lacks")
    db.execute("CREATE FUNCTION lacks.pg_advisory_lock(bigint) RETURNS void LANGUAGE plpgsql AS "
               "$$ BEGIN RAISE EXCEPTION 'not supported yet' USING ERRCODE = '0A000'; END $$")
    with closing(PostgresStore(postgres_url + "&options=-csearch_path%3Dexchange,lacks,pg_catalog")) as store:
        assert store.write(leaf("x")) == 0
        assert not store._turns._lock


# what the server refuses


def test_a_replica_or_a_role_that_may_not_write(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        store.write(leaf("kept"))
    with closing(PostgresStore(postgres_url + "&options=-cdefault_transaction_read_only%3Don")) as store:
        with pytest.raises(AntalyaError, match="store_read_only"):
            store.write(leaf("x"))
        assert leaves(store) == ["kept"]
    db.execute("CREATE ROLE reader LOGIN")
    try:
        db.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
        with closing(PostgresStore(postgres_url.replace("antalya@", "reader@"))) as store:
            with pytest.raises(AntalyaError, match="store_read_only"):
                store.write(leaf("x"))
            assert leaves(store) == ["kept"]
    finally:
        db.execute("DROP OWNED BY reader")
        db.execute("DROP ROLE reader")


@pytest.mark.parametrize(("code", "name"), [("53100", "store_full"), ("58030", "store_full"), ("53200", "store_busy"),
                                            ("XX001", "store_broken"), ("57014", "store_busy")])
def test_what_the_server_says_has_a_name_here(postgres_url: str, db: psycopg.Connection[Any], code: str, name: str) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        db.execute(_ABORTS.format(times=1, code=code, table="event", when=AT_ONCE).encode())
        with pytest.raises(AntalyaError, match=name):
            store.write(lambda tx: tx.add_event("TR", "x", "y", NOW))
        assert store.write(lambda tx: tx.add_event("TR", "x", "z", NOW)) == 1


# the server goes away


@pytest.fixture(scope="module")
def own_server(new_postgres_server: Callable[..., PostgresServer]) -> PostgresServer:
    return new_postgres_server()


def test_readers_and_writers_go_on_after_the_server_was_started_again(own_server: PostgresServer) -> None:
    with closing(PostgresStore(own_server.new_database(), answer_s=60)) as store:
        store.write(leaf("kept"))
        with ThreadPoolExecutor(4) as pool:  # so that several connections are idle
            assert list(pool.map(lambda _: leaves(store), range(20))) == [["kept"]] * 20
        for how in ("fast", "immediate"):
            own_server.stop(how)
            own_server.start()
            assert leaves(store)[0] == "kept"
            assert store.write(leaf(how)) > 0
        assert leaves(store) == ["kept", "fast", "immediate"]


def test_readers_go_on_however_many_of_their_connections_were_lost(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    with closing(PostgresStore(postgres_url, readers=3)) as store:
        store.write(leaf("kept"))
        with ExitStack() as all_of_them:
            for _ in range(3):
                assert all_of_them.enter_context(store.read()).log_size() == 1
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                   "WHERE datname = current_database() AND pid <> pg_backend_pid()")
        assert leaves(store) == ["kept"]


def test_without_its_server_a_store_is_not_ready_and_then_it_is(own_server: PostgresServer) -> None:
    with closing(PostgresStore(own_server.new_database(), answer_s=0.5)) as store:
        store.write(leaf("kept"))
        own_server.stop()
        try:
            with pytest.raises(AntalyaError, match="not_ready") as wrong:
                store.write(leaf("lost"))
            assert str(own_server.dir) not in str(wrong.value)
            with pytest.raises(AntalyaError, match="not_ready"), store.read():
                pass
        finally:
            own_server.start()
        assert store.write(leaf("after")) == 1
        assert leaves(store) == ["kept", "after"]


def test_kill_9_of_the_process_that_serves_a_job_leaves_nothing_half_there_and_the_job_is_done_again(
        own_server: PostgresServer) -> None:
    url = own_server.new_database()
    with closing(PostgresStore(url, answer_s=60)) as store:  # the server restarts by itself, and slow disks take it long
        def dies_once(tx: Transaction) -> int:
            if job.runs == 1:
                keep(tx, disc("half"))
                own_server.kill_backends(url)
                tx.things("party")  # before its COMMIT is sent: after that, nobody knows
            keep(tx, disc("whole"))
            return tx.append_leaf(b"x", SALT, None)
        job = Counted(dies_once)
        assert store.write(job) == 1
        assert job.runs >= 2
        assert found(store, disc("x")) == ["whole"]
        with store.read() as tx:
            assert [s.operation.id for _, s in tx.operations(None, None)] == ["whole"]
            assert tx.log_size() == 2


def test_a_connection_lost_during_the_commit_is_not_done_again(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    with closing(PostgresStore(postgres_url)) as store:
        db.execute("CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS "
                   "$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$")
        db.execute(f"CREATE CONSTRAINT TRIGGER die AFTER INSERT ON leaf {AT_COMMIT} FOR EACH ROW EXECUTE FUNCTION die()".encode())
        job = Counted(leaf("x"))
        with pytest.raises(AntalyaError, match="look whether it was kept"):
            store.write(job)
        assert job.runs == 1
        db.execute("DROP TRIGGER die ON leaf")
        assert store.write(leaf("y")) == 0


def test_what_is_durable_is_answered_whoever_holds_the_lock_afterwards(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    """The answer has to look something up, others wait in the line, and meanwhile another process has its turn, a long one."""
    waits, queue = threading.Event(), list[Future[Any]]()

    def other() -> None:
        with psycopg.connect(postgres_url) as its:
            its.execute(turns.LOCK)
            assert waits.wait(30)

    def job(tx: Transaction) -> int:
        queue.append(pool.submit(other))
        while not db.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall():
            pass
        queue.append(store.submit(leaf("next")))
        return tx.append_leaf(b"kept", SALT, None)
    with closing(PostgresStore(postgres_url, 0.3)) as store, ThreadPoolExecutor(1) as pool:
        assert store.write(job, lambda tx, index: len(tx.things("party")) + index) == 0
        with pytest.raises(AntalyaError, match="store_busy"):
            queue[1].result(30)
        waits.set()
        queue[0].result(30)
        assert leaves(store) == ["kept"]


def test_who_can_t_be_answered_though_it_is_durable_is_told_that_it_may_be(postgres_url: str, db: psycopg.Connection[Any]) -> None:
    def then(tx: Transaction, index: int) -> int:
        looked.append(tx.leaf(7))
        return index

    def ends(tx: Any, index: int) -> int:
        if looked:
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s", (pids[0],))
        looked.append(None)
        return then(tx, index)
    looked, pids = list[Any](), list[int]()
    with closing(PostgresStore(postgres_url)) as store:
        def job(tx: Any) -> int:
            pids.append(tx._rows("SELECT pg_backend_pid()")[0][0])
            return int(tx.append_leaf(b"kept", SALT, None))
        with pytest.raises(AntalyaError, match="look whether it was kept"):
            store.write(job, ends)
        assert leaves(store) == ["kept"]
        assert store.write(leaf("after")) == 1
