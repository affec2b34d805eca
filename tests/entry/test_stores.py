"""Where a store is, said without its password; and the client of PostgreSQL that may be missing."""

import subprocess
import sys
from pathlib import Path

import pytest

from antalya.entry.settings import load
from antalya.entry.stores import is_address, store_of, without_password


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
