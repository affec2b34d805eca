"""A small world: one real exchange over a real SQLite file, a clock that the test sets, parties with keys."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from antalya.exchange import agreeing, filing, registry, settling, viewing
from antalya.exchange.hub import Evidence, Hub
from antalya.model import Answer, Area, Circle, Force, Operation, Party, Polygon, Site, Understanding, Volume
from antalya.model.bridging import Uss
from antalya.model.limits import Limits
from antalya.model.parties import PublicKey
from antalya.steps.disclose import Viewer
from antalya.steps.record import signed_content
from antalya.store.keys import KeyRing
from antalya.wire.canonical import canonical
from antalya.wire.notice import public_key
from antalya.wiring import SetClock, exchange

DAWN = datetime(2017, 3, 7, 4, 0, tzinfo=UTC)
BROKER = Viewer("broker", True)


def hours(n: float) -> timedelta:
    """n hours."""
    return timedelta(hours=n)


def square(lon: float, lat: float, size: float = 0.1) -> Polygon:
    """A square of `size` degrees with its south-west corner there."""
    return Polygon(coordinates=(((lon, lat), (lon + size, lat), (lon + size, lat + size), (lon, lat + size), (lon, lat)),))


def volume(lon: float = 37.9, lat: float = 36.5, size: float = 0.1, *, lower_m: float = 0, upper_m: float = 1_000,
           start: datetime = DAWN + hours(2), end: datetime = DAWN + hours(4)) -> Volume:
    """A box near Manbij, from two to four hours after dawn."""
    return Volume(outline=square(lon, lat, size), lower_m=lower_m, upper_m=upper_m, starts_at=start, ends_at=end)


class World:
    """An exchange at dawn on 7 March 2017 with Turkey, Russia, the United States, a relief agency, and their forces."""

    def __init__(self, directory: Path, limits: Limits | None = None, uss: Uss | None = None) -> None:
        self.clock = SetClock(DAWN)
        self.keys = KeyRing(Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate())
        self.path = directory / "antalya.sqlite"
        self.hub: Hub = exchange(self.path, self.keys, "antalya.test/log", limits or Limits(), clock=self.clock,
                                 uss=uss)
        self.party_keys = {p: Ed25519PrivateKey.generate() for p in ("TR", "RU", "US", "AID")}
        self._numbers = count(1)
        for id_, name in (("TR", "Turkey"), ("RU", "Russia"), ("US", "United States"), ("AID", "Relief agency")):
            known = public_key(self.party_keys[id_])
            self.put(Party(id=id_, name=name, keys=(PublicKey(kid=known.kid, x=known.x),)))
        for id_, answers in (("TAF", "TR"), ("OPP", "TR"), ("RUF", "RU"), ("SAA", "RU"), ("USF", "US"), ("SDF", "US")):
            self.put(Force(id=id_, name=id_, answers=answers))
        self.put(Area(id="manbij", name="Manbij", outline=Circle(center=(37.955, 36.528), radius_m=15_000)))

    def close(self) -> None:
        with suppress(Exception):
            self.hub.store.close()

    def later(self, **by: float) -> datetime:
        """Lets time pass, and the exchange notice."""
        self.clock.now += timedelta(**by)
        settling.tick(self.hub)
        return self.clock.now

    def new_id(self) -> str:
        return f"0195712c-5f3a-7cc2-9d0e-{next(self._numbers):012x}"

    def put(self, noun: Any, party: str = "operator", version: int | None = None) -> Any:
        return registry.put(self.hub, Viewer(party), noun, Evidence(canonical(noun)), operator=party == "operator",
                            version=version)

    def operation(self, party: str, *volumes: Volume, **fields: Any) -> Operation:
        return Operation(**({"id": self.new_id(), "party": party, "activity": "patrol",
                             "volumes": volumes or (volume(),)} | fields))

    def file(self, party: str, *volumes: Volume, key: str | None = None, **fields: Any) -> dict[str, Any]:
        """Files an operation of a party; the outcome as it sees it."""
        operation = self.operation(party, *volumes, **fields)
        return filing.file(self.hub, Viewer(party), operation, Evidence(canonical(operation)), key=key).view

    def change(self, operation: Operation, version: int, party: str | None = None) -> dict[str, Any]:
        return filing.change(self.hub, Viewer(party or operation.party), operation, Evidence(canonical(operation)),
                             version=version).view

    def withdraw(self, party: str, id_: str, version: int = 1) -> dict[str, Any]:
        return filing.withdraw(self.hub, Viewer(party), id_, Evidence(b"withdraw"), version=version).view

    def agree(self, understanding: Understanding) -> None:
        """Proposed and signed by every signatory: in force."""
        self.put(understanding)
        for party in understanding.signatories:
            agreeing.sign(self.hub, Viewer(party), understanding.id, signed_content(understanding), Evidence(b"sign"))

    def protect(self, **fields: Any) -> Site:
        """A hospital of the relief agency's in Manbij."""
        site = Site(**({"id": "hospital", "owner": "AID", "name": "Secret Hospital Name", "kind": "hospital",
                        "outline": Circle(center=(37.95, 36.53), radius_m=100), "valid_from": DAWN - hours(24),
                        "expires_at": DAWN + hours(240)} | fields))
        self.put(site, "AID")
        return site

    def hub_sites(self) -> list[Site]:
        """The sites of the exchange."""
        with self.hub.store.read() as tx:
            return list(tx.rulebook().sites.values())

    def answer(self, party: str, ask: str, decision: str, **fields: Any) -> dict[str, Any]:
        given = Answer(**{"id": self.new_id(), "ask": ask, "party": party, "decision": decision} | fields)
        return settling.answer(self.hub, Viewer(party), given, Evidence(canonical(given)))

    def clearance(self, id_: str) -> str:
        view = viewing.operation(self.hub, BROKER, id_)
        return str(view["clearance"])

    def findings(self, viewer: str | Viewer, **fields: Any) -> list[dict[str, Any]]:
        who = viewer if isinstance(viewer, Viewer) else Viewer(viewer)
        return viewing.findings(self.hub, who, **({"open_only": True, "operation": None, "limit": 1_000} | fields))

    def asks(self, viewer: str, state: str | None = "open") -> list[dict[str, Any]]:
        return viewing.asks(self.hub, Viewer(viewer), state, None, 1_000)[0]

    def picture(self, viewer: str | Viewer) -> dict[str, Any]:
        return viewing.picture(self.hub, viewer if isinstance(viewer, Viewer) else Viewer(viewer))
