"""Copying SQLite's write-ahead log into the file, beside the line of writers.

SQLite does it in a commit that finds the log long, which then takes a tenth of a second and more. Here a thread with a connection
of its own does nearly all of it while others write, and leaves the writer the few pages that came meanwhile: the log begins
anew only once nothing is left in it.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from time import monotonic

from antalya.model.errors import AntalyaError

_logger = logging.getLogger("antalya.store")
EVERY_S = 1.0
"""How long after the last time it is done again, if something was written. Pages that are written again and again are copied
once each time."""
ROUNDS = 2
"""The second copies what was written during the first."""
_CHECKPOINT = "PRAGMA wal_checkpoint(PASSIVE)"


class Checkpointing:
    """For one writer, which calls `committed` after each commit."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect, self._due, self._closed, self._left = connect, monotonic() + EVERY_S, False, False
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, name="antalya-checkpoint", daemon=True)
        self._thread.start()

    def committed(self, writer: sqlite3.Connection) -> None:
        """Begins it when it is time, and does the last of it. Not within a transaction."""
        if self._left:
            self._left = False
            with suppress(sqlite3.Error):  # it may be done later as well
                writer.execute(_CHECKPOINT)
        if monotonic() > self._due:
            self._due = float("inf")
            self._wanted.set()

    def close(self) -> None:
        """Ends the thread."""
        self._closed = True
        self._wanted.set()
        self._thread.join()

    def _run(self) -> None:
        with ExitStack() as until_the_end:
            db: sqlite3.Connection | None = None
            while self._is_wanted():
                try:
                    db = db or until_the_end.enter_context(closing(self._connect()))
                    for _ in range(ROUNDS):
                        db.execute(_CHECKPOINT)
                except (sqlite3.Error, AntalyaError) as failure:  # the log grows until it can be done
                    _logger.warning("the log of writes was not copied into the store: %s", failure)
                self._left, self._due = True, monotonic() + EVERY_S

    def _is_wanted(self) -> bool:
        """Waits until it is to be done; False: no more. What comes after the event was cleared sets it again."""
        self._wanted.wait()
        self._wanted.clear()
        return not self._closed
