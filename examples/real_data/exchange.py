"""Files GeoJSON with an exchange of its own, on the day of the data: a store in a folder, a clock that stands.

The same exchange that `antalya serve` serves, without HTTP between. Its limits are wide, since a track has thousands of
volumes. The parties agree that plain overlap is what counts between them.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from antalya.exchange import agreeing, filing, registry
from antalya.exchange.hub import Evidence, Hub
from antalya.model import Party, Understanding
from antalya.model.limits import Limits
from antalya.model.rules import Separation
from antalya.steps.disclose import Viewer
from antalya.steps.record import signed_content
from antalya.store.keys import create
from antalya.store.system import ids
from antalya.wire.canonical import canonical
from antalya.wire.features import operations_of
from antalya.wire.geojson import read_features
from antalya.wiring import SetClock, exchange

LIMITS = Limits(volumes=10_000, vertices=1_000_000, area_km2=1e7, area_budget_km2_per_day=1e9)


def open_exchange(folder: Path, now: datetime, *parties: str) -> Hub:
    """A new exchange with these parties, who have signed that their separation is plain overlap. Close its `store`."""
    hub = exchange(folder / "antalya.sqlite", create(folder / "keys"), "example/log", LIMITS, clock=SetClock(now))
    for party in parties:
        _put(hub, Party(id=party, name=party))
    agreed = Understanding(id="plain-overlap", title="Plain overlap", signatories=parties, since=now,
                           rules=(Separation(id="plain", across_m=0.0),))
    _put(hub, agreed)
    for party in parties:
        agreeing.sign(hub, Viewer(party), agreed.id, signed_content(agreed), Evidence(b"signed"))
    return hub


def _put(hub: Hub, noun: Any) -> None:
    registry.put(hub, Viewer("operator"), noun, Evidence(canonical(noun)), operator=True, version=None)


def file(hub: Hub, collection: dict[str, Any], name: str) -> dict[str, dict[str, Any]]:
    """Files every operation of a FeatureCollection as its party; what came of each, by its name."""
    features = read_features(json.dumps(collection).encode(), name)
    outcomes = {}
    for operation in operations_of((name, i, feature) for i, feature in enumerate(features)).operations:
        filed = msgspec.structs.replace(operation, id=ids(), title=operation.id)
        outcomes[operation.id] = filing.file(hub, Viewer(operation.party), filed, Evidence(canonical(filed))).view
    return outcomes
