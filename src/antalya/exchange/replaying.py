"""Replaying a scenario's day through an exchange: the same doors, the same checks, only the clock is the scenario's."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from antalya.exchange import agreeing, filing, registry, settling
from antalya.exchange.hub import Evidence, Hub
from antalya.model.asks import Answer
from antalya.model.errors import AntalyaError
from antalya.model.parties import Party, PublicKey
from antalya.model.understandings import Understanding
from antalya.scenario import Filing, Scenario
from antalya.steps.disclose import Viewer
from antalya.steps.record import signed_content
from antalya.wire.canonical import canonical
from antalya.wire.notice import public_key, sign

Progress = Callable[[int, int], None]


class Replay:
    """One run of a scenario. Every party gets a key of its own, and what it files is signed with it."""

    def __init__(self, hub: Hub, scenario: Scenario, set_clock: Callable[[datetime], None]) -> None:
        self._hub, self._scenario, self._set_clock = hub, scenario, set_clock
        self._keys = {party.id: Ed25519PrivateKey.generate() for party in scenario.of(Party)}
        self.refused: list[tuple[Filing, AntalyaError]] = []

    def run(self, progress: Progress = lambda done, total: None) -> None:
        """Registers, signs, files and answers in the order of the day. Filings that are refused are kept in `refused`."""
        steps: list[Callable[[], None]] = [*(partial(self._register, noun) for noun in self._scenario.registry),
                                           *(partial(self._sign, *signing) for signing in self._scenario.signings),
                                           *(partial(self._event, event) for event in self._scenario.events())]
        self._set_clock(self._scenario.opens_at)
        for done, step in enumerate(steps):
            step()
            progress(done + 1, len(steps))
        self._set_clock(self._scenario.now)
        settling.tick(self._hub)

    def _evidence(self, party: str, act: str, content: object) -> Evidence:
        key = self._keys[party]
        raw = sign(canonical(content), key, act, self._hub.clock())
        return Evidence(raw, public_key(key).kid)

    def _register(self, noun: Any) -> None:
        if isinstance(noun, Party):
            known = public_key(self._keys[noun.id])
            noun = replace(noun, keys=(*noun.keys, PublicKey(kid=known.kid, x=known.x)))
        kind = registry.kind_of(noun)
        party = next((getattr(noun, name) for name in ("holder", "claimant", "owner") if hasattr(noun, name)), "broker")
        evidence = self._evidence(party, f"PUT /v1/{kind}/{noun.id}", noun) if party in self._keys else Evidence(canonical(noun))
        registry.put(self._hub, Viewer(party), noun, evidence, operator=True, version=None)

    def _sign(self, understanding: str, party: str) -> None:
        with self._hub.store.read() as tx:
            thing = tx.thing("understanding", understanding)
        if thing is not None and isinstance(thing.noun, Understanding):
            content = signed_content(thing.noun)
            evidence = self._evidence(party, f"POST /v1/understandings/{understanding}/signatures", {"content_sha256": content})
            agreeing.sign(self._hub, Viewer(party), understanding, content, evidence)

    def _event(self, event: Any) -> None:
        self._set_clock(event.at)
        settling.tick(self._hub)
        if isinstance(event, Filing):
            try:
                filing.file(self._hub, Viewer(event.party), event.operation,
                            self._evidence(event.party, "POST /v1/operations", event.operation))
            except AntalyaError as refusal:
                self.refused.append((event, refusal))
            return
        with self._hub.store.read() as tx:
            asks = [a for a in tx.asks(operations=[event.operation], state="open") if a.of == event.party]
            findings = tx.findings_of(a.finding for a in asks)
        for ask in asks:
            if event.rule in (None, findings[ask.finding].finding.rule):
                body = {"decision": event.decision, "conditions": event.conditions, "note": event.note}
                settling.answer(self._hub, Viewer(event.party), Answer(
                    id=self._hub.ids(), ask=ask.id, party=event.party, decision=event.decision, conditions=event.conditions,
                    note=event.note), self._evidence(event.party, f"POST /v1/asks/{ask.id}/answers", body))
