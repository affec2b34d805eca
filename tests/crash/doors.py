"""Filing to a served exchange with little of the client's own: connections of a party, plans in boxes."""

import http.client
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.served import ExchangeServer

from antalya.model import Operation, Polygon, Volume
from antalya.wire.notice import public_key

WIDE = {"requests_per_s": 1e6, "area_budget_km2_per_day": 1e12}
"""Limits that thousands of filings a minute don't reach."""

DAY = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)


def registered(server: ExchangeServer, parties: Iterable[str]) -> dict[str, Ed25519PrivateKey]:
    """Registers parties, each with a new signing key; the keys."""
    keys = {party: Ed25519PrivateKey.generate() for party in parties}
    with Door(server, "operator", "antalya.operate") as operator:
        for party, key in keys.items():
            known = public_key(key)
            body = {"id": party, "name": party, "keys": [{"kid": known.kid, "x": known.x}]}
            status, said = operator.send("PUT", f"/v1/parties/{party}", json.dumps(body).encode())
            assert status == 201, said
    return keys


class Door:
    """One connection of one party; to be closed (`with`)."""

    def __init__(self, server: ExchangeServer, party: str, *scopes: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
        self._headers = {"authorization": f"Bearer {server.token(party, *scopes)}", "content-type": "application/json"}

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
