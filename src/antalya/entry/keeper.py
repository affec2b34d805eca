"""Serving with doors: one process keeps the store, in one thread that nothing else wants; others take the requests before it.

A process of Python runs one thread at a time, and threads that take turns cost it more than they bring. So what can be done
apart from the store (HTTP, tokens, signatures, reading) is in processes of its own, which hand the rest on (`http/relay.py`).
They begin with the keeper and end with it, however it ends: their socket to it closes.
"""

import asyncio
import json
import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Coroutine
from typing import Any

import anyio
from anyio import to_thread
from starlette.requests import Request

from antalya.entry.f3548.talking import keep_talking
from antalya.entry.http.app import ROWS, ticking
from antalya.entry.http.call import Call, Desk
from antalya.entry.http.driving import driven, later
from antalya.entry.http.endpoint import Awaited
from antalya.entry.http.relay import Arrived, Asked, Channel, Delivered, Given, Listening, Message, Refused, Rung, scope_of
from antalya.entry.serving import Doors, loop_factory, settle
from antalya.entry.trying import tried
from antalya.exchange import settling
from antalya.model.errors import AntalyaError, error

_logger = logging.getLogger("antalya.keeper")
_STOP_S, _AGAIN_S = 5.0, 1.0
"""How long doors may take to end; and how long after one was lost the next is begun."""
_RINGING = 1
"""After so many turns of the loop, doors are sent that somebody was told something: it leaves with the first of those answers."""


class Door:
    """A door, as the keeper sees it."""

    def __init__(self, desk: Desk, on_listening: Callable[[], None], on_end: Callable[[], None]) -> None:
        self._desk, self._on_listening = desk, on_listening
        self._awaited, self._tasks = dict[int, Callable[[bool], None]](), set[asyncio.Task[None]]()
        self.channel = Channel(self._hear, on_end)

    def _hear(self, message: Message) -> None:
        match message:
            case Asked():
                self._begin(self._answer(message))
            case Delivered(party, after, up_to):
                self._begin(self._deliver(party, after, up_to))
            case Arrived(number, was):
                if (told := self._awaited.pop(number, None)) is not None:
                    told(was)
            case Listening():
                self._on_listening()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, asked: Asked) -> None:
        row = ROWS[asked.row][0]
        call = Call(self._desk, Request(dict(scope_of(asked, row.method))), asked.caller, asked.raw, asked.kid,
                    asked.raw if asked.payload is None else asked.payload, asked.sent, asked.path)
        try:
            response = await row.handler(call)
        except AntalyaError as failure:
            self.channel.send(_refused(asked.number, failure), at_once=True)
            return
        except Exception:
            _logger.exception("request failed", extra={"route": row.path})
            self.channel.send(_refused(asked.number, error("internal", "the exchange failed to answer")), at_once=True)
            return
        if isinstance(response, Awaited):
            self._awaited[asked.number] = response.arrived
        self.channel.send(Given(asked.number, response.status_code, response.raw_headers, bytes(response.body),
                                isinstance(response, Awaited)), at_once=True)

    async def _deliver(self, party: str, after: int, up_to: int) -> None:
        """Where it fails, they count as not delivered, and are given again."""
        await tried(_logger, "recording a delivery", lambda: settling.delivered(self._desk.hub, party, after, up_to),
                    abandon=False)


def _refused(number: int, failure: AntalyaError) -> Refused:
    return Refused(number, failure.code.name, failure.detail, failure.at, failure.extra)


class Keeping:
    """One run of the keeper: its doors, and what ends them."""

    def __init__(self, desk: Desk, taken: socket.socket, doors: Doors, on_listening: Callable[[], None]) -> None:
        self._desk, self._taken, self._wanted, self._on_listening = desk, taken, doors, on_listening
        self._doors, self._listening = dict[Door, subprocess.Popen[bytes]](), 0
        self._loop, self._stop, self._tasks = asyncio.get_running_loop(), asyncio.Event(), set[asyncio.Task[None]]()
        self._failed, self._ringing = False, False

    async def run(self) -> None:
        """Until it is told to stop. Raises not_ready where a door can't begin."""
        with driven(self._desk.hub.store, fed=True):
            await self._run()
        if self._failed:
            raise error("not_ready", "a process that is to take requests ended as it began; what it said is above")

    async def _run(self) -> None:
        deaf = self._desk.hub.bell.listen(self._rung)
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if sig != signal.SIGHUP or signal.getsignal(sig) is not signal.SIG_IGN:  # nohup has it ignored
                self._loop.add_signal_handler(sig, self._stop.set)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ticking, self._desk)
                tasks.start_soon(keep_talking, self._desk.hub, self._desk.peers)
                for _ in range(self._wanted.count):
                    await self._open()
                await self._stop.wait()
                tasks.cancel_scope.cancel()
        finally:
            self._stop.set()
            deaf()
            await self._close()

    async def _open(self) -> None:
        """Begins a door. Not with what lies in the folder where this runs (`-P`)."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with theirs:
            fds = self._taken.fileno(), theirs.fileno()
            command = [sys.executable, "-P", "-m", "antalya.entry.door", *map(str, fds), json.dumps(self._wanted.flags)]
            try:
                process = subprocess.Popen(command, pass_fds=fds, stdin=subprocess.DEVNULL,
                                           start_new_session=True)  # Ctrl-C is for the keeper
            except OSError:
                ours.close()
                raise
        door = Door(self._desk, self._begun, lambda: self._lost(door))
        self._doors[door] = process
        await self._loop.create_unix_connection(lambda: door.channel, sock=ours)

    def _begun(self) -> None:
        self._listening += 1
        if self._listening == self._wanted.count:
            settle()
            self._on_listening()

    def _lost(self, door: Door) -> None:
        """A door ended by itself: another is begun soon, unless not all have begun yet."""
        if self._stop.is_set():
            return
        if self._listening < self._wanted.count:
            self._failed = True
            self._stop.set()
            return
        process = self._doors.pop(door)
        _logger.warning("a process that took requests ended; another is begun")
        task = self._loop.create_task(self._again(process))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _again(self, ended: "subprocess.Popen[bytes]") -> None:
        await to_thread.run_sync(_ended, ended)
        await asyncio.sleep(_AGAIN_S)
        while not self._stop.is_set():
            try:
                await self._open()
                return
            except OSError as failure:  # no room for another process just now
                _logger.warning("no process could be begun: %s", failure.strerror)
            await asyncio.sleep(_AGAIN_S)

    def _rung(self) -> None:
        """Tells the doors that somebody was told something; where a filing was the cause, with the answer to that."""
        if not self._ringing:
            self._ringing = True
            self._loop.call_soon_threadsafe(later, self._loop, _RINGING, self._ring)

    def _ring(self) -> None:
        self._ringing = False
        for door in self._doors:
            door.channel.send(Rung())

    async def _close(self) -> None:
        for process in self._doors.values():
            process.terminate()
        for process in self._doors.values():
            await to_thread.run_sync(_ended, process)


def _ended(process: "subprocess.Popen[bytes]") -> None:
    """Waits for a process that is about to end."""
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def keep(desk: Desk, taken: socket.socket, doors: Doors, on_listening: Callable[[], None]) -> None:
    """Keeps the store for doors at a listening socket until SIGINT, SIGTERM or SIGHUP. Raises bad_setting where the system can't
    hand sockets to other processes, and not_ready where a door can't begin."""
    if os.name != "posix":
        raise error("bad_setting", "only POSIX systems hand sockets to other processes", at="doors")

    async def whole() -> None:
        await Keeping(desk, taken, doors, on_listening).run()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(whole())
