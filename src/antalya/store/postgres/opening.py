"""Connecting to a PostgreSQL database, and making the tables in it or bringing them forward."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from importlib.resources import files
from time import perf_counter, sleep
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import (
    DeadlockDetected,
    DuplicateObject,
    DuplicateTable,
    FeatureNotSupported,
    SerializationFailure,
    UndefinedFunction,
    UndefinedTable,
    UniqueViolation,
)
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper

from antalya.model.errors import error
from antalya.store.forward import hold_volumes
from antalya.store.postgres.errors import lost, named_errors

VERSION, HELD = 11, 10
"""Of the tables; and since when `volumes` has what the index in memory holds."""
_DEFAULTS = {"application_name": "antalya", "connect_timeout": "5", "keepalives_idle": "10", "keepalives_interval": "5",
             "keepalives_count": "3", "tcp_user_timeout": "20000"}
_ALWAYS = {"client_encoding": "UTF8"}
"""Whatever the address says: `Pipeline` sends texts as they are in UTF-8."""
LOCK = 0x616E74616C7961
"""The advisory lock of whoever brings a database forward."""
_TRIES = 10
_WHOLE = 8_160
"""Bytes: the most there may be."""
_AT_IT_TOO = UniqueViolation, DuplicateTable, UndefinedTable, DuplicateObject, SerializationFailure, DeadlockDetected
"""What is raised where another process is bringing the tables forward as well."""


def address(url: str) -> str:
    """What libpq needs to connect. Raises bad_setting; the address stays unsaid, for a password may be in it."""
    try:
        return make_conninfo(**(_DEFAULTS | {name: str(value) for name, value in conninfo_to_dict(url).items()} | _ALWAYS))
    except psycopg.Error:
        raise error("bad_setting", "not an address of PostgreSQL: postgresql://user@host:5432/database?sslmode=verify-full",
                    at="store") from None


def prepare_session(db: Connection[Any]) -> None:
    """What holds for every connection: whole numbers are BIGINT (one statement, however large they are); and a commit is on disk
    when it is answered, whatever the database's own setting (a stricter one stays)."""
    db.autocommit = True
    for dumper in (Int8Dumper, Int8BinaryDumper):
        db.adapters.register_dumper(int, dumper)
    db.execute("SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit', true) = 'off'")


def prepare_reader(db: Connection[Any]) -> None:
    """`prepare_session`, and statements are planned with their values, for a plan that is kept from when a table was empty reads
    all of it, until the server counts its rows."""
    prepare_session(db)
    db.execute("SELECT set_config('plan_cache_mode', 'force_custom_plan', false) "
               "WHERE current_setting('plan_cache_mode', true) = 'auto'")


def connect(conninfo: str, busy_s: float) -> Connection[Any]:
    """The writer's connection. A statement waits at most `busy_s` for a lock; should this process freeze in the middle of
    its work, the server lets the others go on after a minute. Raises psycopg's errors."""
    db = Connection.connect(conninfo)
    try:
        prepare_session(db)
        db.prepare_threshold = None  # `Pipeline` prepares; psycopg would have the server forget that too when something is undone
        db.execute(f"SET lock_timeout = {int(busy_s * 1000)}")
        db.execute("SET idle_in_transaction_session_timeout = 60000")
    except BaseException:
        db.close()
        raise
    return db


def connect_first(conninfo: str, busy_s: float) -> Connection[Any]:
    """As `connect`, for whoever opens the store and has to know why it can't be. Raises not_ready in libpq's own words, which
    never have the password."""
    try:
        return connect(conninfo, busy_s)
    except psycopg.OperationalError as failure:
        if not lost(failure):
            raise
        raise error("not_ready", f"the store's server: {' '.join(str(failure).split())}") from None


def migrate(db: Connection[Any], *, alone: bool = True) -> None:
    """Brings the database to VERSION; `alone`: one process after the other, where the database knows such locks. Raises
    store_newer, store_broken for another program's database, bad_setting for one that is not in UTF-8 or has no schema for it."""
    with _alone(db) if alone else nullcontext():
        _brought_forward(db)


@contextmanager
def _alone(db: Connection[Any]) -> Iterator[None]:
    try:
        db.execute(f"SELECT pg_advisory_lock({LOCK})")
    except (FeatureNotSupported, UndefinedFunction):
        yield
        return
    yield  # whoever fails disconnects
    db.execute(f"SELECT pg_advisory_unlock({LOCK})")


