"""The socket between a door and the process that keeps the store."""

import asyncio
import errno
import os
import select
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from antalya.entry.http.relay import Channel, Given, Message, Rung
from antalya.entry.serving import loop_factory

MANY, LONG = 400, 20_000
"""Messages that no socket has room for at once."""


@pytest.fixture(params=["asyncio", "as served"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Runs something in a loop of Python's own, or in the one that `antalya serve` has."""
    def in_loop(work: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=loop_factory() if request.param == "as served" else None) as runner:
            runner.run(work)
    return in_loop


def given(number: int, body: bytes = b"") -> Given:
    return Given(number, 200, [], body, awaited=False)


async def channel(end: socket.socket, on_message: Callable[[Message], None] = lambda _: None,
                  on_end: Callable[[], None] = lambda: None) -> Channel:
    end.setblocking(False)
    made = Channel(on_message, on_end)
    await asyncio.get_running_loop().create_unix_connection(lambda: made, sock=end)
    return made


def test_an_answer_is_there_before_whoever_sent_it_goes_on(run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    async def whole() -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            sending = await channel(ours)
            sending.send(Rung())
            assert not select.select([theirs], [], [], 0)[0]  # it leaves with what else is sent in this turn
            sending.send(given(1), at_once=True)
            assert select.select([theirs], [], [], 0)[0]
            sending.close()
    run(whole())


@pytest.mark.parametrize("left", [True, False], ids=["", "no descriptors left"])
def test_what_is_sent_arrives_whole_and_in_order_however_slowly_it_is_read(
        run: Callable[[Coroutine[Any, Any, None]], None], left: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(fd: int) -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
    if not left:
        monkeypatch.setattr(os, "dup", none_left)

    async def whole() -> None:
        ours, theirs = socket.socketpair()
        sending, came, over = await channel(ours), list[Message](), asyncio.Event()

        def take(message: Message) -> None:
            came.append(message)
            if len(came) == 2 * MANY:
                over.set()
        sent = [given(n, bytes([n % 256]) * LONG) for n in range(2 * MANY)]
        for message in sent[:MANY]:  # nobody reads yet
            sending.send(message, at_once=message.number % 3 > 0)
        await asyncio.sleep(0)
        reading = await channel(theirs, take)
        for message in sent[MANY:]:
            sending.send(message, at_once=message.number % 3 > 0)
            await asyncio.sleep(0)
        await asyncio.wait_for(over.wait(), 30)
        assert came == sent
        for each in (sending, reading):
            each.close()
    run(whole())


def test_whoever_is_gone_is_told_nothing_and_the_other_side_hears_of_it(
        run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    async def whole() -> None:
        ours, theirs = socket.socketpair()
        gone = asyncio.Event()
        sending = await channel(ours, on_end=gone.set)
        other = await channel(theirs)
        other.close()
        for n in range(3):  # before it is known, and after
            sending.send(given(n), at_once=True)
            await asyncio.sleep(0)
        await asyncio.wait_for(gone.wait(), 30)
        sending.send(given(3), at_once=True)
        sending.close()
    run(whole())
