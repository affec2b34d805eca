"""What the doctor says is true, and looking changes nothing."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.served import typed

from antalya.store.postgres import opening
from antalya.store.sqlite.store import HELD, VERSION


@pytest.fixture
def home(tmp_path: Path) -> Path:
    typed("init", tmp_path / "ward")
    return tmp_path / "ward"


def looks(home: Path, code: int, **environment: str) -> dict[str, Any]:
    """What the doctor says of everything, by what that is."""
    said = json.loads(typed("doctor", "--dir", home, "--json", code=code, ANTALYA_PORT="0", **environment).stdout)
    return {row["what"]: row for row in said}


def do(file: Path, *statements: str) -> list[Any]:
    """Does statements in a store's file; the rows of the last."""
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        return [db.execute(statement).fetchall() for statement in statements][-1]


def test_a_store_of_an_earlier_program_is_not_brought_forward_under_it(home: Path) -> None:
    file = home / "antalya.sqlite"
    do(file, f"PRAGMA user_version = {HELD - 1}", "ALTER TABLE volumes ADD COLUMN kind INTEGER NOT NULL DEFAULT 0")
    said = looks(home, 0)
    assert (said["Store"]["state"], said["Clock"]["state"]) == ("warn", "ok")
    assert f"version {HELD - 1}" in said["Store"]["detail"]
    assert do(file, "PRAGMA user_version") == [(HELD - 1,)]
    assert "kind" in {row[1] for row in do(file, "PRAGMA table_info(volumes)")}
    do(file, f"PRAGMA user_version = {VERSION + 1}")
    assert "store_newer" in looks(home, 1)["Store"]["detail"]


def test_a_store_that_is_gone_stays_gone(home: Path) -> None:
    """An empty file is what is left of one; it is not made an exchange in which nothing was ever filed."""
    file = home / "antalya.sqlite"
    for end in ("-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)
    file.write_bytes(b"")
    for _ in range(2):
        said = looks(home, 1)
        assert "no exchange is kept in" in said["Store"]["detail"]
        assert "Clock" not in said
    assert file.read_bytes() == b""


def test_a_copy_without_a_write_ahead_log_is_well(home: Path) -> None:
    file, copy = home / "antalya.sqlite", home / "copy"
    do(file, f"VACUUM INTO '{copy}'")
    for end in ("", "-wal", "-shm"):
        Path(f"{file}{end}").unlink(missing_ok=True)
    copy.rename(file)
    assert looks(home, 0)["Store"]["state"] == "ok"
    assert not list(home.glob(".doctor-*"))


def test_the_disk_is_measured_where_the_store_is(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere, measured = tmp_path / "elsewhere", list[str]()
    elsewhere.mkdir()
    (home / "antalya.sqlite").rename(elsewhere / "kept")
    opened = Path.open

    def noted(path: Path, *words: Any, **named: Any) -> Any:
        measured.append(str(path))
        return opened(path, *words, **named)
    monkeypatch.setattr(Path, "open", noted)
    looks(home, 0, ANTALYA_STORE=str(elsewhere / "kept"))
    assert [Path(path).parent for path in measured if ".doctor-" in path] == [elsewhere]


def test_a_database_is_looked_at_and_left_as_it_is(home: Path, postgres_url: str) -> None:
    def version() -> list[Any]:
        with psycopg.connect(postgres_url) as db:
            return db.execute("SELECT value FROM meta WHERE key = 'version'").fetchall()
    said = looks(home, 1, ANTALYA_STORE=postgres_url)
    assert "no exchange is kept in" in said["Store"]["detail"]
    with psycopg.connect(postgres_url) as db:
        assert db.execute("SELECT 1 FROM information_schema.tables WHERE table_schema = 'public'").fetchall() == []
    with closing(opening.connect(postgres_url, 5)) as db:
        opening.migrate(db)
    assert {looks(home, 0, ANTALYA_STORE=postgres_url)[what]["state"] for what in ("Store", "fsync", "Clock")} == {"ok"}
    with psycopg.connect(postgres_url) as db:
        db.execute("UPDATE meta SET value = '9' WHERE key = 'version'")
    assert looks(home, 0, ANTALYA_STORE=postgres_url)["Store"]["state"] == "warn"
    assert version() == [("9",)]
    name = postgres_url.split("@/")[1].split("?")[0]
    with psycopg.connect(postgres_url) as db:
        db.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    assert "store_read_only" in looks(home, 1, ANTALYA_STORE=postgres_url)["Store"]["detail"]


def test_a_role_that_may_not_write_in_a_database_or_not_even_read_is_no_good(home: Path, postgres_url: str) -> None:
    with closing(opening.connect(postgres_url, 5)) as db:
        opening.migrate(db)
        db.execute("CREATE ROLE guest LOGIN")
        try:
            for may in (None, "SELECT", "SELECT, INSERT"):
                if may:
                    db.execute(f"GRANT {may} ON ALL TABLES IN SCHEMA public TO guest".encode())
                said = looks(home, 1, ANTALYA_STORE=postgres_url.replace("antalya@", "guest@"))["Store"]
                assert said["state"] == "fail"
                assert "store_read_only" in said["detail"]
            db.execute("GRANT UPDATE ON ALL TABLES IN SCHEMA public TO guest")
            assert looks(home, 0, ANTALYA_STORE=postgres_url.replace("antalya@", "guest@"))["Store"]["state"] == "ok"
        finally:
            db.execute("DROP OWNED BY guest")
            db.execute("DROP ROLE guest")
