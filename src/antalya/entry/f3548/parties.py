"""Who may come in at this door: the exchange's parties, and where their issuer's setting says so, whoever it names."""

from contextlib import suppress
from datetime import timedelta

from antalya.entry.http.call import Call
from antalya.exchange import registry
from antalya.exchange.hub import Evidence
from antalya.model.errors import AntalyaError, error
from antalya.model.parties import Party
from antalya.wire.canonical import canonical

LONGEST = timedelta(hours=1, seconds=5)


def admitted(call: Call) -> str:
    """The calling party; one that its issuer may bring in is registered on first sight. Raises unknown_party, and bad_token for
    a token that is good for more than an hour: here they must not be."""
    party = call.token.party
    if call.token.expires_at - call.hub.clock() > LONGEST:
        raise error("bad_token", "at this door a token is good for an hour at most")
    if _known(call):
        return party
    issuer = next((i for i in call.desk.issuers if i.name == call.token.issuer), None)
    if issuer is None or not issuer.brings_parties:
        raise error("unknown_party", f"{party} is not one of this exchange's parties")
    noun = Party(id=party, name=party, source=f"token of {issuer.name}"[:500])
    with suppress(AntalyaError):  # somebody was quicker: looked at below
        registry.put(call.hub, call.viewer, noun, Evidence(canonical(noun)), operator=True, version=None)
    if not _known(call):
        raise error("unknown_party", f"{party} could not be registered")
    return party


def _known(call: Call) -> bool:
    with call.hub.store.read() as tx:
        return call.token.party in tx.rulebook().parties
