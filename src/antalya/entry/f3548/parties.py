"""Who may come in: at the drone door the exchange's parties, and where their issuer's setting says so, whoever it names; at every
door nobody whom his token's issuer may not name."""

from contextlib import suppress
from datetime import timedelta

from anyio import to_thread

from antalya.entry.http.call import Call, Desk
from antalya.exchange import registry
from antalya.exchange.hub import Evidence, Hub
from antalya.model.errors import AntalyaError, error
from antalya.model.parties import Party
from antalya.wire.canonical import canonical
from antalya.wire.tokens import Caller, Issuer

LONGEST = timedelta(hours=1, seconds=5)


async def check_named(desk: Desk, token: Caller) -> None:
    """Raises foreign_party where the token's issuer may not name the party it names."""
    issuer = _issuer(desk, token)
    if issuer is not None and (issuer.brings_parties or issuer.parties):
        await to_thread.run_sync(_check_named, desk.hub, issuer, token.party)


def admitted(call: Call) -> str:
    """The calling party; one that its issuer may bring in is registered on first sight. Raises unknown_party, foreign_party, and
    bad_token for a token that is good for more than an hour: here they must not be."""
    party = call.token.party
    if call.token.expires_at - call.hub.clock() > LONGEST:
        raise error("bad_token", "at this door a token is good for an hour at most")
    if _known(call):
        return party
    issuer = _issuer(call.desk, call.token)
    if issuer is None or not issuer.brings_parties:
        raise error("unknown_party", f"{party} is not one of this exchange's parties")
    noun = Party(id=party, name=party, source=_source(issuer))
    with suppress(AntalyaError):  # somebody was quicker: looked at below
        registry.put(call.hub, call.viewer, noun, Evidence(canonical(noun)), operator=True, version=None)
    if not _known(call):
        raise error("unknown_party", f"{party} could not be registered")
    _check_named(call.hub, issuer, party)
    return party


def _issuer(desk: Desk, token: Caller) -> Issuer | None:
    return next((i for i in desk.issuers if i.name == token.issuer), None)


def _source(issuer: Issuer) -> str:
    """The source of a party that an issuer brought."""
    return f"token of {issuer.name}"[:500]


def _check_named(hub: Hub, issuer: Issuer, party: str) -> None:
    """Whoever brought a party is in its first version: it was registered by itself, with its issuer as the source. Later versions
    are the operator's, who adds keys to it or puts down another source."""
    if party in issuer.parties:
        return
    if registry.is_reserved(hub, party):
        raise error("foreign_party", f"{party} is no party")
    with hub.store.read() as tx:
        versions = tx.versions_of("party", party)
    first = versions[0] if versions else None
    own = first is None or (first.owner == party and isinstance(first.noun, Party) and first.noun.source == _source(issuer))
    if not (issuer.brings_parties and own):
        raise error("foreign_party", f"{issuer.name} may not name {party}")


def _known(call: Call) -> bool:
    with call.hub.store.read() as tx:
        return call.token.party in tx.rulebook().parties
