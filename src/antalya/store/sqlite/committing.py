"""Committing beside whoever drives the line of writers: the disk is waited for by a thread of its own, without the interpreter's
lock, and requests are read meanwhile.
"""

import os
import threading
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue

_Done = SimpleQueue[BaseException | None]
"""Of one commit alone: whoever was interrupted while they waited leaves nothing for who waits for the next."""


class Committing:
    """One commit at a time. `fd`: readable once it is done."""

    def __init__(self) -> None:
        self.fd, self._told = os.pipe()
        self._wanted = SimpleQueue[tuple[Callable[[], None], _Done] | None]()
        self._thread = threading.Thread(target=self._run, name="antalya-commit", daemon=True)
        self._thread.start()

    def begin(self, commit: Callable[[], None]) -> Callable[[], None]:
        """Has the thread commit; what waits until that is done, and raises what it raised."""
        done = _Done()
        self._wanted.put((commit, done))
        return partial(self._end, done)

    def _end(self, done: _Done) -> None:
        failure = done.get()
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
        while (wanted := self._wanted.get()) is not None:
            commit, done = wanted
            failure = None
            try:
                commit()
            except BaseException as raised:
                failure = raised
            done.put(failure)
            os.write(self._told, b"\0")
