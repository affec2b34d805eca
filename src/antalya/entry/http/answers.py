"""Answers that openapi.json shows, by the type of the answer: one story, of a patrol that meets a plan filed before it."""

from typing import Any, get_args

import msgspec

from antalya.entry.http import examples, shapes
from antalya.ledger.receipt import Receipt
from antalya.model.limits import Limits
from antalya.model.operations import Operation
from antalya.model.parties import Force, Party, Stance
from antalya.model.places import Area, Control, Site
from antalya.model.understandings import Understanding

Example = dict[str, Any]


def _whole(noun: type, example: Example) -> Example:
    """A thing as it is given out: with every field."""
    whole: Example = msgspec.to_builtins(msgspec.convert(example, noun))
    return whole


_ID, _FINDING, _ASK = (examples.OPERATION["id"], "f-df4e70071441de25c1d81122",
                       "0195712c-5f3a-7cc2-9d0e-2f6a5f6c1a03")
_AT = "2017-03-07T04:00:00Z"
_WINDOW = {"starts_at": "2017-03-08T06:00:00Z", "ends_at": "2017-03-08T08:00:00Z"}
_TEXT = ("Two operations meet in the region, window and band shown. The one with the lower priority gives way, or of equals the "
         "one filed later. Here yours gives way.")
_HASH, _ROOT = "04a0f85a9a2bf19051356ad746639f936bfb5ddb711af29e262374673c45f1c3", "zXnQYLpUkcEySoF7QYNY9z7JHr2ykMFkLcjch8IbKis="
_CHECKPOINT = (f"exchange.example/log\n2\n{_ROOT}\n\n\u2014 exchange.example/log Ss9CUOSh2OxiSrBuF5CUgIO0Ri4xFMyneXmr3G3tgXNHPeyP"
               "TwQcTPhig0fW0opxVa7jtGRbmJldinzJ4jLJoJ/KfQ0=\n")
_OPERATION: Example = {"level": "details", "id": _ID, "version": 1, "etag": '"1"', "filed_at": _AT, "signed": False,
                       "clearance": "held", "operation": _whole(Operation, examples.OPERATION)}
_FOUND: Example = {
    "id": _FINDING, "level": "overlap", "kind": "clash", "severity": "critical", "effect": "hold", "opened_at": _AT,
    "closed_at": None, "why": "clash", "text": _TEXT, "rule": None, "rule_kind": None, "understanding": None, "operation": _ID,
    "other": None, "site": None, "params": {}, "stance": None, "settled": False, **_WINDOW,
    "met": [{"region": {"type": "Polygon", "coordinates": [[[37.96, 36.56], [38.02, 36.56], [38.02, 36.62], [37.96, 36.62],
                                                              [37.96, 36.56]]]}, "lower_m": 400, "upper_m": 600, **_WINDOW}],
    "more": False,
    "remedies": [{"kind": "start-after", "operation": _ID, "text": "Begin the operation at 2017-03-08T08:05:00Z or later.",
                  "instant": "2017-03-08T08:05:00Z", "altitude_m": None, "distance_m": None, "parties": [], "force": None}]}
_ASKED: Example = {
    "id": _ASK, "kind": "consent", "finding": _FINDING, "operation": _ID, "of": None, "text": _TEXT, "asked_at": _AT,
    "deadline": "2017-03-08T04:00:00Z", "state": "open", "valid_until": None, "conditions": [], "about": None, "answers": []}
_ENTRY: Example = {"actor": "US", "at": _AT, "code": None, "content_sha256": _HASH, "kind": "operation", "outcome": "accepted",
                   "signed": None, "subject": _ID, "v": 1, "version": 1}
_RECEIPT: Example = {"entry": _ENTRY, "leaf": 1, "proof": [_HASH], "checkpoint": _CHECKPOINT}
_OUTCOME: Example = {"operation": _OPERATION, "clearance": "held", "findings": [_FOUND], "asks": [_ASKED], "receipt": _RECEIPT,
                     "leaf": 1}
_TOLD: Example = {"id": 1, "at": _AT, "party": "US", "type": "finding.opened", "subject": _FINDING, "delivered_at": None}
_PARTY, _FORCE, _AREA, _STANCE, _CONTROL, _SITE, _AGREED = (_whole(noun, example) for noun, example in (
    (Party, examples.PARTY), (Force, examples.FORCE), (Area, examples.AREA), (Stance, examples.STANCE),
    (Control, examples.CONTROL), (Site, examples.SITE), (Understanding, examples.UNDERSTANDING)))

_BY_TYPE: dict[Any, Any] = {
    Party: _PARTY, Force: _FORCE, Area: _AREA, Stance: _STANCE, Control: _CONTROL, Site: _SITE, Understanding: _AGREED,
    shapes.UnderstandingView: _AGREED | {"content_sha256": _HASH, "signatures": []},
    shapes.Registered: {"kind": "force", "id": "SDF", "version": 1},
    shapes.AnyOperation: _OPERATION, shapes.FindingView: _FOUND, shapes.AskView: _ASKED,
    shapes.Outcome: _OUTCOME,
    shapes.FiledOne: {"status": 201, "outcome": _OUTCOME},
    shapes.Filed: {"items": [{"status": 201, "outcome": _OUTCOME}]},
    shapes.DryRun: {"findings": [_FOUND], "clearance": "held"},
    shapes.Told: _TOLD,
    shapes.Me: {"party": "US", "name": "United States", "scopes": ["antalya.file", "antalya.read"], "broker": False, "now": _AT,
                "demo": False},
    shapes.Picture: {"now": _AT, "viewer": {"party": "US", "name": "United States", "broker": False}, "parties": [_PARTY],
                     "forces": [_FORCE], "areas": [_AREA], "stances": [_STANCE], "controls": [_CONTROL], "sites": [],
                     "understandings": [], "operations": [_OPERATION], "findings": [_FOUND], "asks": [_ASKED], "told": [_TOLD],
                     "truncated": False},
    shapes.LeafView: {"leaf": 1, "hash": _HASH},
    shapes.Inclusion: {"leaf": 1, "size": 2, "proof": [_HASH], "root": _HASH},
    shapes.Consistency: {"from": 1, "to": 2, "proof": [_HASH], "root": _HASH},
    Receipt: _RECEIPT, Limits: msgspec.to_builtins(Limits()), str: _CHECKPOINT,
}


def example_of(answer: Any) -> Any:
    """An example of a type of answer; of a page, one with one item."""
    if answer in _BY_TYPE:
        return _BY_TYPE[answer]
    items = next(field for field in msgspec.structs.fields(answer) if field.name == "items")
    return {"items": [example_of(get_args(items.type)[0])], "next": None}
