"""The real HTTP door: uvicorn on a free port of this machine, over the world of tests/world.py."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from tests.world import World

from antalya.entry.http.app import application
from antalya.entry.http.call import Desk, Rates
from antalya.model.bridging import Uss
from antalya.model.limits import Limits
from antalya.wire.tokens import Issuer, mint

AUDIENCE = "antalya.test"
PARTY = ("antalya.read", "antalya.file", "antalya.answer")


class Door:
    """A running server and its world. `uss`: it is one among drone operators', by the name `exchange`."""

    def __init__(self, directory: Path, *, limits: Limits | None = None, uss: bool = False) -> None:
        self._listener = listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.world = World(directory, limits, Uss("exchange", self.url) if uss else None)
        issuer = Issuer("test", self.world.keys.issuer_public(), (AUDIENCE,))
        limits = self.world.hub.limits
        self.desk = Desk(self.world.hub, (issuer,), AUDIENCE, Rates(limits.requests_per_s, 100_000))
        self._server = uvicorn.Server(uvicorn.Config(application(self.desk), log_level="warning", timeout_graceful_shutdown=1))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [listener]}, daemon=True)
        self._thread.start()
        self._clients: list[httpx.Client] = []

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
        self._thread.join()
        self._listener.close()  # uvicorn leaves it open where it is stopped before it began
        self.world.close()


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    made = Door(tmp_path)
    yield made
    made.close()
