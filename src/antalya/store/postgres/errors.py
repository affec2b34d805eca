"""PostgreSQL's errors (their SQLSTATE) as those of the catalogue."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from antalya.model.errors import AntalyaError, error

_GONE = {"57P01", "57P02", "57P03", "57P05", "25P03", "25P04"}
"""It stops or starts, or it ended the session: idle for too long, in a transaction or not, or too long in one."""
_NAMES = {
    "53100": "store_full", "58030": "store_full",  # disk full, I/O error
    "25006": "store_read_only", "42501": "store_read_only",  # a replica; no privilege
    "40001": "store_busy", "40P01": "store_busy", "55P03": "store_busy", "57014": "store_busy",  # conflict, lock, cancelled
    "53200": "store_busy", "53300": "store_busy", "53400": "store_busy",  # memory, connections, limits
    "XX001": "store_broken", "XX002": "store_broken", "42P01": "store_broken", "42703": "store_broken",  # pages; tables
}


def again(failure: BaseException) -> bool:
    """Whether another transaction came between: the same work may succeed when it is done again from its beginning."""
    return isinstance(failure, psycopg.Error) and failure.sqlstate in ("40001", "40P01")


def lost(failure: BaseException) -> bool:
    """Whether the connection or the server is gone."""
    state = failure.sqlstate if isinstance(failure, psycopg.Error) else ""
    return state in _GONE or ((state or "08").startswith("08") and isinstance(failure, psycopg.OperationalError))


def named(failure: BaseException) -> BaseException:
    """An error of psycopg's as one of the catalogue; what has no name there stays a defect.

    What the server said is passed on, but not where it is: that is nobody's business who only gets an answer.
    """
    if lost(failure):
        return error("not_ready", "the store's server does not answer")
    if isinstance(failure, psycopg.Error) and failure.sqlstate in _NAMES:
        return error(_NAMES[failure.sqlstate], failure.diag.message_primary or "the store's server refused")
    return failure


@contextmanager
def named_errors() -> Iterator[None]:
    """Raises psycopg's errors from inside as those of the catalogue."""
    try:
        yield
    except AntalyaError:
        raise
    except psycopg.Error as failure:
        wrong = named(failure)
        if wrong is failure:
            raise
        raise wrong from failure
