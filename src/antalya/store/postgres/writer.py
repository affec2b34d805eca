"""Writing the PostgreSQL store: what only PostgreSQL's statements need."""

from collections.abc import Sequence

from antalya.store.group import Rows
from antalya.store.postgres.reader import PostgresReader
from antalya.store.writer import SqlTransaction


class PostgresTransaction(SqlTransaction, PostgresReader):
    """`ports.Transaction` over the writer's connection."""

    def save(self) -> None:
        self._db.execute("SAVEPOINT job")

    def _write(self, into: str, rows: Sequence[Sequence[object]], otherwise: str) -> None:
        self._db.execute(*_inserting(into, rows, otherwise))

    def _write_all(self, waiting: Sequence[tuple[str, Rows, str]]) -> None:
        # one way to the server and back; references are checked when the whole statement is done. Not a pipeline, which is not
        # to be trusted where statements may be aborted; CockroachDB wants something returned (ADR 0007)
        parts = [_inserting(*written) for written in waiting]
        *first, last = [sql for sql, _ in parts]
        named = ", ".join(f"w{n} AS ({sql} RETURNING 1)" for n, sql in enumerate(first))
        self._db.execute(f"WITH {named} {last}" if first else last, [values for _, told in parts for values in told])


def _inserting(into: str, rows: Sequence[Sequence[object]], otherwise: str) -> tuple[str, list[list[object]]]:
    """A statement that inserts rows, and its values. An array for each column: the statement is the same however many rows there
    are, so the server keeps its plan."""
    columns = [_column(values) for values in zip(*rows, strict=True)]
    names = ",".join(f"c{n}" if kind else "NULL" for n, (kind, _) in enumerate(columns))
    told = [(n, kind, values) for n, (kind, values) in enumerate(columns) if kind]
    return (f"INSERT INTO {into} SELECT {names} FROM unnest({','.join(f'%b::{kind}[]' for _, kind, _ in told)}) "  # noqa: S608
            f"AS t ({','.join(f'c{n}' for n, _, _ in told)}) {otherwise}", [values for _, _, values in told])


_KINDS = {int: "int8", float: "float8", str: "text", bytes: "bytea"}


def _column(values: Sequence[object]) -> tuple[str, list[object]]:
    """The type of a column's values ("": all are NULL), and they themselves, all of that type."""
    types = {type(value) for value in values} - {type(None)}
    if types == {int, float}:
        return "float8", [value if value is None else float(value) for value in values]  # type: ignore[arg-type]
    return _KINDS[types.pop()] if types else "", list(values)
