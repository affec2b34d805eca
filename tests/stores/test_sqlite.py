"""What only the SQLite store has: versions of the file, other programs' files, and disks that are full, busy or read-only."""

import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp

import pytest
from tests.stores.earlier import LEAVES, check, check_over, filled, half_dropped, held, with_cells, with_nodes
from tests.stores.samples import disc, found, keep, kept
from tests.stores.test_driving import Driver
from tests.stores.test_jobs import leaf, leaves, queued

from antalya.geometry.held import STATE
from antalya.ledger.merkle import leaf_hash
from antalya.model.errors import AntalyaError
from antalya.model.operations import ACTIVITIES
from antalya.ports import Transaction
from antalya.store.group import MOST_FOUND
from antalya.store.line import MOST_JOBS
from antalya.store.rows import kind_of
from antalya.store.sqlite import SqliteStore, checkpointing
from antalya.store.sqlite.store import VERSION


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "antalya.sqlite"


def quoted(raw: bytes) -> str:
    """Bytes as SQLite's SQL has them."""
    return f"X'{raw.hex()}'"


def refused(path: Path | str) -> str:
    """The code with which a store won't open."""
    with pytest.raises(AntalyaError) as wrong:
        SqliteStore(path)
    return wrong.value.code.name


# the file


def test_a_new_file_is_made_safe(file: Path) -> None:
    with closing(SqliteStore(file)) as store:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        db = store._writer
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)
        assert db.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert db.execute("PRAGMA user_version").fetchone() == (VERSION,)
        tables = db.execute("SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite_%'")
        assert {strict for _, strict in tables} == {1}


def test_a_file_of_a_newer_version_is_left_alone(file: Path) -> None:
    SqliteStore(file).close()
    with closing(sqlite3.connect(file)) as db:
        db.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = file.read_bytes()
    assert refused(file) == "store_newer"
    assert file.read_bytes() == before


def test_the_index_of_a_file_of_an_earlier_version_gets_its_activities(file: Path) -> None:
    with closing(SqliteStore(file)) as store:
        plans = [disc(activity, activity=activity) for activity in ACTIVITIES]
        kept(store, *plans)
    with closing(sqlite3.connect(file)) as db:
        before = held(db.execute)
        db.execute("DROP INDEX utm_subscription_ends")
        with_nodes(db.execute, [], "INTEGER INTEGER BLOB", quoted)
        db.execute("ALTER TABLE volumes DROP COLUMN kind")
        db.execute("PRAGMA user_version = 6")
        db.commit()
    SqliteStore(file).close()
    with closing(sqlite3.connect(file)) as db:
        assert held(db.execute) == before
        assert [rows[0][STATE - 1] for _, rows in sorted(before.items())] == [kind_of(p.operation) for p in plans]


def test_the_log_of_a_file_of_an_earlier_version_is_the_same(file: Path) -> None:
    with closing(SqliteStore(file)) as store:
        filled(store)
        with store.read() as tx:
            root, hashes = tx.tree().root(), [leaf_hash(each.data) for each in tx.leaves(0, LEAVES)]
    with closing(sqlite3.connect(file)) as db:
        with_nodes(db.execute, hashes, "INTEGER INTEGER BLOB", quoted)
        db.execute("PRAGMA user_version = 8")
        db.commit()
    with closing(SqliteStore(file)) as store:
        check(store, root)


@pytest.mark.parametrize("half", [False, True])
def test_a_file_of_an_earlier_version_is_rid_of_what_nobody_asks_for(file: Path, half: bool) -> None:
    with closing(SqliteStore(file)) as store:
        filled(store)
    with closing(sqlite3.connect(file)) as db:
        with_cells(db.execute, "INTEGER", quoted)
        if half:
            half_dropped(db.execute)
        db.execute("PRAGMA user_version = 9")
        db.commit()
    with closing(SqliteStore(file)) as store, closing(sqlite3.connect(file)) as db:
        assert not db.execute("SELECT name FROM sqlite_schema WHERE tbl_name = 'cell' OR name = 'volumes_ends'").fetchall()
        check_over(store)


def test_another_program_s_database_is_left_alone(file: Path) -> None:
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE bookmarks (url TEXT)")
    assert refused(file) == "store_broken"
    with closing(sqlite3.connect(file)) as db:
        assert db.execute("SELECT name FROM sqlite_schema").fetchall() == [("bookmarks",)]


