"""Where a store is, said without its password; and the client of PostgreSQL that may be missing."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.postgres import PostgresServer
from tests.served import antalya, typed

from antalya.entry.settings import load
from antalya.entry.stores import is_address, must_be_there, store_of, without_password
from antalya.model.errors import AntalyaError
from antalya.store.sqlite import SqliteStore
from antalya.wiring import open_store


@pytest.mark.parametrize(("store", "shown"), [
    ("antalya.sqlite", "antalya.sqlite"),
    ("postgresql://u:secret@db.example:5432/x?sslmode=require", "postgresql://u:***@db.example:5432/x?sslmode=require"),
    ("postgresql://u:se:c@ret@db.example/x", "postgresql://u:***@db.example/x"),
    ("postgres://db.example/x?user=u&password=secret&sslpassword=secret", "postgres://db.example/x?user=u&password=***&sslpassword=***"),
    ("postgresql://u@/x?PASSWORD=secret", "postgresql://u@/x?PASSWORD=***"),
    ("postgresql://u@/x", "postgresql://u@/x"),
    ("postgresql://u:secret@[::1/x", "postgresql://***"),
])
def test_a_store_is_shown_without_its_password(store: str, shown: str) -> None:
    assert without_password(store) == shown


def test_a_file_lies_in_the_exchange_s_directory_and_an_address_nowhere(tmp_path: Path) -> None:
    assert store_of(load(tmp_path, environment={}, need_file=False)) == tmp_path / "antalya.sqlite"
    loaded = load(tmp_path, environment={"ANTALYA_STORE": "postgresql://u@/x"}, need_file=False)
    assert store_of(loaded) == "postgresql://u@/x"
    assert not is_address("postgresql.sqlite")


def test_without_the_client_of_postgresql_it_is_said_what_to_install(tmp_path: Path) -> None:
    script = ("import sys; sys.modules['psycopg'] = None\nfrom antalya.entry.cli import main\n"
              f"sys.argv = ['antalya', 'init', {str(tmp_path / 'x')!r}, '--store', 'postgresql://u:secret@/x']\nmain()")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert "pip install 'antalya[postgres]'" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_no_exchange_begins_anew_where_one_is_gone(tmp_path: Path) -> None:
    home = tmp_path / "ward"
    typed("init", home)
    file, loaded = home / "antalya.sqlite", load(home, environment={})
    must_be_there(loaded)
    open_ = SqliteStore(tmp_path / "open.sqlite")
    copied = (tmp_path / "open.sqlite").read_bytes()  # what is in it lies in its log of writes
    open_.close()
    for left in (None, b"", copied):
        for path in home.glob("antalya.sqlite*"):
            path.unlink()
        if left is not None:
            file.write_bytes(left)
        with pytest.raises(AntalyaError, match="store_broken"):
            must_be_there(loaded)
        assert "No exchange is kept in" in antalya("serve", "--dir", home, "--port", 0, code=6).stderr
        assert (file.read_bytes() if file.exists() else None) == left


def test_what_can_t_be_looked_at_is_for_who_opens_it_to_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path) -> bool:
        raise PermissionError(13, "Permission denied", str(path))
    (tmp_path / "text").write_text("no database at all, and no exchange" * 100)
    must_be_there(load(tmp_path, environment={"ANTALYA_STORE": "text"}, need_file=False))
    loaded = load(tmp_path, environment={}, need_file=False)
    monkeypatch.setattr(Path, "exists", denied)
    must_be_there(loaded)


def test_no_exchange_begins_in_a_database_that_has_none(tmp_path: Path, postgres_server: PostgresServer) -> None:
    store = postgres_server.new_database()
    loaded = load(tmp_path, environment={"ANTALYA_STORE": store}, need_file=False)
    for _ in range(2):
        with pytest.raises(AntalyaError, match="store_broken"):
            must_be_there(loaded)
    open_store(store).close()
    must_be_there(loaded)
