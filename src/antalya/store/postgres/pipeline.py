"""Statements sent to the server in one go, by libpq's pipeline mode: nobody waits for the first before the second is sent, or for
any of them before there is an answer.

By way of psycopg's layer over libpq, for psycopg's own `pipeline` waits where this must not.
"""

import struct
from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import Any

from psycopg import Connection
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.generators import fetch_many, send
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

_MOST_PREPARED = 100
_numbers = count()
_OIDS = {"int8": 20, "float8": 701, "text": 25, "bytea": 17}
_NUMBERS = {"int8": struct.Struct(">iq").pack, "float8": struct.Struct(">id").pack}
_HEAD = struct.Struct(">iiIii").pack
_LENGTH = struct.Struct(">i").pack
_NULL = b"\xff\xff\xff\xff"


class Pipeline:
    """Statements under way on a connection that is used for nothing else meanwhile. `prepared`: names of statements that the
    server knows, by their text. After an error the server does nothing more up to the next `sync`. Raises psycopg's errors."""

    def __init__(self, db: Connection[Any], prepared: dict[str, bytes]) -> None:
        self._db, self._prepared = db, prepared
        self._expected: deque[tuple[str, bytes | None] | None] = deque()
        db.pgconn.consume_input()  # says so where the server is gone, before anything is sent
        db.pgconn.enter_pipeline_mode()

    def send(self, sql: str, values: Sequence[bytes] = (), *, keep: bool = True) -> None:
        """A statement with libpq's marks for values ($1), which are texts or `array`s. `keep`: the server reads it once, and
        keeps its plan where that costs no more than one for these values."""
        pg, formats = self._db.pgconn, [Format.BINARY] * len(values)
        name = self._prepared.get(sql)
        if name is None and keep and len(self._prepared) < _MOST_PREPARED:
            name = f"antalya{next(_numbers)}".encode()
            pg.send_prepare(name, sql.encode())
            self._expected.append((sql, name))
        if name is None:
            pg.send_query_params(sql.encode(), values, param_formats=formats)
        else:
            pg.send_query_prepared(name, values, formats)
        self._expected.append((sql, None))

    def sync(self) -> None:
        """What was sent belongs together."""
        self._db.pgconn.pipeline_sync()
        self._expected.append(None)

    def go(self) -> None:
        """Sees that all was sent."""
        if self._db.pgconn.flush():
            self._db.wait(send(self._db.pgconn))

    def until_sync(self) -> list[PGresult]:
        """Waits for the results of the statements before the next `sync`. Raises the first of their errors."""
        failed, found = None, list[PGresult]()
        while (expected := self._expected.popleft()) is not None:
            sql, new = expected
            [*_, result] = self._db.wait(fetch_many(self._db.pgconn))
            if result.status == ExecStatus.FATAL_ERROR:
                failed = failed or error_from_result(result)
            elif new is None:
                found.append(result)
            elif failed is None:
                self._prepared[sql] = new
        self._db.wait(fetch_many(self._db.pgconn))
        if not self._expected:
            self._db.pgconn.exit_pipeline_mode()
        if failed is not None:
            raise failed
        return found

    def rows(self, result: PGresult) -> list[tuple[Any, ...]]:
        """The rows of a result."""
        loading = Transformer(self._db)
        loading.set_pgresult(result)
        return loading.load_rows(0, result.ntuples, tuple)


def array(kind: str, values: Sequence[Any]) -> bytes:
    """A column of values (int8, float8, text or bytea; None is NULL) as PostgreSQL's binary array. psycopg makes them item by
    item in Python, which takes longer than the server needs to insert them."""
    if kind in _NUMBERS:
        number = _NUMBERS[kind]
        items = [_NULL if value is None else number(8, value) for value in values]
    else:
        items = list[bytes]()
        for value in values:
            if value is None:
                items.append(_NULL)
            else:
                told = value.encode() if kind == "text" else value
                items += _LENGTH(len(told)), told
    return _HEAD(1, None in values, _OIDS[kind], len(values), 1) + b"".join(items)
