"""entry.http.operations: whoever waits for a job of the line gets what it gave or raised, whichever thread ran it."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from antalya.entry.http.operations import _given
from antalya.model.errors import AntalyaError, error


def settled(by_another_thread: bool, outcome: int | AntalyaError) -> int:
    """What is given to one who waits while a job ends."""
    pending: Future[int] = Future()

    def end() -> None:
        if isinstance(outcome, int):
            pending.set_result(outcome)
        else:
            pending.set_exception(outcome)

    async def wait() -> int:
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, threading.Thread(target=end).start if by_another_thread else end)
        return await asyncio.wait_for(_given(pending), 10)
    return asyncio.run(wait())


@pytest.mark.parametrize("by_another_thread", [False, True])
def test_what_a_job_gives_or_raises_is_given(by_another_thread: bool) -> None:
    assert settled(by_another_thread, 7) == 7
    refusal = error("store_busy", "others write")
    with pytest.raises(AntalyaError) as raised:
        settled(by_another_thread, refusal)
    assert raised.value is refusal


def test_what_has_ended_is_given_and_whoever_goes_away_takes_the_job_along() -> None:
    async def ended() -> int:
        pending: Future[int] = Future()
        pending.set_result(7)
        return await asyncio.wait_for(_given(pending), 10)

    async def gone() -> bool:
        pending: Future[int] = Future()
        waiting = asyncio.ensure_future(_given(pending))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        return pending.cancelled()
    assert asyncio.run(ended()) == 7
    assert asyncio.run(gone())
