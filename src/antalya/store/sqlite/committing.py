"""Committing beside whoever drives the line of writers: the disk is waited for by a thread of its own, without the interpreter's
lock, and requests are read meanwhile.
"""

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue


class Committing:
    """One commit at a time: `begin`, then `end`. `fd`: readable once it is done."""

    def __init__(self) -> None:
        self.fd, self._told = os.pipe()
        self._wanted = SimpleQueue[Callable[[], None] | None]()
        self._done = SimpleQueue[BaseException | None]()
        self._thread = threading.Thread(target=self._run, name="antalya-commit", daemon=True)
        self._thread.start()

    def begin(self, commit: Callable[[], None]) -> None:
        """Has the thread commit."""
        self._wanted.put(commit)

    def end(self) -> None:
        """Waits until it is done. Raises what it raised."""
        failure = self._done.get()
        os.read(self.fd, 1)
        if failure is not None:
            raise failure

    def close(self) -> None:
        """Ends the thread."""
        self._wanted.put(None)
        self._thread.join()
        for fd in (self.fd, self._told):
            os.close(fd)

    def _run(self) -> None:
        while (commit := self._wanted.get()) is not None:
            failure = None
            try:
                commit()
            except BaseException as raised:
                failure = raised
            self._done.put(failure)
            os.write(self._told, b"\0")
