"""A real PostgreSQL server for the tests, from whatever version is installed (Debian: `apt-get install postgresql`).

The fixture `postgres` (tests/conftest.py) hands out one for all tests of a process; `new_database` makes an empty database in
it. A test that stops or kills the server, or fills its disk, makes a server of its own.
"""

import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import psycopg

_PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt/postgresql", "/usr/local/opt/postgresql")
_SETTINGS = {"listen_addresses": "", "fsync": "on", "synchronous_commit": "on", "max_connections": "60",
             "shared_buffers": "32MB", "logging_collector": "off", "log_min_messages": "warning", "autovacuum": "on"}


def programs() -> Path | None:
    """Where initdb and postgres are; None: nowhere."""
    found = [path for place in _PLACES for path in Path(place).glob("**/bin/initdb")]
    found += [Path(here)] if (here := shutil.which("initdb")) else []
    return max(found, key=_version).parent if found else None


def _version(path: Path) -> tuple[int, ...]:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=30).stdout
    return tuple(map(int, re.findall(r"\d+", said)[:2]))


def _as_postgres() -> tuple[str, ...]:
    """The server refuses to run as root: then it runs as the user `postgres` of Debian's package."""
    return ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--") if os.getuid() == 0 else ()


class PostgresServer:
    """A server with fsync on, reached by a socket in its own directory. Texts are in the order of a language (ICU), as in many
    an installation: nothing may rest on the order of bytes."""

    def __init__(self, programs: Path, **settings: str) -> None:
        self._programs, self._numbers = programs, count()
        self.dir = Path(mkdtemp(prefix="antalya-pg-"))
        if os.getuid() == 0:
            shutil.chown(self.dir, "postgres", "postgres")
        made = self._run("initdb", "--pgdata", self.dir / "data", "--auth", "trust", "--username", "antalya", "--encoding", "UTF8",
                         "--locale-provider", "icu", "--icu-locale", "en", "--locale", "C", "--no-sync")
        assert made.returncode == 0, made.stderr
        lines = "".join(f"{name} = '{value}'\n" for name, value in (_SETTINGS | settings).items())
        with (self.dir / "data" / "postgresql.conf").open("a") as file:
            file.write(f"{lines}unix_socket_directories = '{self.dir}'\n")
        self.start()

    def _run(self, program: str, *words: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*_as_postgres(), self._programs / program, *map(str, words)], capture_output=True, text=True,
                              timeout=120, cwd=self.dir, env=os.environ | {"LC_ALL": "C"})

    def start(self) -> None:
        """Starts the server (again); it answers when this returns."""
        done = self._run("pg_ctl", "start", "--wait", "--pgdata", self.dir / "data", "--log", self.dir / "log")
        assert done.returncode == 0, (done.stdout, (self.dir / "log").read_text())

    def stop(self, how: str = "fast") -> None:
        """Stops it: `fast` ends connections, `immediate` is a crash."""
        self._run("pg_ctl", "stop", "--wait", "--pgdata", self.dir / "data", "--mode", how)

    def kill_backends(self, url: str) -> None:
        """kill -9 of the processes that serve a database's connections; the server then restarts all by itself."""
        with psycopg.connect(url, autocommit=True) as db:
            pids = [pid for (pid,) in db.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")]
        for pid in pids:
            with suppress(ProcessLookupError):  # the server ends the others when it misses the first
                os.kill(pid, signal.SIGKILL)

    def url(self, database: str) -> str:
        return f"postgresql://antalya@/{database}?host={self.dir}"

    def new_database(self) -> str:
        """An empty database; its address."""
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Ends its connections and forgets it."""
        name = url.split("@/")[1].split("?")[0]
        with psycopg.connect(self.url("postgres"), autocommit=True) as db:
            db.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())

    def end(self) -> None:
        """Stops it and removes its directory."""
        self.stop("immediate")
        shutil.rmtree(self.dir)
