"""The real HTTP door: uvicorn on a free port of this machine, over the world of tests/world.py."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from tests.world import World

from antalya.entry.http import relay
from antalya.entry.http.app import application
from antalya.entry.http.call import Desk
from antalya.entry.http.connection import Protocol
from antalya.entry.http.driving import driven
from antalya.entry.http.rates import Rates
from antalya.entry.keeper import Door as KeptDoor
from antalya.model.bridging import Uss
from antalya.model.limits import Limits
from antalya.wire.tokens import Issuer, mint

AUDIENCE = "antalya.test"
PARTY = ("antalya.read", "antalya.file", "antalya.answer")


class Door:
    """A running server and its world. `uss`: it is one among drone operators', by the name `exchange`; `kept`: what keeps its
    store is apart from it, as with `antalya serve --doors`, but in a thread of this process; `refresh`: see `Desk`. `facing`: the
    desk that takes the requests, once it serves."""

    def __init__(self, directory: Path, *, limits: Limits | None = None, uss: bool = False, kept: bool = False,
                 refresh: Callable[[], None] | None = None) -> None:
        self._listener = listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.world = World(directory, limits, Uss("exchange", self.url) if uss else None)
        issuer = Issuer("test", self.world.keys.issuer_public(), (AUDIENCE,))
        limits = self.world.hub.limits
        self.desk = Desk(self.world.hub, (issuer,), AUDIENCE, Rates(limits.requests_per_s, 100_000),
                         refresh=refresh)
        self._server = uvicorn.Server(uvicorn.Config("", http=Protocol, log_level="warning", timeout_graceful_shutdown=1))
        self._threads = [threading.Thread(target=asyncio.run, args=(self._serve(),), daemon=True)]
        self._ways = socket.socketpair() if kept else ()
        if kept:
            self._threads.append(threading.Thread(target=asyncio.run, args=(self._keep(),), daemon=True))
        for thread in self._threads:
            thread.start()
        self._clients: list[httpx.Client] = []

    async def _serve(self) -> None:
        keeper = relay.Keeper(self.world.hub.bell.ring, lambda: None, lambda: None) if self._ways else None
        if keeper is not None:
            await asyncio.get_running_loop().create_unix_connection(lambda: keeper.channel, sock=self._ways[0])
        self.facing = replace(self.desk, keeper=keeper) if keeper else self.desk
        self._server.config.app = application(self.facing)
        await self._server.serve(sockets=[self._listener])
        if keeper is not None:
            keeper.channel.close()

    async def _keep(self) -> None:
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        with driven(self.world.hub.store):
            kept = KeptDoor(self.desk, lambda: None, ended.set)
            await loop.create_unix_connection(lambda: kept.channel, sock=self._ways[1])
            await ended.wait()

    def token(self, party: str, *scopes: str, **fields: object) -> str:
        made = {"issuer": "test", "key": self.world.keys.issuer, "audience": AUDIENCE, "now": self.world.clock(), "life_s": 86_400}
        return mint(party=party, scopes=scopes or PARTY, **(made | fields))  # type: ignore[arg-type]

    def client(self, party: str, *scopes: str) -> httpx.Client:
        client = httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {self.token(party, *scopes)}"}, timeout=30)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self._server.should_exit = True
        for thread in self._threads:
            thread.join()
        self._listener.close()  # uvicorn leaves it open where it is stopped before it began
        self.world.close()


@pytest.fixture(params=[False, True], ids=["alone", "kept"])
def door(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Door]:
    made = Door(tmp_path, kept=request.param)
    yield made
    made.close()
