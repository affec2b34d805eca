"""Writing the PostgreSQL store: what only PostgreSQL's statements need."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import count
from typing import Any

from psycopg import Connection

from antalya.store.group import Group
from antalya.store.postgres.pipeline import Pipeline, array
from antalya.store.postgres.reader import PostgresReader
from antalya.store.rows import Caches
from antalya.store.writer import SqlTransaction


class PostgresTransaction(SqlTransaction, PostgresReader):
    """`ports.Transaction` over the writer's connection; `prepared` as for `Pipeline`."""

    def __init__(self, db: Connection[Any], caches: Caches, group: Group, prepared: dict[str, bytes]) -> None:
        self._statements = prepared
        super().__init__(db, caches, group)

    def save(self) -> None:
        self._db.execute("SAVEPOINT job")

    def _write(self, into: str, rows: Sequence[Sequence[object]], otherwise: str) -> None:
        self._write_all([(into, rows, otherwise)])

    def _write_all(self, waiting: Sequence[tuple[str, Sequence[Sequence[object]], str]]) -> None:
        pipeline = Pipeline(self._db, self._statements)
        pipeline.send(*inserting(waiting))
        pipeline.sync()
        pipeline.go()
        pipeline.until_sync()


def inserting(waiting: Sequence[tuple[str, Sequence[Sequence[object]], str]]) -> tuple[str, list[bytes]]:
    """A statement that inserts rows (as for `_write`), and its values, for a `Pipeline`. It is one for all tables, one way to the
    server and back; references are checked when the whole statement is done. An array for each column: the text is the same
    however many rows there are."""
    shape, arrays = list[tuple[str, tuple[str, ...], str]](), list[bytes]()
    for into, rows, otherwise in waiting:
        columns = [_column(values) for values in zip(*rows, strict=True)]
        shape.append((into, tuple(kind for kind, _ in columns), otherwise))
        arrays += [array(kind, values) for kind, values in columns if kind]
    return _text(tuple(shape)), arrays


@lru_cache(1_000)
def _text(shape: tuple[tuple[str, tuple[str, ...], str], ...]) -> str:
    numbers = count(1)
    *first, last = [_insert(into, kinds, otherwise, numbers) for into, kinds, otherwise in shape]
    named = ", ".join(f"w{n} AS ({sql} RETURNING 1)" for n, sql in enumerate(first))  # CockroachDB wants it (ADR 0007)
    return f"WITH {named} {last}" if first else last


def _insert(into: str, kinds: Sequence[str], otherwise: str, numbers: Iterator[int]) -> str:
    names = ",".join(f"c{n}" if kind else "NULL" for n, kind in enumerate(kinds))
    told = [(n, kind) for n, kind in enumerate(kinds) if kind]
    return (f"INSERT INTO {into} SELECT {names} FROM unnest({','.join(f'${next(numbers)}::{kind}[]' for _, kind in told)}) "  # noqa: S608
            f"AS t ({','.join(f'c{n}' for n, _ in told)}) {otherwise}")


_KINDS = {int: "int8", float: "float8", str: "text", bytes: "bytea"}


def _column(values: Sequence[object]) -> tuple[str, Sequence[object]]:
    """The type of a column's values ("": all are NULL), and they themselves, all of that type."""
    types = set(map(type, values))
    types.discard(type(None))
    if types == {int, float}:
        return "float8", [value if value is None else float(value) for value in values]  # type: ignore[arg-type]
    return _KINDS[types.pop()] if types else "", values
