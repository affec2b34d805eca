"""An exchange as it is run: made by `antalya init`, served by `antalya serve` in a process of its own, filed to over HTTP."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from antalya.ledger.checkpoint import Verifier
from antalya.model import Operation, Polygon, Volume
from antalya.store import keys
from antalya.store.sqlite import SqliteStore
from antalya.wire.notice import public_key
from antalya.wire.tokens import SCOPES, mint

ANTALYA = [sys.executable, "-m", "antalya"]
WIDE = {"ANTALYA_LIMITS__REQUESTS_PER_S": "1000000", "ANTALYA_LIMITS__BURST": "1000000",
        "ANTALYA_LIMITS__AREA_BUDGET_KM2_PER_DAY": "1e12"}
DAY = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)


class Served:
    """A new exchange in a directory. `start` and `kill` it as often as you like; `store` opens its file beside it."""

    def __init__(self, directory: Path, parties: Iterable[str]) -> None:
        self.directory = directory
        made = subprocess.run([*ANTALYA, "init", str(directory), "--json"], capture_output=True, check=True, timeout=60)
        self._facts: dict[str, str] = json.loads(made.stdout)
        self._issuer = keys.load(directory / "keys").issuer
        self.signing = {party: Ed25519PrivateKey.generate() for party in parties}
        self.process: subprocess.Popen[str] | None = None
        self.start()
        with Door(self, "operator") as operator:
            for party, key in self.signing.items():
                known = public_key(key)
                registered = {"id": party, "name": party, "keys": [{"kid": known.kid, "x": known.x}]}
                status, said = operator.send("PUT", f"/v1/parties/{party}", json.dumps(registered).encode())
                assert status == 201, said

    @property
    def verifier(self) -> Verifier:
        return Verifier.parse(self._facts["log_key"])

    def start(self) -> None:
        """Returns when it takes requests."""
        self.process = subprocess.Popen([*ANTALYA, "serve", "--dir", str(self.directory), "--port", "0", "--log-level", "error"],
                                        stdout=subprocess.PIPE, text=True, env={**os.environ, **WIDE})
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.address = urlsplit(line.split(" at ")[1].split()[0]).netloc

    def kill(self) -> None:
        """`kill -9`: no signal handler runs, nothing is flushed."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()

    def token(self, party: str) -> str:
        return mint("local", self._issuer, party, SCOPES, "antalya.local", datetime.now(UTC), 3_600)

    def store(self) -> SqliteStore:
        return SqliteStore(self.directory / "antalya.sqlite")


class Door:
    """One connection of one party; to be closed (`with`)."""

    def __init__(self, served: Served, party: str) -> None:
        self._connection = http.client.HTTPConnection(served.address, timeout=60)
        self._headers = {"authorization": f"Bearer {served.token(party)}", "content-type": "application/json"}

    def __enter__(self) -> "Door":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any]:
        """Status and JSON of the answer. Raises OSError or HTTPException when the server is gone."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, path, body, self._headers | given)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())


def patrol(id: str, party: str, lon: float, lat: float, width: float, height: float | None = None, *, start_h: float = 0,
           hours: float = 1, lower_m: float = 0, upper_m: float = 500) -> Operation:
    """A patrol tomorrow, in a box of so many degrees (a square unless told) with its south-west corner there."""
    start, east, north = DAY + timedelta(hours=start_h), lon + width, lat + (width if height is None else height)
    ring = ((lon, lat), (east, lat), (east, north), (lon, north), (lon, lat))
    return Operation(id=id, party=party, activity="patrol", volumes=(Volume(
        outline=Polygon(coordinates=(ring,)), lower_m=lower_m, upper_m=upper_m, starts_at=start,
        ends_at=start + timedelta(hours=hours)),))