def _brought_forward(db: Connection[Any]) -> None:
    for left in reversed(range(_TRIES)):
        try:
            _bring_forward(db)
            return
        except _AT_IT_TOO:
            db.execute("ROLLBACK")
            if not left:
                raise
            sleep(0.1)


def _bring_forward(db: Connection[Any]) -> None:
    found = _version(db)
    if found > VERSION:
        raise error("store_newer", f"the store is version {found}, this program knows {VERSION}")
    for version in range(found + 1, VERSION + 1):
        script = files("antalya.store.postgres").joinpath(f"{version:04}.sql").read_text(encoding="utf-8")
        db.execute("BEGIN ISOLATION LEVEL SERIALIZABLE")
        if version == HELD:
            _hold_volumes(db)
        db.execute(script.encode(), prepare=False)
        db.execute("INSERT INTO meta (key, value) VALUES ('version', %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                   (str(version),))
        db.execute("COMMIT")
    if found < VERSION:
        keep_whole(db)


def _hold_volumes(db: Connection[Any]) -> None:
    def write(rows: Sequence[tuple[int, bytes]]) -> None:
        db.execute("UPDATE volumes SET columns = t.columns FROM unnest(%s::bigint[], %s::bytea[]) AS t (operation, columns) "
                   "WHERE volumes.operation = t.operation", tuple(map(list, zip(*rows, strict=True))))
    hold_volumes(lambda sql, values: db.execute(sql.replace("?", "%s").encode(), values).fetchall(), write)


def keep_whole(db: Connection[Any]) -> None:
    """Has rows of a few kilobytes stay as they are: PostgreSQL would try to compress what hardly can be (signed notices), and put
    it elsewhere. For speed only: nothing where the database has no such setting, or somebody holds the table."""
    for table in ("leaf", "operation", "volumes"):
        with suppress(psycopg.DatabaseError):
            db.execute(f"ALTER TABLE {table} SET (toast_tuple_target = {_WHOLE})".encode())


def _version(db: Connection[Any]) -> int:
    """The version of the tables in the connection's schema; 0: there are none, or their making was interrupted."""
    [(encoding,)] = db.execute("SHOW server_encoding").fetchall()
    if encoding not in ("UTF8", "SQL_UTF8"):
        raise error("bad_setting", f"the store's database is in {encoding}: make one with ENCODING 'UTF8' TEMPLATE template0",
                    at="store")
    [(schema,)] = db.execute("SELECT current_schema()").fetchall()
    if schema is None:
        raise error("bad_setting", "the store's database has none of the schemas that this role's search_path names", at="store")
    # of everybody's tables: information_schema has those only that this role may use
    tables = {name for (name,) in db.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,))}
    if not tables:
        return 0
    known = dict(db.execute("SELECT key, value FROM meta").fetchall()) if "meta" in tables else {}
    if "rulebook_version" not in known:
        raise error("store_broken", "the database is another program's")
    return int(known.get("version", 0))


def look(url: str) -> dict[str, Any]:
    """What a doctor wants to know of a database, without changing it: `version` of the server, `bytes` (None: it does not say),
    `fsync` ("on" where it says nothing of it), `ping_s` of one question, whether it is `read_only`, for all or for this role; the
    version of the `tables` (0: there are none), the `last_at` of the log (microseconds since 1970) and its `leaves`. Raises
    bad_setting, not_ready, store_broken, store_read_only where this role may not even read."""
    with closing(connect_first(address(url), 5)) as db, named_errors():
        begun = perf_counter()
        db.execute("SELECT 1")
        ping_s = perf_counter() - begun
        [(version, fsync, only)] = db.execute(
            "SELECT current_setting('server_version'), coalesce(current_setting('fsync', true), 'on'), "
            "current_setting('transaction_read_only', true)").fetchall()
        found = {"version": version, "fsync": fsync, "ping_s": ping_s, "bytes": None, "read_only": only == "on",
                 "tables": _version(db), "last_at": 0, "leaves": 0}
        if found["tables"]:
            [(last_at, found["leaves"], writes)] = db.execute(
                "SELECT (SELECT value FROM meta WHERE key = 'last_at'), (SELECT coalesce(max(idx) + 1, 0) FROM leaf), "
                "has_table_privilege('leaf', 'INSERT') AND has_table_privilege('meta', 'UPDATE')").fetchall()
            found["last_at"], found["read_only"] = int(last_at or 0), found["read_only"] or not writes
        with suppress(psycopg.errors.UndefinedFunction, psycopg.errors.FeatureNotSupported):
            [(found["bytes"],)] = db.execute("SELECT pg_database_size(current_database())").fetchall()
        return found
