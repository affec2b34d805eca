"""Record: what a step leaves in the log, and who is told. The entries reveal no plan contents (`ledger.entry`)."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import to_builtins

from antalya.ledger.entry import Entry, commitment
from antalya.model.asks import Ask
from antalya.model.findings import Finding
from antalya.model.operations import Operation
from antalya.model.understandings import Understanding
from antalya.picture import Rulebook
from antalya.wire.canonical import canonical, canonical_texts, content_hash


class Leafing(msgspec.Struct, frozen=True):
    """A leaf about to be appended: canonical entry, and what opens its commitment."""

    data: bytes
    salt: bytes
    content: bytes | None


EXCHANGE = "exchange"
"""The actor of what the exchange logs by itself: no party's id."""


def leafing(kind: str, at: datetime, actor: str, subject: str, content: bytes, salt: bytes, *, version: int = 1,
            kid: str | None = None, code: str | None = None, keep: bool = True) -> Leafing:
    """A leaf for something that happened. `code` marks a refusal; `keep=False` commits to content without storing it."""
    entry = Entry(kind=kind, at=at, actor=actor, subject=subject, version=version, content_sha256=commitment(salt, content),
                  signed=kid, outcome="accepted" if code is None else "refused", code=code)
    return Leafing(canonical(entry), salt, content if keep else None)


class Tell(msgspec.Struct, frozen=True):
    """That a party is to be told something."""

    party: str
    type: str
    subject: str


def tell_of_finding(finding: Finding, kind: str, operations: dict[str, Operation], rulebook: Rulebook) -> list[Tell]:
    """Both sides of a finding are told of it; so is the owner of a site. Those who are asked hear of the ask."""
    parties = [operations[o].party for o in (finding.operation, finding.other) if o is not None and o in operations]
    if finding.site is not None and finding.site in rulebook.sites:
        parties.append(rulebook.sites[finding.site].owner)
    return [Tell(party, f"finding.{kind}", finding.id) for party in dict.fromkeys(parties)]


def tell_of_ask(ask: Ask, operations: dict[str, Operation]) -> list[Tell]:
    """The asked party and the operation's owner are told of an ask and of what became of it."""
    owner = operations[ask.operation].party if ask.operation in operations else None
    kind = "opened" if ask.state == "open" else ask.state
    return [Tell(party, f"ask.{kind}", ask.id) for party in dict.fromkeys((ask.of, owner)) if party is not None]


def tell_of_understanding(understanding: Understanding) -> list[Tell]:
    """Its signatories."""
    return [Tell(party, "understanding", understanding.id) for party in understanding.signatories]


def signed_content(understanding: Understanding) -> str:
    """The hash that signatories sign: everything but the status."""
    content: dict[str, Any] = to_builtins(understanding)
    del content["status"]
    return content_hash(content)


def tellings(tells: Iterable[Tell], at: datetime, salt: Callable[[], bytes]) -> list[tuple[Leafing, list[Tell]]]:
    """One leaf for each party that is told something now, with everything it is told."""
    by_party: dict[str, list[Tell]] = {}
    for tell in dict.fromkeys(tells):
        by_party.setdefault(tell.party, []).append(tell)
    return [(leafing("told", at, EXCHANGE, party, canonical_texts([[t.type, t.subject] for t in told]), salt()), told)
            for party, told in by_party.items()]
