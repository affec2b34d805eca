"""Writing the PostgreSQL store: what only PostgreSQL's statements need."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import count

from antalya.store.postgres.pipeline import array
from antalya.store.postgres.reader import PostgresReader
from antalya.store.writer import SqlTransaction


class PostgresTransaction(SqlTransaction, PostgresReader):
    """`ports.Transaction` over the writer's connection."""

    def save(self) -> None:
        self._db.execute("SAVEPOINT job")

    def last_statement(self) -> tuple[str, list[bytes]] | None:
        """What `write_rest` would write: a statement with libpq's marks for values ($1), and these."""
        if not (waiting := self.rest()):
            return None
        text, told = inserting(waiting, numbered=True)
        return text, [array(kind, values) for kind, values in told]

    def _write(self, into: str, rows: Sequence[Sequence[object]], otherwise: str) -> None:
        self._write_all([(into, rows, otherwise)])

    def _write_all(self, waiting: Sequence[tuple[str, Sequence[Sequence[object]], str]]) -> None:
        text, told = inserting(waiting)
        self._db.execute(text, [values for _, values in told])


def inserting(waiting: Sequence[tuple[str, Sequence[Sequence[object]], str]], *,
              numbered: bool = False) -> tuple[str, list[tuple[str, list[object]]]]:
    """A statement that inserts rows (as for `_write`), with psycopg's marks or libpq's, and its values with their types. It is
    one for all tables, one way to the server and back; references are checked when the whole statement is done. An array for each
    column: the text is the same however many rows there are."""
    shape, told = list[tuple[str, tuple[str, ...], str]](), list[tuple[str, list[object]]]()
    for into, rows, otherwise in waiting:
        columns = [_column(values) for values in zip(*rows, strict=True)]
        shape.append((into, tuple(kind for kind, _ in columns), otherwise))
        told += [(kind, values) for kind, values in columns if kind]
    return _text(tuple(shape), numbered), told


@lru_cache(1_000)
def _text(shape: tuple[tuple[str, tuple[str, ...], str], ...], numbered: bool) -> str:
    marks = (f"${n}" if numbered else "%b" for n in count(1))
    *first, last = [_insert(into, kinds, otherwise, marks) for into, kinds, otherwise in shape]
    named = ", ".join(f"w{n} AS ({sql} RETURNING 1)" for n, sql in enumerate(first))  # CockroachDB wants it (ADR 0007)
    return f"WITH {named} {last}" if first else last


def _insert(into: str, kinds: Sequence[str], otherwise: str, marks: Iterator[str]) -> str:
    names = ",".join(f"c{n}" if kind else "NULL" for n, kind in enumerate(kinds))
    told = [(n, kind) for n, kind in enumerate(kinds) if kind]
    return (f"INSERT INTO {into} SELECT {names} FROM unnest({','.join(f'{next(marks)}::{kind}[]' for _, kind in told)}) "  # noqa: S608
            f"AS t ({','.join(f'c{n}' for n, _ in told)}) {otherwise}")


_KINDS = {int: "int8", float: "float8", str: "text", bytes: "bytea"}


def _column(values: Sequence[object]) -> tuple[str, list[object]]:
    """The type of a column's values ("": all are NULL), and they themselves, all of that type."""
    types = {type(value) for value in values} - {type(None)}
    if types == {int, float}:
        return "float8", [value if value is None else float(value) for value in values]  # type: ignore[arg-type]
    return _KINDS[types.pop()] if types else "", list(values)