@pytest.mark.parametrize("content", [b"not a database, but as long as one" * 50, b"SQLite format 3\0" + b"\xff" * 900])
def test_a_file_that_is_no_database_is_named(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    assert refused(file) == "store_broken"
    assert file.read_bytes() == content


def test_a_damaged_database_is_named(file: Path) -> None:
    with closing(SqliteStore(file)) as store:
        store.write(lambda tx: [leaf("x" * 500)(tx) for _ in range(200)])
    raw = bytearray(file.read_bytes())
    raw[8_192:] = b"\xff" * (len(raw) - 8_192)
    file.write_bytes(raw)
    with pytest.raises(AntalyaError, match="store_broken"), closing(SqliteStore(file)) as store:
        leaves(store)


def test_an_interrupted_making_is_made_again(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as db:  # a crash before the first COMMIT leaves this
        db.execute("PRAGMA journal_mode = WAL")
    with closing(SqliteStore(file)) as store:
        assert store.write(leaf("x")) == 0


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere" / "antalya.sqlite") == "store_read_only"
    assert refused(tmp_path) == "store_read_only"


# group commit


def test_jobs_that_wait_are_committed_together(file: Path) -> None:
    with closing(SqliteStore(file)) as store:
        said: list[str] = []
        store._writer.set_trace_callback(said.append)
        futures = queued(store, [leaf(f"job {n}") for n in range(20)])
        assert sorted(f.result() for f in futures) == list(range(20))
        assert said.count("COMMIT") == 2  # the one that held them up, and they
        assert sum(statement.startswith("INSERT INTO leaf") for statement in said) == 20
        assert said.count("SAVEPOINT job") == 0  # none wrote anything before


# the disk


def test_a_full_disk_fails_the_batch_and_nothing_of_it_is_kept(file: Path) -> None:
    with closing(SqliteStore(file)) as store:
        store.write(leaf("kept"))
        pages = store._writer.execute("PRAGMA page_count").fetchone()[0]
        store._writer.execute(f"PRAGMA max_page_count = {pages + 3}")
        futures = queued(store, [leaf("small"), leaf("x" * 200_000), leaf("small too")])
        failed = [f.exception() for f in futures]
        assert isinstance(failed[1], AntalyaError)
        assert failed[1].code.name == "store_full"
        for one in (failed[0], failed[2]):  # together with the large one, or before it
            assert one is None or (isinstance(one, AntalyaError) and one.code.name == "store_full")
        kept = ["kept", *(text for text, one in zip(["small", "x", "small too"], failed, strict=True) if one is None)]
        assert sorted(leaves(store)) == sorted(kept)
        store._writer.execute("PRAGMA max_page_count = 1000000")  # room again
        assert store.write(leaf("after")) == len(kept)
        assert len(leaves(store)) == len(kept) + 1


def orphan(tx: Transaction) -> None:
    """A job whose commit fails."""
    keep(tx, disc("orphan"))
    tx._rows("PRAGMA defer_foreign_keys = ON")  # type: ignore[attr-defined]
    tx._rows("INSERT INTO volumes (operation, columns) VALUES (99, x'00')")  # type: ignore[attr-defined]


def test_a_commit_that_fails_is_told_to_those_that_were_begun_and_to_no_others(file: Path) -> None:
    def much(tx: Transaction) -> None:
        orphan(tx)
        tx._group.found += MOST_FOUND + 1  # type: ignore[attr-defined]
    with closing(SqliteStore(file)) as store:
        driver = Driver(store)
        lost, kept = store.submit(much, light=True), [store.submit(leaf(str(n)), light=True) for n in range(20)]
        driver.turn()
        driver.look()
        assert isinstance(lost.exception(0), sqlite3.IntegrityError)
        assert not any(answer.done() for answer in kept)
        driver.turn()
        driver.look()
        assert [answer.result(0) for answer in kept] == list(range(20))


def test_of_what_was_to_be_committed_beside_whoever_drives_nothing_is_kept_where_that_fails(file: Path) -> None:
    with closing(SqliteStore(file)) as store:
        driver = Driver(store)
        lost = [store.submit(orphan, light=True), *(store.submit(leaf("lost"), light=True) for _ in range(MOST_JOBS - 1))]
        driver.turn()
        assert not any(answer.done() for answer in lost)
        driver.look()
        assert {type(answer.exception(0)) for answer in lost} == {sqlite3.IntegrityError}
        assert (leaves(store), found(store, disc("orphan"))) == ([], [])
        after = [store.submit(leaf("after"), light=True) for _ in range(MOST_JOBS)]
        driver.turn()
        driver.look()
        assert [answer.result(0) for answer in after] == list(range(MOST_JOBS))


def test_a_disk_that_takes_no_more_bytes(file: Path) -> None:
    script = """
import resource, signal, sys
from antalya.model.errors import AntalyaError
from antalya.store.sqlite import SqliteStore
store = SqliteStore(sys.argv[1])
write = lambda text: store.write(lambda tx: tx.append_leaf(text, bytes(16), None))
write(b"kept")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
try:
    while True:
        print(write(bytes(50_000)), flush=True)
except AntalyaError as failure:
    print(failure.code.name, flush=True)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(write(b"after"))
store.close()
"""
    done = subprocess.run([sys.executable, "-c", script, str(file)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    *written, code, after = done.stdout.split()
    assert code == "store_full"
    assert int(after) == len(written) + 1
    with closing(SqliteStore(file)) as store:
        assert leaves(store)[int(after)] == "after"
        assert len(leaves(store)) == len(written) + 2


@pytest.fixture
def others_directory() -> Iterator[Path]:
    """A directory outside the private ones of the tests, so that an ordinary user can be shut out of it alone."""
    directory = Path(mkdtemp(prefix="antalya-"))
    directory.chmod(0o755)
    yield directory
    directory.chmod(0o755)
    for each in directory.iterdir():
        each.unlink()
    directory.rmdir()


_AS_AN_ORDINARY_USER = """
import os, sys, tempfile
from antalya.model.errors import AntalyaError
from antalya.store.sqlite import SqliteStore
with tempfile.TemporaryDirectory() as directory:
    SqliteStore(directory + "/imports-everything").close()
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    store = SqliteStore(sys.argv[1])
    store.write(lambda tx: tx.append_leaf(b"x", bytes(16), None))
    print("written")
except AntalyaError as failure:
    print(failure.code.name)
"""


def tried(path: Path) -> str:
    done = subprocess.run([sys.executable, "-c", _AS_AN_ORDINARY_USER, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_read_only_directory_or_file(others_directory: Path) -> None:
    file = others_directory / "antalya.sqlite"
    others_directory.chmod(0o555)
    assert tried(file) == "store_read_only"
    others_directory.chmod(0o777)
    assert tried(file) == "written"
    file.chmod(0o444)
    others_directory.chmod(0o555)
    if os.getuid() == 0:
        os.chown(file, 0, 0)
    assert tried(file) == "store_read_only"


def test_a_file_that_another_process_holds_is_busy_and_then_free(file: Path) -> None:
    with closing(SqliteStore(file, busy_s=0.05)) as store, closing(sqlite3.connect(file, isolation_level=None)) as other:
        store.write(leaf("kept"))
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(AntalyaError, match="store_busy"):
            store.write(leaf("lost"))
        assert leaves(store) == ["kept"]  # readers go on
        other.execute("ROLLBACK")
        assert store.write(leaf("after")) == 1


def test_a_job_waits_for_another_process_that_is_nearly_done(file: Path) -> None:
    with closing(SqliteStore(file)) as store, closing(sqlite3.connect(file, isolation_level=None,
                                                                      check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        result: list[int] = []
        thread = threading.Thread(target=lambda: result.append(store.write(leaf("x"))))
        thread.start()
        other.execute("ROLLBACK")
        thread.join(30)
        assert result == [0]


# its log


def test_the_log_of_writes_is_copied_by_a_thread_and_begins_anew(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much is written, the write-ahead log stays short, and no commit copies it."""
    monkeypatch.setattr(checkpointing, "EVERY_S", 0.0)
    with closing(SqliteStore(file)) as store, closing(sqlite3.connect(file)) as db:
        wal = file.with_name(file.name + "-wal")
        for round_ in range(200):
            store.write(leaf("x" * 50_000))
            if round_ and os.stat(wal).st_size < 50_000 * round_ / 2:
                break
        else:
            pytest.fail("the write-ahead log only grew")
        assert db.execute("SELECT count(*) FROM leaf").fetchone() == (round_ + 1,)


def test_a_store_closes_when_its_log_was_to_be_copied_just_then(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that copies hears of the end whenever that comes: here between its waking and its next look."""
    monkeypatch.setattr(checkpointing, "EVERY_S", 0.0)
    store, woken, ended = SqliteStore(file), threading.Event(), threading.Event()
    copying = store._checkpointing

    class Slow(threading.Event):
        def clear(self) -> None:
            woken.set()
            ended.wait(20)
            super().clear()
    copying._wanted.set()  # the one it waits for now
    copying._wanted = Slow()
    store.write(leaf("last"))
    assert woken.wait(20)
    closing_it = threading.Thread(target=store.close)
    closing_it.start()
    while not copying._closed:
        pass
    ended.set()
    closing_it.join(20)
    assert not closing_it.is_alive()
