"""Asking other servers, with an end to all of it: a server that sends a byte now and then would keep a thread for good, and hold
up everything that waits for it. Imported where there is somebody to ask: httpx takes its time."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import TypeVar

import httpx

T = TypeVar("T")


def within(longest_s: float, job: Callable[[httpx.AsyncClient], Awaitable[T]], times: httpx.Timeout,
           certificates: ssl.SSLContext | bool = True) -> T:
    """Does a job with a client, in a loop of its own. Redirects are not followed. Raises TimeoutError where it takes longer as a
    whole; `times` bound each of its steps."""
    async def whole() -> T:
        async with asyncio.timeout(longest_s), httpx.AsyncClient(timeout=times, follow_redirects=False,
                                                                 verify=certificates) as client:
            return await job(client)
    return asyncio.run(whole())


async def read(answer: httpx.Response, most_bytes: int) -> bytes | None:
    """An answer as it was sent, nothing unpacked; None where it is longer than that."""
    body = bytearray()
    async for part in answer.aiter_raw(65_536):
        body += part
        if len(body) > most_bytes:
            return None
    return bytes(body)
